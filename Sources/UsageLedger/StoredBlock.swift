import Foundation
import GRDB
import Usage

/// A block as stored: packed rows and what their kind numbers stand for in the ledger.
struct StoredBlock {
  static let columns = "id, source, rows, kinds, data, copies, loose, checksum"

  var id: Int64
  var source: Int64
  /// How many rows there should be.
  var rowCount: Int
  /// Local kind -> number in the ledger.
  var kinds: [Int]
  var data: [UInt8]
  /// Rows that are copies of requests that count elsewhere.
  var copies: RowSet
  private var looseData: Data?
  private var checksum: Int64

  /// Throws when it is not what was written.
  init(_ row: Row) throws {
    try self.init(unchecked: row)
    if let damage { throw damage }
  }

  init(unchecked row: Row) throws {
    id = try row["id"]
    source = try row["source"]
    rowCount = try StoredBlock.rowCount(row)
    copies = RowSet(bitmap: try row["copies"])
    looseData = try row["loose"]
    let kindData: Data = try row["kinds"]
    kinds = StoredBlock.numbers([UInt8](kindData))
    let rows: Data = try row["data"]
    data = [UInt8](rows)
    checksum = try row["checksum"]
  }

  /// What `rows` of a row of the table says.
  static func rowCount(_ row: Row) throws -> Int {
    let count: Int = try row["rows"]
    guard (0...SourceDraft.rowsPerBlock).contains(count) else {
      throw LedgerDamage("a block of requests has \(count) rows")
    }
    return count
  }

  /// What is wrong with its packed rows; nil for nothing.
  var damage: LedgerDamage? {
    Checksum.of(data) == checksum
      ? nil : LedgerDamage("block \(id) is not what was written: its checksum differs")
  }

  /// The blocks that may hold requests of this time, as rows for `init(_:)`.
  static func cursor(_ db: Database, from: Instant, to: Instant) throws -> RowCursor {
    try Row.fetchCursor(
      db, sql: "SELECT \(columns) FROM block \(isNear) ORDER BY id", arguments: near(from, to))
  }

  /// How many rows those have, copies included.
  static func rowCount(_ db: Database, from: Instant, to: Instant) throws -> Int {
    try Int.fetchOne(
      db,
      sql:
        "SELECT coalesce(sum(min(max(rows, 0), \(SourceDraft.rowsPerBlock))), 0) FROM block \(isNear)",
      arguments: near(from, to)) ?? 0
  }

  private static let isNear = "WHERE last_start >= ? AND first_start < ?"

  private static func near(_ from: Instant, _ to: Instant) -> StatementArguments {
    // A short interval can belong to the cell after the one its start is in.
    let margin = Rollup.quarterHour.microseconds * 4
    return [from.microseconds - margin, to.microseconds]
  }

  static func fetch(_ db: Database, _ id: Int64) throws -> StoredBlock? {
    try Row.fetchOne(
      db, sql: "SELECT \(columns) FROM block WHERE id = ?", arguments: [id]
    ).map { try StoredBlock($0) }
  }

  /// Rows with a weaker identity beside theirs.
  var loose: [SourceDraft.LooseKey] { LooseRows.read(looseData) }

  /// All rows, copies included.
  func rows() throws -> [PackedRow] {
    var rows: [PackedRow] = []
    rows.reserveCapacity(rowCount)
    try forEachRow { _, row in rows.append(row) }
    return rows
  }

  /// Calls `body` with each row that counts.
  func forEachRequest(_ body: (PackedRow) throws -> Void) throws {
    try forEachRow { number, row in
      if !copies.contains(number) { try body(row) }
    }
  }

  /// Calls `body` with each row, whose kind is one of `kinds`.
  @inline(__always)
  private func forEachRow(_ body: (UInt32, PackedRow) throws -> Void) throws {
    var unpacker = RowUnpacker(data)
    var number: UInt32 = 0
    while let row = unpacker.next() {
      // Kinds have no checksum.
      guard kinds.indices.contains(row.kind) else {
        throw LedgerDamage("block \(id) names a kind that it does not have")
      }
      try body(number, row)
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
