import Usage

/// The log of a vLLM server: token rates per interval, made into tokens.
///
/// No version of vLLM logs a request's output tokens; what it logs each 5 or 10 seconds is
/// `Avg prompt throughput: 1254.4 tokens/s, Avg generation throughput: 29.2 tokens/s, Running: …`.
/// Lines are kept as small entries; how long each interval was is known at the end of the file.
struct VLLMServerLog: LogFormat {
  static let facts = FormatFacts(
    name: "vllm",
    title: "vLLM server log (statistics lines)",
    origin:
      "the server's standard output: a file, docker logs, docker compose, Kubernetes, journald, Ray "
      + "Serve, Loki",
    identity: "the content of the file up to the line",
    cannotTell:
      "single requests; which prompt tokens came from the prefix cache; what was generated after the "
      + "last line; year and time zone (give --year, --source-time-zone) and, without start-up "
      + "lines, the model (give --model)",
    example: """
      (APIServer pid=1) INFO 06-13 11:03:35 [loggers.py:271] Engine 000: Avg prompt throughput: 236.8 \
      tokens/s, Avg generation throughput: 51.4 tokens/s, Running: 1 reqs, Waiting: 0 reqs, GPU KV \
      cache usage: 27.3%, Prefix cache hit rate: 91.1%
      """,
    layout: .lines,
    signature: ["INFO ", "vLLM", "Avg prompt throughput: "],
    identifiesByContent: true)

  /// Of statistics lines: the engine's number, by which the lines of a server's engines are told apart;
  /// the requests swapped out, which only V0 tells; and the hit rate, without which nobody knows whether
  /// the prefix cache served some of the input.
  static let reliedFields = ["Engine", "Swapped", "Prefix cache hit rate"]

  private let settings: ReadSettings
  private var wrappers = LineUnwrapper()
  private var clock: LineClock
  private var entries: [VLLMEntry] = []
  private var starts: [VLLMStart] = []
  private var streams: [VLLMStream] = []
  private var scopes: [UInt64] = []
  private var lastStream = 0
  private var places: [RecordSink.Place] = []
  private var anchor: YearRecovery.Anchor?
  private var yearlessTimes = 0
  private var accessLines = 0
  private var statisticsLines = 0
  private var repeats = 0
  private var isDisabled = false
  private var intervals: VLLMIntervals?

  init(settings: ReadSettings) {
    self.settings = settings
    clock = LineClock(zone: settings.zone)
  }

  // MARK: Detection

  static let highestConfidence = 95

  static func confidence(in sample: Sample) -> Int {
    let hints: [StaticString] = [
      "Avg prompt throughput: ", "vLLM", "LLM engine (v", "non-default args: {",
      "Received request ",
      "Added request ", "/completions HTTP/1.1", "\"MESSAGE\":[", "\"MESSAGE\" : [",
      "(EngineCore", "(APIServer pid=",
    ]
    guard hints.contains(where: { sample.contains($0) }) else { return 0 }
    return VLLMDetection(sample.bytes.span).confidence
  }

  // MARK: Lines

  mutating func read(_ record: Span<UInt8>, into sink: inout RecordSink) throws(LineProblem) {
    guard let line = wrappers.unwrap(record, isOpen: sink.isLineOpen) else { return }
    guard line.isCopied else {
      return try readText(record.extracting(line.text), line, &sink)
    }
    var copy: [UInt8] = []
    swap(&copy, &wrappers.copy)
    try readText(copy.span.extracting(line.text), line, &sink)
  }

