import Foundation
import GRDB
import Usage

extension Ledger {
  /// The files in the ledger, in the order they came.
  package func sources() throws -> [StoredSource] {
    try reading { db in
      try Row.fetchAll(db, sql: "SELECT * FROM source ORDER BY id").map { try StoredSource($0) }
    }
  }

  /// The file with this digest, unless it arrived complete later.
  package func source(digest: Fingerprint) throws -> StoredSource? {
    try reading { db in
      let select = try db.cachedStatement(
        sql: "SELECT * FROM source WHERE digest = ? ORDER BY id DESC LIMIT 1")
      return try Row.fetchOne(select, arguments: [Ledger.data(digest)]).map { try StoredSource($0) }
    }
  }

  package func info() throws -> LedgerInfo {
    try reading { db in
      func number(_ sql: String) throws -> Int { try Int.fetchOne(db, sql: sql) ?? 0 }
      return LedgerInfo(
        version: try number("PRAGMA user_version"),
        bytes: try number("PRAGMA page_count") * number("PRAGMA page_size"),
        sources: try number("SELECT count(*) FROM source"),
        records: try number("SELECT coalesce(sum(rows), 0) FROM block"),
        kinds: try number("SELECT count(*) FROM kind"),
        cells: try number("SELECT count(*) FROM cell"))
    }
  }
}

/// How large a ledger is.
package struct LedgerInfo: Sendable {
  package var version: Int
  package var bytes: Int
  package var sources: Int
  package var records: Int
  package var kinds: Int
  package var cells: Int
}

extension StoredSource {
  fileprivate init(_ row: Row) throws {
    id = try row["id"]
    path = try row["path"]
    format = try row["format"]
    isPartial = try row["damage"] as String? != nil
    isSuperseded = try row["superseded_by"] as Int64? != nil
    records = try row.count("records")
    skipped = try row.count("skipped")
    first = (try row["first_start"] as Int64?).map(Instant.init(microseconds:))
    last = (try row["last_start"] as Int64?).map(Instant.init(microseconds:))
  }
}
