import GRDB
import Usage

/// Stored rows of one source that come to count, or no longer do, as its sums must change.
struct RollupChange {
  private var tables: [CellTable]
  /// By rollup: the ledger's kind a row is summed under -> its place in `mapped`.
  private var places: [[Int: Int]]
  /// By rollup: the ledger's kinds the tables have sums of.
  private var mapped: [[Int]]

  init(of rollups: [Rollup] = Rollup.allCases) {
    tables = rollups.map { CellTable($0) }
    places = rollups.map { _ in [:] }
    mapped = rollups.map { _ in [] }
  }

  /// `kind` is the ledger's number of the row's kind; `sign` is -1 for a row that counts no longer.
  mutating func add(
    _ row: PackedRow, kind number: Int, sign: Int64, _ kinds: inout KindIndex, _ db: Database
  ) throws {
    guard let kind = kinds.kinds[number] else { return }
    for i in tables.indices {
      let group = try kinds.number(of: tables[i].rollup.group(of: kind), db)
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
