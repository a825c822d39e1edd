import Usage

/// Makes records of the kept lines: finds their years and order, how long each interval was, and which
/// model served it.
struct VLLMIntervals {
  /// Iterations are added up over this many microseconds.
  static let iterationBucket: Int64 = 10_000_000

  /// Whether any server logged its iterations.
  var hasIterations: Bool { !firstIterations.isEmpty }

  var entries: [VLLMEntry]
  let streams: [VLLMStream]
  private let starts: [VLLMStart]
  private let unnamedScope: Int?
  private let settings: ReadSettings

  /// A time without gaps or repetitions where clocks change: for differences only.
  var axis: [Int64] = []
  /// The entries from old to new.
  var order: [Int32] = []
  /// For each entry the number of its server's life, and of the start-up line that named its model.
  var lives: [Int32] = []
  private var models: [Int32] = []
  var widths: [Int64] = []

  /// How many of `order` are emitted.
  private var emitted = 0
  /// What rounding left over in each stream, in hundred-millionths of a token.
  private var carries: [(prompt: Int64, output: Int64)] = []
  /// Servers whose iterations are counted instead of their rates, with the first entry of these.
  private var firstIterations: [UInt64: Int] = [:]
  private var withoutModel = 0
  private var withCached = 0
  private var withoutCached = 0

  private static let recordsAPart = 16_384
  private static let noModel: Int32 = -1

  init(
    entries: [VLLMEntry], streams: [VLLMStream], starts: [VLLMStart], unnamedScope: Int?,
    settings: ReadSettings
  ) {
    self.entries = entries
    self.streams = streams
    self.starts = starts
    self.unnamedScope = unnamedScope
    self.settings = settings
  }

  /// Finds out everything; then `emitPart` makes the records.
  mutating func prepare(
    _ sink: inout RecordSink, clock: LineClock, anchor: YearRecovery.Anchor?,
    places: [RecordSink.Place]
  ) {
    date(clock, anchor, places, &sink)
    putInOrder()
    followServers()
    measure()
    carries = [(prompt: Int64, output: Int64)](repeating: (0, 0), count: streams.count)
    for index in entries.indices where entries[index].kind == .iterations {
      let server = serverLife(index)
      if firstIterations[server] == nil { firstIterations[server] = index }
    }
  }

  // MARK: Times

  /// Makes every entry's time a moment; those whose year cannot be known are skipped.
  private mutating func date(
    _ clock: LineClock, _ anchor: YearRecovery.Anchor?, _ places: [RecordSink.Place],
    _ sink: inout RecordSink
  ) {
    let years = findYears(anchor)
    skipUndated(hasYears: years.evidence != nil, places, &sink)
    noteAssumptions(years, clock, &sink)

    var previous: [Int: Int64] = [:]
    var shift: [Int: Int64] = [:]
    axis = entries.map(\.time)
    for index in entries.indices where entries[index].clock == .local {
      let scope = scope(of: index)
      let isDescending = years.descendingScopes.contains(scope)
      let last = isDescending ? nil : previous[scope]
      let time = clock.instant(ofLocal: entries[index].time, notBefore: last)
      // A clock that falls back an hour is no restart and no gap, whatever zone it was in.
      if let last, abs(time - last + 3_600_000_000) <= 60_000_000 {
        shift[scope, default: 0] += 3_600_000_000
      }
      previous[scope] = time
      entries[index].time = time
      axis[index] = time + shift[scope, default: 0]
    }
    // Lines without a time happen when the line before them did.
    var latest: Int64?
    for index in entries.indices {
      if entries[index].clock == .none {
        axis[index] = latest ?? axis.first ?? 0
      } else {
        latest = axis[index]
      }
    }
  }

  private struct Years {
    var found: Set<Int> = []
    var evidence: String?
    var descendingScopes: Set<Int> = []
  }

