import GRDB
import Usage

/// What stays of the requests of a source that is taken out: copies that other sources brought.
extension Forgetting {
  /// Rows of other sources that stand under identities whose requests go or are filed anew, in the
  /// order of identities, then of arrival.
  func candidates(besides refiled: RefiledRows) throws -> [IdentityEntry] {
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
  mutating func settle(
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
      let rows = try block.rows()
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
