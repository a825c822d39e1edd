import Usage

/// vLLM server logs: the statistics line of the V0 and V1 engines, with or without wrappers.
///
/// The line tells rates, not counts: tokens are rate x interval, and the interval has to be found from
/// the lines around it. So lines are kept, a few words each, until the end of the file.
struct VLLMServerLog: LogFormat {
  static let facts = FormatFacts(
    name: "vllm",
    title: "vLLM server log (statistics lines of the V0 and V1 engines)",
    origin:
      "the server's standard output: plain, from Docker, Kubernetes, journald, compose, Loki or Ray",
    identity:
      "the digest of the file up to the line, so that a file that grew or was rotated counts once",
    cannotTell:
      "single requests; cached input before vLLM 0.16; the model when no start-up line is in the file "
      + "(give --model); the year when nothing around tells it (give --year)",
    example: """
      INFO 06-16 10:03:14 [loggers.py:87] Engine 000: Avg prompt throughput: 1254.4 tokens/s, Avg generation throughput: 29.2 tokens/s, Running: 10 reqs, Waiting: 4 reqs, GPU KV cache usage: 57.9%, Prefix cache hit rate: 40.5%
      """,
    layout: .lines,
    signature: [],
    identifiesByContent: true)

  static func confidence(in sample: Sample) -> Int {
    guard sample.contains("Avg prompt throughput: ") else {
      return sample.contains("vLLM API server version") || sample.contains("LLM engine (v") ? 60 : 0
    }
    return sample.contains("Avg generation throughput: ") && sample.contains("Running: ") ? 92 : 0
  }

  private let settings: ReadSettings
  private var lines: [ServerStatistics.Line] = []
  private var streams: [String: Int] = [:]
  /// By container: what its start-up lines said last.
  private var servers: [String: ServerStatistics.Server] = [:]
  /// Pieces of lines that the container runtime cut, by output stream.
  private var pieces: [String: String] = [:]
  private var yearHint: Int?
  private var accessLines = 0
  private var isDisabled = false
  private var epoch = 0

  init(settings: ReadSettings) { self.settings = settings }

  mutating func read(
    _ record: Span<UInt8>, into sink: inout RecordSink
  ) throws(LineProblem) {
    let isFromRuntime =
      record.count > 40 && Timestamp.digit(record[0]) != nil
      && record.extracting(0..<40).contains(" std")
    let mayBePiece = isFromRuntime && record.extracting(0..<48).contains(" P")
    guard !pieces.isEmpty || mayBePiece || isOfInterest(record) else { return }
    var text = record.text(0..<record.count)
    if isFromRuntime, mayBePiece || !pieces.isEmpty,
      let part = LineUnwrapper.piece(Substring(text))
    {
      let whole = (pieces.removeValue(forKey: part.stream) ?? part.head) + part.text
      if part.isPartial {
        pieces[part.stream] = whole
        return
      }
      text = whole
    }
    try readLine(LineUnwrapper.unwrap(text), &sink)
  }

  private func isOfInterest(_ record: Span<UInt8>) -> Bool {
    record.contains("hroughput: ") || record.contains("LLM engine (v")
      || record.contains("default args: {") || record.contains("vLLM ")
      || record.contains("HTTP/1.")
      || record.contains("args: Namespace(") || record.contains("Starting to load model")
      || record.contains("model   ") || record.contains("stats logging")
      || (record.count > 10 && record[0] == UInt8(ascii: "2") && record[4] == UInt8(ascii: "-"))
  }

  private mutating func readLine(
    _ line: UnwrappedLine, _ sink: inout RecordSink
  ) throws(LineProblem) {
    if line.text.contains("Avg prompt throughput: ") {
      try readStatistics(line, &sink)
    } else if line.text.contains("SpecDecoding metrics: ") {
      readSpeculation(line)
    } else if line.text.contains("HTTP/1."), line.text.contains(" - \"") {
      accessLines += 1
    } else if line.text.contains("disabling stats logging") {
      isDisabled = true
    } else {
      readStartUp(line)
      if yearHint == nil, let day = Day(String(line.text.prefix(10))) { yearHint = day.civil.year }
    }
  }

  private mutating func stream(_ line: UnwrappedLine, engine: Substring) -> Int {
    let name = "\(line.container)|\(line.process)|\(engine)"
    if let number = streams[name] { return number }
    streams[name] = streams.count
    return streams.count - 1
  }

