import Foundation
import GRDB
import Usage

extension Ledger {
  /// Takes a file out of the ledger: afterwards it is as if the file, and earlier states of it, had
  /// never come. What another file also brought stays, as that file has it.
  ///
  /// An earlier state of a file that came again, grown or complete, is only forgotten by name: its
  /// requests are the later file's too. `name` is a source's number, its path, or the end of its path
  /// from a `/` on.
  package func forget(_ name: String) throws -> Forgotten {
    do {
      return try queue.writeWithoutTransaction { db in
        // What is deleted is overwritten: labels may name people.
        try db.execute(sql: "PRAGMA secure_delete = ON")
        var forgotten: Forgotten?
        try db.inTransaction(.immediate) {
          let id = try Ledger.source(named: name, db)
          var forgetting = try Forgetting(db, source: id)
          forgotten = try forgetting.run()
          return .commit
        }
        return forgotten ?? Forgotten()
      }
    } catch let error as DatabaseError {
      throw LedgerFailure(path: path, error)
    }
  }

  /// The one source of this name; of several states of one file the last.
  private static func source(named name: String, _ db: Database) throws -> Int64 {
    let rows = try Row.fetchAll(db, sql: "SELECT id, path, covered_by FROM source ORDER BY id")
    let all: [(id: Int64, path: String, heir: Int64?)] = rows.map {
      ($0["id"], $0["path"], $0["covered_by"])
    }
    var matching = all.filter { $0.path == name }
    if matching.isEmpty { matching = all.filter { $0.path.hasSuffix("/" + name) } }
    if matching.isEmpty, let number = Int64(name) { matching = all.filter { $0.id == number } }
    let last = matching.filter { one in !matching.contains { $0.id == one.heir } }
    if last.count == 1 { return last[0].id }
    guard matching.isEmpty else {
      throw LedgerFailure(
        "'\(name)' names \(last.count) files; give the number of the one you mean: "
          + last.map { "\($0.id) (\($0.path))" }.joined(separator: ", "))
    }
    let near = nearest(to: name, among: all.map(\.path))
    throw LedgerFailure(
      "no file in the ledger is called '\(name)'"
        + (near.map { "; did you mean \($0)?" } ?? "; `hindcast ledger info` lists them"))
  }
}

/// What `Ledger.forget` did.
package struct Forgotten: Sendable, Equatable {
  /// The paths of the file and of its earlier states, in the order they came.
  package var paths: [String] = []
  /// Requests that are no longer there.
  package var removed = 0
  /// Requests of the file that another file brought too, and that stay.
  package var stayed = 0
  /// The later file that the requests belong to now, where the file was an earlier state of it.
  package var heir: String?
}

/// Takes a source out, inside a transaction.
struct Forgetting {
  let db: Database
  private let source: Int64
  private var kinds: KindIndex
  /// The source and the earlier states of it.
  private var leaving: Set<Int64> = []
  private var leavingBlocks: Set<Int64> = []
  private var sourceOfBlock: [Int64: Int64] = [:]

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

  /// Takes all that the source brought out of the ledger, and remembers it as a state of `whole`.
  mutating func give(to whole: Int64) throws {
    _ = try takeOut()
    for id in leaving {
      try db.execute(
        sql: "UPDATE source SET covered_by = ?, superseded_by = ? WHERE id = ?",
        arguments: [whole, whole, id])
    }
  }

