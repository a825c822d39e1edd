import Foundation
import GRDB
import Usage

extension Ledger {
  /// Adds the records of these files in one transaction: all of them or, when it throws, none.
  ///
  /// Requests that are there already are dropped, or take the place of the copy that is there when they
  /// carry more; see `RowRank`. The outcomes are in the order of `drafts`.
  package func add(_ drafts: [SourceDraft]) throws -> [DraftOutcome] {
    guard !drafts.isEmpty else { return [] }
    do {
      return try queue.writeWithoutTransaction { db in
        var outcomes: [DraftOutcome] = []
        try db.inTransaction(.immediate) {
          var addition = try Addition(db, drafts)
          outcomes = try addition.run()
          return .commit
        }
        return outcomes
      }
    } catch let error as DatabaseError {
      throw LedgerFailure(path: path, error)
    }
  }
}

/// One transaction's work.
struct Addition {
  let db: Database
  var drafts: [SourceDraft]
  var outcomes: [DraftOutcome]
  var kinds: KindIndex
  var index: IdentityIndex
  /// The number each draft's source gets; nil for refused ones.
  var sources: [Int64?]
  /// Rows of each draft that are copies of something that stays.
  var dead: [Set<UInt32>]
  /// Where requests that are known by a loose identity alone are stored.
  var forced: [IdentityKey: Location] = [:]
  /// Further keys of a row, by its own key.
  var aliases: [(alias: IdentityKey, key: IdentityKey)] = []
  var looseKeys: [(loose: IdentityKey, key: IdentityKey, isFull: Bool)] = []

  /// A row of a draft and the key it is filed under, in 16 bytes: there is one for every record.
  struct Copy {
    private var high: UInt64
    var row: UInt32
    private var low: UInt16
    private var number: UInt16

    init(key: IdentityKey, draft: Int, row: UInt32) {
      high = key.high
      low = key.low
      self.row = row
      number = UInt16(draft)
    }

    var key: IdentityKey { IdentityKey(high: high, low: low) }
    var draft: Int { Int(number) }
    var firstBits: UInt64 { high }

    /// Ascending by key; copies of one key in the order they came.
    static func precedes(_ a: Copy, _ b: Copy) -> Bool {
      if a.high != b.high { return a.high < b.high }
      if a.low != b.low { return a.low < b.low }
      return a.number == b.number ? a.row < b.row : a.number < b.number
    }
  }

  init(_ db: Database, _ drafts: [SourceDraft]) throws {
    self.db = db
    self.drafts = drafts
    outcomes = [DraftOutcome](repeating: DraftOutcome(), count: drafts.count)
    kinds = try KindIndex(db)
    index = IdentityIndex(db: db)
    sources = [Int64?](repeating: nil, count: drafts.count)
    dead = [Set<UInt32>](repeating: [], count: drafts.count)
  }

  mutating func run() throws -> [DraftOutcome] {
    for i in drafts.indices {
      if let refusal = try regrouping(of: drafts[i], before: i) {
        outcomes[i].refusal = refusal
      } else {
        sources[i] = try insertSource(drafts[i].source)
      }
    }
    try resolveLooseIdentities()
    let copies = sortedCopies()
    try resolve(copies)
    let blocks = try insertBlocks()
    try insertIdentities(copies, blocks)
    try insertLooseIdentities(blocks)
    try insertCells()
    for i in drafts.indices {
      if let source = sources[i] { try finish(source, drafts[i], outcomes[i]) }
    }
    return outcomes
  }

  // MARK: Which copy stays

  mutating func sortedCopies() -> [Copy] {
    var copies: [Copy] = []
    copies.reserveCapacity(drafts.reduce(0) { $0 + $1.count })
    for i in drafts.indices {
      for (row, key) in drafts[i].takeKeys().enumerated() where sources[i] != nil {
        copies.append(Copy(key: key, draft: i, row: UInt32(row)))
      }
    }
    copies.sortByKey()
    return copies
  }

