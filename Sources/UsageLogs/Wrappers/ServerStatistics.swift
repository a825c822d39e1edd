import Usage

/// Rates that a server printed now and then -> tokens of intervals.
struct ServerStatistics {
  /// A clock without a year.
  struct Clock {
    var month: Int
    var day: Int
    /// Of the day.
    var second: Int64
  }

  /// What a version's statistics line means.
  enum Era {
    /// The engine of vLLM up to 0.10: a line covers the time since the line before.
    case v0
    /// 0.7: no line while idle; the first one after it covers the whole gap.
    case early
    /// 0.8 to 0.15: a line covers one interval; the prompt rate includes cached tokens.
    case interval
    /// From 0.16: the prompt rate counts computed tokens alone.
    case computedOnly
  }

  /// What start-up lines say.
  struct Server {
    var model: String?
    var version: String?

    init() {}

    /// The era when only the version tells.
    var era: Era {
      let parts = (version ?? "").split(separator: ".").compactMap { Int($0) }
      guard parts.count >= 2, parts[0] == 0 else { return .interval }
      return parts[1] >= 16 ? .computedOnly : parts[1] < 7 ? .v0 : .interval
    }

    /// Nil when the line says neither.
    init?(startUp text: Substring) {
      if let range = text.firstRange(of: "LLM engine (v") {
        version = String(text[range.upperBound...].prefix { $0 != ")" })
      } else if let range = text.firstRange(of: "vLLM API server version ") {
        version = String(text[range.upperBound...].prefix { $0 != " " })
      } else if let range = text.firstRange(of: "vLLM server version ") {
        version = String(text[range.upperBound...].prefix { $0 != "," })
      }
      let name =
        Server.quoted(text, after: "served_model_name=[") ?? Server.quoted(
          text, after: "served_model_name=")
        ?? Server.quoted(text, after: "'served_model_name': [")
        ?? Server.quoted(text, after: "'model': ") ?? Server.quoted(text, after: "'model_tag': ")
        ?? Server.quoted(text, after: " model=") ?? Server.quoted(text, after: "(model=")
      if let name {
        model = Server.short(name)
      } else if let range = text.firstRange(of: ", serving model ") {
        model = Server.short(String(text[range.upperBound...]).trimmingBlanks)
      } else if let range = text.firstRange(of: "Starting to load model ") {
        let rest = String(text[range.upperBound...]).trimmingBlanks
        model = Server.short(rest.hasSuffix("...") ? String(rest.dropLast(3)) : rest)
      } else if let range = text.firstRange(of: "model   "),
        text.contains("█") || text.contains("▄")
      {
        model = Server.short(String(text[range.upperBound...]).trimmingBlanks)
      }
      if model == nil, version == nil { return nil }
    }

    private static func quoted(_ text: Substring, after key: String) -> String? {
      guard let range = text.firstRange(of: key) else { return nil }
      let rest = text[range.upperBound...]
      guard let quote = rest.first, quote == "'" || quote == "\"" else {
        // `served_model_name=Org/Name,` is written without quotes.
        let word = rest.prefix { $0 != "," && $0 != " " && $0 != ")" }
        return word.isEmpty || word == "None" || word.first == "[" ? nil : String(word)
      }
      let name = rest.dropFirst().prefix { $0 != quote }
      return name.isEmpty ? nil : String(name)
    }

    /// A local path's last part; the organisation and name of a Hugging Face cache folder.
    private static func short(_ name: String) -> String {
      guard name.hasPrefix("/") || name.hasPrefix("./") || name.hasPrefix("~") else { return name }
      let parts = name.split(separator: "/")
      if let cached = parts.first(where: { $0.hasPrefix("models--") }) {
        return cached.dropFirst(8).split(separator: "-", omittingEmptySubsequences: true)
          .joined(separator: "-").replacingFirst("-", with: "/")
      }
      return parts.last.map(String.init) ?? name
    }
  }

  /// One statistics line.
  struct Line {
    var stream: Int
    var identity: Fingerprint
    /// Tokens a second.
    var promptRate: ExactDecimal
    var generationRate: ExactDecimal
    var clock: Clock?
    var time: Instant?
    var localTime: Int64?
    var server = Server()
    var era = Era.interval
    var isV0 = false
    var showsCacheHits = false
    /// Rises with each start of a server: an interval never spans one.
    var epoch = 0
    /// Microseconds.
    var exactInterval: Int64?

    init(
      stream: Int, identity: Fingerprint, promptRate: ExactDecimal, generationRate: ExactDecimal
    ) {
      self.stream = stream
      self.identity = identity
      self.promptRate = promptRate
      self.generationRate = generationRate
    }

    /// Whether the interval is the real time since the line before.
    var coversGap: Bool { isV0 || era == .v0 || era == .early }
  }

