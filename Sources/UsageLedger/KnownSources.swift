import Foundation
import GRDB
import Usage

/// Which files are in the ledger.
extension Ledger {
  /// Whether a file of this size was in the ledger when it was opened, or was added since by this
  /// program.
  package func hasSource(size: Int) throws -> Bool {
    try seen { $0.sizes.contains(size) }
  }

  /// What is known of the file with this digest, under the same conditions; nil when it is not there.
  package func known(digest: Fingerprint) throws -> KnownSource? {
    try seen { $0.known[digest] }
  }

  /// The same of a file of which the file system said this when its bytes were read.
  package func known(state: Fingerprint) throws -> KnownSource? {
    try seen { $0.knownStates[state] }
  }

  /// Notes what the file system says of files that are in.
  package func remember(_ states: [KnownState]) throws {
    guard !states.isEmpty else { return }
    try guarded {
      try queue.writeWithoutTransaction { db in
        try db.inTransaction(.immediate) {
          for state in states { try state.write(db) }
          return .commit
        }
      }
    }
  }

  private func seen<Answer: Sendable>(
    _ question: (borrowing SeenSources) -> Answer
  ) throws -> Answer {
    if seenSources.withLock({ $0.isUnread }) {
      try reading { db in try seenSources.withLock { try $0.readNew(db) } }
    }
    return seenSources.withLock { question($0) }
  }
}

/// What an ingest says of a file that is in already.
package struct KnownSource: Sendable {
  package var id: Int64
  package var format: String
  /// Records it brought, copies included.
  package var records: Int
  package var isPartial: Bool
}

/// The files in a ledger: kept, since every file that is ingested is looked up, and a question a file
/// costs more than the file (10,000 small ones that are there: 1.7 s of CPU time, without 0.6).
struct SeenSources {
  private(set) var sizes: Set<Int> = []
  /// By the digest of the file's bytes and of how it was read.
  private(set) var known: [Fingerprint: KnownSource] = [:]
  /// By what the file system said of the file when the ledger was opened, and how it was read.
  private(set) var knownStates: [Fingerprint: KnownSource] = [:]
  private(set) var isUnread = true
  private var last: Int64 = 0

  mutating func readNew(_ db: Database) throws {
    let select = try db.cachedStatement(
      sql: """
        SELECT id, size, digest, format, records, damage IS NOT NULL FROM source WHERE id > ?
          -- Of readings of the same bytes only the one that counts is in: the others may come again.
          AND coalesce(damage IS NULL AND plain_size = (
            SELECT plain_size FROM source later WHERE later.id = source.covered_by), 0) = 0
        ORDER BY id
        """)
    let rows = try Row.fetchCursor(select, arguments: [last])
    var sources: [Int64: KnownSource] = [:]
    // By place: looking columns up by their names takes most of the time.
    while let row = try rows.next() {
      last = try row[0]
      sizes.insert(try row[1])
      guard let digest = try row[2] as Data? else { continue }
      let source = KnownSource(
        id: last, format: try row[3], records: try row[4], isPartial: try row[5])
      known[Fingerprint(digest)] = source
      sources[last] = source
    }
    guard isUnread else { return }
    isUnread = false
    let states = try Row.fetchCursor(db, sql: "SELECT state, source FROM file_state")
    while let row = try states.next() {
      if let source = sources[try row[1]] {
        knownStates[Fingerprint(try row[0] as Data)] = source
      }
    }
  }
}

/// What the file system said of a file that is in.
package struct KnownState: Sendable {
  package var state: Fingerprint
  package var source: Int64

  package init(state: Fingerprint, source: Int64) {
    self.state = state
    self.source = source
  }

  /// Unless the source was forgotten meanwhile.
  func write(_ db: Database) throws {
    let insert = try db.cachedStatement(
      sql: """
        INSERT OR REPLACE INTO file_state (state, source) SELECT ?, id FROM source WHERE id = ?
        """)
    try insert.execute(arguments: [Addition.data(state), source])
  }
}