  private mutating func readText(
    _ text: Span<UInt8>, _ line: LogLine, _ sink: inout RecordSink
  ) throws(LineProblem) {
    if anchor == nil, line.time.rank >= LineTime.local(0).rank {
      noteDate(line.time, isWrapper: true)
    }
    if let head = VLLMHead(text, at: 0) {
      return try readMessage(text, head.message, head, line, &sink)
    }
    if VLLMAccessLine.isAccess(text) {
      if VLLMAccessLine.isRequest(text) { accessLines += 1 }
      return
    }
    if anchor == nil, let time = VLLMServerLog.fullDate(text) { noteDate(time, isWrapper: false) }
    // A prefix of the user's own (`VLLM_LOGGING_PREFIX`, a log tool's columns).
    let front = text.extracting(0..<min(text.count, 256))
    if let level = front.firstIndex(of: "INFO "), level > 0, let head = VLLMHead(text, at: level) {
      return try readMessage(text, head.message, head, line, &sink)
    }
    if let start = VLLMServerLog.bareMessage(text) {
      try readMessage(text, start, nil, line, &sink)
    }
  }

  /// The message of a log without vLLM's own head, as JSON logging leaves it.
  static func bareMessage(_ text: Span<UInt8>) -> Int? {
    let front = text.extracting(0..<min(text.count, 320))
    guard var start = front.firstIndex(of: VLLMStatistics.rateText) else {
      return front.hasPrefix("SpecDecoding metrics: ") || front.hasPrefix("Initializing a")
        || front.hasPrefix("vLLM ") || front.hasPrefix("non-default args: ")
        || front.hasPrefix("Prefix cache hit rate: ") || front.hasPrefix("Iteration(") ? 0 : nil
    }
    let window = max(0, start - 32)
    if let engine = front.extracting(window..<start).firstIndex(of: "Engine ") {
      start = window + engine
    } else if let engines = front.extracting(window..<start).firstIndex(of: " Engines Aggregated: ")
    {
      start = window + engines
      while start > 0, Timestamp.digit(front[start - 1]) != nil { start -= 1 }
    }
    // Text that quotes such a line has words before it.
    let isBehindHead = start >= 2 && front[start - 1] == 0x20 && !isWordByte(front[start - 2])
    return start == 0 || isBehindHead ? start : nil
  }

  private static func isWordByte(_ byte: UInt8) -> Bool {
    Timestamp.digit(byte) != nil || (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte | 0x20)
  }

  /// `INFO 2025-07-18 09:58:20,002 …`, `[2025-07-18 09:58:20] …`, `2025-07-18 09:58:20 …`.
  private static func fullDate(_ text: Span<UInt8>) -> LineTime? {
    var i = 0
    while i < min(text.count, 12), Timestamp.digit(text[i]) == nil { i += 1 }
    guard i + 19 <= text.count, text[i] == UInt8(ascii: "2"), text[i + 1] == UInt8(ascii: "0"),
      text[i + 4] == UInt8(ascii: "-")
    else { return nil }
    return LineTime.iso(text, i..<i + 19)
  }

  private mutating func noteDate(_ time: LineTime, isWrapper: Bool) {
    switch time {
    case .local(let local), .instant(let local):
      anchor = YearRecovery.Anchor(index: yearlessTimes, local: local, isWrapper: isWrapper)
    default: break
    }
  }

  private mutating func readMessage(
    _ text: Span<UInt8>, _ start: Int, _ head: VLLMHead?, _ line: LogLine, _ sink: inout RecordSink
  ) throws(LineProblem) {
    guard start < text.count else { return }
    switch text[start] {
    case UInt8(ascii: "A"), UInt8(ascii: "E"), UInt8(ascii: "0")...UInt8(ascii: "9"):
      let statistics = try VLLMStatistics(text, at: start)
      if let statistics {
        try keep(statistics, text, head, line, &sink)
      } else if text.extracting(start...).hasPrefix("AsyncLLM created"),
        text.contains("disabling stats logging")
      {
        isDisabled = true
      }
    case UInt8(ascii: "S") where text.extracting(start...).hasPrefix("SpecDecoding metrics: "):
      guard let interval = VLLMSpeculation.interval(text, at: start),
        let exact = UInt32(exactly: interval)
      else { return }
      if let index = companion(head, line) { entries[index].interval = exact }
    case UInt8(ascii: "P"):
      guard text.extracting(start...).hasPrefix("Prefix cache hit rate: "),
        VLLMStatistics.hit(text.extracting(start...)) == true
      else { return }
      if let index = companion(head, line) { entries[index].cacheWasHit = true }
    case UInt8(ascii: "I") where text.extracting(start...).hasPrefix("Iteration("):
      guard let iteration = VLLMIteration(text, at: start) else { return }
      keep(iteration, text, head, line, sink)
    default:
      guard let server = VLLMStart(text, at: start) else { return }
      var entry = VLLMEntry()
      entry.kind = .start
      entry.prompt = UInt32(starts.count)
      starts.append(server)
      stamp(&entry, head, line)
      entry.stream = UInt32(stream(line, engine: 0))
      entries.append(entry)
    }
  }

