import Foundation
import Testing
import Usage
import UsageLogs

@testable import UsageLedger

/// Files with more records than a draft keeps in memory.
@Suite struct SourceDraftTests {
  /// 40,000 requests over two days in which every tenth comes again, 100 rows later.
  private static func draft(blocksInMemory: Int, spoolFolder: String) -> SourceDraft {
    var draft = SourceDraft(
      source: SourceDescription(path: "large.log", format: "test"), spoolFolder: spoolFolder,
      blocksInMemory: blocksInMemory)
    var batch = RecordBatch()
    let model = batch.names.intern("m")
    func add(_ number: Int64) {
      var record = UsageRecord()
      record.identity = ByteHash.of("request \(number)")
      record.start = LedgerTests.start.advanced(byMicroseconds: number * 4_000_000)
      record.kind.model = model
      record.tokens.uncachedInput = number
      record.tokens.output = 7
      // Some rows have more than the common three counts.
      if number % 1000 == 0 { record.tokens.cacheWrite1h = 5 }
      batch.append(record)
    }
    for number in Int64(0)..<40_000 {
      add(number)
      if number % 10 == 0, number >= 100 { add(number - 100) }
    }
    draft.add(&batch)
    return draft
  }

  /// Requests that differ in one name alone, also in names whose numbers are too large to be packed into
  /// one word.
  @Test func everyNameCounts() throws {
    var batch = RecordBatch()
    let names = (0..<20_000).map { batch.names.intern("n\($0)") }
    let numbers = [0, 1, 62, 63, 64, 1022, 1023, 1024, 16_382, 16_383, 16_384, 19_999]
    for (field, path) in [\UsageRecord.kind.provider, \.kind.model, \.kind.region].enumerated() {
      for number in numbers {
        for copy in 0..<2 {
          var record = UsageRecord()
          record.identity = ByteHash.of("\(field) \(number) \(copy)")
          record.start = LedgerTests.start
          record[keyPath: path] = names[number]
          record.tokens.output = 1
          batch.append(record)
        }
      }
    }
    var book = KindBook()
    var draft = SourceDraft(source: SourceDescription(path: "names.log", format: "test"))
    draft.add(&batch, &book)
    let ledger = try Ledger.inMemory()
    _ = try ledger.add([draft])
    let rows = try ledger.usage(
      period: LedgerTests.september, by: [.provider, .model, .region]
    ).rows
    #expect(rows.count == 3 * numbers.count)
    #expect(rows.allSatisfy { $0.sums.requests == 2 })
  }

  private static let folder = FileManager.default.temporaryDirectory.path

  @Test(
    "rows set aside count like rows in memory",
    arguments: [(0, folder), (1, folder), (72, folder), (0, "/no/such/folder")])
  func setsRowsAside(blocksInMemory: Int, spoolFolder: String) throws {
    let ledger = try Ledger.inMemory()
    let outcome = try ledger.add([
      Self.draft(blocksInMemory: blocksInMemory, spoolFolder: spoolFolder)
    ])
    #expect(outcome == [DraftOutcome(requests: 40_000, duplicates: 3990)])
    #expect(try ledger.verify() == [])
    let totals = try ledger.usage(period: LedgerTests.september, by: []).totals
    #expect(totals.requests == 40_000)
    #expect(totals.tokens.uncachedInput == 40_000 * 39_999 / 2)
    #expect(totals.tokens.output == 280_000)
    #expect(totals.tokens.cacheWrite1h == 200)
    let history = try ledger.history(period: LedgerTests.september)
    #expect(history.requests.count == 40_000)
    #expect(history.requests.map(\.tokens.uncachedInput) == (0..<40_000).map { $0 })
  }

  /// Keys are sorted part by part; whatever the number of rows and wherever their keys fall.
  @Test(arguments: [0, 1, 2, 1000, KeyChunk.capacity, KeyChunk.capacity * 2 + 17])
  func sortsKeys(count: Int) {
    var random = SystemRandomNumberGenerator()
    let chunks = stride(from: 0, to: count, by: KeyChunk.capacity).map { start in
      KeyChunk(
        (start..<min(start + KeyChunk.capacity, count)).map { row in
          // One key in eight is one of a hundred: copies must stay in the order they came.
          let high = row % 8 == 0 ? UInt64(row % 100) << 57 : random.next()
          return KeyedRow(key: IdentityKey(high: high, low: 3), row: UInt32(row))
        })
    }
    var keys = SortedKeys()
    for chunk in chunks { keys.add(chunk, draft: 1) }
    var sorted: [KeyedRow] = []
    keys.sort { sorted += $0 }
    var rows: [KeyedRow] = []
    keys.forEach { rows += $0 }
    #expect(sorted.map(\.row) == rows.map(\.row))
    #expect(Set(rows.map(\.row)).count == count)
    #expect(zip(rows, rows.dropFirst()).allSatisfy { KeyedRow.precedes($0, $1) })
    #expect(rows.allSatisfy { $0.draft == 1 })
  }

  /// 48-bit and 64-bit steps, equal first halves, locations apart: what a page must bring back.
  @Test func pagesKeepEntries() throws {
    var page = IdentityPageBuilder()
    let entries: [(high: UInt64, low: UInt16, location: UInt64)] = [
      (1, 0, 90), (1, 7, 12), (1 << 50, 1, 1 << 40),
      (.max - 1, 0, 13), (.max, .max, 12),
    ]
    for entry in entries {
      page.append(
        IdentityEntry(
          key: IdentityKey(high: entry.high, low: entry.low),
          location: Location(number: entry.location)))
    }
    let copy = try #require(IdentityPage(page.bytes))
    #expect(copy.entries.map(\.key.high) == entries.map(\.high))
    #expect(copy.entries.map(\.key.low) == entries.map(\.low))
    #expect(copy.entries.map(\.location.number) == entries.map(\.location))
    #expect(IdentityPage(Array(page.bytes.dropLast())) == nil)
    #expect(IdentityPage(IdentityPageBuilder().bytes)?.count == 0)
  }
}
