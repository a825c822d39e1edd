import Testing
import Usage

@testable import Prices

/// What one row charges, against sums by hand.
@Suite struct PriceRowTests {
  static let wide = Result {
    try Priced.row(
      """
      rates: {input: 2, output: 10, cache_read: 0.2, cache_write: 2.5, cache_write_1h: 4}
      tiers:
        - {when: {prompt_tokens_gt: 200000}, rates: {input: 4, output: 15}}
      variants:
        - {when: {service_tier: batch}, rates: {input: 1, output: 5}}
        - {when: {service_tier: priority}, rates: {input: 3}, tiers: [{when: {prompt_tokens_gt: 200000}, rates: {input: 7}}]}
        - {when: {region: [us, "eu-*"]}, multiplier: "1.1"}
      windows:
        - {utc: "22:00-02:00", rates: {input: 1.5}}
      """)
  }

  @Test func theTierOfItsLengthHoldsForTheWholeRequest() throws {
    let row = try Self.wide.get()
    #expect(row.cost(Priced.tokens(200_000, 1000)) == "0.41")  // 0.2 x 2 + 0.001 x 10
    #expect(row.cost(Priced.tokens(200_001, 1000)) == "0.815004")  // all of it at 4 and 15
    #expect(row.cost(Priced.tokens(200_001, 1000), isBucket: true) == "0.410002")
    // Cached tokens are input: 1 + 200,000 of them, at 4 and 0.2.
    #expect(row.cost(Priced.tokens(1, cacheRead: 200_000)) == "0.040004")
  }

  @Test(arguments: [
    ("prompt_tokens_gt", "32000", 32_000, "0.032"),
    ("prompt_tokens_gt", "32000", 32_001, "0.064002"),
    ("prompt_tokens_gte", "200000", 199_999, "0.199999"),
    ("prompt_tokens_gte", "200000", 200_000, "0.40"),
    ("prompt_tokens_gt", "512000", 512_001, "1.024002"),
  ])
  func thresholdsAreInsideOrOutside(
    key: String, threshold: String, input: Int64, cost: String
  ) throws {
    let row = try Priced.row(
      """
      rates: {input: 1, output: 1}
      tiers: [{when: {\(key): \(threshold)}, rates: {input: 2}}]
      """)
    #expect(row.cost(Priced.tokens(input)) == cost)
  }

  @Test func serviceTiersHaveTheirOwnLengths() throws {
    let row = try Self.wide.get()
    let batch = Priced.attributes(.batch)
    let priority = Priced.attributes(.priority)
    #expect(row.cost(Priced.tokens(100_000, 1000), batch) == "0.105")
    // No long batch rates are known: the standard ones, and it says so.
    #expect(row.cost(Priced.tokens(200_001), batch) == "0.800004")
    let at = try Priced.instant("2026-09-01T12:00:00Z")
    let applied = try #require(AppliedRates(row, at: at, for: batch))
    #expect(applied.steps.map(\.isAtStandardRate) == [false, true])
    #expect(row.cost(Priced.tokens(100_000), priority) == "0.30")
    #expect(row.cost(Priced.tokens(200_001, 1), priority) == "1.400022")  // 7, and 15 for output
  }

  @Test func aRegionMultipliesWhatHolds() throws {
    let row = try Self.wide.get()
    #expect(row.cost(Priced.tokens(100_000), Priced.attributes(region: "us")) == "0.22")
    #expect(row.cost(Priced.tokens(100_000), Priced.attributes(region: "eu-west-1")) == "0.22")
    #expect(row.cost(Priced.tokens(100_000), Priced.attributes(region: "us-east-1")) == "0.20")
    #expect(row.cost(Priced.tokens(200_001), Priced.attributes(region: "us")) == "0.8800044")
    #expect(row.cost(Priced.tokens(100_000), Priced.attributes(.batch, region: "us")) == "0.11")
  }