  /// Gives yearless times their years, container by container: exports put one behind the other, and
  /// the second one's January is not the first one's next year.
  private mutating func findYears(_ anchor: YearRecovery.Anchor?) -> Years {
    var result = Years()
    var byScope: [Int: [(ordinal: Int, index: Int)]] = [:]
    var ordinal = 0
    for index in entries.indices where entries[index].clock == .yearless {
      byScope[scope(of: index), default: []].append((ordinal, index))
      ordinal += 1
    }
    for (scope, lines) in byScope.sorted(by: { $0.key < $1.key }) {
      var anchor = anchor
      if let place = anchor?.index { anchor?.index = lines.count { $0.ordinal < place } }
      let recovery = YearRecovery(
        lines.map { entries[$0.index].time }, anchor: anchor, settings: settings)
      if recovery.isDescending { result.descendingScopes.insert(scope) }
      guard recovery.evidence != nil else { continue }
      result.evidence = recovery.evidence
      for (line, year) in zip(lines, recovery.years) {
        guard let year else { continue }
        result.found.insert(year)
        entries[line.index].time = YearRecovery.local(entries[line.index].time, year: year)
        entries[line.index].clock = .local
      }
    }
    return result
  }

  private func scope(of index: Int) -> Int { streams[Int(entries[index].stream)].scope }

  private mutating func skipUndated(
    hasYears: Bool, _ places: [RecordSink.Place], _ sink: inout RecordSink
  ) {
    var statistics = 0
    for index in entries.indices {
      let place =
        entries[index].kind == .statistics && statistics < places.count
        ? places[statistics] : nil
      if entries[index].kind == .statistics { statistics += 1 }
      guard entries[index].clock == .yearless else { continue }
      entries[index].clock = .none
      guard entries[index].kind != .start else { continue }
      sink.skip(
        reason: hasYears
          ? "is on 29 February of a year without one: give --year YYYY"
          : "has no year: give --year YYYY", at: place)
    }
  }

  private func noteAssumptions(_ years: Years, _ clock: LineClock, _ sink: inout RecordSink) {
    if let evidence = years.evidence, let first = years.found.min(), let last = years.found.max() {
      let span = first == last ? "\(first)" : "\(first) to \(last)"
      sink.notes.append("the log writes no year; \(span) is taken from \(evidence)")
    }
    guard entries.contains(where: { $0.clock == .local }) else { return }
    if let offset = clock.observedOffset {
      sink.notes.append(
        "times without a zone are read as \(offset / 60) minutes ahead of UTC, as other lines show")
    } else if settings.zone == .utc {
      sink.notes.append(
        "times without a zone are read as UTC, the usual clock of containers; --source-time-zone "
          + "gives another")
    } else {
      sink.notes.append("times without a zone are read as \(settings.zone.name), as given")
    }
  }

  /// From old to new. A file in order stays as it is, so that lines of one second keep their order.
  private mutating func putInOrder() {
    var rises = 0
    var falls = 0
    for index in entries.indices.dropFirst() {
      if axis[index] > axis[index - 1] { rises += 1 }
      if axis[index] < axis[index - 1] { falls += 1 }
    }
    order = (0..<Int32(entries.count)).map { $0 }
    if falls == 0 { return }
    if rises == 0 {
      order.reverse()
    } else {
      let mayReverse = falls > rises
      let axis = axis
      order.sort { a, b in
        let (x, y) = (axis[Int(a)], axis[Int(b)])
        return x != y ? x < y : mayReverse ? a > b : a < b
      }
    }
  }

  // MARK: Servers

  private struct Server {
    var model = VLLMIntervals.noModel
    var rank = 0
    var version: (major: Int, minor: Int)?
    var life: Int32 = 0
    var hasServed = false
  }

  /// Gives every entry the model and life of its server, and the meaning of its prompt rate.
  private mutating func followServers() {
    var servers: [Int: Server] = [:]
    var lifeCount: Int32 = 0
    lives = [Int32](repeating: 0, count: entries.count)
    models = [Int32](repeating: VLLMIntervals.noModel, count: entries.count)
    for index in order.lazy.map(Int.init) {
      let scope = scope(of: index)
      var server = servers[scope] ?? Server()
      if entries[index].kind == .start {
        let start = starts[Int(entries[index].prompt)]
        if start.beginsServer, server.hasServed {
          lifeCount += 1
          server = Server(model: server.model, version: nil, life: lifeCount)
        }
        if start.model != nil, start.rank >= server.rank {
          (server.model, server.rank) = (Int32(entries[index].prompt), start.rank)
        }
        if let version = start.version { server.version = version }
      } else {
        server.hasServed = true
        // Ray's driver starts the engine that an actor runs.
        let driver = unnamedScope.flatMap { servers[$0] }
        if let version = server.version ?? driver?.version {
          entries[index].promptRate =
            version.major > 0 || version.minor >= 16 ? .computedOnly : .withCached
        }
        models[index] =
          server.model == VLLMIntervals.noModel
          ? driver?.model ?? VLLMIntervals.noModel : server.model
      }
      lives[index] = server.life
      servers[scope] = server
    }
  }

