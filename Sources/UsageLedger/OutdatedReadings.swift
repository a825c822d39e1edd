import Foundation
import GRDB
import Usage

/// Files that were read again with other settings, as another `--tag` or `--model-map`.
///
/// Where two readings of the same bytes say a request differently, `RowRank` would let now the one win
/// and now the other. So one wins as a whole and the other brings nothing: the longer state of the file,
/// then the later reading. Of readings in two ledgers none is the later one, unless one took the other's
/// place in its ledger: the greater digest decides.
extension Addition {
  /// Another reading of a draft's file, or of an earlier or a later state of it.
  private struct Reading {
    var id: Int64
    var plainSize: Int
    var isSameState: Bool
    /// Whether the draft takes its place, if they differ.
    var givesWay: Bool
    var digest: Data?

    func isAgainst(_ meeting: Meeting?) -> Bool {
      guard let meeting else { return false }
      if isSameState { return meeting.draftWins || meeting.storedWins }
      return givesWay ? meeting.storedWins : meeting.draftWins
    }
  }

  /// Requests of a draft that a stored source has, too.
  private struct Meeting {
    var requests = 0
    /// Whether one that differs ranks higher as the draft says it, or as the source does.
    var draftWins = false
    var storedWins = false
  }

  /// Readings that bring nothing -> the ones that have it all.
  func outdatedReadings(
    _ contests: [Contest], _ stored: StoredRows, _ ranks: [[UInt32: RowRank]]
  ) throws -> [Int64: Int64] {
    var outdated: [Int64: Int64] = [:]
    if contests.isEmpty { return outdated }
    for i in drafts.indices {
      guard let own = sources[i] else { continue }
      let others = try otherReadings(of: drafts[i].source)
      if others.isEmpty { continue }
      let (rows, meetings) = meetings(of: i, contests, stored, ranks)
      let opposed = others.filter { $0.isAgainst(meetings[$0.id]) }
      if let better = opposed.filter({ !$0.givesWay }).max(by: Addition.isOutdone) {
        if rows == drafts[i].count { outdated[own] = better.id }
        continue
      }
      // Copies of the same state that count nowhere go with the one that does.
      for other in others where other.givesWay {
        guard opposed.contains(where: { $0.plainSize == other.plainSize }),
          try requestCount(of: other.id) == meetings[other.id]?.requests ?? 0
        else { continue }
        outdated[other.id] = own
      }
    }
    return outdated
  }

  private static func isOutdone(_ a: Reading, by b: Reading) -> Bool {
    if a.plainSize != b.plainSize { return a.plainSize < b.plainSize }
    return (a.digest ?? Data()).lexicographicallyPrecedes(b.digest ?? Data())
  }

  /// How a draft's best copy of each request compares with the stored one; and how many of its rows are
  /// of requests that are stored.
  private func meetings(
    of draft: Int, _ contests: [Contest], _ stored: StoredRows, _ ranks: [[UInt32: RowRank]]
  ) -> (rows: Int, [Int64: Meeting]) {
    var count = 0
    var meetings: [Int64: Meeting] = [:]
    for contest in contests {
      guard let location = contest.stored, let present = stored.rank(at: location, kinds),
        let best = contest.bestRank(of: draft, ranks)
      else { continue }
      count += contest.rows.count { Int($0.draft) == draft }
      var meeting = meetings[stored.source(of: location)] ?? Meeting()
      meeting.requests += 1
      if !best.equals(present) {
        if best.replaces(present) { meeting.draftWins = true } else { meeting.storedWins = true }
      }
      meetings[stored.source(of: location)] = meeting
    }
    return (count, meetings)
  }

  private func otherReadings(of source: SourceDescription) throws -> [Reading] {
    guard let head = source.head, let plainSize = source.plainSize, source.damage == nil,
      let first = sources.compactMap(\.self).min()
    else { return [] }
    let select = try db.cachedStatement(
      sql: """
        SELECT id, plain_size, digest FROM source
        WHERE head = ? AND format = ? AND id < ? AND damage IS NULL AND plain_size IS NOT NULL
        """)
    return try ([head] + source.youngHeads).flatMap { head in
      try Row.fetchAll(select, arguments: [Addition.data(head), source.format, first]).map { row in
        let size: Int = try row[1]
        let digest: Data? = try row[2]
        return Reading(
          id: try row[0], plainSize: size, isSameState: size == plainSize,
          givesWay: size == plainSize
            ? Addition.isReplaced(digest, by: source) : size < plainSize,
          digest: digest)
      }
    }
  }

  private static func isReplaced(_ digest: Data?, by source: SourceDescription) -> Bool {
    guard let replaced = source.replacedReadings, let own = source.digest, let digest else {
      return true
    }
    return replaced.contains(Fingerprint(digest))
      || digest.lexicographicallyPrecedes(Addition.data(own))
  }
}

extension Contest {
  /// Of the copy that is best among a draft's; nil when it brings none.
  func bestRank(of draft: Int, _ ranks: [[UInt32: RowRank]]) -> RowRank? {
    var best: RowRank?
    for row in rows where Int(row.draft) == draft {
      guard let rank = ranks[draft][row.row] else { continue }
      if let present = best, !rank.replaces(present) { continue }
      best = rank
    }
    return best
  }
}
