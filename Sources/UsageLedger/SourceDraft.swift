import Usage

/// One file's records, packed on the task that reads the file; `Ledger.add` writes it down.
///
/// Holds about 30 bytes a record, whatever the records' names and bodies.
package struct SourceDraft: Sendable {
  package var source: SourceDescription
  private(set) var kinds = DraftKinds()
  private(set) var blocks: [RowPacker] = []
  /// The block under construction.
  private var packer = RowPacker(capacity: 0)
  /// The keys of most rows, and those not yet in a chunk.
  private var keyChunks: [KeyChunk] = []
  private var keys: [KeyedRow] = []
  /// Records taken in so far, copies included.
  package private(set) var count = 0
  /// Rows that also have a loose identity, whose keys are told when they are filed.
  private(set) var loose: [LooseKey] = []
  /// Sums of all rows, the ones that will turn out to be copies included.
  private var quarterHours = CellTable(.quarterHour)
  private var days = CellTable(.day)

  static let rowsPerBlock = 16_384

  struct LooseKey: Sendable {
    var key: IdentityKey
    var row: UInt32
    /// The row's full identity; nil when the loose one is its only one.
    var full: IdentityKey?
  }

  package init(source: SourceDescription) { self.source = source }

  /// Takes the records out of `batch`. Names and labels of one file's batches keep their numbers.
  package mutating func add(_ batch: inout RecordBatch) {
    for i in batch.records.indices { add(batch.records[i], batch) }
    batch.removeRecords()
  }

  private mutating func add(_ record: borrowing UsageRecord, _ batch: borrowing RecordBatch) {
    let row = UInt32(count)
    count += 1
    let kind = kinds.number(of: record, batch)
    let traits = kinds.traits[kind]
    let group = kinds.groups(of: kind)
    if let plain = PlainRow(record, kind: kind) {
      packer.append(plain)
      quarterHours.add(plain, group: group.quarterHour, traits)
      days.add(plain, group: group.day, traits)
    } else {
      let packed = PackedRow(record, kind: kind)
      packer.append(packed)
      quarterHours.add(packed, group: group.quarterHour, traits)
      days.add(packed, group: group.day, traits)
    }
    if packer.count == SourceDraft.rowsPerBlock { finishBlock() }
    let key = IdentityKey(record.identity)
    if record.looseIdentity.isNone {
      file(row, under: key)
    } else {
      loose.append(
        LooseKey(
          key: IdentityKey(record.looseIdentity), row: row,
          full: record.looseIdentity == record.identity ? nil : key))
    }
  }

  private mutating func finishBlock() {
    blocks.append(packer)
    packer = RowPacker(capacity: 0)
  }

  /// Ends the reading: whatever is under construction becomes a block.
  mutating func finish() { if packer.count > 0 { finishBlock() } }

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

  /// The rollups without these rows.
  func rollups(without copies: RowSet) -> [CellTable] {
    var tables = [quarterHours, days]
    if copies.isEmpty { return tables }
    forEachRow { number, row in
      guard copies.contains(number) else { return }
      let group = kinds.groups(of: row.kind)
      tables[0].add(row, group: group.quarterHour, kinds.traits[row.kind], sign: -1)
      tables[1].add(row, group: group.day, kinds.traits[row.kind], sign: -1)
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