  private mutating func keep(
    _ statistics: VLLMStatistics, _ text: Span<UInt8>, _ head: VLLMHead?, _ line: LogLine,
    _ sink: inout RecordSink
  ) throws(LineProblem) {
    sink.noteFields(statistics.fields, ofRecord: statisticsLines)
    statisticsLines += 1
    if statistics.standsForRepeats { repeats += 1 }
    var entry = VLLMEntry()
    stamp(&entry, head, line)
    guard entry.clock != .none else {
      throw .badRow("a statistics line without a time: keep the wrapper's (docker logs -t)")
    }
    entry.identity = identity(text, upTo: statistics.end, line, sink)
    entry.prompt = statistics.promptRate
    entry.output = statistics.outputRate
    entry.cacheWasHit = statistics.cacheWasHit
    classify(&entry, statistics, text, head)
    let index = stream(line, engine: statistics.engine)
    entry.stream = UInt32(index)
    // Companion lines name no engine: they follow their engine's line in the same process.
    streams[stream(line, engine: 0)].lastEntry = entries.count
    entries.append(entry)
    if places.count < RecordSink.keptProblems { places.append(sink.place) }
  }

  /// Which version wrote the line, told by the file and line of its source.
  private func classify(
    _ entry: inout VLLMEntry, _ statistics: VLLMStatistics, _ text: Span<UInt8>, _ head: VLLMHead?
  ) {
    if statistics.isV0 { entry.era = .sinceLastLine }
    guard let head, text.equals(head.file, "loggers.py"), !statistics.isV0 else { return }
    // loggers.py:69, 72 and 78 are 0.7.1 to 0.7.3; 80 is 0.8.0; 259 is the first line number of 0.16
    // (tagged sources, read 2026-09).
    if head.sourceLine < 80, !statistics.namesEngine { entry.era = .sinceLastLine }
    if head.sourceLine >= 259 { entry.promptRate = .computedOnly }
  }

  /// Iterations are many: those of ten seconds are added up.
  private mutating func keep(
    _ iteration: VLLMIteration, _ text: Span<UInt8>, _ head: VLLMHead?, _ line: LogLine,
    _ sink: RecordSink
  ) {
    var entry = VLLMEntry()
    entry.kind = .iterations
    stamp(&entry, head, line)
    let index = stream(line, engine: 0)
    entry.stream = UInt32(index)
    let bucket = { (time: Int64) in time.dividedRoundingDown(by: VLLMIntervals.iterationBucket) }
    if let last = streams[index].lastIterations, entries[last].clock == entry.clock,
      bucket(entries[last].time) == bucket(entry.time)
    {
      entries[last].prompt &+= UInt32(iteration.contextTokens)
      entries[last].output &+= UInt32(iteration.generatedTokens)
      return
    }
    entry.identity = identity(text, upTo: iteration.end, line, sink)
    entry.prompt = UInt32(iteration.contextTokens)
    entry.output = UInt32(iteration.generatedTokens)
    streams[index].lastIterations = entries.count
    entries.append(entry)
  }

