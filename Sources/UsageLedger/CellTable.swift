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
  /// Where each cell's sums stand; nil as long as no group went back in time, when nobody asks.
  private var numbers: [CellKey: Int]?
  /// By group: the sums its last row went to, and of which cell. Logs are in order of time, so the next
  /// goes there or to a later cell.
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
    let number = number(of: CellKey(cell: present.cell, group: group))
    recent[group] = (present.cell, number)
    return number
  }

  private mutating func number(of key: CellKey) -> Int {
    while recent.count <= key.group { recent.append((.min, 0)) }
    let last = recent[key.group]
    if last.cell == key.cell { return last.number }
    if last.cell > key.cell, numbers == nil {
      var all = [CellKey: Int](minimumCapacity: keys.count * 2)
      for (number, key) in keys.enumerated() { all[key] = number }
      numbers = all
    }
    if let known = numbers?[key] { return known }
    numbers?[key] = sums.count
    keys.append(key)
    sums.append(CellSums())
    return sums.count - 1
  }

  /// Adds another table's sums; `mapped` has this table's number of each of its groups.
  mutating func add(_ other: CellTable, _ mapped: [Int]) {
    for (key, sum) in zip(other.keys, other.sums) where sum != CellSums() {
      let own = CellKey(cell: key.cell, group: mapped[key.group])
      let number = number(of: own)
      recent[own.group] = (own.cell, number)
      sums[number].add(sum)
    }
  }

  /// Adds the sums to those in the ledger. `mapped` has the ledger's number of each group (nil: groups are
  /// those already), `source` is whose sums they are where the rollup tells sources apart.
  func write(_ mapped: [Int]?, source: Int64 = 0, _ db: Database) throws {
    let full = try db.cachedStatement(sql: rollup.upsertFull)
    let common = try db.cachedStatement(sql: rollup.upsertCommon)
    for i in keys.indices.sorted(by: { keys[$0] < keys[$1] }) {
      let sum = sums[i]
      if sum.records == 0, sum == CellSums() { continue }
      let start = keys[i].cell * (rollup.microseconds / Instant.microsecondsPerSecond)
      let kind = mapped?[keys[i].group] ?? keys[i].group
      if sum.isCommon {
        // Binding is most of the work, and most cells have few values. Unchecked, GRDB does not put them
        // into lists of its own first: the statement has these nine.
        common.setUncheckedArguments([
          start, kind, source, sum.records, sum.tokens.uncachedInput, sum.tokens.cacheRead,
          sum.tokens.cacheWriteOther, sum.tokens.output, sum.failed,
        ])
        try common.execute()
        continue
      }
      let key: StatementArguments = rollup.isBySource ? [start, kind, source] : [start, kind]
      try full.execute(arguments: key + sum.values)
      if sum.records < 0 {
        let delete = try db.cachedStatement(sql: rollup.deleteEmpty)
        try delete.execute(arguments: key)
      }
    }
  }
}

extension Rollup {
  private func upsert(_ columns: [String], parameters: [Int]? = nil) -> String {
    let all = keyColumns + columns
    let values = parameters.map { $0.map { "?\($0)" } } ?? all.map { _ in "?" }
    return """
      INSERT INTO \(table) (\(all.joined(separator: ", ")))
      VALUES (\(values.joined(separator: ", ")))
      ON CONFLICT (\(keyColumns.joined(separator: ", "))) DO UPDATE SET
      \(columns.map { "\($0) = \($0) + excluded.\($0)" }.joined(separator: ", "))
      """
  }

  /// Of start, kind, source, records (as many as requests), uncached input, cache reads, other cache
  /// writes, output and failed requests.
  private var upsertOfCommon: String {
    upsert(
      CellSums.commonColumns,
      parameters: (isBySource ? [1, 2, 3] : [1, 2]) + [4, 4, 5, 6, 7, 8, 9])
  }

  // Put together once: small files have a few cells each.
  private static let full = (
    cell: quarterHour.upsert(CellSums.columns), day: day.upsert(CellSums.columns)
  )
  private static let common = (cell: quarterHour.upsertOfCommon, day: day.upsertOfCommon)
  fileprivate var upsertFull: String { isBySource ? Rollup.full.cell : Rollup.full.day }
  fileprivate var upsertCommon: String { isBySource ? Rollup.common.cell : Rollup.common.day }

  /// Deletes one row if nothing is left in it.
  fileprivate var deleteEmpty: String {
    "DELETE FROM \(table) WHERE records = 0 AND "
      + keyColumns.map { "\($0) = ?" }.joined(separator: " AND ")
  }
}
