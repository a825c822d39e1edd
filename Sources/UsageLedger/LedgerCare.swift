import Foundation
import GRDB
import Usage

extension Ledger {
  /// The files in the ledger, in the order they came.
  package func sources() throws -> [StoredSource] {
    try reading { db in
      try Row.fetchAll(db, sql: "SELECT * FROM source ORDER BY id").map(StoredSource.init)
    }
  }

  /// Whether a file of this size may be in the ledger.
  package func hasSource(size: Int) throws -> Bool {
    try reading { db in
      let select = try db.cachedStatement(
        sql: "SELECT EXISTS (SELECT 1 FROM source WHERE size = ?)")
      return try Bool.fetchOne(select, arguments: [size]) ?? false
    }
  }

  /// The file with this digest, unless it arrived complete later.
  package func source(digest: Fingerprint) throws -> StoredSource? {
    try reading { db in
      let select = try db.cachedStatement(
        sql: "SELECT * FROM source WHERE digest = ? ORDER BY id DESC LIMIT 1")
      return try Row.fetchOne(select, arguments: [Ledger.data(digest)]).map(StoredSource.init)
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
      return rows.map {
        SourceOverlap(
          model: $0["model"], first: $0["first_path"], firstFormat: $0["first_format"],
          second: $0["second_path"], secondFormat: $0["second_format"])
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

  /// What is wrong with the ledger: SQLite's own check, and cells that do not add up to their rows.
  /// Empty when nothing is.
  package func verify() throws -> [String] {
    try reading { db in
      var faults = try String.fetchAll(db, sql: "PRAGMA integrity_check").filter { $0 != "ok" }
      let index = try KindIndex(db).kinds
      var numbers: [History.Kind: Int] = [:]
      for (id, kind) in index { numbers[kind] = id }
      var expected = Rollup.allCases.map { _ in [RollupKey: CellSums]() }
      var locations = Set<Location>()
      let blocks = try Row.fetchCursor(db, sql: "SELECT \(StoredBlock.columns) FROM block")
      while let next = try blocks.next() {
        let block = StoredBlock(next)
        let rows = block.rows
        if rows.count != block.rowCount {
          faults.append(
            "block \(block.id) holds \(rows.count) rows instead of \(block.rowCount)")
        }
        for (number, row) in rows.enumerated() where !block.copies.contains(UInt32(number)) {
          locations.insert(Location(block: block.id, row: number))
          guard row.kind < block.kinds.count, let kind = index[block.kinds[row.kind]] else {
            faults.append("block \(block.id) names a kind that does not exist")
            break
          }
          for (i, rollup) in Rollup.allCases.enumerated() {
            let key = RollupKey(
              cell: rollup.cell(of: row), kind: numbers[rollup.group(of: kind)] ?? -1,
              source: block.source)
            expected[i][key, default: CellSums()].add(row, KindTraits(kind))
          }
        }
      }
      for (i, rollup) in Rollup.allCases.enumerated() {
        let width = rollup.microseconds / Instant.microsecondsPerSecond
        let cells = try Row.fetchCursor(db, sql: "SELECT * FROM \(rollup.table)")
        while let row = try cells.next() {
          let start: Int64 = row["start"]
          let key = RollupKey(
            cell: start.dividedRoundingDown(by: width), kind: row["kind"], source: row["source"])
          let sums = expected[i].removeValue(forKey: key)
          if sums.map({ CellSums.matches($0, row) }) != true {
            faults.append(
              "\(rollup.table) at \(Instant(seconds: start)) does not add up to its requests")
          }
        }
        if !expected[i].isEmpty { faults.append("requests are missing from \(rollup.table)") }
      }
      var strays = 0
      try IdentityIndex(db: db).forEach { entry in
        if locations.remove(entry.location) == nil { strays += 1 }
      }
      if strays > 0 { faults.append("\(strays) identities name requests that do not exist") }
      if !locations.isEmpty { faults.append("\(locations.count) requests have no identity") }
      return faults
    }
  }
}

private struct RollupKey: Hashable {
  var cell: Int64
  var kind: Int
  var source: Int64
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
  fileprivate init(_ row: Row) {
    id = row["id"]
    path = row["path"]
    format = row["format"]
    isPartial = row["damage"] as String? != nil
    isSuperseded = row["superseded_by"] as Int64? != nil
    records = row["records"]
    skipped = row["skipped"]
    first = (row["first_start"] as Int64?).map(Instant.init(microseconds:))
    last = (row["last_start"] as Int64?).map(Instant.init(microseconds:))
  }
}

extension CellSums {
  fileprivate static func matches(_ sums: CellSums, _ row: Row) -> Bool {
    let micro: Int64 = row["cost_micro"]
    let pico: Int64 = row["cost_pico"]
    let cost = Int128(micro) * 1_000_000 + Int128(pico)
    return sums.records == row["records"] && sums.requests == row["requests"]
      && sums.failed == row["failed"] && sums.tokens.uncachedInput == row["uncached_input"]
      && sums.tokens.cacheRead == row["cache_read"] && sums.tokens.output == row["output"]
      && sums.tokens.cacheWrite5m == row["cache_write_5m"]
      && sums.tokens.cacheWrite1h == row["cache_write_1h"]
      && sums.tokens.cacheWriteOther == row["cache_write_other"]
      && sums.tokens.reasoning == row["reasoning"] && (sums.cost?.picodollars ?? 0) == cost
  }
}
