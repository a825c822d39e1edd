import GRDB
import Usage

/// Stored rows of one source that come to count, or no longer do, as its sums must change.
struct RollupChange {
  private var tables: [CellTable]
  /// By rollup: the ledger's kinds the tables have sums of.
  private var mapped: [[Int]]
  /// By rollup: the ledger's kind that rows are summed under -> its place in `mapped`.
  private var places: [[Int: Int]]
  /// The ledger's number of a row's kind -> what its sums need; worked out once a kind, not once a row.
  private var known: [Int: (places: [Int], traits: KindTraits)] = [:]

  init(of rollups: [Rollup] = Rollup.allCases) {
    tables = rollups.map { CellTable($0) }
    places = rollups.map { _ in [:] }
    mapped = rollups.map { _ in [] }
  }

  /// `kind` is the ledger's number of the row's kind; `sign` is -1 for a row that counts no longer.
  mutating func add(
    _ row: PackedRow, kind number: Int, sign: Int64, _ kinds: inout KindIndex, _ db: Database
  ) throws {
    if known[number] == nil {
      guard let kind = kinds.kinds[number] else { return }
      known[number] = (try places(of: kind, &kinds, db), KindTraits(kind))
    }
    guard let kind = known[number] else { return }
    for i in tables.indices {
      tables[i].add(row, group: kind.places[i], kind.traits, sign: sign)
    }
  }

  private mutating func places(
    of kind: History.Kind, _ kinds: inout KindIndex, _ db: Database
  ) throws -> [Int] {
    try tables.indices.map { i in
      let group = try kinds.number(of: tables[i].rollup.group(of: kind), db)
      if let place = places[i][group] { return place }
      places[i][group] = mapped[i].count
      mapped[i].append(group)
      return mapped[i].count - 1
    }
  }

  func write(source: Int64, _ db: Database) throws {
    for (i, table) in tables.enumerated() { try table.write(mapped[i], source: source, db) }
  }
}
