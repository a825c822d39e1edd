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
  /// By group: the cell its last row went to. Logs are in order of time, so the next goes there too.
  private var recent: [(cell: Int64, number: Int)] = []

  init(_ rollup: Rollup) { self.rollup = rollup }

  mutating func add(_ row: PackedRow, group: Int, _ kind: KindTraits, sign: Int64 = 1) {
    let cell = rollup.cell(of: row)
    while recent.count <= group { recent.append((.min, 0)) }
    if recent[group].cell != cell {
      let key = CellKey(cell: cell, group: group)
      if let number = numbers[key] {
        recent[group] = (cell, number)
      } else {
        numbers[key] = sums.count
        recent[group] = (cell, sums.count)
        keys.append(key)
        sums.append(CellSums())
      }
    }
    sums[recent[group].number].add(row, kind, sign: sign)
  }

  /// Adds the sums to those in the ledger. `mapped` has the ledger's number of each group.
  func write(_ mapped: [Int], source: Int64, _ db: Database) throws {
    let upsert = try db.cachedStatement(sql: CellTable.upsert(rollup.table))
    let width = rollup.microseconds / Instant.microsecondsPerSecond
    for i in keys.indices.sorted(by: { keys[$0] < keys[$1] }) {
      let sum = sums[i]
      if sum.records == 0, sum == CellSums() { continue }
      let cost = sum.cost?.picodollars ?? 0
      let micro = cost.dividedRoundingDown(by: 1_000_000)
      try upsert.execute(arguments: [
        keys[i].cell * width, mapped[keys[i].group], source, sum.records, sum.requests, sum.failed,
        sum.tokens.uncachedInput, sum.tokens.cacheRead, sum.tokens.cacheWrite5m,
        sum.tokens.cacheWrite1h, sum.tokens.cacheWriteOther, sum.tokens.output,
        sum.tokens.reasoning, sum.tokens.audioInput, sum.tokens.audioOutput,
        sum.tokens.imageInput, Int64(micro), Int64(cost - micro * 1_000_000), sum.costRecords,
        sum.unknownCacheSplit, sum.unknownRequests,
      ])
    }
    if sums.contains(where: { $0.records < 0 }) {
      try db.execute(
        sql: "DELETE FROM \(rollup.table) WHERE source = ? AND records = 0", arguments: [source])
    }
  }

  private static func upsert(_ table: String) -> String {
    let columns = CellSums.columns
    return """
      INSERT INTO \(table) (start, kind, source, \(columns.joined(separator: ", ")))
      VALUES (?, ?, ?\(String(repeating: ", ?", count: columns.count)))
      ON CONFLICT (start, kind, source) DO UPDATE SET
      \(columns.map { "\($0) = \($0) + excluded.\($0)" }.joined(separator: ", "))
      """
  }
}
