import Usage

/// One file's records, packed on the task that reads the file; `Ledger.add` writes it down.
///
/// Holds about 30 bytes a record, whatever the records' names and bodies.
package struct SourceDraft: Sendable {
  package var source: SourceDescription
  /// What records have in common; rows name it by index.
  private(set) var kinds: [History.Kind] = []
  private(set) var blocks: [RowPacker] = []
  /// The keys of most rows, and those not yet in a chunk.
  private var keyChunks: [KeyChunk] = []
  private var keys: [KeyedRow] = []
  /// Records taken in so far, copies included.
  package private(set) var count = 0
  /// Rows that also have a loose identity, whose keys are told when they are filed.
  private(set) var loose: [LooseKey] = []
  /// Sums of all rows, the ones that will turn out to be copies included.
  private(set) var rollups = Rollup.allCases.map { CellTable($0) }
  /// What the rollups sum under, and by rollup and kind the group it belongs to.
  private(set) var groups: [History.Kind] = []
  private var groupNumbers: [History.Kind: Int] = [:]
  private var groupOfKind = [[Int]](repeating: [], count: Rollup.allCases.count)
  private var traits: [KindTraits] = []
  private var kindTable: [KindNumbers: Int] = [:]
  /// Direct-mapped: the kind whose numbers fell on a place last. Logs mix a few hundred kinds at most.
  private var recentKinds = [(numbers: KindNumbers, index: Int)](
    repeating: (KindNumbers(), -1), count: 1024)

  static let rowsPerBlock = 16_384

  struct LooseKey: Sendable {
    var key: IdentityKey
    var row: UInt32
    /// The row's full identity; nil when the loose one is its only one.
    var full: IdentityKey?
  }

  /// The numbers of a record's names in its batch.
  private struct KindNumbers: Hashable, Sendable {
    var provider: UInt32 = .max
    var model: UInt32 = 0
    var region: UInt32 = 0
    var currency: UInt32 = 0
    var labels: UInt32 = 0
    var tier: UInt8 = 0
    var status: UInt8 = 0
    var splitKnown = true

    var place: Int {
      var mixed = UInt64(model) << 32 ^ UInt64(labels)
      mixed = (mixed ^ UInt64(region) << 20 ^ UInt64(provider) << 44) &* 0x9E37_79B9_7F4A_7C15
      mixed ^= UInt64(tier) << 50 ^ UInt64(status) << 54 ^ UInt64(currency) << 56
      return Int(truncatingIfNeeded: mixed >> 40)
    }

    static func == (a: KindNumbers, b: KindNumbers) -> Bool {
      a.model == b.model && a.labels == b.labels && a.provider == b.provider
        && a.region == b.region && a.tier == b.tier && a.status == b.status
        && a.currency == b.currency && a.splitKnown == b.splitKnown
    }
  }

  package init(source: SourceDescription) { self.source = source }

  /// Takes the records out of `batch`. Names and labels of one file's batches keep their numbers.
  package mutating func add(_ batch: inout RecordBatch) {
    for record in batch.records { add(record, batch) }
    batch.removeRecords()
  }

  private mutating func add(_ record: UsageRecord, _ batch: borrowing RecordBatch) {
    if blocks.last.map({ $0.count == SourceDraft.rowsPerBlock }) ?? true {
      blocks.append(RowPacker(capacity: SourceDraft.rowsPerBlock * 14))
    }
    let row = UInt32(count)
    count += 1
    var packed = PackedRow()
    packed.start = record.start
    packed.width = record.width
    packed.requests = record.requests
    packed.kind = kind(of: record, batch)
    packed.tokens = record.tokens
    packed.duration = record.duration
    packed.timeToFirstToken = record.timeToFirstToken
    packed.reportedCost = record.reportedCost
    packed.reportedTotal =
      record.reportedTotal == record.tokens.total ? nil : record.reportedTotal
    packed.check = record.check
    packed.precedence = record.precedence
    blocks[blocks.count - 1].append(packed)
    for i in rollups.indices {
      rollups[i].add(packed, group: groupOfKind[i][packed.kind], traits[packed.kind])
    }
    let key = IdentityKey(record.identity)
    if record.looseIdentity == .none {
      file(row, under: key)
    } else {
      loose.append(
        LooseKey(
          key: IdentityKey(record.looseIdentity), row: row,
          full: record.looseIdentity == record.identity ? nil : key))
    }
  }

  /// Notes the key a row is filed under. Rows with a loose identity are filed by the ledger.
  mutating func file(_ row: UInt32, under key: IdentityKey) {
    keys.append(KeyedRow(key: key, row: row))
    if keys.count == KeyChunk.capacity {
      keyChunks.append(KeyChunk(keys))
      keys.removeAll(keepingCapacity: true)
    }
  }

  /// The keys of all rows filed, which the draft gives up: they are most of its memory.
  mutating func takeKeys() -> [KeyChunk] {
    defer {
      keyChunks = []
      keys = []
    }
    return keys.isEmpty ? keyChunks : keyChunks + [KeyChunk(keys)]
  }

  private mutating func kind(of record: UsageRecord, _ batch: borrowing RecordBatch) -> Int {
    let numbers = KindNumbers(
      provider: record.provider.number, model: record.model.number,
      region: record.region.number, currency: record.currency.number,
      labels: record.labels.number, tier: record.tier.rawValue, status: record.status.rawValue,
      splitKnown: record.splitKnown)
    let place = numbers.place & (recentKinds.count - 1)
    if recentKinds[place].numbers == numbers { return recentKinds[place].index }
    if let index = kindTable[numbers] {
      recentKinds[place] = (numbers, index)
      return index
    }
    let labels = batch.labels[record.labels].map {
      History.KindLabel(key: $0.key, name: batch.names[$0.name], value: batch.names[$0.value])
    }
    kinds.append(
      History.Kind(
        provider: batch.names[record.provider], model: batch.names[record.model],
        tier: record.tier, region: batch.names[record.region], status: record.status,
        splitKnown: record.splitKnown, currency: batch.names[record.currency], labels: labels))
    for (i, rollup) in Rollup.allCases.enumerated() {
      groupOfKind[i].append(groupNumber(rollup.group(of: kinds[kinds.count - 1])))
    }
    traits.append(KindTraits(kinds[kinds.count - 1]))
    kindTable[numbers] = kinds.count - 1
    recentKinds[place] = (numbers, kinds.count - 1)
    return kinds.count - 1
  }

  private mutating func groupNumber(_ group: History.Kind) -> Int {
    if let number = groupNumbers[group] { return number }
    groups.append(group)
    groupNumbers[group] = groups.count - 1
    return groups.count - 1
  }

  /// The rollups without these rows.
  func rollups(without copies: RowSet) -> [CellTable] {
    if copies.isEmpty { return rollups }
    var tables = rollups
    forEachRow { number, row in
      guard copies.contains(number) else { return }
      for i in tables.indices {
        tables[i].add(row, group: groupOfKind[i][row.kind], traits[row.kind], sign: -1)
      }
    }
    return tables
  }

  /// Calls `body` with every row in the order it came.
  func forEachRow(_ body: (UInt32, PackedRow) throws -> Void) rethrows {
    var number: UInt32 = 0
    for block in blocks {
      var rows = RowUnpacker(block.bytes)
      while let row = rows.next() {
        try body(number, row)
        number += 1
      }
    }
  }
}
