import Testing
import Usage

@testable import UsageLedger

/// Which requests lie in a period, at its borders.
@Suite struct LedgerPeriodTests {
  typealias Call = LedgerTests.Call

  private static func zone(hours: Int64) -> ZoneRules {
    ZoneRules(name: "fixed", firstOffset: hours * 3600, changes: [])
  }

  /// Without --from and --to the days of all usage are shown, cut in the reader's zone.
  @Test(arguments: [-9, 0, 9]) func spanReachesToTheLastRequest(hours: Int64) throws {
    let ledger = try Ledger.inMemory()
    // 10:00 and 20:00 UTC on the first and the third of September; in the middle another user's.
    _ = try ledger.add([
      LedgerTests.draft([
        Call(id: "a", output: 1, second: 36_000, user: "ann"),
        Call(id: "b", output: 1, second: 100_000, user: "bob"),
        Call(id: "c", output: 1, second: 244_800, user: "ann"),
      ]),
      LedgerTests.draft([Call(id: "d", output: 1, second: 864_000, user: "ann")], path: "b.log"),
    ])
    let zone = Self.zone(hours: hours)
    for (filters, excluded, first, last) in [
      ([UsageFilter(key: "user", value: "ann")], [], 36_000, 864_000),
      ([UsageFilter(key: "user", value: "ann")], ["b.log"], 36_000, 244_800),
      ([UsageFilter(key: "user", value: "bob")], [], 100_000, 100_000),
      ([UsageFilter(key: "model", value: "m")], ["b.log"], 36_000, 244_800),
    ] as [([UsageFilter], [String], Int64, Int64)] {
      let span = try #require(try ledger.span(where: filters, excludingSources: excluded))
      for (found, second) in [(span.first, first), (span.last, last)] {
        let expected = LedgerTests.start.advanced(byMicroseconds: second * 1_000_000)
        #expect(zone.day(of: found) == zone.day(of: expected), "\(filters) \(excluded)")
      }
    }
  }

  /// A server log's interval that begins before midnight is the next day's when most of it is.
  @Test func replaysAndCountsHaveTheSameIntervals() throws {
    let ledger = try Ledger.inMemory()
    _ = try ledger.add([
      LedgerTests.draft([
        Call(id: "a", output: 1, second: 86_390, width: 10_000_000),
        Call(id: "b", output: 2, second: 86_396, width: 10_000_000),
        Call(id: "c", output: 4, second: 172_794, width: 10_000_000),
        Call(id: "d", output: 8, second: 172_798, width: 10_000_000),
      ])
    ])
    // The second interval, cut to what lies in the day, still ends where it did.
    let day = try #require(Day("2026-09-02"))
    let second = Period(first: day, last: day, zone: .utc)
    let cut = try #require(try ledger.history(period: second).requests.first)
    #expect(cut.start == second.start)
    #expect(cut.width == 6_000_000)
    for (day, output) in [("2026-09-01", 1), ("2026-09-02", 6), ("2026-09-03", 8)] {
      let day = try #require(Day(day))
      let period = Period(first: day, last: day, zone: .utc)
      let counted = try ledger.usage(period: period, by: []).totals
      let history = try ledger.history(period: period)
      #expect(counted.tokens.output == Int64(output))
      #expect(history.sums.tokens == counted.tokens)
      #expect(history.requests.allSatisfy { $0.start >= period.start })
    }
  }
}
