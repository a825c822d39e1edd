import Replay
import Testing
import Usage

/// Whatever is in doubt reaches `low` and `high` of every option that it has a part in. Sums by hand.
@Suite struct RangeTests {
  /// 0.6 million tokens of input, 0.4 of output, at noon of the tenth.
  static let history = Replaying.history([
    Replaying.request(at: 9 * 86_400 + 43_200, input: 600_000, output: 400_000)
  ])

  /// On an unknown day from the 5th to the 15th, 2 and 4 a million became 3 and 6: on the tenth 2.8 or 4.2.
  static let doubtful = """
    models:
      - id: openai/gpt-4o-mini
        prices:
          - {to: 2026-09-15, rates: {input: 2, output: 4}}
          - {from: 2026-09-15, bracket: [2026-09-05, 2026-09-15], rates: {input: 3, output: 6}}
    """

  static let api = #"{name: api, kind: api, models: {"*": openai/gpt-4o-mini}}"#

  static func last(_ options: [String], prices: String? = nil, _ history: History = history)
    throws -> OptionResult
  {
    let yaml = "options:\n" + options.map { "  - " + $0 }.joined(separator: "\n")
    return try #require(
      Replaying.comparison(yaml, history, userPrices: prices).options.last)
  }

  private func expect(
    _ option: OptionResult, _ low: String, _ middle: String, _ high: String,
    _ place: SourceLocation = #_sourceLocation
  ) {
    #expect(option.low?.description == low, sourceLocation: place)
    #expect(option.totalText == middle, sourceLocation: place)
    #expect(option.high?.description == high, sourceLocation: place)
  }

  @Test("a price that changed on an unknown day: an API, and the tokenizer on top") func price()
    throws
  {
    try expect(Self.last([Self.api], prices: Self.doubtful), "2.80", "2.80", "4.20")
    try expect(
      Self.last(
        [
          #"{name: x, kind: api, models: {"*": openai/gpt-4o-mini}, token_ratio: {"*": [0.5, 1.5]}}"#
        ],
        prices: Self.doubtful), "1.40", "2.80", "6.30")
  }

  @Test("the same price where half of the history overflows to it") func overflow() throws {
    // Twice the history in one hour; a million tokens fit.
    let twice = Replaying.history(Array(Self.history.requests) + Array(Self.history.requests))
    try expect(
      Self.last(
        [
          Self.api,
          """
          {name: x, kind: rented, price_per_gpu_hour: 0.01, overflow: api,
               throughput: {tokens_per_hour: 1000000}}
          """,
        ], prices: Self.doubtful, twice), "10.00", "10.00", "11.40")
  }

  @Test("the same price behind a quality gap and in a mixture") func gapAndMixture() throws {
    try expect(
      Self.last(
        [
          Self.api,
          """
          {name: x, kind: owned, capex: {a: 12}, life_months: 12,
               quality_gap: {rerun_share: [0.1, 0.3], on: api}}
          """,
        ], prices: Self.doubtful), "1.28", "1.56", "2.26")
    try expect(
      Self.last(
        [Self.api, "{name: x, kind: hybrid, route: [{to: api}]}"], prices: Self.doubtful), "2.80",
      "2.80", "4.20")
  }

  @Test("a tokenizer's range where the overflow goes") func overflowingTokens() throws {
    try expect(
      Self.last([
        #"{name: api, kind: api, price: {input: 1, output: 1}, token_ratio: {"*": [0.9, 1.1]}}"#,
        """
        {name: x, kind: rented, price_per_gpu_hour: 0, overflow: api,
             throughput: {tokens_per_hour: 1}}
        """,
      ]), "0.90", "1.00", "1.10")
  }

  /// A million tokens at 1,000 a second within 10 % are 909, 1,000 or 1,111 seconds.
  @Test("a throughput's band and the hour's granularity, together and alone") func rent() throws {
    func rental(_ more: String) throws -> OptionResult {
      try Self.last([
        """
        {name: x, kind: rented, price_per_gpu_hour: 36, fleet: {idle: free},
             throughput: {total_tok_s: 1000, band: 0.1}\(more)}
        """
      ])
    }
    try expect(rental(""), "9.090909090909", "10.00", "11.111111111111")
    try expect(rental(", billing: {granularity: hour}"), "9.090909090909", "36.00", "36.00")
  }

  /// 100 tokens a second within 20 %: a request of 360,000 tokens takes 0.8 to 1.2 hours.
  @Test("the doubt about a simulated server's speed, where it is billed by use") func simulated()
    throws
  {
    let rental = try Self.last(
      [
        """
        {name: x, kind: rented, price_per_gpu_hour: 10, fleet: {idle: free},
             serving: {time_model: {a: 0, b: 0.01, c: 0, d: 0}, band: 0.2,
                       batching: {policy: single-stream, token_budget: 1000000}}}
        """
      ], Replaying.history([Replaying.request(at: 0, input: 360_000, output: 1)]))
    func amount(_ money: Money?) throws -> Double {
      try #require(money.flatMap { Double($0.description) })
    }
    #expect(try abs(amount(rental.low) - 8) < 0.01)
    #expect(try abs(amount(rental.total) - 10) < 0.01)
    #expect(try abs(amount(rental.high) - 12) < 0.01)
  }

  /// Twenty requests at once. 5 s allow five of a second each, one after the other at a server: four
  /// servers. At the ends they allow seven of 0.7 s or three of 1.3 s.
  @Test("the doubt about a speed gives other fewest servers, and their bill") func smallest() throws
  {
    let rental = try Self.last(
      [
        """
        {name: x, kind: rented, price_per_gpu_hour: 1, slo: {end_to_end_p99: 5s},
             serving: {time_model: {a: 0, b: 0.001, c: 0, d: 0}, band: 0.3,
                       batching: {policy: single-stream}}, fleet: {mode: smallest}}
        """
      ],
      Replaying.history((0..<20).map { _ in Replaying.request(at: 60, input: 1000, output: 1) }))
    // Three, four and seven servers for 720 hours.
    expect(rental, "2160.00", "2880.00", "5040.00")
    let band = try #require(rental.service?.band)
    #expect(band.replicas?.low == 3 && band.replicas?.high == 7)
    #expect(
      rental.assumptions.contains(
        "With iterations 30 % shorter 3 would be the fewest servers, with longer ones 7: low and "
          + "high count them."))
  }

  /// 1.2 s are too long for one request alone: no number of servers helps.
  @Test("where no fleet keeps up at one end, that is said") func smallestOfNone() throws {
    let rental = try Self.last(
      [
        """
        {name: x, kind: rented, price_per_gpu_hour: 1, slo: {end_to_end_p99: 1.1s},
             serving: {time_model: {a: 0, b: 0.001, c: 0, d: 0}, band: 0.2,
                       batching: {policy: single-stream}}, fleet: {mode: smallest, max: 7}}
        """
      ], Replaying.history([Replaying.request(at: 60, input: 1000, output: 1)]))
    expect(rental, "720.00", "720.00", "5040.00")
    #expect(
      rental.reasons.contains(
        "uncertain: with iterations 20 % longer no fleet meets the SLO; 7 servers are counted at "
          + "that end"))
  }

  /// One request at a time is taken. They come each second and take 0.9 s within 20 %: 0.72 s, or 1.08 s,
  /// when every second one finds the server busy. Five of ten at 1,001 tokens and 1 a million.
  @Test("what overflows at the ends of a speed's band is priced") func overflowingBand() throws {
    let rental = try Self.last(
      [
        "{name: api, kind: api, price: {input: 1000, output: 1000}}",
        """
        {name: x, kind: rented, price_per_gpu_hour: 0.01, overflow: api,
             serving: {time_model: {a: 0, b: 0.0009, c: 0, d: 0}, band: 0.2,
                       batching: {policy: single-stream}}, fleet: {overflow_above: 1}}
        """,
      ],
      Replaying.history(
        (0..<10).map { Replaying.request(at: 60 + Int64($0), input: 1000, output: 1) })
    )
    // 720 hours at 0.01; 5 x 1,001 tokens at 1,000 a million.
    expect(rental, "7.20", "7.20", "12.205")
    let line = try #require(rental.line("overflow"))
    #expect(line.amount == .zero && line.high.description == "5.005")
    #expect(line.basis.contains("(0 to 5 as the speed is in doubt) on api"))
  }

  /// Five requests of 1,000 tokens in one minute; a unit takes one, and 1 to 3 are bought.
  @Test("what overflows of a number of units in doubt is priced at both ends") func units() throws {
    let option = try Self.last(
      [
        "{name: api, kind: api, price: {input: 1000, output: 1000}}",
        """
        {name: x, kind: provisioned, units: [1, 3], price_per_unit_hour: 0.001, overflow: api,
             input_tokens_per_minute_per_unit: 1000}
        """,
      ],
      Replaying.history((0..<5).map { Replaying.request(at: 60 + Int64($0), input: 1000) }))
    let line = try #require(option.line("overflow"))
    #expect(line.amount.description == "3.00")
    #expect(line.low.description == "2.00" && line.high.description == "4.00")
    #expect(line.basis.contains("(2 to 4 as the number of units is in doubt) on api"))
    // 720 hours of 1, 2 and 3 units beside it.
    expect(option, "2.72", "4.44", "6.16")
  }

  /// Two requests of a million tokens in one hour that takes 0.9, 1.0 or 1.1 million: both go elsewhere at
  /// the slow end. A million at 1,000,000 an hour is an hour; at the fast end 1 / 1.1.
  @Test("what overflows at the ends of a throughput is priced, and no hour is billed for it")
  func overflowingThroughput() throws {
    let twice = Replaying.history(Array(Self.history.requests) + Array(Self.history.requests))
    func rental(_ fleet: String) throws -> OptionResult {
      try Self.last(
        [
          "{name: api, kind: api, price: {input: 10, output: 10}}",
          """
          {name: x, kind: rented, price_per_gpu_hour: 11, overflow: api\(fleet),
               throughput: {tokens_per_hour: 1000000, band: 0.1}}
          """,
        ], twice)
    }
    try expect(rental(""), "7930.00", "7930.00", "7940.00")
    // 1 / 1.1 h and one request; 1 h and one; no hour and both.
    let free = try rental(", fleet: {idle: free}")
    #expect(free.line("overflow")?.high.description == "20.00")
    #expect(free.line("overflow")?.low.description == "10.00")
    #expect(free.line("GPU rental")?.low == .zero)
    #expect(free.line("GPU rental")?.amount.description == "11.00")
  }

  /// 250 a second: 4,000 seconds of work in a month, 1.5 an hour. 1.67 and the rest of 1,080.
  /// Two servers all month, 720 h at 2 and 720 h committed at 1.
  @Test("a commitment and the idle rest stand in one line with both their reasons") func committed()
    throws
  {
    let rental = try Self.last([
      "{name: base, kind: api, price: {input: 1, output: 1}}",
      """
      {name: x, kind: rented, price_per_gpu_hour: 2, fleet: {replicas: 2},
           billing: {commitment: {replicas: 1, price_per_gpu_hour: 1}},
           serving: {single_stream_tok_s: 250}}
      """,
    ])
    #expect(rental.totalText == "2160.00")
    let idle = try #require(rental.line("reserved and idle hours"))
    #expect(idle.basis.contains("the rest of the time; 720 h x 1 GPU x 1, committed"))
    let price = try #require(rental.sensitivity.first { $0.input == "committed price" })
    #expect(price.lower.description == "2016.00" && price.higher.description == "2304.00")
  }

  @Test("rented hours are split to the last digit, range by range") func split() throws {
    let rental = try Self.last([
      """
      {name: x, kind: rented, price_per_gpu_hour: [1, 2], serving: {single_stream_tok_s: 250}}
      """
    ])
    let busy = try #require(rental.line("GPU rental"))
    let idle = try #require(rental.line("reserved and idle hours"))
    #expect(busy.amount.description == "1.666666666667")
    #expect(busy.amount + idle.amount == rental.total)
    #expect(busy.low + idle.low == rental.low && rental.low?.description == "720.00")
    #expect(busy.high + idle.high == rental.high && rental.high?.description == "1440.00")
    #expect(rental.lines.reduce(Money.zero) { $0 + $1.amount } == rental.total)
  }
}
