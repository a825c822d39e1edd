import GRDB
import Usage

struct CellKey: Hashable, Comparable {
  /// Counted from 1970 on in the rollup's own width.
  var cell: Int64
  /// A number of the draft's or of the ledger's kinds.
  var group: Int

  static func < (a: CellKey, b: CellKey) -> Bool {
    a.cell == b.cell ? a.group < b.group : a.cell < b.cell
  }
}

/// One rollup of one draft.
struct CellTable: Sendable {
  let rollup: Rollup
  private(set) var sums: [CellSums] = []
  private(set) var keys: [CellKey] = []
  private var numbers: [CellKey: Int] = [:]
  /// By group: the sums its last row went to, and of which cell. Logs are in order of time, so the next
  /// goes there too.
  private var recent: [(cell: Int64, number: Int)] = []
  /// The cell of the last row, and the microseconds it covers: divided once a cell, not once a row.
  private var present: (cell: Int64, start: Int64, end: Int64) = (0, .max, .min)

  init(_ rollup: Rollup) { self.rollup = rollup }

  mutating func add(_ row: PackedRow, group: Int, _ kind: KindTraits, sign: Int64 = 1) {
    let number = number(at: Rollup.moment(of: row), group)
    sums[number].add(row, kind, sign: sign)
  }

  /// Adds the sums of rows that start about then. `traits` are by group.
  mutating func add(
    _ tallied: [(group: Int, sums: GroupTally.Sums)], at moment: Int64, _ traits: [KindTraits]
  ) {
    for (group, tally) in tallied {
      let number = number(at: moment, group)
      sums[number].add(tally, traits[group])
    }
  }

  /// Where the sums of a group's cell stand.
  private mutating func number(at moment: Int64, _ group: Int) -> Int {
    if moment < present.start || moment >= present.end { enterCell(at: moment) }
    if group < recent.count {
      let last = recent[group]
      if last.cell == present.cell { return last.number }
    }
    return numberOfOtherCell(group)
  }

  private mutating func enterCell(at moment: Int64) {
    let cell = moment.dividedRoundingDown(by: rollup.microseconds)
    let start = cell * rollup.microseconds
    present = (cell, start, start + rollup.microseconds)
  }

  private mutating func numberOfOtherCell(_ group: Int) -> Int {
    while recent.count <= group { recent.append((.min, 0)) }
    let key = CellKey(cell: present.cell, group: group)
    let number: Int
    if let known = numbers[key] {
      number = known
    } else {
      number = sums.count
      numbers[key] = number
      keys.append(key)
      sums.append(CellSums())
    }
    recent[group] = (present.cell, number)
    return number
  }

  /// Adds the sums to those in the ledger. `mapped` has the ledger's number of each group.
  func write(_ mapped: [Int], source: Int64, _ db: Database) throws {
    let full = try db.cachedStatement(sql: rollup.upsert(CellSums.columns))
    let common = try db.cachedStatement(sql: rollup.upsert(CellSums.commonColumns))
    let width = rollup.microseconds / Instant.microsecondsPerSecond
    for i in keys.indices.sorted(by: { keys[$0] < keys[$1] }) {
      let sum = sums[i]
      if sum.records == 0, sum == CellSums() { continue }
      let start = keys[i].cell * width
      let kind = mapped[keys[i].group]
      if sum.isCommon {
        // A third of the values to bind: most cells have no others.
        try common.execute(arguments: [
          start, kind, source, sum.records, sum.requests, sum.tokens.uncachedInput,
          sum.tokens.cacheRead, sum.tokens.output,
        ])
        continue
      }
      let cost = sum.cost?.picodollars ?? 0
      let micro = cost.dividedRoundingDown(by: 1_000_000)
      try full.execute(arguments: [
        start, kind, source, sum.records, sum.requests, sum.tokens.uncachedInput,
        sum.tokens.cacheRead, sum.tokens.output, sum.failed, sum.tokens.cacheWrite5m,
        sum.tokens.cacheWrite1h, sum.tokens.cacheWriteOther, sum.tokens.reasoning,
        sum.tokens.audioInput, sum.tokens.audioOutput, sum.tokens.imageInput, Int64(micro),
        Int64(cost - micro * 1_000_000), sum.costRecords, sum.unknownCacheSplit,
        sum.unknownRequests,
      ])
    }
    if sums.contains(where: { $0.records < 0 }) {
      try db.execute(
        sql: "DELETE FROM \(rollup.table) WHERE source = ? AND records = 0", arguments: [source])
    }
  }
}

extension Rollup {
  fileprivate func upsert(_ columns: [String]) -> String {
    """
    INSERT INTO \(table) (start, kind, source, \(columns.joined(separator: ", ")))
    VALUES (?, ?, ?\(String(repeating: ", ?", count: columns.count)))
    ON CONFLICT (start, kind, source) DO UPDATE SET
    \(columns.map { "\($0) = \($0) + excluded.\($0)" }.joined(separator: ", "))
    """
  }
}
