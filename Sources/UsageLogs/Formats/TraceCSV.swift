import Usage

/// Published and simulator request traces as CSV: a row a request, its arrival and its tokens.
///
/// Read by column names, in any order: Vidur (`arrived_at,num_prefill_tokens,num_decode_tokens`, with
/// `first_token_at` and `completed_at` where a server was measured), Azure
/// (`TIMESTAMP,ContextTokens,GeneratedTokens`), Splitwise
/// (`arrival_timestamp,prompt_size,token_size`), BurstGPT (`Timestamp,Request tokens,Response tokens`)
/// and guidellm (`timestamp,input_length,output_length`).
struct TraceCSV: LogFormat {
  static let facts = FormatFacts(
    name: "trace-csv",
    title: "request trace as CSV (Vidur, Azure, Splitwise, BurstGPT, guidellm)",
    origin: "published traces and simulators; the arrival and the tokens of each request",
    identity: "the content of the file up to the row",
    cannotTell:
      "cached tokens; the date where it counts seconds from zero (give --start) and mostly the model "
      + "(give --model)",
    example: """
      arrived_at,num_prefill_tokens,num_decode_tokens
      0.000000,374,44
      4.314579,396,109
      """,
    layout: .csv,
    signature: ["arrived_at", "num_prefill_tokens", "num_decode_tokens"],
    identifiesByContent: true)

  /// The columns of one kind of trace, in lower case.
  private struct Dialect: Sendable {
    var arrival: String
    var prompt: String
    var output: String
    var model: String?
    var firstToken: String?
    var completed: String?
    /// An answer without tokens is a failed request.
    var failsWithoutOutput = false
  }

  private static let dialects = [
    Dialect(
      arrival: "arrived_at", prompt: "num_prefill_tokens", output: "num_decode_tokens",
      firstToken: "first_token_at", completed: "completed_at"),
    Dialect(arrival: "timestamp", prompt: "contexttokens", output: "generatedtokens"),
    Dialect(arrival: "arrival_timestamp", prompt: "prompt_size", output: "token_size"),
    Dialect(
      arrival: "timestamp", prompt: "request tokens", output: "response tokens", model: "model",
      failsWithoutOutput: true),
    Dialect(arrival: "timestamp", prompt: "input_length", output: "output_length"),
  ]

  static let highestConfidence = 90

  static func confidence(in sample: Sample) -> Int {
    dialect(of: sample.header) == nil ? 0 : 90
  }

  private static func dialect(of header: [String]) -> Dialect? {
    dialects.first { dialect in
      [dialect.arrival, dialect.prompt, dialect.output].allSatisfy(header.contains)
    }
  }

  private let settings: ReadSettings
  private var dialect: Dialect?
  /// Which cells are of interest; nil where the trace has no such column.
  private var places = Places()
  private var columnCount = 0
  private var countsFromZero = false

  private struct Places {
    var arrival = 0
    var prompt = 0
    var output = 0
    var model: Int?
    var firstToken: Int?
    var completed: Int?
  }

  /// Optional columns, which change where files of different traces were put together.
  static let reliedFields = ["model", "first token", "completed"]

  init(settings: ReadSettings) { self.settings = settings }

  mutating func read(_ record: Span<UInt8>, into sink: inout RecordSink) throws(LineProblem) {
    let cells = TraceCSV.cells(record)
    // Files that were put one after the other bring their headers along.
    if dialect == nil || TraceCSV.isHeader(record, cells) {
      return try readHeader(record)
    }
    guard cells.count == columnCount else {
      throw .badRow("has \(cells.count) cells where the header has \(columnCount)")
    }
    try readRow(record, cells, into: &sink)
  }

  private mutating func readHeader(_ record: Span<UInt8>) throws(LineProblem) {
    let names = CSVCursor.cells(record).map { $0.lowercased().trimmingBlanks }
    guard let dialect = TraceCSV.dialect(of: names) else {
      throw .badRow("is not the header of a request trace, as 'arrived_at,num_prefill_tokens,...'")
    }
    func place(_ name: String?) -> Int? { name.flatMap { names.firstIndex(of: $0) } }
    places = Places(
      arrival: place(dialect.arrival) ?? 0, prompt: place(dialect.prompt) ?? 0,
      output: place(dialect.output) ?? 0, model: place(dialect.model),
      firstToken: place(dialect.firstToken), completed: place(dialect.completed))
    columnCount = names.count
    self.dialect = dialect
  }