  @Test func windowsRunOverMidnightAndKeepTheirWeekdays() throws {
    let row = try Self.wide.get()
    let tokens = Priced.tokens(1_000_000)
    let whole = row.tiers[0].rates[.input]
    #expect(whole == ExactDecimal("4"))
    let small = Priced.tokens(100_000)
    for (moment, cost) in [
      ("2026-09-01T21:59:59.999999Z", "0.20"), ("2026-09-01T22:00:00Z", "0.15"),
      ("2026-09-02T01:59:59Z", "0.15"), ("2026-09-02T02:00:00Z", "0.20"),
    ] {
      #expect(row.cost(small, at: moment) == cost, "\(moment)")
    }
    // 2026-09-04 is a Friday: its night runs into Saturday, Sunday's does not begin.
    let week = try Priced.row(
      """
      rates: {input: 2, output: 2}
      windows: [{utc: "22:00-02:00", weekdays: [mon, tue, wed, thu, fri], rates: {input: 1}}]
      """)
    for (moment, cost) in [
      ("2026-09-04T23:00:00Z", "1.00"), ("2026-09-05T01:00:00Z", "1.00"),
      ("2026-09-05T23:00:00Z", "2.00"), ("2026-09-06T23:00:00Z", "2.00"),
      ("2026-09-07T01:00:00Z", "2.00"), ("2026-09-07T22:00:00Z", "1.00"),
    ] {
      #expect(week.cost(tokens, at: moment) == cost, "\(moment)")
    }
  }

  /// What holds between two edges holds at every minute between them.
  @Test func appliedRatesHoldAsLongAsTheySay() throws {
    let row = try Priced.row(
      """
      rates: {input: 2, output: 2}
      windows:
        - {utc: "22:00-02:00", weekdays: [fri, sun], rates: {input: 1}}
        - {utc: "01:00-04:00", from: 2026-09-03, to: 2026-09-08T02:30:00Z, rates: {input: 3}}
      variants: [{when: {service_tier: batch}, from: 2026-09-05T12:00:00Z, rates: {input: 0.5}}]
      """)
    let batch = Priced.attributes(.batch)
    let start = try Priced.instant("2026-09-01")
    var applied = try #require(AppliedRates(row, at: start, for: batch))
    for minute in 0..<(14 * 1440) {
      let instant = start.advancedMinutes(minute)
      let fresh = try #require(AppliedRates(row, at: instant, for: batch))
      if instant.isBetween(applied.from, applied.to) {
        #expect(applied.steps[0].written == fresh.steps[0].written, "\(instant)")
      }
      applied = fresh
    }
  }

  @Test func cacheWritesCostByTheirLifetime() throws {
    let row = try Self.wide.get()
    let million = Priced.tokens(
      cacheRead: 1_000_000, write5m: 1_000_000, write1h: 1_000_000, writeOther: 1_000_000)
    // 0.2 + 2.5 + 4 + 2.5
    #expect(row.cost(million, isBucket: true) == "9.20")
    let long = try Priced.row("rates: {input: 1, output: 1, cache_write_5m: 2, cache_write_1h: 3}")
    #expect(long.cost(million) == "8.00")  // 1 + 2 + 3, and the short one for the unknown
  }

  @Test func kindsOfTokensAreTakenOutOfTheWhole() throws {
    let row = try Priced.row(
      "rates: {input: 1, output: 10, audio_input: 5, audio_output: 20, image_input: 3, reasoning: 4}"
    )
    var tokens = Priced.tokens(1_000_000, 1_000_000)
    tokens.audioInput = 200_000
    tokens.imageInput = 100_000
    tokens.audioOutput = 300_000
    tokens.reasoning = 500_000
    // 0.2 x 5 + 0.1 x 3 + 0.7 x 1; 0.3 x 20 + 0.5 x 4 + 0.2 x 10
    #expect(row.cost(tokens) == "12.00")
    let plain = try Priced.row("rates: {input: 1, output: 10}")
    #expect(plain.cost(tokens) == "11.00")
  }