  private mutating func readStatistics(
    _ line: UnwrappedLine, _ sink: inout RecordSink
  ) throws(LineProblem) {
    let text = line.text
    guard let prompt = ServerStatistics.number(in: text, after: "Avg prompt throughput: "),
      let generation = ServerStatistics.number(in: text, after: "Avg generation throughput: ")
    else { throw .badRow("a statistics line without its rates") }
    let head = VLLMLineHead(text)
    guard head != nil || line.time != nil else {
      throw .badRow("a statistics line without a time")
    }
    var entry = ServerStatistics.Line(
      stream: 0, identity: sink.contentIdentity(), promptRate: prompt, generationRate: generation)
    let engine = text.firstRange(of: "Engine ").map {
      text[$0.upperBound...].prefix { $0.isASCIIDigit }
    }
    entry.stream = stream(line, engine: engine ?? "")
    entry.clock = head?.clock
    entry.time = line.time
    entry.localTime = line.localTime
    entry.epoch = epoch
    entry.server = servers[line.container] ?? servers[""] ?? ServerStatistics.Server()
    entry.isV0 = text.contains("Swapped: ") || text.contains("Pending: ")
    entry.era = head?.era ?? entry.server.era
    let hitRate = ServerStatistics.number(in: text, after: "Prefix cache hit rate: ")
    entry.showsCacheHits = (hitRate ?? .zero) > .zero
    lines.append(entry)
  }

  /// Speculative decoding states the interval exactly: drafted tokens / drafted throughput.
  private mutating func readSpeculation(_ line: UnwrappedLine) {
    guard let last = lines.indices.last,
      let rate = ServerStatistics.number(in: line.text, after: "Drafted throughput: "),
      let drafted = ServerStatistics.number(in: line.text, after: "Drafted: "), !rate.isZero,
      let tokens = drafted.units(atScale: 6), let unit = rate.units(atScale: 6), unit > 0
    else { return }
    lines[last].exactInterval = Int64(
      truncatingIfNeeded: (tokens * 1_000_000).dividedHalfToEven(by: unit))
  }

  private mutating func readStartUp(_ line: UnwrappedLine) {
    guard let found = ServerStatistics.Server(startUp: line.text) else { return }
    var server = servers[line.container] ?? ServerStatistics.Server()
    if found.model != nil { server.model = found.model }
    if found.version != nil { server.version = found.version }
    if server.model != servers[line.container]?.model { epoch += 1 }
    servers[line.container] = server
  }

  mutating func finish(into sink: inout RecordSink) {
    if lines.isEmpty {
      sink.notes.append(
        isDisabled
          ? "statistics are switched off in this server (api_server_count above 1): nothing to count"
          : "no statistics lines: start vLLM without --disable-log-stats to have its tokens counted"
      )
      return
    }
    if accessLines > 0 { sink.notes.append("\(accessLines) access lines passed over") }
    var statistics = ServerStatistics(lines: lines, settings: settings, yearHint: yearHint)
    statistics.emit(into: &sink)
  }
}

/// `INFO 06-16 10:03:14 [loggers.py:87] `, with or without the opening bracket.
struct VLLMLineHead {
  var clock: ServerStatistics.Clock
  var file: Substring
  var line: Int

  init?(_ text: Substring) {
    let words = text.split(separator: " ", maxSplits: 4, omittingEmptySubsequences: true)
    guard words.count >= 4,
      ["DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"].contains(String(words[0]))
    else { return nil }
    let date = words[1].split(separator: "-")
    let time = words[2].split(separator: ":")
    guard date.count == 2, time.count == 3, let month = Int(date[0]), let day = Int(date[1]),
      let hour = Int(time[0]), let minute = Int(time[1]), let second = Int(time[2]),
      (1...12).contains(month), (1...31).contains(day)
    else { return nil }
    clock = ServerStatistics.Clock(
      month: month, day: day, second: Int64(hour * 3600 + minute * 60 + second))
    let place = words[3].drop { $0 == "[" }.prefix { $0 != "]" }.split(separator: ":")
    file = place.first ?? ""
    line = place.count > 1 ? Int(place[1]) ?? 0 : 0
  }

  /// The era by where the line stands in vLLM's source (versions 0.7.1 to 0.26, read 2026-11-21).
  var era: ServerStatistics.Era {
    guard file == "loggers.py" else { return .v0 }
    if line < 80 { return .early }
    return line >= 259 ? .computedOnly : .interval
  }
}
