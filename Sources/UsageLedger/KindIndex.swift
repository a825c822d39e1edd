import GRDB
import Usage

/// The ledger's kinds and their numbers.
struct KindIndex {
  private(set) var kinds: [Int: History.Kind] = [:]
  /// By `stableHash`: most have one kind.
  private var numbers: [UInt64: [Int]] = [:]
  private var numbersOfSerials: [Int: Int] = [:]

  init(_ db: Database) throws {
    var labels: [Int: [History.KindLabel]] = [:]
    for row in try Row.fetchAll(db, sql: "SELECT * FROM label ORDER BY rowid") {
      guard let key = LabelKey(name: try row["key"]) else { continue }
      labels[try row["kind"], default: []].append(
        History.KindLabel(key: key, name: try row["name"], value: try row["value"]))
    }
    for row in try Row.fetchAll(db, sql: "SELECT * FROM kind") {
      let id: Int = try row["id"]
      let tier: String = try row["tier"]
      let status: String = try row["status"]
      remember(
        id,
        History.Kind(
          provider: try row["provider"], model: try row["model"],
          tier: ServiceTier.allCases.first { $0.name == tier } ?? .unknown,
          region: try row["region"],
          status: RequestStatus.allCases.first { $0.name == status } ?? .succeeded,
          splitKnown: try row["split_known"], currency: try row["currency"],
          labels: labels[id] ?? []))
    }
  }

  /// What a block or a sum is of.
  func kind(_ number: Int) throws -> History.Kind {
    guard let kind = kinds[number] else {
      throw LedgerDamage("requests are of kind \(number), which is not there")
    }
    return kind
  }

  private mutating func remember(_ id: Int, _ kind: History.Kind) {
    kinds[id] = kind
    numbers[kind.stableHash, default: []].append(id)
  }

  /// The number of a draft's kind, which is written down if it is new.
  mutating func number(of hashed: DraftKinds.Hashed, _ db: Database) throws -> Int {
    if let number = numbersOfSerials[hashed.serial] { return number }
    let number = try number(of: hashed.kind, hash: hashed.hash, db)
    numbersOfSerials[hashed.serial] = number
    return number
  }

  mutating func number(of kind: History.Kind, _ db: Database) throws -> Int {
    try number(of: kind, hash: kind.stableHash, db)
  }

  private mutating func number(
    of kind: History.Kind, hash: UInt64, _ db: Database
  ) throws -> Int {
    for number in numbers[hash] ?? [] where kinds[number] == kind { return number }
    let insert = try db.cachedStatement(
      sql: """
        INSERT INTO kind (provider, model, tier, region, status, split_known, currency)
        VALUES (?, ?, ?, ?, ?, ?, ?)
        """)
    try insert.execute(arguments: [
      kind.provider, kind.model, kind.tier.name, kind.region, kind.status.name, kind.splitKnown,
      kind.currency,
    ])
    let id = Int(db.lastInsertedRowID)
    // Blocks name a kind in four bytes.
    guard let _ = UInt32(exactly: id) else { throw LedgerDamage("a kind has the number \(id)") }
    for label in kind.labels {
      let insert = try db.cachedStatement(
        sql: "INSERT INTO label (kind, key, name, value) VALUES (?, ?, ?, ?)")
      try insert.execute(arguments: [id, label.key.name, label.name, label.value])
    }
    remember(id, kind)
    return id
  }
}
