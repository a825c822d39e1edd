import Foundation
import GRDB
import Usage

extension Ledger {
  /// Token counts of a period by these dimensions: from cells, or from the requests themselves where
  /// labels are asked for.
  ///
  /// Rows ascend by time, then by names; rows without a name come last.
  package func usage(
    period: Period, by: [UsageSummary.Dimension], where filters: [UsageFilter] = [],
    excludingSources: [String] = []
  ) throws -> UsageSummary {
    try reading { db in
      let kinds = try KindIndex(db)
      let sources = try SourceSelection(db, filters: filters, excluded: excludingSources)
      var grouping = Grouping(by: by, zone: period.zone)
      let needsLabels = by.contains(where: \.isLabel) || filters.contains(where: \.isLabel)
      let take: TakeSum = { start, kindID, source, sums in
        let kind = try kinds.kind(kindID)
        guard filters.allSatisfy({ $0.admits(kind) }), sources.admits(source) else { return }
        grouping.add(sums, start: start, kindID, kind, source, path: sources.path(source))
      }
      if needsLabels {
        try forEachSumOfRequests(db, period, by, sources, kinds, take)
      } else {
        try forEachSumOfCells(db, period, by, sources, kinds, take)
      }
      return UsageSummary(
        period: period, by: by, rows: grouping.rows, totals: grouping.totals,
        skippedLines: try sources.skippedLines(in: period, db),
        notes: Ledger.notes(grouping.totals))
    }
  }

  private typealias TakeSum =
    (_ start: Int64, _ kind: Int, _ source: Int64, UsageSums) throws -> Void

  private func forEachSumOfCells(
    _ db: Database, _ period: Period, _ by: [UsageSummary.Dimension], _ sources: SourceSelection,
    _ kinds: KindIndex, _ take: TakeSum
  ) throws {
    let rows = try Row.fetchCursor(
      db,
      sql: Ledger.cellQuery(
        byTime: by.contains(where: \.isTime), bySource: sources.isNeeded || by.contains(.source)),
      arguments: [period.start.seconds, period.end.seconds])
    while let row = try rows.next() {
      let kind: Int = try row["kind"]
      let sums = try UsageSums(row, currency: kinds.kind(kind).currency)
      try take(row["start"], kind, row["source"], sums)
    }
  }

  private func forEachSumOfRequests(
    _ db: Database, _ period: Period, _ by: [UsageSummary.Dimension], _ sources: SourceSelection,
    _ kinds: KindIndex, _ take: TakeSum
  ) throws {
    let hasTime = by.contains(where: \.isTime)
    let blocks = try StoredBlock.cursor(db, from: period.start, to: period.end)
    while let next = try blocks.next() {
      let block = try StoredBlock(next)
      guard sources.admits(block.source) else { continue }
      var sums: [CellKey: UsageSums] = [:]
      try block.forEachRequest { row in
        let cell = Rollup.quarterHour.cell(of: row)
        let start = Instant(microseconds: cell * Rollup.quarterHour.microseconds)
        guard period.contains(start) else { return }
        let kind = block.kinds[row.kind]
        let key = CellKey(cell: hasTime ? cell * 900 : 0, group: kind)
        sums[key, default: UsageSums()].add(row, try kinds.kind(kind))
      }
      for (key, sum) in sums { try take(key.cell, key.group, block.source, sum) }
    }
  }

  /// Sums by the values of some dimensions.
  private struct Grouping {
    private let times: [UsageSummary.Dimension]
    private let names: [UsageSummary.Dimension]
    /// Where each dimension asked for stands among times and names.
    private let places: [Int]
    private let zone: ZoneRules
    private var groups: [[String?]: UsageSums] = [:]
    private(set) var totals = UsageSums()
    private var timeKeys: [Int64: [String?]] = [:]
    private var nameKeys: [GroupedBy: [String?]] = [:]

    init(by: [UsageSummary.Dimension], zone: ZoneRules) {
      times = by.filter(\.isTime)
      names = by.filter { !$0.isTime }
      let order = times + names
      places = by.compactMap { order.firstIndex(of: $0) }
      self.zone = zone
    }