  // MARK: Records

  /// Emits the next records, and notes at the end; false when all are out.
  mutating func emitPart(into sink: inout RecordSink) -> Bool {
    let provider = sink.intern("vllm", .provider)
    var count = 0
    while emitted < order.count {
      if count == VLLMIntervals.recordsAPart { return true }
      let index = Int(order[emitted])
      emitted += 1
      guard var record = record(of: index) else { continue }
      record.kind.provider = provider
      let model = models[index]
      if let name = model == VLLMIntervals.noModel ? settings.model : starts[Int(model)].model {
        record.kind.model = sink.intern(name, .model)
      } else {
        withoutModel += 1
      }
      sink.emit(record)
      count += 1
    }
    addNotes(to: &sink)
    return false
  }

  /// The record of one entry without its names; nil when it tells of no tokens in any state of the log.
  ///
  /// All that the lines before it do not tell may be told otherwise by those after it: its width, its
  /// model, whether its server logs iterations. So every record gives way to a longer state's, and one
  /// that some shorter state gave tokens is told without any, to take them back.
  private mutating func record(of index: Int) -> UsageRecord? {
    let entry = entries[index]
    guard entry.kind != .start, entry.clock != .none, !entry.isIdle else { return nil }
    var record = UsageRecord()
    record.requests = nil
    record.identity = entry.identity
    record.precedence = .provisional
    if entry.kind == .iterations {
      let bucket = entry.time.dividedRoundingDown(by: VLLMIntervals.iterationBucket)
      record.width = VLLMIntervals.iterationBucket
      record.start = Instant(microseconds: bucket * VLLMIntervals.iterationBucket)
      record.tokens.uncachedInput = Int64(entry.prompt)
      record.tokens.output = Int64(entry.output)
      return record
    }
    record.width = widths[index]
    record.start = Instant(microseconds: entry.time - widths[index])
    if let first = firstIterations[serverLife(index)] { return index < first ? record : nil }
    let stream = Int(entry.stream)
    record.tokens.uncachedInput = VLLMIntervals.tokens(
      entry.prompt, widths[index], &carries[stream].prompt)
    record.tokens.output = VLLMIntervals.tokens(
      entry.output, widths[index], &carries[stream].output)
    if entry.cacheWasHit, entry.prompt > 0 {
      record.kind.splitKnown = entry.promptRate == .computedOnly
      if record.kind.splitKnown { withoutCached += 1 } else { withCached += 1 }
    }
    return record
  }

  private func addNotes(to sink: inout RecordSink) {
    if withoutModel > 0 {
      sink.notes.append("no model for \(counted(withoutModel, "interval")): give --model NAME")
    }
    if withCached > 0 {
      sink.notes.append(
        "\(counted(withCached, "interval")) with prompt tokens from the prefix cache counted as input: "
          + "vLLM before 0.16 does not tell them apart")
    }
    if withoutCached > 0 {
      sink.notes.append(
        "\(counted(withoutCached, "interval")) without prompt tokens from the prefix cache: since 0.16 "
          + "vLLM logs only those it computed")
    }
  }

  /// One life of one server.
  private func serverLife(_ index: Int) -> UInt64 {
    UInt64(scope(of: index)) << 32
      | UInt64(truncatingIfNeeded: lives[index])
  }

  /// Whole tokens of a rate over a width. What rounding leaves goes to the stream's next line, so that
  /// sums are right to half a token however many lines there are.
  private static func tokens(_ rate: UInt32, _ width: Int64, _ carry: inout Int64) -> Int64 {
    let perToken: Int128 = 100_000_000
    let exact = Int128(rate) * Int128(width) + Int128(carry)
    let whole = (exact + perToken / 2).dividedRoundingDown(by: perToken)
    carry = Int64(exact - whole * perToken)
    return Int64(clamping: whole)
  }
}