  /// Marks all copies but the one that stays as dead, counts them, and replaces stored rows.
  mutating func resolve(_ copies: [Copy]) throws {
    var groups: [Range<Int>] = []
    var start = 0
    while start < copies.count {
      var end = start + 1
      while end < copies.count, copies[end].key == copies[start].key { end += 1 }
      if end - start > 1 { groups.append(start..<end) }
      start = end
    }
    var stored = try index.locations(count: copies.count) { copies[$0].key }
    stored.merge(forced) { _, forced in forced }
    for i in drafts.indices { outcomes[i].requests = sources[i] == nil ? 0 : drafts[i].count }
    guard !groups.isEmpty || !stored.isEmpty else { return }

    var isGrouped = Set<IdentityKey>()
    for group in groups { isGrouped.insert(copies[group.lowerBound].key) }
    for (i, copy) in copies.enumerated()
    where stored[copy.key] != nil && !isGrouped.contains(copy.key) {
      groups.append(i..<i + 1)
    }
    let ranks = try draftRanks(of: groups, copies)
    let storedRanks = try storedRanks(at: Set(stored.values))
    var replacements: [(location: Location, copy: Copy)] = []
    for group in groups {
      let first = copies[group.lowerBound]
      let location = stored[first.key]
      var best: Copy?
      var bestRank = location.flatMap { storedRanks[$0] }
      for copy in copies[group] {
        // `draftRanks` made one for every copy of a group.
        let rank = ranks[copy.draft][copy.row]!
        guard let present = bestRank else {
          best = copy
          bestRank = rank
          continue
        }
        outcomes[copy.draft].requests -= 1
        if rank.replaces(present) {
          if let loser = best {
            kill(loser)
            // Within one file the better copy is simply the request; a later file's replaces it.
            if loser.draft == copy.draft {
              outcomes[copy.draft].duplicates += 1
            } else {
              outcomes[copy.draft].replaced += 1
            }
          } else {
            outcomes[copy.draft].replaced += 1
          }
          best = copy
          bestRank = rank
        } else {
          kill(copy)
          outcomes[copy.draft].duplicates += 1
        }
      }
      if let location, let best {
        kill(best)
        replacements.append((location, best))
      }
    }
    try replaceStoredRows(replacements)
  }

  mutating func kill(_ copy: Copy) { dead[copy.draft].insert(copy.row) }

  func draftRanks(
    of groups: [Range<Int>], _ copies: [Copy]
  ) throws -> [[UInt32: RowRank]] {
    var needed = [Set<UInt32>](repeating: [], count: drafts.count)
    for group in groups {
      for copy in copies[group] { needed[copy.draft].insert(copy.row) }
    }
    return drafts.indices.map { i in
      guard !needed[i].isEmpty else { return [:] }
      let hashes = drafts[i].kinds.map(\.stableHash)
      var ranks: [UInt32: RowRank] = [:]
      ranks.reserveCapacity(needed[i].count)
      drafts[i].forEachRow { number, row in
        if needed[i].contains(number) { ranks[number] = RowRank(row, kindHash: hashes[row.kind]) }
      }
      return ranks
    }
  }

  func storedRanks(at locations: Set<Location>) throws -> [Location: RowRank] {
    var ranks: [Location: RowRank] = [:]
    ranks.reserveCapacity(locations.count)
    for (block, rows) in Dictionary(grouping: locations, by: \.block) {
      guard let stored = try StoredBlock.fetch(db, block) else { continue }
      let content = stored.rows
      for location in rows where Int(location.row) < content.count {
        let row = content[Int(location.row)]
        let kind = kinds.kinds[stored.kinds[row.kind]]
        ranks[location] = RowRank(row, kindHash: kind?.stableHash ?? 0)
      }
    }
    return ranks
  }

  // MARK: Rows that are there

  mutating func replaceStoredRows(
    _ replacements: [(location: Location, copy: Copy)]
  ) throws {
    guard !replacements.isEmpty else { return }
    var newRows: [Location: (row: PackedRow, kind: History.Kind)] = [:]
    for (draft, parts) in Dictionary(grouping: replacements, by: { $0.copy.draft }) {
      let places = Dictionary(
        parts.map { ($0.copy.row, $0.location) }, uniquingKeysWith: { $1 })
      drafts[draft].forEachRow { number, row in
        guard let location = places[number] else { return }
        newRows[location] = (row, drafts[draft].kinds[row.kind])
      }
    }
    for (block, locations) in Dictionary(grouping: newRows.keys, by: \.block).sorted(by: {
      $0.key < $1.key
    }) {
      guard var stored = try StoredBlock.fetch(db, block) else { continue }
      var rows = stored.rows
      for location in locations {
        guard let (newRow, kind) = newRows[location] else { continue }
        let old = rows[Int(location.row)]
        let number = try kinds.number(of: kind, db)
        if let oldKind = kinds.kinds[stored.kinds[old.kind]] {
          try add(old, oldKind, to: stored.source, sign: -1)
        }
        try add(newRow, kind, to: stored.source, sign: 1)
        var row = newRow
        row.kind =
          stored.kinds.firstIndex(of: number)
          ?? {
            stored.kinds.append(number)
            return stored.kinds.count - 1
          }()
        rows[Int(location.row)] = row
      }
      var packer = RowPacker(capacity: stored.data.count)
      for row in rows { packer.append(row) }
      try db.execute(
        sql: "UPDATE block SET first_start = ?, last_start = ?, kinds = ?, data = ? WHERE id = ?",
        arguments: [
          packer.first.microseconds, packer.last.microseconds, StoredBlock.bytes(stored.kinds),
          Data(packer.bytes), Int64(block),
        ])
    }
  }

  // MARK: New rows

