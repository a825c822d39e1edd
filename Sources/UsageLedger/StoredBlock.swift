import Foundation
import GRDB
import Usage

/// A block as stored: packed rows and what their kind numbers stand for in the ledger.
struct StoredBlock {
  static let columns = "id, source, rows, kinds, data, copies, loose"

  var id: Int64
  var source: Int64
  /// How many there should be.
  var rowCount: Int
  /// Local kind -> number in the ledger.
  var kinds: [Int]
  var data: [UInt8]
  /// Rows that are copies of requests that count elsewhere.
  var copies: RowSet
  private var looseData: Data?

  init(_ row: Row) {
    id = row["id"]
    source = row["source"]
    rowCount = row["rows"]
    copies = RowSet(bitmap: row["copies"])
    looseData = row["loose"]
    let kindData: Data = row["kinds"]
    kinds = StoredBlock.numbers([UInt8](kindData))
    let rows: Data = row["data"]
    data = [UInt8](rows)
  }

  /// The blocks that may hold requests of the period, as rows for `init(_:)`.
  static func cursor(_ db: Database, _ period: Period) throws -> RowCursor {
    try Row.fetchCursor(
      db, sql: "SELECT \(columns) FROM block \(isNear) ORDER BY id", arguments: near(period))
  }

  /// How many rows those have, copies included.
  static func rowCount(_ db: Database, _ period: Period) throws -> Int {
    try Int.fetchOne(
      db, sql: "SELECT coalesce(sum(rows), 0) FROM block \(isNear)", arguments: near(period)) ?? 0
  }

  private static let isNear = "WHERE last_start >= ? AND first_start < ?"

  private static func near(_ period: Period) -> StatementArguments {
    // A short interval can belong to the cell after the one its start is in.
    let margin = Rollup.quarterHour.microseconds * 4
    return [period.start.microseconds - margin, period.end.microseconds]
  }

  static func fetch(_ db: Database, _ id: Int64) throws -> StoredBlock? {
    try Row.fetchOne(
      db, sql: "SELECT \(columns) FROM block WHERE id = ?", arguments: [id]
    ).map(StoredBlock.init)
  }

  /// Rows with a weaker identity beside theirs.
  var loose: [SourceDraft.LooseKey] { LooseRows.read(looseData) }

  /// All rows, copies included.
  var rows: [PackedRow] {
    var unpacker = RowUnpacker(data)
    var rows: [PackedRow] = []
    while let row = unpacker.next() { rows.append(row) }
    return rows
  }

  /// Calls `body` with each row that counts.
  func forEachRequest(_ body: (PackedRow) throws -> Void) rethrows {
    var unpacker = RowUnpacker(data)
    var number: UInt32 = 0
    while let row = unpacker.next() {
      if !copies.contains(number) { try body(row) }
      number += 1
    }
  }

  /// Four bytes a number, the highest first.
  static func bytes(_ numbers: [Int]) -> Data {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(numbers.count * 4)
    for number in numbers {
      for shift in stride(from: 24, through: 0, by: -8) {
        bytes.append(UInt8(truncatingIfNeeded: number >> shift))
      }
    }
    return Data(bytes)
  }

  static func numbers(_ bytes: [UInt8]) -> [Int] {
    stride(from: 0, to: bytes.count - bytes.count % 4, by: 4).map { i in
      Int(bytes[i]) << 24 | Int(bytes[i + 1]) << 16 | Int(bytes[i + 2]) << 8 | Int(bytes[i + 3])
    }
  }
}
