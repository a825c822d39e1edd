import Foundation
import GRDB
import Usage

/// Copies of one request, of which one stays.
struct Contest {
  /// In the order they came.
  var rows: [KeyedRow]
  /// Where the copy is that the ledger has; nil when it has none.
  var stored: Location?
}

/// Which of several copies of a request stays.
extension Addition {
  /// The identities that come more than once, here or here and in the ledger; sorts `keys` on the way.
  func contests(_ keys: inout SortedKeys) throws -> [Contest] {
    var contests: [Contest] = []
    var lookup = try index.lookup()
    try keys.sort { run in
      let matches = try lookup.matches(run)
      var nextMatch = 0
      var start = 0
      while start < run.count {
        let key = run[start].key
        var end = start + 1
        while end < run.count, run[end].key == key { end += 1 }
        var stored: Location?
        while nextMatch < matches.count, matches[nextMatch].place < end {
          stored = matches[nextMatch].location
          nextMatch += 1
        }
        if end - start > 1 || stored != nil {
          contests.append(Contest(rows: Array(run[start..<end]), stored: stored))
        }
        start = end
      }
    }
    return contests
  }

  /// Notes all copies but the one that stays, counts them, and takes stored rows that lose out of the
  /// sums.
  mutating func settle(_ contests: [Contest]) throws {
    let stored = try StoredRows(db, at: contests.compactMap(\.stored))
    let ranks = try draftRanks(of: contests)
    let outdated = try outdatedReadings(contests, stored, ranks)
    let covered = try coveredSources(contests, stored, besides: outdated)
    emptied = try damagedStates(contests, stored).merging(outdated) { $1 }
    guard !contests.isEmpty else { return }
    var losers: [(location: Location, key: IdentityKey, isKept: Bool)] = []
    var moved: [IdentityEntry] = []
    for contest in contests {
      var best: KeyedRow?
      var bestRank = contest.stored.flatMap { stored.rank(at: $0, kinds) }
      for row in contest.rows {
        let draft = Int(row.draft)
        // `draftRanks` made one for every row of a contest.
        let rank = ranks[draft][row.row]!
        guard let present = bestRank else {
          best = row
          bestRank = rank
          continue
        }
        outcomes[draft].requests -= 1
        if best == nil, rank.equals(present) {
          // What is stored stays where it is; a log that grew has said it again.
          bestRank?.extent = max(rank.extent, present.extent)
          outcomes[draft].duplicates += 1
          continue
        }
        guard rank.replaces(present) else {
          outcomes[draft].duplicates += 1
          continue
        }
        // Within one file the better copy is simply the request; a later file's replaces it.
        if let best, best.draft == row.draft {
          outcomes[draft].duplicates += 1
        } else {
          outcomes[draft].replaced += 1
        }
        best = row
        bestRank = rank
      }
      if best == nil, let location = contest.stored {
        tellReplaced(contest, outdated[stored.source(of: location)], bestRank, ranks)
      }
      let owner = best.flatMap { sources[Int($0.draft)] } ?? contest.stored.map(stored.source)
      for row in contest.rows where row.row != best?.row || row.draft != best?.draft {
        let draft = Int(row.draft)
        copies[draft].insert(row.row)
        let own = sources[draft]
        if own != owner, !covered[draft].contains(owner ?? 0), !isCovered(own, by: owner, covered) {
          keptCopies[draft].insert(row.row)
        }
      }
      guard let location = contest.stored, let best else { continue }
      relocated[Int(best.draft)].insert(best.row)
      moved.append(IdentityEntry(key: best.key, location: self.location(of: best)))
      let isKept = !covered[Int(best.draft)].contains(stored.source(of: location))
      losers.append((location, best.key, isKept))
    }
    try index.relocate(moved)
    try takeOut(losers, stored)
  }

  /// A request that ranks higher as an outdated reading says it is still replaced by what `reading` says.
  private mutating func tellReplaced(
    _ contest: Contest, _ reading: Int64?, _ present: RowRank?, _ ranks: [[UInt32: RowRank]]
  ) {
    guard let reading, let draft = sources.firstIndex(of: reading), let present,
      let own = contest.bestRank(of: draft, ranks), !own.equals(present)
    else { return }
    outcomes[draft].duplicates -= 1
    outcomes[draft].replaced += 1
  }

  /// Whether the draft that brings `owner` has all that `source`, a draft of this transaction, brings.
  private func isCovered(_ source: Int64?, by owner: Int64?, _ covered: [Set<Int64>]) -> Bool {
    guard let source, let draft = sources.firstIndex(of: owner) else { return false }
    return covered[draft].contains(source)
  }

  private func draftRanks(of contests: [Contest]) throws -> [[UInt32: RowRank]] {
    var needed = [RowSet](repeating: RowSet(), count: drafts.count)
    for contest in contests {
      for row in contest.rows { needed[Int(row.draft)].insert(row.row) }
    }
    return try drafts.indices.map { i in
      guard !needed[i].isEmpty else { return [:] }
      let hashes = drafts[i].kinds.all.map(\.hash)
      var ranks: [UInt32: RowRank] = [:]
      ranks.reserveCapacity(needed[i].count)
      try drafts[i].forEachRow { number, row in
        guard needed[i].contains(number) else { return }
        ranks[number] = RowRank(
          row, kindHash: hashes[row.kind], extent: drafts[i].source.plainSize ?? 0)
      }
      return ranks
    }
  }

