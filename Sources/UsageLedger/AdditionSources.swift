import Foundation
import GRDB
import Usage

/// Files as the ledger notes them.
extension Addition {
  /// Notes the file of a draft, as having brought nothing but new requests; see `finish`.
  func insertSource(_ draft: SourceDraft) throws -> Int64 {
    let source = draft.source
    let first = draft.blocks.map(\.first.microseconds).min()
    let last = draft.blocks.map(\.last.microseconds).max()
    // Cached, like all that is run for every file: there may be ten thousand small ones.
    let insert = try db.cachedStatement(
      sql: """
        INSERT INTO source (path, format, digest, head, size, damage, records, requests, duplicates,
          replaced, skipped, grouping, notes, parts, first_start, last_start, plain_size)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?, 0, 0, ?, ?, ?, ?, ?, ?, ?)
        """)
    try insert.execute(arguments: [
      source.path, source.format, source.digest.map(Addition.data),
      source.head.map(Addition.data), source.size, source.damage, source.records ?? draft.count,
      draft.count, source.skipped, source.grouping, source.notes.joined(separator: "\n"),
      source.parts.map { Addition.withEachByte(of: $0.words) }, first, last,
      source.plainSize,
    ])
    let id = db.lastInsertedRowID
    if let state = source.state {
      let insert = try db.cachedStatement(
        sql: "INSERT OR REPLACE INTO file_state (state, source) VALUES (?, ?)")
      try insert.execute(arguments: [Addition.data(state), id])
    }
    for problem in source.problems {
      try db.execute(
        sql: "INSERT INTO skipped_line (source, line, byte, reason) VALUES (?, ?, ?, ?)",
        arguments: [id, problem.line, problem.byte, problem.reason])
    }
    return id
  }

  static func data(_ fingerprint: Fingerprint) -> Data {
    withEachByte(of: [fingerprint.high, fingerprint.low])
  }

  static func withEachByte(of words: [UInt64]) -> Data {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(words.count * 8)
    for word in words {
      for shift in stride(from: UInt64(56), through: 0, by: -8) {
        bytes.append(UInt8(truncatingIfNeeded: word >> shift))
      }
    }
    return Data(bytes)
  }

  /// Earlier, shorter or damaged states of the same file, as far as its first bytes tell.
  func earlierStates(
    of source: SourceDescription, _ id: Int64
  ) throws -> [(id: Int64, isDamaged: Bool)] {
    let select = try db.cachedStatement(
      sql: "SELECT id, damage IS NOT NULL FROM source WHERE \(Addition.isEarlierState)")
    return try Addition.states(source, id).flatMap { state in
      try Row.fetchAll(select, arguments: state).map { (id: try $0[0], isDamaged: try $0[1]) }
    }
  }

  /// A damaged one that is longer is a later state; a flipped bit may lengthen what comes out.
  private static let isEarlierState = """
    head = :head AND format = :format AND id < :id
      AND CASE WHEN plain_size IS NULL OR :plain IS NULL THEN damage IS NOT NULL OR size < :size
        ELSE plain_size < :plain OR damage IS NOT NULL AND (plain_size = :plain OR size = :size)
      END
    """

  /// What `isEarlierState` compares with, for each head that an earlier state may have.
  private static func states(_ source: SourceDescription, _ id: Int64) -> [StatementArguments] {
    guard let head = source.head, source.damage == nil else { return [] }
    return ([head] + source.youngHeads).map { head in
      [
        "head": data(head), "format": source.format, "id": id, "size": source.size,
        "plain": source.plainSize,
      ]
    }
  }

  func finish(
    _ id: Int64, _ draft: SourceDraft, _ outcome: DraftOutcome
  ) throws {
    if outcome != DraftOutcome(requests: draft.count) {
      let update = try db.cachedStatement(
        sql: "UPDATE source SET requests = ?, duplicates = ?, replaced = ? WHERE id = ?")
      try update.execute(arguments: [
        outcome.requests, outcome.duplicates, outcome.replaced, id,
      ])
    }
    // What the same file lacked or could not read before it arrived complete no longer counts.
    let supersede = try db.cachedStatement(
      sql: """
        UPDATE source SET superseded_by = :id WHERE superseded_by IS NULL AND \(Addition.isEarlierState)
        """)
    for state in Addition.states(draft.source, id) { try supersede.execute(arguments: state) }
  }

  /// Why a bucket export must not come in beside another of the same tokens; nil when it may.
  func regrouping(of draft: SourceDraft, before limit: Int) throws -> String? {
    guard let grouping = draft.source.grouping, !draft.source.allowsRegrouped, draft.count > 0
    else { return nil }
    let family = grouping.prefix { $0 != "|" }
    let first = draft.blocks.map(\.first.microseconds).min() ?? 0
    let last = draft.blocks.map(\.last.microseconds).max() ?? 0
    func refusal(_ path: String, _ other: String) -> String {
      "\(path) holds the same kind of usage for an overlapping time, grouped by "
        + "\(Addition.words(other)) instead of \(Addition.words(grouping)): the two describe the "
        + "same tokens, so only one can count; --allow-regrouped takes this one too"
    }
    for i in drafts.indices.prefix(limit) where sources[i] != nil {
      guard let other = drafts[i].source.grouping, other != grouping,
        other.prefix(while: { $0 != "|" }) == family,
        drafts[i].blocks.contains(where: {
          $0.first.microseconds <= last && first <= $0.last.microseconds
        })
      else { continue }
      return refusal(drafts[i].source.path, other)
    }
    let row = try Row.fetchOne(
      db,
      sql: """
        SELECT path, grouping FROM source
        WHERE grouping IS NOT NULL AND grouping <> ? AND substr(grouping, 1, ?) = ?
          AND first_start <= ? AND last_start >= ? AND requests > 0
        ORDER BY id LIMIT 1
        """,
      arguments: [grouping, family.count + 1, family + "|", last, first])
    return try row.map { refusal(try $0["path"], try $0["grouping"]) }
  }

  static func words(_ grouping: String) -> String {
    let parts = grouping.split(separator: "|", omittingEmptySubsequences: false).dropFirst()
    let names = parts.first.map(String.init) ?? ""
    return names.isEmpty ? "nothing" : names.split(separator: ",").joined(separator: ", ")
  }
}
