import GRDB
import Testing

@testable import UsageLedger

@Suite struct IdentityLookupTests {
  private static func key(_ number: UInt64) -> IdentityKey { IdentityKey(high: number, low: 7) }

  /// An index of the even keys below `end` in segments that they go to in turn; the row of a key is its
  /// half.
  private static func fill(_ db: Database, segments: UInt64, end: UInt64) throws -> IdentityIndex {
    let index = IdentityIndex(db: db)
    for segment in 0..<segments {
      try index.add { writer in
        for number in stride(from: segment * 2, to: end, by: Int(segments) * 2) {
          try writer.append(
            IdentityEntry(key: key(number), location: Location(number: number / 2)))
        }
      }
    }
    return index
  }

  @Test(arguments: [1, 3] as [UInt64])
  func findsWhatIsThere(segments: UInt64) throws {
    try Ledger.inMemory().queue.write { db in
      let end: UInt64 = 60_000
      let index = try Self.fill(db, segments: segments, end: end)
      var random = SeededRandom(seed: 7)
      for _ in 0..<50 {
        // From a few keys far from each other to almost all, some of them twice, in several runs.
        let stride = 1 + random.next() % 4000
        var lookup = try index.lookup()
        var next = random.next() % stride
        while next < end + 10 {
          var run: [KeyedRow] = []
          for _ in 0...(random.next() % 2000) {
            for _ in 0...(random.next() % 8 == 0 ? 1 : 0) {
              run.append(KeyedRow(key: Self.key(next), row: 0))
            }
            next += 1 + random.next() % stride
          }
          let found = try lookup.matches(run).map { [UInt64($0.place), $0.location.number] }
          let expected = run.enumerated().filter {
            $0.element.high % 2 == 0 && $0.element.high < end
          }
          .map { [UInt64($0.offset), $0.element.high / 2] }
          #expect(found == expected)
        }
      }
    }
  }

  /// Few requests are looked up in few pages, however large the ledger is: the others may be damaged.
  @Test func readsNoPageBetweenTheKeys() throws {
    try Ledger.inMemory().queue.write { db in
      let pageSize = UInt64(IdentityPage.mostEntries)
      let index = try Self.fill(db, segments: 1, end: 10 * pageSize * 2)
      let pages = try Int64.fetchAll(db, sql: "SELECT id FROM identity_page ORDER BY id")
      #expect(pages.count == 10)
      for (place, id) in pages.enumerated() where place != 2 && place != 7 {
        try db.execute(
          sql: "UPDATE identity_page SET entries = x'00' WHERE id = ?", arguments: [id])
      }
      // The last request of one page and the first of another.
      let rows = [3 * pageSize - 1, 7 * pageSize].map { KeyedRow(key: Self.key($0 * 2), row: 0) }
      var inOneRun = try index.lookup()
      #expect(try inOneRun.matches(rows).map(\.place) == [0, 1])
      var inTwo = try index.lookup()
      for row in rows { #expect(try inTwo.matches([row]).map(\.place) == [0]) }
      var inDamaged = try index.lookup()
      #expect(throws: LedgerDamage.self) {
        try inDamaged.matches([KeyedRow(key: Self.key(pageSize * 2), row: 0)])
      }
    }
  }
}