  /// Whoever reads a log while a line of it is written may see half of the line, and later all of it: it
  /// must be one record.
  private func identity(
    _ text: Span<UInt8>, upTo end: Int, _ line: LogLine, _ sink: RecordSink
  ) -> Fingerprint {
    var identity = sink.contentIdentity(of: text, upTo: end)
    // What stands before the text.
    for number in [
      Int64(bitPattern: line.container), Int64(bitPattern: line.process), line.time.microseconds,
    ] { identity = ByteHash.combine(identity, number) }
    return identity
  }

  /// The statistics line that a companion line belongs to: the last one of its process, written with it.
  private mutating func companion(_ head: VLLMHead?, _ line: LogLine) -> Int? {
    guard let index = streams[stream(line, engine: 0)].lastEntry else { return nil }
    let (kind, time) = clock.read(outer: line.time, inner: head?.time ?? .none)
    let distance = abs(time - entries[index].time)
    return kind == entries[index].clock && distance <= 2 * Instant.microsecondsPerSecond
      ? index : nil
  }

  private mutating func stamp(_ entry: inout VLLMEntry, _ head: VLLMHead?, _ line: LogLine) {
    (entry.clock, entry.time) = clock.read(outer: line.time, inner: head?.time ?? .none)
    if entry.clock == .yearless { yearlessTimes += 1 }
    if anchor == nil, case .local(let local) = head?.time ?? .none {
      anchor = YearRecovery.Anchor(index: yearlessTimes, local: local, isWrapper: false)
    }
  }

  private mutating func stream(_ line: LogLine, engine: Int) -> Int {
    let key = LogLine.mix(
      LogLine.mix(line.container, line.process),
      UInt64(truncatingIfNeeded: engine &+ 1) &* 0x9E37_79B9)
    if lastStream < streams.count, streams[lastStream].key == key { return lastStream }
    if let index = streams.firstIndex(where: { $0.key == key }) {
      lastStream = index
      return index
    }
    var scope = scopes.firstIndex(of: line.container)
    if scope == nil {
      scope = scopes.count
      scopes.append(line.container)
    }
    streams.append(VLLMStream(key: key, scope: scope ?? 0))
    lastStream = streams.count - 1
    return lastStream
  }

  // MARK: End of the file

  mutating func finish(into sink: inout RecordSink) {
    while finishPart(into: &sink) {}
  }

  mutating func finishPart(into sink: inout RecordSink) -> Bool {
    if intervals == nil {
      var kept: [VLLMEntry] = []
      swap(&kept, &entries)
      intervals = VLLMIntervals(
        entries: kept, streams: streams, starts: starts,
        unnamedScope: scopes.firstIndex(of: 0), settings: settings)
      kept = []
      intervals?.prepare(&sink, clock: clock, anchor: anchor, places: places)
    }
    if intervals?.emitPart(into: &sink) ?? false { return true }
    addNotes(to: &sink)
    return false
  }

  private func addNotes(to sink: inout RecordSink) {
    if accessLines > 0 {
      sink.notes.append("\(counted(accessLines, "access line")) seen, which tell no token counts")
    }
    if isDisabled {
      sink.notes.append(
        "the server turned its statistics off because it has several API server processes: count at "
          + "the gateway, or start vLLM without --api-server-count")
    } else if statisticsLines == 0, sink.skipped == 0, intervals?.hasIterations != true {
      sink.notes.append("no statistics lines: start vLLM without --disable-log-stats")
    }
    if repeats > 0 {
      sink.notes.append(
        "\(counted(repeats, "statistics line")) in place of others that Ray left out: set "
          + "RAY_DEDUP_LOGS=0")
    }
    if wrappers.hiddenLines > 0 {
      sink.notes.append(
        "\(counted(wrappers.hiddenLines, "line")) hidden as 'blob data': export with journalctl -a or "
          + "-o json"
      )
    }
  }
}