  /// By draft: earlier states of the same file, all of whose requests it brings again. Copies of those
  /// need not be kept: forgetting the file forgets them all. Damaged ones, whose numbers may be garbled,
  /// have no say: see `damagedStates`; nor have `outdated` readings.
  private func coveredSources(
    _ contests: [Contest], _ stored: StoredRows, besides outdated: [Int64: Int64]
  ) throws -> [Set<Int64>] {
    var covered = [Set<Int64>](repeating: [], count: drafts.count)
    if contests.isEmpty { return covered }
    for i in drafts.indices {
      guard let source = sources[i], outdated[source] == nil else { continue }
      let earlier = try earlierStates(of: drafts[i].source, source)
        .filter { !$0.isDamaged && outdated[$0.id] == nil }.map(\.id)
      guard !earlier.isEmpty else { continue }
      var met: [Int64: Int] = [:]
      for contest in contests {
        guard contest.rows.contains(where: { Int($0.draft) == i }) else { continue }
        if let location = contest.stored { met[stored.source(of: location), default: 0] += 1 }
      }
      for other in earlier where met[other] == (try requestCount(of: other)) {
        covered[i].insert(other)
        try db.execute(
          sql: "UPDATE source SET covered_by = ? WHERE id = ?", arguments: [source, other])
      }
    }
    return covered
  }

  /// How many rows of a stored source count.
  func requestCount(of source: Int64) throws -> Int {
    let blocks = try Row.fetchAll(
      db, sql: "SELECT rows, copies FROM block WHERE source = ?", arguments: [source])
    return try blocks.reduce(0) {
      try $0 + StoredBlock.rowCount($1) - RowSet(bitmap: $1["copies"]).count
    }
  }

  /// Stored rows that gave way to better ones: they leave the sums, and stay as copies if another
  /// source's.
  private mutating func takeOut(
    _ losers: [(location: Location, key: IdentityKey, isKept: Bool)], _ stored: StoredRows
  ) throws {
    guard !losers.isEmpty else { return }
    var changes: [Int64: RollupChange] = [:]
    for (block, parts) in Dictionary(grouping: losers, by: \.location.block).sorted(by: {
      $0.key < $1.key
    }) {
      guard var content = stored.blocks[block] else { continue }
      for part in parts {
        content.copies.insert(part.location.row)
        guard let row = stored.row(at: part.location) else { continue }
        try changes[content.source, default: RollupChange()].add(
          row, kind: content.kinds[row.kind], sign: -1, &kinds, db)
      }
      try db.execute(
        sql: "UPDATE block SET copies = ? WHERE id = ?",
        arguments: [content.copies.bitmap(of: 0..<content.rowCount), block])
    }
    for (source, change) in changes.sorted(by: { $0.key < $1.key }) {
      try change.write(source: source, db)
    }
    let kept = losers.filter(\.isKept).sorted { $0.key < $1.key }
    guard !kept.isEmpty else { return }
    try IdentityIndex(db: db, content: .copies).add { segment in
      for loser in kept {
        try segment.append(IdentityEntry(key: loser.key, location: loser.location))
      }
    }
  }
}

/// The stored blocks that hold some rows, unpacked once.
struct StoredRows {
  private(set) var blocks: [Int64: StoredBlock] = [:]
  private var rows: [Location: PackedRow] = [:]
  /// By source: plain bytes of its file, or of the later state of it that said all of it again.
  private var extents: [Int64: Int] = [:]

  init(_ db: Database, at locations: [Location]) throws {
    let extent = try db.cachedStatement(
      sql: """
        SELECT coalesce(later.plain_size, source.plain_size)
        FROM source LEFT JOIN source later ON later.id = source.covered_by WHERE source.id = ?
        """)
    for (id, places) in Dictionary(grouping: locations, by: \.block) {
      guard let block = try StoredBlock.fetch(db, id) else {
        throw LedgerDamage("identities name requests in block \(id), which is not there")
      }
      blocks[id] = block
      if extents[block.source] == nil {
        extents[block.source] = try Int.fetchOne(extent, arguments: [block.source]) ?? 0
      }
      let all = try block.rows()
      for place in places {
        guard Int(place.row) < all.count else {
          throw LedgerDamage("identities name requests that block \(id) does not have")
        }
        rows[place] = all[Int(place.row)]
      }
    }
  }

  func row(at location: Location) -> PackedRow? { rows[location] }

  /// The source of a stored row; 0 for another than those.
  func source(of location: Location) -> Int64 { blocks[location.block]?.source ?? 0 }

  func rank(at location: Location, _ kinds: KindIndex) -> RowRank? {
    guard let block = blocks[location.block], let row = rows[location] else { return nil }
    return RowRank(
      row, kindHash: kinds.kinds[block.kinds[row.kind]]?.stableHash ?? 0,
      extent: extents[block.source] ?? 0)
  }
}
