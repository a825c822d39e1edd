import Foundation
import GRDB
import Usage

/// The ledger's kinds and their numbers.
struct KindIndex {
  private(set) var kinds: [Int: History.Kind] = [:]
  private var numbers: [History.Kind: Int] = [:]

  init(_ db: Database) throws {
    var labels: [Int: [History.KindLabel]] = [:]
    for row in try Row.fetchAll(db, sql: "SELECT * FROM label ORDER BY rowid") {
      guard let key = LabelKey(name: row["key"]) else { continue }
      labels[row["kind"], default: []].append(
        History.KindLabel(key: key, name: row["name"], value: row["value"]))
    }
    for row in try Row.fetchAll(db, sql: "SELECT * FROM kind") {
      let id: Int = row["id"]
      let tier: String = row["tier"]
      let status: String = row["status"]
      remember(
        id,
        History.Kind(
          provider: row["provider"], model: row["model"],
          tier: ServiceTier.allCases.first { $0.name == tier } ?? .unknown, region: row["region"],
          status: RequestStatus.allCases.first { $0.name == status } ?? .succeeded,
          splitKnown: row["split_known"], currency: row["currency"], labels: labels[id] ?? []))
    }
  }

  private mutating func remember(_ id: Int, _ kind: History.Kind) {
    kinds[id] = kind
    numbers[kind] = id
  }

  /// The number of `kind`, which is written down if it is new.
  mutating func number(of kind: History.Kind, _ db: Database) throws -> Int {
    if let number = numbers[kind] { return number }
    try db.execute(
      sql: """
        INSERT INTO kind (provider, model, tier, region, status, split_known, currency)
        VALUES (?, ?, ?, ?, ?, ?, ?)
        """,
      arguments: [
        kind.provider, kind.model, kind.tier.name, kind.region, kind.status.name, kind.splitKnown,
        kind.currency,
      ])
    let id = Int(db.lastInsertedRowID)
    for label in kind.labels {
      try db.execute(
        sql: "INSERT INTO label (kind, key, name, value) VALUES (?, ?, ?, ?)",
        arguments: [id, label.key.name, label.name, label.value])
    }
    remember(id, kind)
    return id
  }
}

/// A block as stored: packed rows and what their kind numbers stand for in the ledger.
struct StoredBlock {
  var id: UInt32
  var source: Int64
  /// Local kind -> number in the ledger.
  var kinds: [Int]
  var data: [UInt8]

  init(_ row: Row) {
    id = UInt32(truncatingIfNeeded: row["id"] as Int64)
    source = row["source"]
    let kindData: Data = row["kinds"]
    kinds = StoredBlock.numbers([UInt8](kindData))
    let rows: Data = row["data"]
    data = [UInt8](rows)
  }

  /// The blocks that may hold requests of the period, as rows for `init(_:)`.
  static func cursor(_ db: Database, _ period: Period) throws -> RowCursor {
    // A short interval can belong to the cell after the one its start is in.
    let margin = Rollup.quarterHour.microseconds * 4
    return try Row.fetchCursor(
      db,
      sql: """
        SELECT id, source, kinds, data FROM block
        WHERE last_start >= ? AND first_start < ? ORDER BY id
        """,
      arguments: [period.start.microseconds - margin, period.end.microseconds])
  }

  static func fetch(_ db: Database, _ id: UInt32) throws -> StoredBlock? {
    try Row.fetchOne(
      db, sql: "SELECT id, source, kinds, data FROM block WHERE id = ?", arguments: [Int64(id)]
    ).map(StoredBlock.init)
  }

  var rows: [PackedRow] {
    var unpacker = RowUnpacker(data)
    var rows: [PackedRow] = []
    while let row = unpacker.next() { rows.append(row) }
    return rows
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

  private static func numbers(_ bytes: [UInt8]) -> [Int] {
    stride(from: 0, to: bytes.count - bytes.count % 4, by: 4).map { i in
      Int(bytes[i]) << 24 | Int(bytes[i + 1]) << 16 | Int(bytes[i + 2]) << 8 | Int(bytes[i + 3])
    }
  }
}