  /// Writes each draft's surviving rows; gives the first block's number of each draft.
  mutating func insertBlocks() throws -> [[UInt32]] {
    var numbers = [[UInt32]](repeating: [], count: drafts.count)
    let insert = try db.cachedStatement(
      sql: """
        INSERT INTO block (source, rows, first_start, last_start, kinds, data)
        VALUES (?, ?, ?, ?, ?, ?)
        """)
    for i in drafts.indices {
      guard let source = sources[i] else { continue }
      let mapped = try drafts[i].kinds.map { try kinds.number(of: $0, db) }
      let kindBytes = StoredBlock.bytes(mapped)
      for block in drafts[i].compacted(without: dead[i]) {
        try insert.execute(arguments: [
          source, block.count, block.first.microseconds, block.last.microseconds, kindBytes,
          Data(block.bytes),
        ])
        numbers[i].append(UInt32(truncatingIfNeeded: db.lastInsertedRowID))
      }
    }
    return numbers
  }

  /// Writes the identities of the surviving rows with where the rows are now.
  func insertIdentities(_ copies: [Copy], _ blocks: [[UInt32]]) throws {
    let places = drafts.indices.map { Places(dead: dead[$0], blocks: blocks[$0]) }
    let aliased = Dictionary(grouping: aliases, by: \.key)
    var further: [IdentityEntry] = []
    try index.add { write in
      for copy in copies {
        guard let location = places[copy.draft].location(of: copy.row) else { continue }
        try write(IdentityEntry(key: copy.key, location: location))
        guard !aliased.isEmpty else { continue }
        for alias in aliased[copy.key] ?? [] {
          further.append(IdentityEntry(key: alias.alias, location: location))
        }
      }
    }
    for alias in aliases {
      if let location = forced[alias.key] {
        further.append(IdentityEntry(key: alias.alias, location: location))
      }
    }
    guard !further.isEmpty else { return }
    try index.add { write in
      for entry in further.sorted(by: { $0.key < $1.key }) { try write(entry) }
    }
  }

  /// Where the rows of a draft end up once the dead ones are out.
  private struct Places {
    var dead: [UInt32]
    var isDead: Set<UInt32>
    var blocks: [UInt32]

    init(dead: Set<UInt32>, blocks: [UInt32]) {
      self.dead = dead.sorted()
      isDead = dead
      self.blocks = blocks
    }

    func location(of row: UInt32) -> Location? {
      if !dead.isEmpty, isDead.contains(row) { return nil }
      var low = 0
      var high = dead.count
      while low < high {
        let middle = (low + high) / 2
        if dead[middle] < row { low = middle + 1 } else { high = middle }
      }
      let place = Int(row) - low
      return Location(
        block: blocks[place / SourceDraft.rowsPerBlock],
        row: UInt16(place % SourceDraft.rowsPerBlock))
    }
  }

  mutating func insertCells() throws {
    for i in drafts.indices {
      guard let source = sources[i] else { continue }
      let mapped = try drafts[i].groups.map { try kinds.number(of: $0, db) }
      for table in drafts[i].rollups(without: dead[i]) {
        try write(table, mapped, source: source)
      }
    }
  }

  /// Adds one row to a source's rollups, or takes it away.
  mutating func add(
    _ row: PackedRow, _ kind: History.Kind, to source: Int64, sign: Int64
  ) throws {
    for rollup in Rollup.allCases {
      var table = CellTable(rollup)
      table.add(row, group: 0, KindTraits(kind), sign: sign)
      try write(table, [try kinds.number(of: rollup.group(of: kind), db)], source: source)
    }
  }

  func write(_ table: CellTable, _ mapped: [Int], source: Int64) throws {
    let name = table.rollup.table
    let upsert = try db.cachedStatement(sql: Addition.upsert(name))
    let width = table.rollup.microseconds / Instant.microsecondsPerSecond
    for i in table.keys.indices.sorted(by: { table.keys[$0] < table.keys[$1] }) {
      let key = table.keys[i]
      let sums = table.sums[i]
      if sums.records == 0, sums == CellSums() { continue }
      let cost = sums.cost?.picodollars ?? 0
      let micro = cost.dividedRoundingDown(by: 1_000_000)
      try upsert.execute(arguments: [
        key.cell * width, mapped[key.group], source, sums.records, sums.requests, sums.failed,
        sums.tokens.uncachedInput, sums.tokens.cacheRead, sums.tokens.cacheWrite5m,
        sums.tokens.cacheWrite1h, sums.tokens.cacheWriteOther, sums.tokens.output,
        sums.tokens.reasoning, sums.tokens.audioInput, sums.tokens.audioOutput,
        sums.tokens.imageInput, Int64(micro), Int64(cost - micro * 1_000_000), sums.costRecords,
        sums.unknownCacheSplit, sums.unknownRequests,
      ])
    }
    if table.sums.contains(where: { $0.records < 0 }) {
      try db.execute(
        sql: "DELETE FROM \(name) WHERE source = ? AND records = 0", arguments: [source])
    }
  }

  static func upsert(_ table: String) -> String {
    let columns = CellSums.columns
    return """
      INSERT INTO \(table) (start, kind, source, \(columns.joined(separator: ", ")))
      VALUES (?, ?, ?\(String(repeating: ", ?", count: columns.count)))
      ON CONFLICT (start, kind, source) DO UPDATE SET
      \(columns.map { "\($0) = \($0) + excluded.\($0)" }.joined(separator: ", "))
      """
  }
}
