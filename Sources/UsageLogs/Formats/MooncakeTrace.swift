import Usage

/// Traces of Kimi's servers as Mooncake published them, and what has their keys: a JSON line a request,
/// its arrival in milliseconds from zero (Qwen-Bailian, told by `chat_id`: in seconds).
struct MooncakeTrace: LogFormat {
  static let facts = FormatFacts(
    name: "mooncake",
    title: "Mooncake and Qwen-Bailian request traces",
    origin: "github.com/kvcache-ai/Mooncake, alibaba-edu/qwen-bailian-usagetraces-anon",
    identity: "the content of the file up to the line",
    cannotTell: "the date (give --start); the model (give --model); how much a cache really held",
    example: """
      {"timestamp": 27482, "input_length": 6955, "output_length": 52, "hash_ids": [46, 47, 48]}
      """,
    layout: .json,
    signature: ["timestamp", "input_length", "output_length", "hash_ids"],
    identifiesByContent: true)

  static let highestConfidence = 95

  static func confidence(in sample: Sample) -> Int {
    if sample.hasDocument(with: "timestamp", "input_length", "output_length", "hash_ids") {
      return 95
    }
    return sample.hasDocument(with: "timestamp", "input_length", "output_length") ? 70 : 0
  }

  private let settings: ReadSettings
  private var extractor = FieldExtractor(
    paths: MooncakeTrace.reliedFields)

  static let reliedFields = ["timestamp", "input_length", "output_length", "chat_id"]

  init(settings: ReadSettings) { self.settings = settings }

  mutating func read(_ record: Span<UInt8>, into sink: inout RecordSink) throws(LineProblem) {
    try extractor.extract(record, from: 0)
    sink.noteFields(extractor.presence)
    let fields = extractor.fields
    guard fields[0].kind != .absent else { throw .missing("timestamp") }
    guard let time = JSONCursor.decimal(record, fields[0].range) else {
      throw .notANumber("timestamp")
    }
    // Milliseconds are seconds with the point three places on.
    let isSeconds = fields[3].kind != .absent
    guard
      let microseconds = TraceCSV.microseconds(
        ExactDecimal(units: time.units, scale: time.scale + (isSeconds ? 0 : 3)))
    else { throw .badTime }
    var usage = UsageRecord()
    usage.start = (settings.start ?? Instant(microseconds: 0))
      .advanced(byMicroseconds: microseconds)
    usage.tokens.uncachedInput = try MooncakeTrace.count(record, fields[1], "input_length")
    usage.tokens.output = try MooncakeTrace.count(record, fields[2], "output_length")
    usage.kind.splitKnown = false
    usage.identity = sink.contentIdentity()
    if let model = settings.model { usage.kind.model = sink.intern(model, .model) }
    sink.emit(usage)
  }

  private static func count(
    _ record: Span<UInt8>, _ field: JSONField, _ name: LineProblem.StaticStringName
  ) throws(LineProblem) -> Int64 {
    guard field.kind != .absent, let count = try JSONCursor.count(record, field.range, name) else {
      throw .missing(name)
    }
    return count
  }

  mutating func finish(into sink: inout RecordSink) {
    if settings.start == nil {
      sink.notes.append(
        "the trace counts from zero, which stands for 1970-01-01T00:00:00Z; --start INSTANT says when "
          + "it began")
    }
  }
}
