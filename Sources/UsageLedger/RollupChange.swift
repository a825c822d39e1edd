import GRDB
import Usage

/// Stored rows of one source that come to count, or no longer do, as its sums must change.
struct RollupChange {
  private var tables = Rollup.allCases.map { CellTable($0) }
  /// By rollup: the ledger's kind a row is summed under -> its place in `mapped`.
  private var places = [[Int: Int]](repeating: [:], count: Rollup.allCases.count)
  /// By rollup: the ledger's kinds the tables have sums of.
  private var mapped = [[Int]](repeating: [], count: Rollup.allCases.count)

  /// `kind` is the ledger's number of the row's kind; `sign` is -1 for a row that counts no longer.
  mutating func add(
    _ row: PackedRow, kind number: Int, sign: Int64, _ kinds: inout KindIndex, _ db: Database
  ) throws {
    guard let kind = kinds.kinds[number] else { return }
    for (i, rollup) in Rollup.allCases.enumerated() {
      let group = try kinds.number(of: rollup.group(of: kind), db)
      let place = places[i][group] ?? mapped[i].count
      if place == mapped[i].count {
        places[i][group] = place
        mapped[i].append(group)
      }
      tables[i].add(row, group: place, KindTraits(kind), sign: sign)
    }
  }

  func write(source: Int64, _ db: Database) throws {
    for (i, table) in tables.enumerated() { try table.write(mapped[i], source: source, db) }
  }
}
