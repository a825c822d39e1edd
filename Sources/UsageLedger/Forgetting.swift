import Foundation
import GRDB
import Usage

/// Takes a source out, inside a transaction.
struct Forgetting {
  let db: Database
  private let source: Int64
  var kinds: KindIndex
  /// The source and the earlier states of it.
  var leaving: Set<Int64> = []
  var leavingBlocks: Set<Int64> = []
  var sourceOfBlock: [Int64: Int64] = [:]

  init(_ db: Database, source: Int64) throws {
    self.db = db
    self.source = source
    kinds = try KindIndex(db)
  }

  mutating func run() throws -> Forgotten {
    let heir = try Int64.fetchOne(
      db, sql: "SELECT covered_by FROM source WHERE id = ?", arguments: [source])
    if let heir { return try handOver(to: heir) }
    let forgotten = try takeOut()
    for id in leaving {
      for column in ["covered_by", "superseded_by"] {
        try db.execute(
          sql: "UPDATE source SET \(column) = NULL WHERE \(column) = ?", arguments: [id])
      }
      try deleteSource(id)
    }
    try deleteUnusedKinds()
    return forgotten
  }

  /// Takes all that the source brought out of the ledger, and remembers it as a state of `whole`; as
  /// nothing if it is the very same reading.
  mutating func give(to whole: Int64) throws {
    _ = try takeOut()
    for id in leaving {
      try db.execute(
        sql: "UPDATE source SET covered_by = ?, superseded_by = ? WHERE id = ?",
        arguments: [whole, whole, id])
      let isSame = try Bool.fetchOne(
        db,
        sql: """
          SELECT a.digest = b.digest FROM source a JOIN source b ON b.id = ? WHERE a.id = ?
          """, arguments: [whole, id])
      if isSame == true { try deleteSource(id) }
    }
  }

  /// Takes out the requests of the source and of its earlier states.
  private mutating func takeOut() throws -> Forgotten {
    leaving = try withEarlierStates()
    for row in try Row.fetchAll(db, sql: "SELECT id, source FROM block") {
      let owner: Int64 = try row["source"]
      sourceOfBlock[try row["id"]] = owner
      if leaving.contains(owner) { leavingBlocks.insert(try row["id"]) }
    }
    var forgotten = Forgotten()
    let ids = leaving.sorted()
    forgotten.paths = try ids.map { try path(of: $0) }
    let counted = try requestCount()
    // What was filed by way of a loose identity of the file's rows is filed anew first.
    let refiled = try refileLooseRows()
    let candidates = try candidates(besides: refiled)
    forgotten.stayed = try settle(candidates, besides: refiled.keys)
    forgotten.removed = counted - forgotten.stayed
    try takeOutOfSharedSums()
    for id in ids {
      for table in ["block"] + Rollup.ofSources.map(\.table) {
        try db.execute(sql: "DELETE FROM \(table) WHERE source = ?", arguments: [id])
      }
    }
    return forgotten
  }

  /// Takes the leaving requests out of the sums that do not tell sources apart.
  private mutating func takeOutOfSharedSums() throws {
    var change = RollupChange(of: Rollup.ofAllSources)
    for id in leavingBlocks.sorted() {
      guard let block = try StoredBlock.fetch(db, id) else { continue }
      try block.forEachRequest { row in
        try change.add(row, kind: block.kinds[row.kind], sign: -1, &kinds, db)
      }
    }
    try change.write(source: source, db)
  }

  private func path(of id: Int64) throws -> String {
    try String.fetchOne(db, sql: "SELECT path FROM source WHERE id = ?", arguments: [id]) ?? ""
  }

  // MARK: An earlier state of a file that is there

  private func handOver(to heir: Int64) throws -> Forgotten {
    for rollup in Rollup.ofSources {
      let columns = CellSums.columns
      try db.execute(
        sql: """
          INSERT INTO \(rollup.table) (start, kind, source, \(columns.joined(separator: ", ")))
          SELECT start, kind, ?, \(columns.joined(separator: ", ")) FROM \(rollup.table)
          WHERE source = ?
          ON CONFLICT (start, kind, source) DO UPDATE SET
          \(columns.map { "\($0) = \($0) + excluded.\($0)" }.joined(separator: ", "))
          """, arguments: [heir, source])
    }
    var forgotten = Forgotten(paths: [try path(of: source)], heir: try path(of: heir))
    for row in try Row.fetchAll(
      db, sql: "SELECT rows, copies FROM block WHERE source = ?", arguments: [source])
    {
      forgotten.stayed += try StoredBlock.rowCount(row) - RowSet(bitmap: row["copies"]).count
    }
    try db.execute(
      sql: "UPDATE block SET source = ? WHERE source = ?", arguments: [heir, source])
    for column in ["covered_by", "superseded_by"] {
      try db.execute(
        sql: "UPDATE source SET \(column) = ? WHERE \(column) = ?", arguments: [heir, source])
    }
    try deleteSource(source)
    return forgotten
  }

  private func withEarlierStates() throws -> Set<Int64> {
    var found: Set<Int64> = [source]
    var next = [source]
    while let one = next.popLast() {
      let earlier = try Int64.fetchAll(
        db, sql: "SELECT id FROM source WHERE covered_by = ?", arguments: [one])
      for id in earlier where found.insert(id).inserted { next.append(id) }
    }
    return found
  }

  private func requestCount() throws -> Int {
    var count = 0
    for row in try Row.fetchAll(db, sql: "SELECT source, rows, copies FROM block")
    where leaving.contains(try row["source"]) {
      count += try StoredBlock.rowCount(row) - RowSet(bitmap: row["copies"]).count
    }
    return count
  }

  // MARK: Deleting

  private func deleteSource(_ id: Int64) throws {
    for table in Rollup.ofSources.map(\.table) + ["skipped_line", "file_state"] {
      try db.execute(sql: "DELETE FROM \(table) WHERE source = ?", arguments: [id])
    }
    try db.execute(sql: "DELETE FROM source WHERE id = ?", arguments: [id])
  }

  private func deleteUnusedKinds() throws {
    var used = Set<Int>()
    let blocks = try Data.fetchCursor(db, sql: "SELECT DISTINCT kinds FROM block")
    while let data = try blocks.next() { used.formUnion(StoredBlock.numbers([UInt8](data))) }
    for table in Rollup.allCases.map(\.table) {
      used.formUnion(try Int.fetchAll(db, sql: "SELECT DISTINCT kind FROM \(table)"))
    }
    for kind in kinds.kinds.keys where !used.contains(kind) {
      try db.execute(sql: "DELETE FROM label WHERE kind = ?", arguments: [kind])
      try db.execute(sql: "DELETE FROM kind WHERE id = ?", arguments: [kind])
    }
  }
}
