import Usage

/// The CSV that the usage page of OpenAI's dashboard exports.
///
/// Columns come and go with the export's settings and are known by name alone. Counts are written as
/// floats, and an idle bucket is a row with nothing but its times.
struct OpenAIUsageCSV: LogFormat {
  static let facts = FormatFacts(
    name: "openai-usage-csv",
    title: "OpenAI dashboard usage export",
    origin: "the dashboard's usage page, Export: completions_usage_*.csv, embeddings_usage_*.csv",
    identity:
      "start, length and all dimensions of the bucket; a later export of it replaces the earlier",
    cannotTell:
      "single requests, latency, reasoning tokens, failed calls; whatever the export is not grouped by",
    example: """
      start_time,end_time,start_time_iso,end_time_iso,project_id,num_model_requests,model,batch,input_tokens,output_tokens,input_cached_tokens
      1759622400,1759708800,2025-10-05T00:00:00+00:00,2025-10-06T00:00:00+00:00,proj_abc,42.0,gpt-5-mini-2025-08-07,FALSE,59200.0,8123.0,12800.0
      """,
    layout: .csv,
    signature: ["start_time", "end_time", "num_model_requests", "input_tokens", "output_tokens"])

  static let highestConfidence = 90

  static func confidence(in sample: Sample) -> Int {
    let columns = Set(sample.header)
    guard columns.isSuperset(of: ["start_time", "end_time"]), !columns.contains("amount_value")
    else { return 0 }
    if columns.contains("num_model_requests") || columns.contains("input_tokens") { return 90 }
    return columns.contains("start_time_iso") ? 75 : 0
  }

  static let reliedFields = OpenAIBucket.reliedFields

  init(settings: ReadSettings) {
    isModerations = settings.fileName.hasPrefix("moderations")
  }

  private var columns: [String] = []
  private var grouping = OpenAIGrouping()
  /// Nothing inside such a file tells it from embeddings, unless it is grouped by model.
  private let isModerations: Bool

  mutating func read(
    _ record: Span<UInt8>, into sink: inout RecordSink
  ) throws(LineProblem) {
    let cells = CSVCursor.cells(record).map(\.trimmingBlanks)
    // Files that were put one after the other bring their headers along.
    if columns.isEmpty || OpenAIUsageCSV.isHeader(cells) {
      columns = cells.map { $0.lowercased() }
      guard columns.contains("start_time"), columns.contains("end_time") else {
        columns = []
        throw .badRow("is not the header of an OpenAI usage export: has no 'start_time'")
      }
      return
    }
    guard cells.count == columns.count else {
      throw .badRow("has \(cells.count) cells where the header has \(columns.count)")
    }
    try readRow(cells, into: &sink)
  }

  private mutating func readRow(
    _ cells: [String], into sink: inout RecordSink
  ) throws(LineProblem) {
    var bucket = OpenAIBucket()
    bucket.family = columns.contains("output_tokens") ? .completions : .embeddings
    var start: Int64?
    var end: Int64?
    var isIdle = true
    for (column, cell) in zip(columns, cells) where !cell.isEmpty {
      if let path = OpenAIBucket.counts[column] {
        bucket[keyPath: path] = try OpenAIUsageCSV.count(cell, column)
        isIdle = false
      } else if let path = OpenAIBucket.names[column] {
        bucket[keyPath: path] = cell
        isIdle = false
      } else if column == "batch" {
        bucket.batch = OpenAIUsageCSV.flag(cell)
        isIdle = false
      } else if column == "start_time" {
        start = try OpenAIUsageCSV.second(cell, column)
      } else if column == "end_time" {
        end = try OpenAIUsageCSV.second(cell, column)
      } else if !column.hasSuffix("_iso") {
        isIdle = false
      }
    }
    guard let start else { throw .missing("start_time") }
    guard let end else { throw .missing("end_time") }
    try bucket.setTime(from: start, to: end)
    if isIdle { return }
    guard columns.contains("input_tokens") else {
      sink.passOver("rows of an export without tokens (images, audio, storage or tools)")
      return
    }
    if bucket.family == .embeddings, isModerations || bucket.model.contains("moderation") {
      sink.passOver("moderations rows (not counted in tokens that are billed)")
      return
    }
    try bucket.emit(into: &sink)
    grouping.add(bucket)
  }

  mutating func finish(into sink: inout RecordSink) { grouping.finish(into: &sink) }

  private static func count(_ cell: String, _ column: String) throws(LineProblem) -> Int64? {
    let bytes = Array(cell.utf8)
    return try JSONCursor.count(bytes.span, 0..<bytes.count, .init(stringLiteral: column))
  }

  /// A row that a header was put behind begins with a number.
  private static func isHeader(_ cells: [String]) -> Bool {
    cells.contains("start_time") && cells.allSatisfy { $0.first?.isNumber != true }
  }

  private static func second(_ cell: String, _ column: String) throws(LineProblem) -> Int64? {
    do { return try count(cell, column) } catch { throw error.ofTime }
  }

  private static func flag(_ cell: String) -> Bool? {
    switch cell.lowercased() {
    case "true": true
    case "false": false
    default: nil
    }
  }
}