  private var lines: [Line]
  private let settings: ReadSettings
  private let yearHint: Int?

  init(lines: [Line], settings: ReadSettings, yearHint: Int?) {
    self.lines = lines
    self.settings = settings
    self.yearHint = yearHint
  }

  /// The decimal number behind `label`.
  static func number(in text: Substring, after label: String) -> ExactDecimal? {
    guard let range = text.firstRange(of: label) else { return nil }
    var rest = text[range.upperBound...]
    if rest.hasPrefix("GPU: ") { rest = rest.dropFirst(5) }
    return ExactDecimal(String(rest.prefix { $0.isASCIIDigit || $0 == "." }))
  }

  // MARK: Times

  /// Gives every line its moment; lines that cannot have one are counted as skipped.
  private mutating func resolveTimes(_ sink: inout RecordSink) {
    var offset: Int64 = 0
    if let line = lines.first(where: { $0.localTime != nil && $0.clock != nil }),
      let local = line.localTime, let clock = line.clock
    {
      // Both clocks on one line: the inner one is the container's, their difference is the zone.
      let year = Instant(microseconds: local).day.civil.year
      let inner = ServerStatistics.local(clock, year: year)
      let quarter: Int64 = 900_000_000
      offset = (local - inner + quarter / 2).dividedRoundingDown(by: quarter) * quarter
    }
    if lines.contains(where: { $0.time == nil }) { resolveYears(&sink, zoneOffset: offset) }
    let undated = lines.filter { $0.time == nil }.count
    for _ in 0..<undated { sink.skip(reason: "has no year: give --year YYYY") }
    lines.removeAll { $0.time == nil }
  }

  private static func local(_ clock: Clock, year: Int) -> Int64 {
    Int64(Day(year: year, month: clock.month, day: clock.day).number) * Instant.microsecondsPerDay
      + clock.second * Instant.microsecondsPerSecond
  }

  private mutating func resolveYears(_ sink: inout RecordSink, zoneOffset: Int64) {
    var year: Int
    let evidence: String
    var isLastLine = false
    if let local = lines.first(where: { $0.localTime != nil })?.localTime {
      year = Instant(microseconds: local).day.civil.year
      evidence = "the wrapper's clock"
    } else if let dated = lines.first(where: { $0.time != nil })?.time {
      year = dated.day.civil.year
      evidence = "dated lines near by"
    } else if let given = settings.year {
      year = given
      evidence = "--year"
    } else if let hint = yearHint {
      year = hint
      evidence = "a dated line near by"
    } else if let named = ServerStatistics.year(inName: settings.fileName) {
      year = named
      evidence = "the file's name"
    } else if let modified = settings.fileModified,
      let last = lines.last(where: { $0.clock != nil })?.clock
    {
      // The file was last written when its last line was.
      year = modified.day.civil.year
      if ServerStatistics.local(last, year: year) > modified.microseconds
        + Instant.microsecondsPerDay
      {
        year -= 1
      }
      evidence = "the file's date of change"
      isLastLine = true
    } else {
      return
    }
    let order = isLastLine ? Array(lines.indices.reversed()) : Array(lines.indices)
    var previous: Int?
    for index in order {
      guard let clock = lines[index].clock, lines[index].time == nil else { continue }
      if let previous {
        // December beside January is a turn of the year.
        if !isLastLine, previous - clock.month > 6 { year += 1 }
        if isLastLine, clock.month - previous > 6 { year -= 1 }
      }
      previous = clock.month
      let local = ServerStatistics.local(clock, year: year)
      lines[index].time =
        lines[index].localTime == nil
        ? settings.zone.instant(ofLocalMicroseconds: local)
        : Instant(microseconds: local)
    }
    sink.notes.append(
      "the year \(year) comes from \(evidence); clocks are taken as \(settings.zone.name)")
  }

  /// The year of a date such as `2026-09-14` or `20260914` in a file name.
  private static func year(inName name: String) -> Int? {
    let digits = Array(name.utf8)
    for start in digits.indices.dropLast(7) where digits[start] == 0x32 {
      let day = String(decoding: digits[start..<min(start + 10, digits.count)], as: UTF8.self)
      if let day = Day(day) { return day.civil.year }
      let compact = String(decoding: digits[start..<start + 8], as: UTF8.self)
      let spread = "\(compact.prefix(4))-\(compact.dropFirst(4).prefix(2))-\(compact.suffix(2))"
      if let day = Day(spread) { return day.civil.year }
    }
    return nil
  }

  // MARK: Intervals

