import Replay
import Testing
import Usage

/// Splitting a history: nothing is lost, and the ends are the pure options.
@Suite struct OverflowTests {
  /// 200 requests of 100 to 10,000 tokens at odd moments of ten days, and two buckets of a day.
  static let history: History = {
    var seed: UInt64 = 7
    func next(_ bound: Int64) -> Int64 {
      seed = seed &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return Int64(seed >> 33) % bound
    }
    var requests = (0..<200).map { _ in
      Replaying.request(
        at: next(864_000), input: 100 + next(9000), output: next(1000), requests: 1)
    }
    for day in [2, 5] {
      requests.append(
        Replaying.request(
          at: Int64(day) * 86_400, input: 1_000_003, output: 70_001, requests: 997,
          width: 86_400_000_000))
    }
    return Replaying.history(requests.sorted { $0.start < $1.start })
  }()

  static func rental(_ tokensPerHour: String) throws -> OptionResult {
    try #require(
      Replaying.comparison(
        """
        options:
          - {name: api, kind: api, price: {input: 1, output: 2}}
          - name: rental
            kind: rented
            price_per_gpu_hour: 0
            throughput: {tokens_per_hour: \(tokensPerHour)}
            overflow: api
        """, history
      ).options.last)
  }

  @Test("without capacity all goes to the API, with much nothing does") func ends() throws {
    let sums = Self.history.sums.tokens
    let all = try Self.rental("0.000001")
    let priced = Int128(sums.input) * 1_000_000 + Int128(sums.output) * 2_000_000
    #expect(all.total?.picodollars == priced)
    #expect(all.capacity?.overflowTokens == sums.total)
    let none = try Self.rental("900000000")
    #expect(none.total == .zero)
    #expect(none.capacity?.overflowTokens == 0)
  }

  @Test("more capacity never sends more away", arguments: [1000, 10_000, 50_000, 100_000])
  func monotone(perHour: Int) throws {
    let less = try Self.rental("\(perHour)")
    let more = try Self.rental("\(perHour * 2)")
    let (a, b) = try (#require(less.total), #require(more.total))
    #expect(b <= a)
    #expect((less.capacity?.overflowTokens ?? 0) >= (more.capacity?.overflowTokens ?? 0))
  }

  @Test("a hybrid's parts are the whole, tokens and money") func hybrid() throws {
    let options = try Replaying.comparison(
      """
      options:
        - {name: a, kind: api, price: {input: 3, output: 5}}
        - {name: b, kind: api, price: {input: 3, output: 5}}
        - name: mixed
          kind: hybrid
          route:
            - {when: {prompt_over: 5000}, to: a}
            - {when: {hours: [22, 6]}, to: b}
            - {when: {prompt_up_to: 1000}, to: a}
            - {to: b}
          failover: {from: b, to: a, outages: [{start: 2026-09-02T00:00Z, end: 2026-09-03T12:00Z}]}
      """, Self.history
    ).options
    let mixed = try #require(options.last)
    #expect(mixed.legs.count == 2)
    #expect(mixed.legs.allSatisfy { $0.tokens > 0 })
    #expect(mixed.legs.reduce(0) { $0 + $1.tokens } == Self.history.sums.tokens.total)
    #expect(mixed.legs.reduce(0) { $0 + $1.requests } == Self.history.sums.requests)
    #expect(mixed.total == options[0].total)
  }

  @Test("what no rule takes is unpriced, not free") func noRoute() throws {
    let options = try Replaying.comparison(
      """
      options:
        - {name: a, kind: api, price: {input: 3, output: 5}}
        - {name: mixed, kind: hybrid, route: [{when: {prompt_over: 5000}, to: a}]}
      """, Self.history
    ).options
    let mixed = try #require(options.last)
    let leg = try #require(mixed.legs.first)
    #expect(mixed.unpriced.tokens == Self.history.sums.tokens.total - leg.tokens)
    #expect(mixed.unpriced.models == ["(no route)"])
  }

  @Test("units that are all busy spill what is above, minute by minute") func provisioned() throws {
    // Three minutes: 1,000 + 100 x 4, 3,000, 500 weighted tokens; two units take 2,000.
    let history = Replaying.history([
      Replaying.request(at: 0, input: 1000, output: 100),
      Replaying.request(at: 61, input: 2000), Replaying.request(at: 62, input: 1000),
      Replaying.request(at: 125, input: 500),
    ])
    let options = try Replaying.comparison(
      """
      options:
        - {name: api, kind: api, price: {input: 1, output: 1}}
        - name: reserved
          kind: provisioned
          units: 2
          price_per_unit_hour: 1.5
          input_tokens_per_minute_per_unit: 1000
          output_weight: 4
          overflow: api
      """, history
    ).options
    let reserved = try #require(options.last)
    // 720 h x 2 units x 1.5
    #expect(reserved.line("reserved and idle hours")?.amount.description == "2160.00")
    #expect(reserved.line("overflow")?.amount.description == "0.001")
    #expect(reserved.capacity?.overflowTokens == 1000)
    #expect(reserved.capacity?.replicasForPeak == 3)
    let alone = try Replaying.option(
      """
      {name: x, kind: provisioned, units: 2, price_per_unit_month: 260,
           input_tokens_per_minute_per_unit: 1000, output_weight: 4}
      """, history)
    #expect(alone.totalText == "520.00")
    #expect(
      alone.reasons.contains { $0.hasPrefix("over capacity: the units are too few in 1 minute;") },
      "\(alone.reasons)")
  }
}