  private mutating func readRow(
    _ row: Span<UInt8>, _ cells: [Range<Int>], into sink: inout RecordSink
  ) throws(LineProblem) {
    var fields = PresentFields()
    for place in [places.model, places.firstToken, places.completed] {
      fields.note(place.map { !cells[$0].isEmpty } ?? false)
    }
    sink.noteFields(fields)
    var record = UsageRecord()
    record.start = try arrival(row, cells[places.arrival])
    record.tokens.uncachedInput = try TraceCSV.count(row, cells[places.prompt], "prompt tokens")
    record.tokens.output = try TraceCSV.count(row, cells[places.output], "output tokens")
    record.timeToFirstToken = try since(record.start, row, places.firstToken.map { cells[$0] })
    record.duration = try since(record.start, row, places.completed.map { cells[$0] })
    record.kind.splitKnown = false
    record.identity = sink.contentIdentity()
    let logged = places.model.map { CSVCursor.cells(row.extracting(cells[$0])).joined() }
    if let name = logged ?? settings.model { record.kind.model = sink.intern(name, .model) }
    if dialect?.failsWithoutOutput == true, record.tokens.output == 0 {
      record.kind.status = .failed
    }
    sink.emit(record)
  }

  /// A date and time, or seconds after `--start`.
  private mutating func arrival(
    _ row: Span<UInt8>, _ cell: Range<Int>
  ) throws(LineProblem) -> Instant {
    if let seconds = JSONCursor.decimal(row, cell) {
      countsFromZero = true
      guard let microseconds = TraceCSV.microseconds(seconds) else { throw .badTime }
      let start = settings.start ?? Instant(microseconds: 0)
      return start.advanced(byMicroseconds: microseconds)
    }
    return try Timestamp.iso(row, cell, zone: settings.zone)
  }

  private mutating func since(
    _ start: Instant, _ row: Span<UInt8>, _ cell: Range<Int>?
  ) throws(LineProblem) -> Int64? {
    guard let cell, !cell.isEmpty else { return nil }
    let end = try arrival(row, cell).microseconds - start.microseconds
    return end >= 0 ? end : nil
  }

  mutating func finish(into sink: inout RecordSink) {
    if countsFromZero, settings.start == nil {
      sink.notes.append(
        "the trace counts seconds from zero, which stands for 1970-01-01T00:00:00Z; "
          + "--start INSTANT says when it began")
    }
  }

  // MARK: Cells

  /// The cells' ranges without blanks around them; such traces quote nothing but names.
  private static func cells(_ row: Span<UInt8>) -> [Range<Int>] {
    var cells: [Range<Int>] = []
    var start = 0
    while start <= row.count {
      let end = row.firstIndex(of: UInt8(ascii: ","), from: start, to: row.count)
      var low = start
      var high = end
      while low < high, row[low] <= 0x20 { low += 1 }
      while high > low, row[high - 1] <= 0x20 { high -= 1 }
      cells.append(low..<high)
      start = end + 1
    }
    return cells
  }

  /// Whether no cell is a number or a date.
  private static func isHeader(_ row: Span<UInt8>, _ cells: [Range<Int>]) -> Bool {
    cells.allSatisfy { cell in
      cell.isEmpty
        || !(Timestamp.digit(row[cell.lowerBound]) != nil || row[cell.lowerBound] == 0x2D)
    }
  }

  private static func count(
    _ row: Span<UInt8>, _ cell: Range<Int>, _ name: LineProblem.StaticStringName
  ) throws(LineProblem) -> Int64 {
    guard let count = try JSONCursor.count(row, cell, name) else { throw .missing(name) }
    return count
  }

  /// Rounded half to even; nil beyond a thousand years.
  static func microseconds(_ seconds: ExactDecimal) -> Int64? {
    let value: Int128? =
      seconds.scale <= 6
      ? seconds.units(atScale: 6)
      : seconds.units.dividedHalfToEven(by: ExactDecimal.powerOfTen(seconds.scale - 6))
    guard let value, value.magnitude < 32_000_000_000_000_000 else { return nil }
    return Int64(value)
  }
}