  mutating func emit(into sink: inout RecordSink) {
    resolveTimes(&sink)
    guard !lines.isEmpty else { return }
    let nominal = nominalInterval()
    var withoutModel = 0
    for stream in Set(lines.map(\.stream)).sorted() {
      var own = lines.filter { $0.stream == stream }
      if let first = own.first?.time, let last = own.last?.time, last < first { own.reverse() }
      own = own.enumerated().sorted {
        $0.element.time! == $1.element.time!
          ? $0.offset < $1.offset : $0.element.time! < $1.element.time!
      }.map(\.element)  // lines without a time are gone
      withoutModel += emit(own, nominal: nominal, into: &sink)
    }
    if withoutModel > 0 {
      sink.notes.append("\(withoutModel) intervals have no model: give --model NAME")
    }
  }

  /// Microseconds: the commonest distance between lines of one stream.
  private func nominalInterval() -> Int64 {
    var counts: [Int64: Int] = [:]
    var last: [Int: Instant] = [:]
    for line in lines {
      guard let time = line.time else { continue }
      if let before = last[line.stream] {
        let seconds = abs(time.microseconds - before.microseconds + 500_000) / 1_000_000
        if (1...300).contains(seconds) { counts[seconds, default: 0] += 1 }
      }
      last[line.stream] = time
    }
    let best = counts.max { ($0.value, -$0.key) < ($1.value, -$1.key) }
    return (best?.key ?? (lines.contains { $0.isV0 } ? 5 : 10)) * 1_000_000
  }

  /// Emits one stream's intervals; returns how many have no model.
  private func emit(_ own: [Line], nominal: Int64, into sink: inout RecordSink) -> Int {
    let intervals = ServerStatistics.intervals(own, nominal: nominal)
    let provider = sink.intern("vllm")
    var carried: (prompt: Int128, generation: Int128) = (0, 0)
    var withoutModel = 0
    for (line, interval) in zip(own, intervals) {
      // The fractions of tokens that one interval leaves over go to the next.
      carried.prompt += ServerStatistics.microtokens(line.promptRate, interval)
      carried.generation += ServerStatistics.microtokens(line.generationRate, interval)
      let prompt = carried.prompt.dividedHalfToEven(by: 1_000_000)
      let generation = carried.generation.dividedHalfToEven(by: 1_000_000)
      carried.prompt -= prompt * 1_000_000
      carried.generation -= generation * 1_000_000
      guard prompt > 0 || generation > 0, let time = line.time else { continue }
      var record = UsageRecord()
      record.start = time.advanced(byMicroseconds: -interval)
      record.width = interval
      record.requests = nil
      record.provider = provider
      if let model = line.server.model ?? settings.model {
        record.model = sink.intern(model, .model)
      } else {
        withoutModel += 1
      }
      record.tokens.uncachedInput = Int64(truncatingIfNeeded: max(0, prompt))
      record.tokens.output = Int64(truncatingIfNeeded: max(0, generation))
      record.splitKnown = line.era == .computedOnly || !line.showsCacheHits
      record.identity = line.identity
      record.labels = sink.finishLabels()
      sink.emit(record)
    }
    return withoutModel
  }

  /// Rate x interval in millionths of a token.
  private static func microtokens(_ rate: ExactDecimal, _ interval: Int64) -> Int128 {
    (rate.units * Int128(interval)).dividedHalfToEven(by: ExactDecimal.powerOfTen(rate.scale))
  }

  /// What each line covers, in microseconds.
  static func intervals(_ own: [Line], nominal: Int64) -> [Int64] {
    var intervals = own.map { $0.exactInterval ?? nominal }
    var start = 0
    while start < own.count {
      var end = start + 1
      while end < own.count, own[end].epoch == own[start].epoch,
        distance(own, end) * 2 <= nominal * 3, !own[end].coversGap
      {
        end += 1
      }
      // Stamps are whole seconds, so the mean over a run is better than each distance.
      if end - start >= 4, !own[start].coversGap {
        let mean = distance(own, from: start, to: end - 1) / Int64(end - start - 1)
        for i in start..<end where own[i].exactInterval == nil { intervals[i] = mean }
      }
      start = end
    }
    for i in own.indices.dropFirst()
    where own[i].coversGap && own[i].epoch == own[i - 1].epoch && own[i].exactInterval == nil {
      let gap = distance(own, i)
      if gap > 0 { intervals[i] = gap }
    }
    return intervals
  }

  private static func distance(_ own: [Line], _ index: Int) -> Int64 {
    distance(own, from: index - 1, to: index)
  }

  private static func distance(_ own: [Line], from: Int, to: Int) -> Int64 {
    guard let a = own[from].time, let b = own[to].time else { return 0 }
    return b.microseconds - a.microseconds
  }
}

extension String {
  fileprivate func replacingFirst(_ text: String, with other: String) -> String {
    guard let range = firstRange(of: text) else { return self }
    return self[..<range.lowerBound] + other + self[range.upperBound...]
  }
}
