import Testing
import Usage

@Suite struct MoneyTests {
  @Test(arguments: [
    ("3182.4", "3182.40"), ("0", "0"), ("0.000002347", "0.000002347"), ("-12", "-12.00"),
    ("1e-12", "0.000000000001"), ("2.5E3", "2500.00"), ("0.10", "0.10"),
  ])
  func printsAllDigits(text: String, printed: String) throws {
    let decimal = try #require(ExactDecimal(text))
    #expect(Money(decimal)?.description == printed)
  }

  @Test(arguments: ["", "-", ".", "1.2.3", "1e", "e5", "12a", "0x10", "1 2", "--1"])
  func refusesWhatIsNoNumber(text: String) { #expect(ExactDecimal(text) == nil) }

  @Test func roundsHalfToEven() {
    #expect((5 as Int128).dividedHalfToEven(by: 2) == 2)
    #expect((7 as Int128).dividedHalfToEven(by: 2) == 4)
    #expect((-5 as Int128).dividedHalfToEven(by: 2) == -2)
    #expect((-7 as Int128).dividedHalfToEven(by: 2) == -4)
    #expect((8 as Int128).dividedHalfToEven(by: 3) == 3)
    #expect(Money(picodollars: 125_000_000_000).rounded(to: 2) == "0.12")
    #expect(Money(picodollars: 135_000_000_000).rounded(to: 2) == "0.14")
  }

  @Test func refusesWhatDoesNotFit() {
    #expect(ExactDecimal("1e37").flatMap(Money.init) == nil)
    #expect(ExactDecimal(String(repeating: "9", count: 60)) == nil)
  }
}

@Suite struct CalendarTests {
  @Test func countsDays() throws {
    #expect(Day(year: 1970, month: 1, day: 1).number == 0)
    #expect(Day(year: 2000, month: 3, day: 1).number == 11_017)
    #expect(Day("2024-02-29")?.description == "2024-02-29")
    #expect(Day("2023-02-29") == nil)
    #expect(try #require(Day("1969-12-31")).number == -1)
    // 2026-11-24 was a Tuesday.
    let day = try #require(Day("2026-11-24"))
    #expect(day.weekday == 2)
    #expect(day.monday.description == "2026-11-23")
  }

  @Test(arguments: [
    ("2025-09-05T16:00:00Z", "2025-09-05T16:00:00Z"),
    ("2025-09-05T16:00:00.25+02:00", "2025-09-05T14:00:00.250000Z"),
    ("2025-09-05", "2025-09-05T00:00:00Z"), ("1969-12-31T23:59:59Z", "1969-12-31T23:59:59Z"),
  ])
  func readsInstants(text: String, printed: String) throws {
    #expect(try #require(Instant(text)).description == printed)
  }

  /// New York's clocks jumped from 02:00 to 03:00 on 2026-03-08 at 07:00 UTC.
  @Test func cutsDaysOfAClockChange() throws {
    let change = try #require(Instant("2026-03-08T07:00:00Z"))
    let zone = ZoneRules(
      name: "America/New_York", firstOffset: -18_000,
      changes: [.init(start: change, offset: -14_400)])
    let day = try #require(Day("2026-03-08"))
    let period = Period(first: day, last: day, zone: zone)
    #expect(period.start.description == "2026-03-08T05:00:00Z")
    #expect(period.end.description == "2026-03-09T04:00:00Z")
    #expect(period.microseconds == 23 * 3_600_000_000)
    // 02:30 does not exist that day; the moment of the change stands for it.
    let local = Int64(day.number) * 86_400_000_000 + 9_000_000_000
    #expect(zone.instant(ofLocalMicroseconds: local) == change)
  }

  @Test func sharesMonths() throws {
    let period = Period(
      first: try #require(Day("2026-01-31")), last: try #require(Day("2026-03-02")), zone: .utc)
    #expect(period.months.map(\.days) == [1, 28, 2])
    #expect(period.months.map(\.daysInMonth) == [31, 28, 31])
  }
}