  /// Takes out the requests of the source and of its earlier states.
  private mutating func takeOut() throws -> Forgotten {
    leaving = try withEarlierStates()
    for row in try Row.fetchAll(db, sql: "SELECT id, source FROM block") {
      let owner: Int64 = row["source"]
      sourceOfBlock[row["id"]] = owner
      if leaving.contains(owner) { leavingBlocks.insert(row["id"]) }
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
      forgotten.stayed += (row["rows"] as Int) - RowSet(bitmap: row["copies"]).count
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
    where leaving.contains(row["source"]) {
      count += (row["rows"] as Int) - RowSet(bitmap: row["copies"]).count
    }
    return count
  }

  // MARK: What stays of the file's requests

  /// Rows of other sources that stand under identities whose requests go or are filed anew, in the
  /// order of identities, then of arrival.
  private func candidates(besides refiled: RefiledRows) throws -> [IdentityEntry] {
    var candidates = refiled.entries
    func take(_ entry: IdentityEntry) {
      if !leavingBlocks.contains(entry.location.block), !refiled.locations.contains(entry.location)
      {
        candidates.append(entry)
      }
    }
    var requests = try IdentityIndex(db: db).entries()
    var copies = try IdentityIndex(db: db, content: .copies).entries()
    while let copy = try copies.next() {
      if refiled.keys.contains(copy.key) {
        take(copy)
      } else if let request = try requests.find(copy.key), leavingBlocks.contains(request.block) {
        take(copy)
      }
    }
    requests = try IdentityIndex(db: db).entries()
    for key in refiled.keys.sorted() {
      if let location = try requests.find(key) { take(IdentityEntry(key: key, location: location)) }
    }
    return candidates.sorted { $0.key == $1.key ? $0.location < $1.location : $0.key < $1.key }
  }

  /// Makes the best of the candidates for each identity its request; returns how many requests of the
  /// leaving sources stay so.
  private mutating func settle(
    _ candidates: [IdentityEntry], besides refiled: Set<IdentityKey>
  ) throws -> Int {
    let winners = try winners(of: candidates)
    var winning = Set<Location>(minimumCapacity: winners.count)
    for i in winners { winning.insert(candidates[i].location) }
    let keys = candidates.map(\.key)
    func isSettled(_ entry: IdentityEntry) -> Bool {
      leavingBlocks.contains(entry.location.block) || keys.containsSorted(entry.key)
        || refiled.contains(entry.key)
    }
    var stayed = 0
    var leavingKeys = try IdentityIndex(db: db).entries()
    for i in winners {
      if let old = try leavingKeys.find(candidates[i].key), leavingBlocks.contains(old.block) {
        stayed += 1
      }
    }
    try mark(candidates, winning: winning)
    try IdentityIndex(db: db).remove(where: isSettled)
    try IdentityIndex(db: db, content: .copies).remove(where: isSettled)
    try IdentityIndex(db: db).add { writer in
      for i in winners { try writer.append(candidates[i]) }
    }
    try IdentityIndex(db: db, content: .copies).add { writer in
      var owner: Int64?
      for (i, entry) in candidates.enumerated() {
        // Winners come once a key, in the order of keys.
        if i == 0 || candidates[i - 1].key != entry.key {
          owner = candidates[i...].prefix { $0.key == entry.key }
            .first { winning.contains($0.location) }.flatMap { sourceOfBlock[$0.location.block] }
        }
        if !winning.contains(entry.location), sourceOfBlock[entry.location.block] != owner {
          try writer.append(entry)
        }
      }
    }
    return stayed
  }

  /// The places, one for each identity, of the copies that stay, by the rules that decided when they
  /// came.
  private func winners(of candidates: [IdentityEntry]) throws -> [Int] {
    var runs: [Range<Int>] = []
    var start = 0
    for i in candidates.indices.dropFirst() where candidates[i].key != candidates[start].key {
      runs.append(start..<i)
      start = i
    }
    if !candidates.isEmpty { runs.append(start..<candidates.count) }
    let contested = runs.filter { $0.count > 1 }.flatMap { $0.map { candidates[$0].location } }
    let rows = try StoredRows(db, at: contested)
    return runs.map { run in
      var best = run.lowerBound
      guard run.count > 1, var bestRank = rows.rank(at: candidates[best].location, kinds) else {
        return best
      }
      for i in run.dropFirst() {
        guard let rank = rows.rank(at: candidates[i].location, kinds), rank.replaces(bestRank)
        else {
          continue
        }
        best = i
        bestRank = rank
      }
      return best
    }
  }

  /// Marks the candidates as requests or copies and puts them into, or takes them out of, the sums.
  private mutating func mark(_ candidates: [IdentityEntry], winning: Set<Location>) throws {
    let byBlock = Dictionary(grouping: candidates.map(\.location), by: \.block)
    for (id, places) in byBlock.sorted(by: { $0.key < $1.key }) {
      guard var block = try StoredBlock.fetch(db, id) else { continue }
      var change = RollupChange()
      let rows = block.rows
      for place in places where Int(place.row) < rows.count {
        let counts = winning.contains(place)
        guard counts == block.copies.contains(place.row) else { continue }
        if counts { block.copies.remove(place.row) } else { block.copies.insert(place.row) }
        let row = rows[Int(place.row)]
        try change.add(row, kind: block.kinds[row.kind], sign: counts ? 1 : -1, &kinds, db)
      }
      try change.write(source: block.source, db)
      try db.execute(
        sql: "UPDATE block SET copies = ? WHERE id = ?",
        arguments: [block.copies.bitmap(of: 0..<block.rowCount), id])
    }
  }

  // MARK: Loose identities

  /// Rows of other sources that share a loose identity with the leaving ones, under the identities that
  /// they are filed under without those.
  private struct RefiledRows {
    var entries: [IdentityEntry] = []
    var locations: Set<Location> = []
    /// The identities they were filed under, or are now.
    var keys: Set<IdentityKey> = []
  }

  private func refileLooseRows() throws -> RefiledRows {
    var groups: [IdentityKey: [(location: Location, full: IdentityKey?)]] = [:]
    for entry in try looseRows(where: { leavingBlocks.contains($0) }) { groups[entry.row.key] = [] }
    var refiled = RefiledRows()
    guard !groups.isEmpty else { return refiled }
    for entry in try looseRows(where: { !leavingBlocks.contains($0) }) {
      groups[entry.row.key]?.append((entry.location, entry.row.full))
    }
    for (key, rows) in groups {
      let old = try LooseHolder(db, key)
      var holder: LooseHolder?
      var filed: [IdentityKey] = []
      for row in rows { filed.append(LooseHolder.file(row.full, under: key, &holder)) }
      try LooseHolder.write(holder, key, db)
      // The same rows under the same identities: nothing to decide anew but what the leaving ones owned.
      guard zip(rows, filed).contains(where: { old?.filed(of: $0.full, key) != $1 }) else {
        continue
      }
      for (row, place) in zip(rows, filed) {
        refiled.entries.append(IdentityEntry(key: place, location: row.location))
        refiled.locations.insert(row.location)
        refiled.keys.insert(place)
        if let old { refiled.keys.insert(old.filed(of: row.full, key)) }
      }
    }
    return refiled
  }

  /// In the order they came.
  private func looseRows(
    where isWanted: (Int64) -> Bool
  ) throws -> [(row: SourceDraft.LooseKey, location: Location)] {
    var found: [(row: SourceDraft.LooseKey, location: Location)] = []
    let blocks = try Row.fetchCursor(
      db, sql: "SELECT id, loose FROM block WHERE loose IS NOT NULL ORDER BY id")
    while let block = try blocks.next() {
      let id: Int64 = block["id"]
      guard isWanted(id) else { continue }
      for row in LooseRows.read(block["loose"]) {
        found.append((row, Location(block: id, row: Int(row.row))))
      }
    }
    return found
  }

  // MARK: Deleting

  private func deleteSource(_ id: Int64) throws {
    for table in Rollup.ofSources.map(\.table) + ["skipped_line"] {
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

extension [IdentityKey] {
  /// Whether it is among these ascending ones.
  fileprivate func containsSorted(_ key: IdentityKey) -> Bool {
    var low = 0
    var high = count
    while low < high {
      let middle = (low + high) / 2
      if self[middle] < key { low = middle + 1 } else { high = middle }
    }
    return low < count && self[low] == key
  }
}
