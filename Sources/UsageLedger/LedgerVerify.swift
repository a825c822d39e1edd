import Foundation
import GRDB
import Usage

extension Ledger {
  /// What is wrong with the ledger, a sentence each; empty when nothing is.
  ///
  /// SQLite's own check, the checksums of what is stored packed, every sum against the requests it is
  /// made of, and identities against requests in both directions. Reads the whole ledger once and the
  /// identities twice; memory grows with the sums, and by a bit for each request.
  package func verify() throws -> [String] {
    try reading { db in
      var verification = Verification(db)
      verification.run()
      return verification.faults
    }
  }
}

/// One run over a ledger, in which nothing is taken for granted.
private struct Verification {
  let db: Database
  var faults: [String] = []
  private var kinds: [Int: History.Kind] = [:]
  private var sources: Set<Int64> = []
  private var groups: [RollupGroups] = []
  private var expected = Rollup.allCases.map { _ in [RollupKey: CellSums]() }
  private var blocks: [Int64: BlockRows] = [:]

  private struct RollupKey: Hashable {
    /// Unix seconds.
    var start: Int64
    var kind: Int
    /// 0 where sources are not told apart.
    var source: Int64
  }

  /// Which rows a block has, and which of them an identity was found for.
  private struct BlockRows {
    var count: Int
    var copies: RowSet
    var seen = RowSet()
  }

  /// A damaged ledger can have a fault for each request; nobody reads more than these.
  private static let mostFaults = 100

  init(_ db: Database) { self.db = db }

  private mutating func note(_ fault: String) {
    if faults.count < Verification.mostFaults, !faults.contains(fault) { faults.append(fault) }
  }

  private mutating func note(_ count: Int, _ what: String) {
    if count > 0 { note("\(count) \(what)") }
  }

  mutating func run() {
    check("the file") { try $0.checkFile() }
    check("kinds") { try $0.readKinds() }
    check("files") { try $0.checkSources() }
    check("requests") { try $0.checkBlocks() }
    for (i, rollup) in Rollup.allCases.enumerated() {
      check(rollup.table) { try $0.checkSums(i, rollup) }
    }
    check("pages of identities") { try $0.checkPages() }
    check("identities") { try $0.checkIdentities() }
  }

  /// What stops one check does not stop the others.
  private mutating func check(_ what: String, _ body: (inout Verification) throws -> Void) {
    do {
      try body(&self)
    } catch let damage as LedgerDamage {
      note(damage.what)
    } catch let error as DatabaseError {
      note(
        "\(what) cannot be read: SQLite: \(error.message ?? "error \(error.resultCode.rawValue)")")
    } catch {
      note("\(what) cannot be read: a column has no value of its type")
    }
  }

  private mutating func checkFile() throws {
    for fault in try String.fetchAll(db, sql: "PRAGMA integrity_check(20)") where fault != "ok" {
      note("SQLite: \(fault)")
    }
  }

  private mutating func readKinds() throws {
    kinds = try KindIndex(db).kinds
    groups = Rollup.allCases.map { RollupGroups($0, kinds) }
  }

  // MARK: Sources

  private mutating func checkSources() throws {
    sources = Set(try Int64.fetchAll(db, sql: "SELECT id FROM source"))
    for column in ["superseded_by", "covered_by"] {
      let strays = try Int64.fetchAll(
        db,
        sql: """
          SELECT id FROM source
          WHERE \(column) IS NOT NULL AND \(column) NOT IN (SELECT id FROM source)
          """)
      for id in strays { note("file \(id) is said to be part of one that is not there") }
    }
    let lines = try Row.fetchAll(
      db,
      sql: """
        SELECT path, skipped, count(*) AS kept
        FROM source JOIN skipped_line ON skipped_line.source = source.id
        GROUP BY source.id HAVING kept > skipped
        """)
    for row in lines {
      note("\(try row["path"] as String) keeps more skipped lines than it skipped")
    }
  }

  // MARK: Requests and their sums

