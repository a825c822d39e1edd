import GRDB
import Usage

extension Ledger {
  /// The first and the last quarter of an hour with usage; times before 2018 and after 2099, which are
  /// clock faults, count only when there are no others.
  package func span(
    where filters: [UsageFilter] = [], excludingSources: [String] = []
  ) throws -> (first: Instant, last: Instant)? {
    try reading { db in
      let kinds = try KindIndex(db)
      let sources = try SourceSelection(db, filters: filters, excluded: excludingSources)
      let hasLabels = filters.contains(where: \.isLabel)
      func span(_ cells: Range<Int64>) throws -> (Instant, Instant)? {
        var span = CellSpan()
        let take: TakeCells = { kind, source, cells in
          let kind = try kinds.kind(kind)
          guard sources.admits(source), filters.allSatisfy({ $0.admits(kind) }) else { return }
          span.add(cells)
        }
        if hasLabels, sources.isNeeded {
          // No sums tell both apart.
          try forEachCellOfRequests(db, cells, take)
        } else {
          try forEachCells(db, hasLabels ? .day : .quarterHour, cells, take)
        }
        if hasLabels, !sources.isNeeded, let days = span.cells {
          // UTC days are too wide to tell the days of other zones.
          span = CellSpan()
          for day in Set([days.lowerBound, days.upperBound]) {
            try forEachCellOfRequests(db, day..<day + 86_400, take)
          }
        }
        return span.cells.map {
          (Instant(seconds: $0.lowerBound), Instant(seconds: $0.upperBound))
        }
      }
      let plausible = try span(1_514_764_800..<4_102_444_800)  // 2018-01-01, 2100-01-01
      return try plausible ?? span(.min / 2_000_000 ..< .max / 2_000_000)
    }
  }

  /// Takes the first and the last cell, as Unix seconds, that a kind and source have usage in.
  private typealias TakeCells =
    (_ kind: Int, _ source: Int64, _ cells: ClosedRange<Int64>) throws -> Void

  private struct CellSpan {
    var cells: ClosedRange<Int64>?

    mutating func add(_ more: ClosedRange<Int64>) {
      guard let cells else { return cells = more }
      self.cells =
        min(cells.lowerBound, more.lowerBound)...max(cells.upperBound, more.upperBound)
    }
  }

  private func forEachCells(
    _ db: Database, _ rollup: Rollup, _ cells: Range<Int64>, _ take: TakeCells
  ) throws {
    let rows = try Row.fetchCursor(
      db,
      sql: """
        SELECT kind, \(rollup.isBySource ? "source" : "0") AS source,
          min(start) AS first, max(start) AS last
        FROM \(rollup.table) WHERE start >= ? AND start < ? GROUP BY 1, 2
        """,
      arguments: [cells.lowerBound, cells.upperBound])
    while let row = try rows.next() {
      let first: Int64 = try row["first"]
      try take(row["kind"], row["source"], first...row["last"])
    }
  }

  /// The quarter of an hour of every request in these cells.
  private func forEachCellOfRequests(
    _ db: Database, _ cells: Range<Int64>, _ take: TakeCells
  ) throws {
    let blocks = try StoredBlock.cursor(
      db, from: Instant(seconds: cells.lowerBound), to: Instant(seconds: cells.upperBound))
    while let next = try blocks.next() {
      let block = try StoredBlock(next)
      try block.forEachRequest { row in
        let cell = Rollup.quarterHour.cell(of: row) * 900
        if cells.contains(cell) { try take(block.kinds[row.kind], block.source, cell...cell) }
      }
    }
  }
}
