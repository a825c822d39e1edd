import GRDB
import Usage

/// Damaged copies of files that are there whole.
///
/// A flipped bit in a gzip file often shows at its end alone, when the checksum fails: what came out
/// before may have been garbled, ids and numbers included. While nothing better is there it counts, and
/// the file is marked; the whole file takes the place of it all.
extension Addition {
  /// Damaged sources -> the whole ones that they are copies of. Left out are those that had nothing of
  /// their own.
  func damagedStates(_ contests: [Contest], _ stored: StoredRows) throws -> [Int64: Int64] {
    var wholes: [Int64: Int64] = [:]
    let isAny = try Bool.fetchOne(
      db, sql: "SELECT EXISTS (SELECT 1 FROM source WHERE damage IS NOT NULL)")
    guard isAny == true else { return wholes }
    for i in drafts.indices {
      guard let own = sources[i] else { continue }
      let isWhole = drafts[i].source.damage == nil
      for other in try copies(of: i, own, contests, stored) {
        if isWhole { wholes[other] = own } else { wholes[own] = other }
      }
    }
    return wholes
  }

  /// The damaged copies of a whole draft, or the whole ones of a damaged draft: they begin with the same
  /// plain bytes and have a request in common, or are the same but for one place.
  private func copies(
    of draft: Int, _ own: Int64, _ contests: [Contest], _ stored: StoredRows
  ) throws -> [Int64] {
    let source = drafts[draft].source
    let rest = """
      format = ? AND id <> ? AND covered_by IS NULL
        AND damage IS \(source.damage == nil ? "NOT NULL" : "NULL")
      """
    var found: [Int64] = []
    if let parts = source.parts {
      let select = try db.cachedStatement(
        sql: "SELECT id, parts FROM source WHERE size = ? AND \(rest) AND parts IS NOT NULL")
      for row in try Row.fetchAll(select, arguments: [source.size, source.format, own])
      where FileParts(row["parts"]).areCopies(of: parts) { found.append(row["id"]) }
    }
    if let head = source.head {
      let select = try db.cachedStatement(sql: "SELECT id FROM source WHERE head = ? AND \(rest)")
      let others = try Int64.fetchAll(
        select, arguments: [Addition.data(head), source.format, own])
      guard !others.isEmpty else { return found }
      let met = sourcesMet(by: draft, contests, stored)
      found += others.filter { met.contains($0) && !found.contains($0) }
    }
    return found
  }

  /// The sources that have a request in common with a draft.
  private func sourcesMet(
    by draft: Int, _ contests: [Contest], _ stored: StoredRows
  ) -> Set<Int64> {
    var met: Set<Int64> = []
    for contest in contests where contest.rows.contains(where: { Int($0.draft) == draft }) {
      if let location = contest.stored { met.insert(stored.source(of: location)) }
      for row in contest.rows {
        if let source = sources[Int(row.draft)] { met.insert(source) }
      }
    }
    return met
  }

  /// Empties the damaged sources. Those of this transaction are told as having brought nothing new.
  mutating func replaceDamagedStates() throws {
    for (damaged, whole) in damagedStates.sorted(by: { $0.key < $1.key }) {
      var forgetting = try Forgetting(db, source: damaged)
      try forgetting.give(to: whole)
    }
  }

  /// Requests of a damaged draft whose file is there whole are no news.
  func outcome(of draft: Int) -> DraftOutcome {
    var outcome = outcomes[draft]
    if let source = sources[draft], damagedStates[source] != nil {
      outcome.duplicates += outcome.requests + outcome.replaced
      (outcome.requests, outcome.replaced) = (0, 0)
    }
    return outcome
  }
}