  @Test func requestsAndOtherUnits() throws {
    let fee = try Priced.row("rates: {input: 1, output: 1, per_request: 0.005}")
    #expect(fee.cost(Priced.tokens(1_000_000), requests: 3) == "1.015")
    let calls = try Priced.row("unit: per_request\nrates: {per_request: 0.01}")
    #expect(calls.cost(Priced.tokens(1_000_000), requests: 3) == "0.03")
    let hours = try Priced.row("unit: per_hour\nrates: {input: 21.18}")
    #expect(hours.cost(Priced.tokens(1)) == "none")
  }

  @Test func freeIsNotUnknown() throws {
    let free = try Priced.row("rates: {input: 0, output: 0}")
    #expect(free.cost(Priced.tokens(5, 5)) == "0")
    let half = try Priced.row("rates: {input: 3}")
    // No rate for cached tokens is no discount; no rate for output is no price.
    #expect(half.cost(Priced.tokens(500_000, cacheRead: 500_000)) == "3.00")
    #expect(half.cost(Priced.tokens(1, 1)) == "none")
  }

  /// Charges of any partition of the requests add up to the charge of all of them, digit for digit,
  /// also at rates that a picodollar a token cannot hold.
  @Test(arguments: [
    "{input: 0.25, output: 2, cache_read: 0.025}",
    "{input: 0.002990625, output: 0.123456789012, cache_read: 0.000000000001}",
  ])
  func chargesAddUpExactly(rates: String) throws {
    let row = try Priced.row("rates: \(rates)")
    let at = try Priced.instant("2026-09-01")
    var random = SeededRandom(seed: 23)
    var whole = TokenCounts()
    var parts = [Int128](repeating: 0, count: 7)
    for _ in 0..<2000 {
      let request = Priced.tokens(
        Int64(random.next() % 100_000), Int64(random.next() % 10_000),
        cacheRead: Int64(random.next() % 100_000))
      whole += request
      let charge = try #require(row.charge(for: request, requests: 1, at: at))
      parts[Int(random.next() % 7)] += charge.attounits
    }
    let all = try #require(row.charge(for: whole, requests: 2000, at: at))
    #expect(all.attounits == parts.reduce(0, +))
    // By hand: each rate times its tokens.
    let input = try #require(row.rates[.input]) * ExactDecimal(units: Int128(whole.uncachedInput))
    let output = try #require(row.rates[.output]) * ExactDecimal(units: Int128(whole.output))
    let cached = try #require(row.rates[.cacheRead]) * ExactDecimal(units: Int128(whole.cacheRead))
    #expect((input + output + cached).units(atScale: 12) == all.attounits)
  }

  @Test func theLargestCountsAndRatesStayInReach() throws {
    let row = try Priced.row(
      "rates: {input: 1000000, output: 1000000, cache_read: 1000000, cache_write: 1000000}")
    let most = Int64.max / 8
    let tokens = Priced.tokens(
      most, most, cacheRead: most, write5m: most, write1h: most, writeOther: most)
    let at = try Priced.instant("2026-09-01")
    let charge = try #require(row.charge(for: tokens, requests: 1, at: at))
    #expect(charge.attounits == Int128(most) * 6 * 1_000_000_000_000_000_000)
  }

  @Test func anExchangeRateIsTakenOnTheRate() throws {
    let row = try Priced.row("rates: {input: 0.15, output: 0.6}")
    let at = try Priced.instant("2026-09-01")
    let rate = try #require(ExactDecimal("0.8571428571"))
    let applied = try #require(
      AppliedRates(row, at: at, for: PriceAttributes(), inCurrencyOf: rate))
    // 0.15 x 0.8571428571 = 0.128571428565
    #expect(applied.steps[0].written[.input] == ExactDecimal("0.128571428565"))
    #expect(applied.charge(for: Priced.tokens(1), requests: 1)?.attounits == 128_571_428_565)
  }
}

extension Instant {
  fileprivate func advancedMinutes(_ minutes: Int) -> Instant {
    advanced(byMicroseconds: Int64(minutes) * 60_000_000)
  }
}
