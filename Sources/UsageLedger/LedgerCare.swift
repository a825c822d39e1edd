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

  /// Pairs of files of different formats that show the same model at the same time: perhaps the same
  /// traffic seen twice, which no id can tell. One pair for each two formats and model. A bucket of a
  /// day stands in its first quarter of an hour: buckets are compared by day.
  package func overlaps() throws -> [SourceOverlap] {
    try reading { db in
      let formats = try Int.fetchOne(db, sql: "SELECT count(DISTINCT format) FROM source") ?? 0
      guard formats > 1 else { return [] }
      let rows = try Row.fetchAll(
        db,
        sql: """
          WITH seen AS MATERIALIZED (
            SELECT s.format AS format, k.model AS model, c.start AS start, min(s.path) AS path,
              max(s.grouping IS NOT NULL) AS is_summed
            FROM cell c JOIN kind k ON k.id = c.kind JOIN source s ON s.id = c.source
            WHERE k.model <> '' GROUP BY 1, 2, 3
          ), days AS MATERIALIZED (
            SELECT format, model, start / 86400 AS start, min(path) AS path,
              max(is_summed) AS is_summed
            FROM seen GROUP BY 1, 2, 3
          ), pairs AS (
            SELECT a.model AS model, a.format AS first_format, b.format AS second_format,
              a.path AS first_path, b.path AS second_path
            FROM seen a JOIN seen b
              ON b.model = a.model AND b.start = a.start AND b.format > a.format
            UNION ALL
            SELECT a.model, a.format, b.format, a.path, b.path
            FROM days a JOIN days b
              ON b.model = a.model AND b.start = a.start AND b.format > a.format
            WHERE a.is_summed OR b.is_summed
          )
          SELECT model, first_format, second_format, min(first_path) AS first_path,
            min(second_path) AS second_path
          FROM pairs GROUP BY 1, 2, 3 ORDER BY 1, 2, 3
          """)
      return try rows.map {
        SourceOverlap(
          model: try $0["model"], first: try $0["first_path"],
          firstFormat: try $0["first_format"], second: try $0["second_path"],
          secondFormat: try $0["second_format"])
      }
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

/// Two files of different formats that may describe the same requests.
package struct SourceOverlap: Sendable, Hashable {
  package var model: String
  package var first: String
  package var firstFormat: String
  package var second: String
  package var secondFormat: String
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
