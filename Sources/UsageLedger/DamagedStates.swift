import Foundation
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
    let shared = sharedRequests(contests, stored)
    for i in drafts.indices {
      guard let own = sources[i] else { continue }
      let isWhole = drafts[i].source.damage == nil
      for other in try copies(of: i, own, shared[i]) {
        if isWhole { wholes[other] = own } else { wholes[own] = other }
      }
    }
    return wholes
  }

  /// The damaged copies of a whole draft, or the whole ones of a damaged draft, none of which holds more
  /// than the whole one: they begin with the same plain bytes and have a request in common, or samples of
  /// their bytes agree, or half of the damaged one's requests are the whole one's, in the same places.
  private func copies(
    of draft: Int, _ own: Int64, _ shared: [Int64: Shared]
  ) throws -> [Int64] {
    let source = drafts[draft].source
    let isDamaged = source.damage != nil
    let select = try db.cachedStatement(
      sql: """
        SELECT id, head, parts, records, size FROM source
        WHERE format = :format AND id <> :id AND covered_by IS NULL
          AND damage IS \(isDamaged ? "NULL" : "NOT NULL")
          AND (size = :size OR plain_size IS NULL OR :plain IS NULL
            OR plain_size \(isDamaged ? ">=" : "<=") :plain)
        """)
    let arguments: StatementArguments = [
      "format": source.format, "id": own, "size": source.size, "plain": source.plainSize,
    ]
    return try Row.fetchAll(select, arguments: arguments).filter { row in
      if let own = source.parts, let other = (try row["parts"] as Data?).map({ FileParts($0) }) {
        let (damaged, whole) = isDamaged ? (own, other) : (other, own)
        let otherSize: Int = try row["size"]
        let sizes = isDamaged ? (source.size, otherSize) : (otherSize, source.size)
        let isCopy =
          sizes.0 == sizes.1
          ? damaged.areCopies(of: whole)
          : sizes.0 < sizes.1 && damaged.isBeginning(ofSize: sizes.0, of: whole)
        if isCopy { return true }
      }
      guard let met = shared[try row["id"]] else { return false }
      if let head = source.head, try row["head"] as Data? == Addition.data(head) { return true }
      let records = isDamaged ? drafts[draft].count : try row.count("records")
      return met.inPlace >= 4 && met.inPlace * 2 >= records
    }.map { try $0["id"] }
  }

  /// What two files have in common.
  private struct Shared {
    var requests = 0
    /// Those that stand in the same places in both, give or take a few lines that damage took or made.
    var inPlace = 0

    mutating func note(_ a: UInt32, _ b: UInt32) {
      requests += 1
      // Blocks without any row that counts are not kept: rows are counted from their block's first.
      let distance = abs(Int(a) - Int(b)) % SourceDraft.rowsPerBlock
      if min(distance, SourceDraft.rowsPerBlock - distance) <= 2 { inPlace += 1 }
    }
  }

  /// By draft and source: what they have in common, one of them damaged and the other whole.
  private func sharedRequests(_ contests: [Contest], _ stored: StoredRows) -> [[Int64: Shared]] {
    var shared = [[Int64: Shared]](repeating: [:], count: drafts.count)
    for contest in contests {
      // Rows of one draft follow each other; the first is enough.
      let firsts = contest.rows.indices.filter {
        $0 == 0 || contest.rows[$0].draft != contest.rows[$0 - 1].draft
      }.map { contest.rows[$0] }
      for row in firsts {
        guard let location = contest.stored else { break }
        let source = stored.source(of: location)
        shared[Int(row.draft)][source, default: Shared()].note(row.row, location.row)
      }
      for damaged in firsts where drafts[Int(damaged.draft)].source.damage != nil {
        for whole in firsts where drafts[Int(whole.draft)].source.damage == nil {
          for (own, other) in [(damaged, whole), (whole, damaged)] {
            guard let source = sources[Int(other.draft)] else { continue }
            shared[Int(own.draft)][source, default: Shared()].note(own.row, other.row)
          }
        }
      }
    }
    return shared
  }

  /// Empties the sources that bring nothing; those of this transaction are told as having brought nothing
  /// new.
  mutating func emptySources() throws {
    for (source, heir) in emptied.sorted(by: { $0.key < $1.key }) {
      var forgetting = try Forgetting(db, source: source)
      try forgetting.give(to: heir)
    }
  }

  /// Requests of a draft whose file is there whole, or in a reading that counts, are no news.
  func outcome(of draft: Int) -> DraftOutcome {
    var outcome = outcomes[draft]
    if let source = sources[draft], emptied[source] != nil {
      outcome.duplicates += outcome.requests + outcome.replaced
      (outcome.requests, outcome.replaced) = (0, 0)
    }
    return outcome
  }
}
