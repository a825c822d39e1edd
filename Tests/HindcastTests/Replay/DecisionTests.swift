import Replay
import Testing
import Usage

/// Break-even, sensitivity and growth, each checked by replaying what they claim.
@Suite struct DecisionTests {
  static func history(_ requests: Int) -> History {
    Replaying.history(
      (0..<requests).map { Replaying.request(at: Int64($0) * 60, input: 900_000, output: 100_000) })
  }

  static func options(rent: String = "0.25") -> String {
    """
    baseline: api
    options:
      - {name: api, kind: api, price: {input: 1, output: 3}}
      - {name: rental, kind: rented, price_per_gpu_hour: \(rent)}
    """
  }

  @Test("at the break-even volume both cost the same") func breakEven() throws {
    // 180 a month against 1.2 a request.
    let rental = try Replaying.comparison(Self.options(), Self.history(50)).options[1]
    let volume = try #require(rental.breakEven.first)
    #expect(volume.requests == 150)
    #expect(volume.times.description == "3")
    let there = try Replaying.comparison(Self.options(), Self.history(150)).options
    #expect(there[0].total == there[1].total)
  }

  @Test("at its flip point a price makes both cost the same") func flip() throws {
    let rental = try Replaying.comparison(Self.options(), Self.history(50)).options[1]
    let entry = try #require(rental.sensitivity.first { $0.input == "GPU price" })
    #expect(entry.against == "api")
    #expect(entry.lower.description == "144.00" && entry.higher.description == "216.00")
    #expect(entry.flipsAt?.description == "0.3333")  // 60 / 180
    #expect(entry.flipsAtValue?.description == "0.083333")
    let there = try Replaying.comparison(
      Self.options(rent: "0.083333333"), Self.history(50)
    ).options
    let gap = try (#require(there[0].total) - #require(there[1].total)).picodollars.magnitude
    #expect(gap < 1_000_000)
    let volume = try #require(rental.sensitivity.first { $0.input == "volume" })
    #expect(volume.lower == volume.higher && volume.flipsAt?.description == "3")
  }

  @Test("what grows itself breaks even later, and with a dear quality gap never") func ownGrowth()
    throws
  {
    func rental(_ share: String) throws -> OptionResult {
      try Replaying.comparison(
        """
        options:
          - {name: api, kind: api, price: {input: 1, output: 3}}
          - {name: rental, kind: rented, price_per_gpu_hour: 0.25,
             quality_gap: {rerun_share: \(share), on: api}}
        """, Self.history(50)
      ).options[1]
    }
    #expect(try rental("0.5").breakEven.first?.requests == 300)  // 180 / (1.2 - 0.6)
    #expect(try rental("1").breakEven.isEmpty)
  }

  @Test("growth of nothing never turns the answer") func noGrowth() throws {
    let options = try Replaying.comparison(
      "growth: {monthly: 0}\n" + Self.options(), Self.history(50)
    ).options
    #expect(options[1].crossovers.isEmpty)
    let growing = try Replaying.comparison(
      "growth: {monthly: 0.5, months: 2}\n" + Self.options(), Self.history(50)
    ).options
    // 60, 90, 135, 202.50 against 180.
    let crossover = try #require(growing[1].crossovers.first)
    #expect(crossover.month == 3 && crossover.other.description == "202.50")
    #expect(!crossover.isWithinPlan)
  }

  @Test("a tokenizer's range and a throughput's doubt reach low and high") func ranges() throws {
    let options = try Replaying.comparison(
      """
      options:
        - {name: api, kind: api, price: {input: 1, output: 1}, token_ratio: {"*": [0.95, 1.15]}}
        - name: rental
          kind: rented
          price_per_gpu_hour: 36
          fleet: {idle: free}
          throughput: {total_tok_s: 1000, band: 0.2}
      """, Self.history(1)
    ).options
    #expect(options[0].low?.description == "0.95" && options[0].high?.description == "1.15")
    // A million tokens at 800, 1,000 and 1,200 a second, 0.01 a second.
    #expect(options[1].totalText == "10.00")
    #expect(options[1].high?.description == "12.50")
    #expect(options[1].low?.description == "8.333333333333")
  }

  @Test("billing by the hour is a range that starts at the exact time") func billing() throws {
    let rental = try Replaying.option(
      """
      {name: x, kind: rented, price_per_gpu_hour: 36, billing: {granularity: hour},
           fleet: {idle: free}, throughput: {total_tok_s: 1000}}
      """, Self.history(2))
    #expect(rental.low?.description == "20.00")
    #expect(rental.totalText == "36.00")
  }

  @Test("odd histories have an answer", arguments: [0, 1])
  func odd(requests: Int) throws {
    let yaml = """
      growth: {monthly: 0.1}
      options:
        - {name: api, kind: api, price: {input: 1, output: 3}, limits: {requests_per_minute: 1}}
        - {name: own, kind: owned, capex: {a: 1}, life_months: 1, throughput: {total_tok_s: 5},
           overflow: api}
        - {name: reserved, kind: provisioned, units: 1, price_per_unit_hour: 1,
           input_tokens_per_minute_per_unit: 1}
        - {name: mixed, kind: hybrid, route: [{when: {step: x}, to: own}, {to: api}]}
      """
    for option in try Replaying.comparison(yaml, Self.history(requests)).options {
      #expect(option.total != nil, "\(option.name): \(option.reasons)")
    }
  }
}
