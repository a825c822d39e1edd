import Prices
import Replay
import Testing
import Usage

/// Tier, window, variant and doubt are decided request by request.
@Suite struct PricedByRequestTests {
  private static let tiered = """
    models:
      - id: acme/long
        prices:
          - rates: {input: 1, output: 1}
            tiers: [{when: {prompt_tokens_gt: 200000}, rates: {input: 3}}]
            variants: [{when: {service_tier: batch}, rates: {input: 0.5, output: 0.5}}]
            windows: [{utc: "01:00-04:00", rates: {input: 2}}]
    """

  private func long(_ requests: [History.Request], kinds: [History.Kind]? = nil) throws
    -> OptionResult
  {
    try Replaying.option(
      "{name: x, kind: actual}",
      Replaying.history(
        requests, kinds: kinds ?? [History.Kind(provider: "acme", model: "long")]),
      userPrices: Self.tiered)
  }

  /// Ten requests at noon, one of them long. Added up before pricing, the day is 1,150,000 tokens at one
  /// rate: 1.15 as a bucket, 3.45 if its sum chose the tier. By request it is 0.90 + 0.25 x 3 = 1.65.
  @Test func aDayAddedUpBeforePricingIsWrong() throws {
    let noon: Int64 = 12 * 3600
    let requests =
      (0..<9).map { (i: Int64) in Replaying.request(at: noon + i, input: 100_000) }
      + [Replaying.request(at: noon + 9, input: 250_000)]
    #expect(try long(requests).totalText == "1.65")
    let bucket = Replaying.request(at: 0, input: 1_150_000, requests: 10, width: 86_400_000_000)
    let day = try long([bucket])
    #expect(day.totalText == "1.15")
    #expect(
      day.assumptions.contains(
        "10 requests added up in buckets: charged as short ones, though long ones cost "
          + "more here."))
    let one = Replaying.request(at: noon, input: 1_150_000)
    #expect(try long([one]).totalText == "3.45")
  }

  @Test func windowsAndServiceTiersAreEachRequestsOwn() throws {
    let kinds = [
      History.Kind(provider: "acme", model: "long"),
      History.Kind(provider: "acme", model: "long", tier: .batch),
    ]
    let hour: Int64 = 3600
    let result = try long(
      [
        Replaying.request(at: hour - 1, input: 100_000),
        Replaying.request(at: hour, input: 100_000),
        Replaying.request(at: 4 * hour - 1, input: 100_000),
        Replaying.request(at: 4 * hour, input: 100_000),
        Replaying.request(at: 12 * hour, input: 100_000, kind: 1),
      ], kinds: kinds)
    #expect(result.totalText == "0.65")  // 0.1 + 0.2 + 0.2 + 0.1 + 0.05
  }

  /// A change on an unknown day gives both ends; a known one does not.
  @Test func aBracketedChangeHasALowAndAHigh() throws {
    let prices = """
      models:
        - id: openai/gpt-4o-mini
          prices:
            - {to: 2026-09-16, rates: {input: 4, output: 1}}
            - {from: 2026-09-16, bracket: [2026-09-11, 2026-09-21], rates: {input: 2, output: 3}}
      """
    // One request a day: 1,000,000 in on even days, out on odd ones.
    let million: Int64 = 1_000_000
    let requests = (0..<30).map { (day: Int64) -> History.Request in
      day % 2 == 0
        ? Replaying.request(at: day * 86_400, input: million)
        : Replaying.request(at: day * 86_400, output: million)
    }
    let result = try Replaying.option(
      "{name: x, kind: actual}", Replaying.history(requests), userPrices: prices)
    // As dated: 8 even days to the 15th at 4, 7 odd at 1; then 7 even at 2, 8 odd at 3.
    #expect(result.totalText == "77.00")
    // From the 11th to the 20th, 5 even and 5 odd days, each may cost either: 3 even at 4 and 2 at 2,
    // 2 odd at 1 and 3 at 3 now; lowest 5 x 2 + 5 x 1, highest 5 x 4 + 5 x 3.
    #expect(result.low?.description == "65.00")
    #expect(result.high?.description == "85.00")
    #expect(
      result.assumptions.contains(
        "openai/gpt-4o-mini: its price changed on an unknown day from 2026-09-11 to 2026-09-21; low and "
          + "high cover both prices in between."))
  }

  @Test func anAnnouncedPriceIsInDoubtAfterItsExpiry() throws {
    let prices = """
      models:
        - id: openai/gpt-4o-mini
          prices:
            - {to: 2026-09-11, rates: {input: 1, output: 1}}
            - {from: 2026-09-11, expires: 2026-09-21, status: announced, rates: {input: 2, output: 2}, source: {name: x, as_of: 2026-08-01}}
      """
    let requests = [0, 15, 25].map { Replaying.request(at: $0 * 86_400, input: 1_000_000) }
    let result = try Replaying.option(
      "{name: x, kind: actual}", Replaying.history(requests), userPrices: prices)
    #expect(result.totalText == "5.00")
    #expect(result.low?.description == "4.00")
    #expect(result.high?.description == "5.00")
    #expect(result.pricesUsed.map(\.status) == ["confirmed", "announced"])
  }

  @Test("DeepSeek's price changed at 16:00 UTC; the start of a request counts") func toTheSecond()
    throws
  {
    let period = Period(
      first: Day(year: 2025, month: 9, day: 5), last: Day(year: 2025, month: 9, day: 5), zone: .utc)
    let kinds = [History.Kind(provider: "deepseek", model: "deepseek-chat")]
    let change = try Priced.instant("2025-09-05T16:00:00Z")
    // A streamed answer that begins a microsecond before and ends a minute later is at the old price.
    for (offset, cost) in [(-1, "0.27"), (0, "0.56")] {
      var request = Replaying.request(at: 0, input: 1_000_000)
      request.start = change.advanced(byMicroseconds: Int64(offset))
      request.duration = 60_000_000
      let result = try Replaying.option(
        "{name: x, kind: actual}", Replaying.history([request], kinds: kinds, period: period))
      #expect(result.totalText == cost)
    }
  }

  @Test func aLeapDayHasItsPrice() throws {
    let period = Period(
      first: Day(year: 2028, month: 2, day: 28), last: Day(year: 2028, month: 3, day: 1), zone: .utc
    )
    let prices = """
      models:
        - id: openai/gpt-4o-mini
          prices:
            - {to: 2028-02-29, rates: {input: 1, output: 1}}
            - {from: 2028-02-29, to: 2028-03-01, rates: {input: 10, output: 1}}
            - {from: 2028-03-01, rates: {input: 100, output: 1}}
      """
    let requests = (0..<3).map { day -> History.Request in
      var request = Replaying.request(at: 0, input: 1_000_000)
      request.start = period.start.advanced(byMicroseconds: Int64(day) * 86_400_000_000)
      return request
    }
    let result = try Replaying.option(
      "{name: x, kind: actual}", Replaying.history(requests, period: period), userPrices: prices)
    #expect(result.totalText == "111.00")
  }

  /// Free is a price; unknown and not configured are none, and told apart.
  @Test func freeUnknownAndNotConfigured() throws {
    let kinds = ["free", "unknown", "left-out"].map { History.Kind(provider: "acme", model: $0) }
    let requests = (0..<3).map { (i: Int) in Replaying.request(at: Int64(i), input: 100, kind: i) }
    let result = try Replaying.option(
      "{name: x, kind: api, models: {free: acme/free, unknown: acme/unknown}}",
      Replaying.history(requests, kinds: kinds),
      userPrices: """
        models: [{id: acme/free, prices: [{rates: {input: 0, output: 0}}]}]
        """)
    #expect(result.totalText == "0")
    #expect(result.pricesUsed.map(\.id) == ["acme/free"])
    #expect(result.unpriced.requests == 2)
    #expect(result.unpriced.models == ["left-out", "unknown"])
    #expect(result.unpriced.notConfigured == ["left-out"])
    let alone = try Replaying.option(
      "{name: x, kind: api, models: {free: acme/free, unknown: acme/unknown}}",
      Replaying.history([requests[1], requests[2]], kinds: kinds))
    #expect(alone.total == nil)
    #expect(
      alone.reasons == [
        "not offered: no price is known for unknown",
        "not offered: the option names no price for left-out",
      ])
  }

  @Test("reported cost, then the user's price, then the book's, then none") func orderOfTrust()
    throws
  {
    let kinds = [
      Replaying.gpt4oMini, History.Kind(provider: "openai", model: "gpt-4o"),
      History.Kind(provider: "openai", model: "gpt-4"),
      History.Kind(provider: "openai", model: "house-model"),
    ]
    let million: Int64 = 1_000_000
    let result = try Replaying.option(
      "{name: x, kind: actual}",
      Replaying.history(
        [
          Replaying.request(
            at: 0, input: million, cost: Money(picodollars: 7_000_000_000_000)),
          Replaying.request(at: 1, input: million, kind: 1),
          Replaying.request(at: 2, input: million, kind: 2),
          Replaying.request(at: 3, input: million, kind: 3),
        ], kinds: kinds),
      userPrices: """
        models: [{id: openai/gpt-4o, prices: [{rates: {input: 1, output: 1}}]}]
        """)
    #expect(result.totalText == "38.00")  // 7 reported + 1 by the user + 30 of gpt-4
    #expect(result.pricesUsed.map(\.layer) == ["user", "book"])
    #expect(result.unpriced.models == ["house-model"])
  }

  @Test func aForeignPriceIsConvertedAtItsDay() throws {
    let prices = """
      exchange_rates:
        - {currency: EUR, in: USD, rate: "1.10", to: 2026-09-16, source: {name: ECB, as_of: 2026-09-15}}
        - {currency: EUR, in: USD, rate: "1.20", from: 2026-09-16, source: {name: ECB, as_of: 2026-09-16}}
      models:
        - {id: openai/gpt-4o-mini, prices: [{currency: EUR, rates: {input: 1, output: 1}}]}
      """
    let requests = [0, 20].map { Replaying.request(at: $0 * 86_400, input: 1_000_000) }
    let result = try Replaying.option(
      "{name: x, kind: actual}", Replaying.history(requests), userPrices: prices)
    #expect(result.totalText == "2.30")
    #expect(result.assumptions.contains("1 EUR counts as 1.1 USD (ECB, 2026-09-15)."))
  }

  /// Any partition of the requests costs what the whole does.
  @Test func partitionsAddUp() throws {
    var random = SeededRandom(seed: 5)
    let kinds = [
      History.Kind(provider: "acme", model: "long"),
      History.Kind(provider: "acme", model: "long", tier: .batch), Replaying.gpt4oMini,
    ]
    let requests = (0..<600).map { _ -> History.Request in
      Replaying.request(
        at: Int64(random.next() % 2_592_000), input: Int64(random.next() % 400_000),
        output: Int64(random.next() % 9000), kind: Int(random.next() % 3))
    }.sorted { $0.start < $1.start }
    let whole = try #require(try long(requests, kinds: kinds).total)
    for parts in [2, 3, 7] {
      var split = [[History.Request]](repeating: [], count: parts)
      for request in requests { split[Int(random.next() % UInt64(parts))].append(request) }
      let sum = try split.map { try #require(try long($0, kinds: kinds).total) }.reduce(.zero, +)
      #expect(sum == whole)
    }
  }
}
