import Foundation
import GRDB
import Usage

extension Ledger {
  /// Adds the records of these files in one transaction: all of them or, when it throws, none.
  ///
  /// Requests that are there already are dropped, or take the place of the copy that is there when they
  /// carry more; see `RowRank`. The outcomes are in the order of `drafts`.
  package func add(_ drafts: consuming [SourceDraft]) throws -> [DraftOutcome] {
    guard !drafts.isEmpty else { return [] }
    // Handed on, not shared: keys that two owners hold would be copied before they are sorted.
    var drafts = drafts
    return try guarded {
      try queue.writeWithoutTransaction { db in
        var outcomes: [DraftOutcome] = []
        try db.inTransaction(.immediate) {
          let taken = drafts
          drafts = []
          var addition = try Addition(db, consume taken)
          outcomes = try addition.run()
          return .commit
        }
        try checkPlace()
        try seenSources.withLock { try $0.readNew(db) }
        return outcomes
      }
    }
  }
}

/// One transaction's work.
struct Addition {
  let db: Database
  var drafts: [SourceDraft]
  var outcomes: [DraftOutcome]
  var kinds: KindIndex
  /// By draft: the ledger's numbers of its kinds.
  private var kindNumbers: [[Int]] = []
  let index: IdentityIndex
  /// The number each draft's source gets; nil for refused ones.
  var sources: [Int64?]
  /// Rows of each draft that are copies of a request that counts elsewhere.
  var copies: [RowSet]
  /// Those of them that are kept, since another source than this one brought the request.
  var keptCopies: [RowSet]
  /// Rows of each draft that take the place of a stored row, whose identity is in the index already.
  var relocated: [RowSet]
  /// Sources that bring nothing, and the one of the same file that has it all: damaged ones whose file is
  /// here whole, and outdated readings.
  var emptied: [Int64: Int64] = [:]
  /// The number of each draft's first block; the others follow.
  var firstBlocks: [Int64]

  init(_ db: Database, _ drafts: consuming [SourceDraft]) throws {
    self.db = db
    let count = drafts.count
    self.drafts = drafts
    for i in 0..<count { self.drafts[i].finish() }
    outcomes = [DraftOutcome](repeating: DraftOutcome(), count: count)
    kinds = try KindIndex(db)
    index = IdentityIndex(db: db)
    sources = [Int64?](repeating: nil, count: count)
    copies = [RowSet](repeating: RowSet(), count: count)
    keptCopies = copies
    relocated = copies
    firstBlocks = []
    let last = try Int64.fetchOne(db, sql: "SELECT max(id) FROM block") ?? 0
    guard (0..<1 << 40).contains(last) else { throw LedgerDamage("a block has the number \(last)") }
    var next = last + 1
    for draft in self.drafts {
      firstBlocks.append(next)
      next += Int64(draft.blocks.count)
    }
  }

  mutating func run() throws -> [DraftOutcome] {
    for i in drafts.indices {
      if let refusal = try regrouping(of: drafts[i], before: i) {
        outcomes[i].refusal = refusal
      } else {
        sources[i] = try insertSource(drafts[i])
        outcomes[i].requests = drafts[i].count
      }
    }
    try fileLooseIdentities()
    for i in drafts.indices {
      let own = sources[i] == nil ? [] : drafts[i].kinds.all
      kindNumbers.append(try own.map { try kinds.number(of: $0, db) })
    }
    var keys = takeKeys()
    try settle(contests(&keys))
    // The keys are most of the memory, and what follows needs some.
    try insertIdentities(consume keys)
    try insertBlocks()
    try insertCells()
    for i in drafts.indices {
      guard let source = sources[i] else { continue }
      if let records = drafts[i].source.records {
        outcomes[i].duplicates += records - drafts[i].count
      }
      outcomes[i] = outcome(of: i)
      try finish(source, drafts[i], outcomes[i])
    }
    try emptySources()
    return outcomes
  }

  private mutating func takeKeys() -> SortedKeys {
    var keys = SortedKeys()
    for i in drafts.indices {
      let (chunks, rest) = drafts[i].takeKeys()
      guard sources[i] != nil else { continue }
      for chunk in chunks { keys.add(chunk, draft: i) }
      keys.add(rest, draft: i)
    }
    return keys
  }

  func location(of row: KeyedRow) -> Location {
    Location(
      block: firstBlocks[Int(row.draft)] + Int64(Int(row.row) / SourceDraft.rowsPerBlock),
      row: Int(row.row) % SourceDraft.rowsPerBlock)
  }

  // MARK: New rows

  /// Writes each draft's rows. A block in which no row counts nor is kept is left out, unless rows of it
  /// may have to be filed anew one day.
  private mutating func insertBlocks() throws {
    let insert = try db.cachedStatement(
      sql: """
        INSERT INTO block (id, source, rows, first_start, last_start, kinds, data, copies, loose,
          checksum)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
        """)
    for i in drafts.indices {
      guard let source = sources[i] else { continue }
      let kindBytes = StoredBlock.bytes(kindNumbers[i])
      var loose = drafts[i].loose[...]
      for (number, block) in drafts[i].blocks.enumerated() {
        let first = number * SourceDraft.rowsPerBlock
        let rows = first..<first + block.count
        let own = loose.prefix { rows.contains(Int($0.row)) }
        loose = loose.dropFirst(own.count)
        if copies[i].count(in: rows) == rows.count, keptCopies[i].count(in: rows) == 0, own.isEmpty
        {
          continue
        }
        let bytes = try block.bytes()
        try insert.execute(arguments: [
          firstBlocks[i] + Int64(number), source, block.count, block.first.microseconds,
          block.last.microseconds, kindBytes, Data(bytes), copies[i].bitmap(of: rows),
          LooseRows.data(own, firstRow: first), Checksum.of(bytes),
        ])
      }
    }
  }

  /// Writes the identities of the rows that count and of the copies that are kept.
  private func insertIdentities(_ keys: consuming SortedKeys) throws {
    let keys = consume keys
    try index.add { segment in
      try keys.forEach { rows in
        for row in rows {
          let draft = Int(row.draft)
          if copies[draft].contains(row.row) || relocated[draft].contains(row.row) { continue }
          try segment.append(IdentityEntry(key: row.key, location: location(of: row)))
        }
      }
    }
    guard keptCopies.contains(where: { !$0.isEmpty }) else { return }
    try IdentityIndex(db: db, content: .copies).add { segment in
      try keys.forEach { rows in
        for row in rows where keptCopies[Int(row.draft)].contains(row.row) {
          try segment.append(IdentityEntry(key: row.key, location: location(of: row)))
        }
      }
    }
  }

  /// The days of all drafts are added up first: many small files are of the same few days.
  private mutating func insertCells() throws {
    var days = CellTable(.day)
    for i in drafts.indices {
      guard let source = sources[i] else { continue }
      let groupNumbers = try drafts[i].kinds.groups.map { try kinds.number(of: $0, db) }
      let quarterHours = try drafts[i].rollups(without: copies[i], kindNumbers[i], &days)
      try quarterHours.write(groupNumbers, source: source, db)
    }
    try days.write(nil, db)
  }
}
