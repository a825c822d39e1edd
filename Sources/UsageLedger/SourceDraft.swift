import Foundation
import Usage

/// One file's records, packed on the task that reads the file; `Ledger.add` writes it down.
///
/// Holds 16 bytes a record, whatever the record's names and bodies, and the rows of the last blocks.
package struct SourceDraft: Sendable {
  package var source: SourceDescription
  private(set) var kinds = DraftKinds()
  private(set) var blocks: [DraftBlock] = []
  /// For a draft that no other follows.
  private var ownBook: KindBook?
  private var isFinished = false
  /// Which of its book's drafts this is; nil before the first record.
  private var fill: Int?
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
  /// Common rows that are not in the rollups yet.
  private var quarterHourTally = GroupTally(.quarterHour)
  private var dayTally = GroupTally(.day)

  /// Where rows are set aside that are too many for memory.
  private let spoolFolder: String
  private var spool: Spool?

  static let rowsPerBlock = 16_384
  /// The most blocks that are not set aside; by default about 10 MiB of common rows.
  private let blocksInMemory: Int
  /// The block that is set aside next.
  private var firstInMemory = 0

  struct LooseKey: Sendable {
    var key: IdentityKey
    var row: UInt32
    /// The row's full identity; nil when the loose one is its only one.
    var full: IdentityKey?
  }

  /// `spoolFolder` takes a nameless file when there are more than about a million records.
  package init(
    source: SourceDescription, spoolFolder: String = FileManager.default.temporaryDirectory.path,
    blocksInMemory: Int = 72
  ) {
    self.source = source
    self.spoolFolder = spoolFolder
    self.blocksInMemory = blocksInMemory
  }

  /// Takes the records out of `batch`. Names and labels of one file's batches keep their numbers.
  package mutating func add(_ batch: inout RecordBatch) {
    var book = ownBook.take() ?? KindBook()
    add(&batch, &book)
    ownBook = book
  }

  /// Takes the records out of `batch`; `book` serves one draft after the other.
  package mutating func add(_ batch: inout RecordBatch, _ book: inout KindBook) {
    if fill == nil {
      book.begin()
      fill = book.fills
    }
    precondition(fill == book.fills, "the book serves another draft already")
    batch.forEach(
      { add($0, batch, &book) },
      { record in
        if let plain = PlainRecord(record) {
          add(plain, batch, &book)
        } else {
          add(record, batch, &book)
        }
      })
    batch.removeRecords()
  }

  @inline(__always)
  private mutating func add(
    _ record: borrowing PlainRecord, _ batch: borrowing RecordBatch, _ book: inout KindBook
  ) {
    let kind = book.number(of: record.kind, batch, in: &kinds)
    packer.append(record, kind: kind)
    let moment = record.start.microseconds
    if !quarterHourTally.covers(moment) {
      emptyTally()
      quarterHourTally.enter(moment)
      if !dayTally.covers(moment) {
        emptyDayTally()
        dayTally.enter(moment)
      }
    }
    quarterHourTally.add(record, to: kinds.group(of: kind))
    dayTally.add(record, to: kind)
    file(endRow(), under: IdentityKey(record.identity))
  }

  private mutating func add(
    _ record: borrowing UsageRecord, _ batch: borrowing RecordBatch, _ book: inout KindBook
  ) {
    let kind = book.number(of: record.kind, batch, in: &kinds)
    let packed = PackedRow(record, kind: kind)
    packer.append(packed)
    quarterHours.add(packed, group: kinds.group(of: kind), kinds.traits[kind])
    days.add(packed, group: kind, kinds.traits[kind])
    let row = endRow()
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

  /// The number of the row just packed.
  @inline(__always)
  private mutating func endRow() -> UInt32 {
    if packer.count == SourceDraft.rowsPerBlock { finishBlock() }
    defer { count += 1 }
    return UInt32(count)
  }

  private mutating func finishBlock() {
    blocks.append(DraftBlock(packer))
    packer = RowPacker(capacity: packer.length + packer.length / 8)
    guard blocks.count > blocksInMemory else { return }
    if spool == nil { spool = Spool(in: spoolFolder) }
    guard let spool else { return }
    // A file that is that large is larger still: two for each new one, until a quarter is left.
    let end = min(firstInMemory + 2, blocks.count - blocksInMemory / 4)
    while firstInMemory < end {
      blocks[firstInMemory].setAside(in: spool)
      firstInMemory += 1
    }
  }

  private mutating func emptyTally() {
    quarterHours.add(quarterHourTally.take(), at: quarterHourTally.start, kinds.groupTraits)
  }

  private mutating func emptyDayTally() {
    days.add(dayTally.take(), at: dayTally.start, kinds.traits)
  }

  /// Ends the reading: whatever is under construction becomes a block or is summed up. Many small files
  /// wait for their transaction together: what they need no more goes.
  package mutating func finish() {
    guard !isFinished else { return }
    isFinished = true
    ownBook = nil
    if packer.count > 0 { finishBlock() }
    packer = RowPacker(capacity: 0)
    emptyTally()
    if isSmall { days = CellTable(.day) } else { emptyDayTally() }
    (quarterHourTally, dayTally) = (GroupTally(.quarterHour), GroupTally(.day))
  }

  /// Whether its sums by day are not kept: adding its rows up again is cheaper than a sum for each of
  /// its kinds, which are almost as many.
  var isSmall: Bool { count <= 1024 }

  /// Notes the key a row is filed under. Rows with a loose identity are filed by the ledger.
  @inline(__always)
  mutating func file(_ row: UInt32, under key: IdentityKey) {
    keys.append(KeyedRow(key: key, row: row))
    if keys.count == KeyChunk.capacity { finishChunk() }
  }

  private mutating func finishChunk() {
    keyChunks.append(KeyChunk(keys))
    keys.removeAll(keepingCapacity: true)
  }

  /// The keys of all rows filed, which the draft gives up: they are most of its memory.
  mutating func takeKeys() -> (chunks: [KeyChunk], rest: [KeyedRow]) {
    defer {
      keyChunks = []
      keys = []
    }
    return (keyChunks, keys)
  }

  /// The sums by quarter of an hour without these rows. Those by day go into `sharedDays`, where the
  /// ledger's number of each kind is in `mapped`.
  func rollups(
    without copies: RowSet, _ mapped: [Int], _ sharedDays: inout CellTable
  ) throws -> CellTable {
    if !isSmall { sharedDays.add(days, mapped) }
    var quarterHours = quarterHours
    guard isSmall || !copies.isEmpty else { return quarterHours }
    try forEachRow { number, row in
      let isCopy = copies.contains(number)
      let traits = kinds.traits[row.kind]
      if isCopy {
        quarterHours.add(row, group: kinds.group(of: row.kind), traits, sign: -1)
      }
      if isSmall != isCopy {
        sharedDays.add(row, group: mapped[row.kind], traits, sign: isCopy ? -1 : 1)
      }
    }
    return quarterHours
  }

  /// Calls `body` with every row in the order it came.
  func forEachRow(_ body: (UInt32, PackedRow) throws -> Void) throws {
    var number: UInt32 = 0
    for block in blocks {
      var rows = RowUnpacker(try block.bytes())
      while let row = rows.next() {
        try body(number, row)
        number += 1
      }
    }
  }
}
