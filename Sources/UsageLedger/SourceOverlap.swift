import GRDB
import Usage

extension Ledger {
  /// Pairs of files that show the same model at the same time: perhaps the same traffic seen twice, which
  /// no id can tell. One pair for each two formats and model; of one format only where its files are known
  /// by their content, which these `formats` are.
  package func overlaps(withinFormats formats: [String] = []) throws -> [SourceOverlap] {
    try reading { db in
      // Each format that is looked at is a walk through all cells.
      let present = try String.fetchSet(db, sql: "SELECT DISTINCT format FROM source")
      let between = present.count > 1 ? try Ledger.overlapsBetweenFormats(db) : []
      return try between + Ledger.overlapsWithin(formats.filter(present.contains), db)
    }
  }

  /// A bucket of a day stands in its first quarter of an hour: buckets are compared by day.
  private static func overlapsBetweenFormats(_ db: Database) throws -> [SourceOverlap] {
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

  private struct Stretch {
    var path: String
    /// The last of the states of its file.
    var file: Int64
    /// Microseconds since 1970.
    var first: Int64
    var last: Int64

    /// Whether it, which begins later or together, repeats more of another than the interval that a log
    /// cut in two may tell in both parts.
    func repeats(_ other: Stretch) -> Bool {
      file != other.file && first <= other.last
        && (last <= other.last || other.last &- first > 60_000_000)
    }
  }

  private static func overlapsWithin(
    _ formats: [String], _ db: Database
  ) throws -> [SourceOverlap] {
    var later: [Int64: Int64] = [:]
    for row in try Row.fetchAll(
      db,
      sql: """
        SELECT id, coalesce(covered_by, superseded_by) FROM source
        WHERE coalesce(covered_by, superseded_by) IS NOT NULL
        """)
    { later[try row[0]] = try row[1] }
    func file(of source: Int64) -> Int64 {
      var last = source
      // A damaged ledger may lead around in a circle.
      for _ in 0...later.count { last = later[last] ?? last }
      return last
    }
    var overlaps: [SourceOverlap] = []
    for format in formats {
      let rows = try Row.fetchAll(
        db,
        sql: """
          SELECT DISTINCT k.model, s.id, s.path, s.first_start, s.last_start
          FROM (SELECT DISTINCT kind, source FROM cell) c
            JOIN source s ON s.id = c.source JOIN kind k ON k.id = c.kind
          WHERE s.format = ? AND s.first_start IS NOT NULL AND s.last_start IS NOT NULL
          ORDER BY s.first_start, s.last_start DESC, s.id, k.model
          """, arguments: [format])
      // By model: the stretch so far that ends last. A file that does not tell its model may be of any.
      var farthest: [String: Stretch] = [:]
      var told: Set<String> = []
      for row in rows {
        let model: String = try row[0]
        let stretch = Stretch(
          path: try row[2], file: file(of: try row[1]), first: try row[3], last: try row[4])
        for (other, before) in farthest.sorted(by: { $0.key < $1.key })
        where (other == model || other.isEmpty || model.isEmpty) && stretch.repeats(before) {
          let name = model.isEmpty ? other : model
          guard told.insert(name).inserted else { continue }
          overlaps.append(
            SourceOverlap(
              model: name, first: before.path, firstFormat: format, second: stretch.path,
              secondFormat: format))
        }
        if farthest[model].map({ $0.last < stretch.last }) ?? true { farthest[model] = stretch }
      }
    }
    return overlaps
  }
}

/// Two files that may describe the same requests.
package struct SourceOverlap: Sendable, Hashable {
  package var model: String
  package var first: String
  package var firstFormat: String
  package var second: String
  package var secondFormat: String
}