    mutating func add(
      _ sums: UsageSums, start: Int64, _ kindID: Int, _ kind: History.Kind, _ source: Int64,
      path: String?
    ) {
      totals += sums
      let time: [String?]
      if let known = timeKeys[start] {
        time = known
      } else {
        time = times.map { $0.text(of: Instant(seconds: start), in: zone) }
        timeKeys[start] = time
      }
      let by = GroupedBy(kind: kindID, source: source)
      let name: [String?]
      if let known = nameKeys[by] {
        name = known
      } else {
        name = names.map { $0.name(of: kind, source: path) }
        nameKeys[by] = name
      }
      groups[time + name, default: UsageSums()] += sums
    }

    /// Times first, whatever order was asked for.
    var rows: [UsageSummary.Row] {
      groups.sorted { Ledger.precedes($0.key, $1.key) }.map { keys, sums in
        UsageSummary.Row(keys: places.map { keys[$0] }, sums: sums)
      }
    }
  }

  private struct GroupedBy: Hashable {
    var kind: Int
    var source: Int64
  }

  fileprivate static func precedes(_ a: [String?], _ b: [String?]) -> Bool {
    for (x, y) in zip(a, b) where x != y {
      guard let x else { return false }
      guard let y else { return true }
      return x < y
    }
    return false
  }

  /// Sums cells in SQL as far as the grouping allows, so that few rows come out.
  private static func cellQuery(byTime: Bool, bySource: Bool) -> String {
    let columns = CellSums.columns.map { "sum(\($0)) AS \($0)" }.joined(separator: ", ")
    return """
      SELECT \(byTime ? "start" : "0") AS start, kind, \(bySource ? "source" : "0") AS source,
        \(columns)
      FROM cell WHERE start >= ? AND start < ?
      GROUP BY \(byTime ? "start, " : "")kind\(bySource ? ", source" : "")
      """
  }

  private static func notes(_ totals: UsageSums) -> [String] {
    var notes: [String] = []
    if totals.unknownCacheSplit > 0 {
      notes.append(
        "The cache split of \(counted(totals.unknownCacheSplit, "request or interval", "requests or intervals")) "
          + "is not told by the source: that uncached input is an upper bound.")
    }
    if totals.unknownRequests > 0 {
      notes.append(
        "How many requests there were in \(counted(totals.unknownRequests, "interval")) is not told by "
          + "the source: the tokens are counted, the requests are not.")
    }
    return notes
  }

  /// The requests of a period in order of their start.
  package func history(
    period: Period, where filters: [UsageFilter] = [], excludingSources: [String] = []
  ) throws -> History {
    try reading { db in
      let index = try KindIndex(db)
      let sources = try SourceSelection(db, filters: filters, excluded: excludingSources)
      var kinds: [History.Kind] = []
      var kindNumbers: [Int: Int] = [:]
      var requests = History.Requests(from: period.start)
      var sums = UsageSums()
      let start = period.start
      let end = period.end
      // Arrays that grow are there twice while they do.
      if filters.isEmpty {
        requests.reserveCapacity(try StoredBlock.rowCount(db, from: start, to: end))
      }
      let blocks = try StoredBlock.cursor(db, from: start, to: end)
      while let next = try blocks.next() {
        let block = try StoredBlock(next)
        guard sources.admits(block.source) else { continue }
        let local = try block.kinds.map { number -> Int? in
          let kind = try index.kind(number)
          guard filters.allSatisfy({ $0.admits(kind) }) else { return nil }
          if let known = kindNumbers[number] { return known }
          kindNumbers[number] = kinds.count
          kinds.append(kind)
          return kinds.count - 1
        }
        try block.forEachRequest { row in
          // By the moment that cells go by, so that replays and token counts have the same requests.
          let moment = Instant(microseconds: Rollup.moment(of: row))
          guard moment >= start, moment < end, let kind = local[row.kind] else { return }
          let before = max(0, start.microseconds - row.start.microseconds)
          requests.append(
            History.Request(
              start: row.start.advanced(byMicroseconds: before), width: row.width - before,
              requests: row.requests, kind: kind,
              tokens: row.tokens, reportedCost: row.reportedCost, duration: row.duration,
              timeToFirstToken: row.timeToFirstToken))
          sums.add(row, kinds[kind])
        }
      }
      let hashes = kinds.map(\.stableHash)
      requests.sort { a, b in
        if a.tokens.total != b.tokens.total { return a.tokens.total < b.tokens.total }
        if a.tokens.output != b.tokens.output { return a.tokens.output < b.tokens.output }
        if hashes[a.kind] != hashes[b.kind] { return hashes[a.kind] < hashes[b.kind] }
        return a.tokens.uncachedInput < b.tokens.uncachedInput
      }
      return History(
        period: period, kinds: kinds, requests: requests, sums: sums,
        skippedLines: try sources.skippedLines(in: period, db))
    }
  }