  private mutating func checkBlocks() throws {
    var counting: [Int64: Int] = [:]
    let cursor = try Row.fetchCursor(
      db, sql: "SELECT \(StoredBlock.columns), first_start, last_start FROM block ORDER BY id")
    while let next = try cursor.next() {
      check("a block of requests") { verification in
        let block = try StoredBlock(unchecked: next)
        counting[block.source, default: 0] += block.rowCount - block.copies.count
        try verification.check(block, from: next["first_start"], to: next["last_start"])
      }
    }
    for row in try Row.fetchAll(db, sql: "SELECT id, path, records FROM source") {
      let records: Int = try row["records"]
      guard let count = counting[try row["id"]], count > records else { continue }
      note("\(try row["path"] as String) brought \(records) records but \(count) of it count")
    }
  }

  private mutating func check(_ block: StoredBlock, from first: Int64?, to last: Int64?) throws {
    blocks[block.id] = BlockRows(count: block.rowCount, copies: block.copies)
    if !sources.contains(block.source) {
      note("block \(block.id) belongs to a file that is not there")
    }
    if let damage = block.damage { throw damage }
    let rows = try block.rows()
    guard rows.count == block.rowCount else {
      return note("block \(block.id) holds \(rows.count) rows instead of \(block.rowCount)")
    }
    let starts = rows.map(\.start.microseconds)
    if starts.min() != first || starts.max() != last {
      note("block \(block.id) says another time than its requests")
    }
    add(rows, of: block)
  }

  private mutating func add(_ rows: [PackedRow], of block: StoredBlock) {
    for (number, row) in rows.enumerated() where !block.copies.contains(UInt32(number)) {
      guard let kind = kinds[block.kinds[row.kind]] else {
        return note("block \(block.id) names a kind that does not exist")
      }
      for (i, rollup) in Rollup.allCases.enumerated() {
        let width = rollup.microseconds / Instant.microsecondsPerSecond
        let key = RollupKey(
          start: rollup.cell(of: row) * width,
          kind: groups[i].number(of: block.kinds[row.kind]) ?? -1,
          source: rollup.isBySource ? block.source : 0)
        expected[i][key, default: CellSums()].add(row, KindTraits(kind))
      }
    }
  }

  private mutating func checkSums(_ i: Int, _ rollup: Rollup) throws {
    let cells = try Row.fetchCursor(db, sql: "SELECT * FROM \(rollup.table)")
    while let row = try cells.next() {
      let key = RollupKey(
        start: try row["start"], kind: try row["kind"],
        source: rollup.isBySource ? try row["source"] : 0)
      let sums = try CellSums(row)
      if expected[i].removeValue(forKey: key)?.hasSameColumns(as: sums) != true {
        note("\(rollup.table) at \(Verification.time(key)) does not add up to its requests")
      }
    }
    for key in expected[i].keys.sorted(by: { $0.start < $1.start }) {
      note("requests at \(Verification.time(key)) are missing from \(rollup.table)")
    }
  }

  /// A moment, or the number where damage has made it one that no clock shows.
  private static func time(_ key: RollupKey) -> String {
    abs(key.start / 86_400) < 1_000_000
      ? Instant(seconds: key.start).description : "second \(key.start)"
  }

  // MARK: Identities

