import GRDB
import Usage

/// Which sources take part in a query.
struct SourceSelection {
  private var paths: [Int64: String] = [:]
  private var excluded: Set<Int64> = []
  /// Whether single sources have to be told apart.
  let isNeeded: Bool

  init(_ db: Database, filters: [UsageFilter], excluded names: [String]) throws {
    let wanted = filters.filter { $0.key == "source" }.map(\.value)
    isNeeded = !wanted.isEmpty || !names.isEmpty
    for row in try Row.fetchAll(db, sql: "SELECT id, path FROM source") {
      let id: Int64 = try row["id"]
      let path: String = try row["path"]
      paths[id] = path
      if names.contains(where: { SourceSelection.names($0, path) })
        || !wanted.allSatisfy({ SourceSelection.names($0, path) })
      {
        excluded.insert(id)
      }
    }
  }

  /// A source is named by its path, or by the last parts of it.
  static func names(_ name: String, _ path: String) -> Bool {
    path == name || path.hasSuffix("/" + name)
      || path.hasPrefix(name.hasSuffix("/") ? name : name + "/")
  }

  func admits(_ source: Int64) -> Bool { !isNeeded || !excluded.contains(source) }

  func path(_ source: Int64) -> String? { paths[source] }

  func skippedLines(in period: Period, _ db: Database) throws -> Int {
    let rows = try Row.fetchAll(
      db,
      sql: """
        SELECT id, skipped FROM source WHERE superseded_by IS NULL AND skipped > 0
          AND (first_start IS NULL OR first_start < ?) AND (last_start IS NULL OR last_start >= ?)
        """,
      arguments: [period.end.microseconds, period.start.microseconds])
    return try rows.reduce(0) { try admits($1["id"]) ? $0 + $1.count("skipped") : $0 }
  }
}