  /// Those of the names that no source goes by.
  package func unknownSources(among names: [String]) throws -> [String] {
    try reading { db in
      let paths = try String.fetchAll(db, sql: "SELECT path FROM source")
      return names.filter { name in !paths.contains { SourceSelection.names(name, $0) } }
    }
  }

  func reading<T>(_ body: (Database) throws -> T) throws -> T {
    try guarded { try queue.read(body) }
  }

  static func data(_ fingerprint: Fingerprint) -> Data {
    Data(
      [fingerprint.high, fingerprint.low].flatMap { word in
        stride(from: 56, through: 0, by: -8).map { UInt8(truncatingIfNeeded: word >> UInt64($0)) }
      })
  }
}

extension Instant {
  var seconds: Int64 {
    microseconds.dividedRoundingDown(by: Instant.microsecondsPerSecond)
  }
}

extension UsageSums {
  fileprivate init(_ row: Row, currency: String) throws {
    self.init()
    requests = try row["requests"]
    failed = try row["failed"]
    tokens = try TokenCounts(row)
    if try row["cost_records"] as Int64 > 0 {
      let micro: Int64 = try row["cost_micro"]
      let pico: Int64 = try row["cost_pico"]
      reportedCost[currency] = Money(picodollars: Int128(micro) * 1_000_000 + Int128(pico))
    }
    unknownCacheSplit = try row["unknown_cache_split"]
    unknownRequests = try row["unknown_requests"]
  }

  fileprivate mutating func add(_ row: PackedRow, _ kind: History.Kind) {
    requests &+= row.requests ?? 0
    if kind.status == .failed { failed &+= row.requests ?? 1 }
    tokens += row.tokens
    if let cost = row.reportedCost { reportedCost[kind.currency, default: .zero] += cost }
    if !kind.splitKnown { unknownCacheSplit &+= row.requests ?? 1 }
    if row.requests == nil { unknownRequests += 1 }
  }
}

extension UsageSummary.Dimension {
  /// Whether it is a label: cells do not tell those apart.
  fileprivate var isLabel: Bool {
    [.project, .team, .user, .key, .application, .step].contains(self)
  }

  /// The label of the time that `instant` falls in.
  fileprivate func text(of instant: Instant, in zone: ZoneRules) -> String {
    let day = zone.day(of: instant)
    switch self {
    case .hour:
      let local = zone.localMicroseconds(instant)
      let hour =
        (local - Int64(day.number) * Instant.microsecondsPerDay) / 3_600_000_000
      return "\(day)T\(hour < 10 ? "0" : "")\(hour):00"
    case .week: return day.monday.description
    case .month: return String(day.description.prefix(7))
    default: return day.description
    }
  }

  /// The name of this dimension that a kind has; nil when its source did not say.
  fileprivate func name(of kind: History.Kind, source: String?) -> String? {
    let text: String? =
      switch self {
      case .model: kind.model
      case .provider: kind.provider
      case .tier: kind.tier == .unknown ? nil : kind.tier.name
      case .region: kind.region
      case .source: source
      case .project: kind.label(.project)
      case .team: kind.label(.team)
      case .user: kind.label(.user)
      case .key: kind.label(.key)
      case .application: kind.label(.application)
      case .step: kind.label(.step)
      case .hour, .day, .week, .month: nil
      }
    return text?.isEmpty == false ? text : nil
  }
}