  private mutating func checkPages() throws {
    let pages = try Row.fetchCursor(
      db,
      sql: """
        SELECT p.id AS id, p.segment AS segment, p.first AS first, p.last AS last,
          p.entries AS entries, p.checksum AS checksum, s.entries AS expected
        FROM identity_page p LEFT JOIN segment s ON s.id = p.segment ORDER BY p.segment, p.id
        """)
    var counts: [Int64: Int] = [:]
    var previous: (segment: Int64, key: IdentityKey)?
    while let row = try pages.next() {
      let id: Int64 = try row["id"]
      let segment: Int64 = try row["segment"]
      let bytes = [UInt8](try row["entries"] ?? Data())
      guard try Checksum.of(bytes) == row["checksum"] as Int64?, let page = IdentityPage(bytes),
        page.count > 0
      else {
        note("identities (page \(id)) are not what was written")
        continue
      }
      if try row["expected"] as Int? == nil { note("identities (page \(id)) belong to no segment") }
      counts[segment, default: 0] += page.count
      let isOrdered =
        (1..<page.count).allSatisfy { page[$0 - 1].key <= page[$0].key }
        && (previous.map { $0.segment != segment || $0.key <= page[0].key } ?? true)
      let last = page[page.count - 1].key
      let bounds = (IdentityKey(try row["first"]), IdentityKey(try row["last"]))
      if !isOrdered || bounds != (page[0].key, last) {
        note("identities (page \(id)) are out of order")
      }
      previous = (segment, last)
    }
    for row in try Row.fetchAll(db, sql: "SELECT id, entries FROM segment") {
      let id: Int64 = try row["id"]
      let found = counts[id] ?? 0
      let expected: Int = try row["entries"]
      if found != expected {
        note("segment \(id) holds \(found) identities instead of \(expected)")
      }
    }
  }

  private mutating func checkIdentities() throws {
    var strays = 0
    var doubles = 0
    var shared = 0
    var previous: IdentityKey?
    var requests = try IdentityIndex(db: db).entries()
    while let entry = try requests.next() {
      if entry.key == previous { doubles += 1 }
      previous = entry.key
      let row = entry.location.row
      guard let block = blocks[entry.location.block], row < block.count, !block.copies.contains(row)
      else {
        strays += 1
        continue
      }
      if block.seen.contains(row) { shared += 1 }
      blocks[entry.location.block]?.seen.insert(row)
    }
    let found = blocks.values.reduce(0) { $0 + $1.seen.count }
    let counting = blocks.values.reduce(0) { $0 + $1.count - $1.copies.count }
    note(strays, "identities name requests that do not exist")
    note(doubles, "identities stand for two requests")
    note(shared, "requests have two identities")
    note(counting - found, "requests have no identity")
    try checkCopies()
  }

  /// Each copy kept is marked as one, and its request is there.
  private mutating func checkCopies() throws {
    var strays = 0
    var orphans = 0
    var requests = try IdentityIndex(db: db).entries()
    var copies = try IdentityIndex(db: db, content: .copies).entries()
    while let entry = try copies.next() {
      let row = entry.location.row
      if let block = blocks[entry.location.block], row < block.count, block.copies.contains(row) {
      } else {
        strays += 1
      }
      if try requests.find(entry.key) == nil { orphans += 1 }
    }
    note(strays, "identities of copies name no copy")
    note(orphans, "copies belong to a request that does not exist")
  }

}

/// By the number of a kind: the number of the kind it is summed under.
private struct RollupGroups {
  private var numbers: [Int: Int] = [:]

  init(_ rollup: Rollup, _ kinds: [Int: History.Kind]) {
    var known: [History.Kind: Int] = [:]
    for (number, kind) in kinds { known[kind] = number }
    for (number, kind) in kinds { numbers[number] = known[rollup.group(of: kind)] }
  }

  func number(of kind: Int) -> Int? { numbers[kind] }
}

extension CellSums {
  fileprivate init(_ row: Row) throws {
    records = try row["records"]
    requests = try row["requests"]
    failed = try row["failed"]
    tokens = try TokenCounts(row)
    costRecords = try row["cost_records"]
    let micro: Int64 = try row["cost_micro"]
    let pico: Int64 = try row["cost_pico"]
    cost = Money(picodollars: Int128(micro) * 1_000_000 + Int128(pico))
    unknownCacheSplit = try row["unknown_cache_split"]
    unknownRequests = try row["unknown_requests"]
  }

  /// Tables keep no cost as a cost of 0.
  fileprivate func hasSameColumns(as other: CellSums) -> Bool {
    var (a, b) = (self, other)
    a.cost = a.cost ?? .zero
    b.cost = b.cost ?? .zero
    return a == b
  }
}
