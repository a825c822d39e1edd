import Foundation
import Testing
import Usage

@testable import Prices
@testable import Replay
@testable import hindcast

/// Options against histories made in the test; the acceptance tests go through logs.
@Suite struct ReplayTests {
  static let september = Period(
    first: Day("2026-09-01")!, last: Day("2026-09-30")!, zone: .utc)  // valid days

  /// `count` requests of one size, one a minute.
  static func history(_ count: Int, input: Int64, output: Int64) -> History {
    var tokens = TokenCounts()
    tokens.uncachedInput = input
    tokens.output = output
    var sums = UsageSums()
    let requests = (0..<count).map { index -> History.Request in
      sums.requests += 1
      sums.tokens += tokens
      return History.Request(
        start: september.start.advanced(byMicroseconds: Int64(index) * 60_000_000), kind: 0,
        tokens: tokens)
    }
    return History(
      period: september, kinds: [History.Kind(provider: "openai", model: "gpt-4o-mini")],
      requests: requests, sums: sums, skippedLines: 0)
  }

  static func replay(_ options: String, _ history: History) throws -> Comparison {
    let tree = try YAMLDocument.parse("schema: hindcast-options/1\n" + options, file: "o.yaml")
    let book = try Priced.builtIn.get()
    return Comparison.make(
      history, options: try OptionsFile(tree: tree, file: "o.yaml"), prices: book
    ).comparison
  }

  private func line(_ name: String, _ option: OptionResult) -> String? {
    option.lines.first { $0.name == name }?.amount.rounded(to: 2)
  }

  @Test("F2-F7: people, updates, quality and opportunity") func people() throws {
    let comparison = try Self.replay(
      """
      people: {hourly_rate: 150, fte_year: 300000}
      options:
        - name: rig
          kind: owned
          capex: {machine: 0}
          life_months: 60
          people:
            setup: {hours: 80, spread_months: 12}
            running: {fte: 0.2}
            model_updates:
              per_year: 4
              hours: 40
              regression: {requests: 5000, input: 1000, output: 500, on: openai/gpt-4o-mini}
          quality_gap: {rerun_share: 0.05, on: api}
          opportunity_cost_per_month: 750
        - {name: api, kind: api, price: {input: 0, output: 0, per_request: 0.0035}}
      """, Self.history(1000, input: 100, output: 10))
    let rig = try #require(comparison.options.first)
    #expect(line("setup time", rig) == "1000.00")  // 80 x 150 / 12
    #expect(line("running time", rig) == "5000.00")  // 0.2 x 300,000 / 12
    // 4 x 40 x 150 / 12 = 2,000, and four tests at 2.25 a year: 0.75 a month.
    #expect(line("model updates", rig) == "2000.75")
    #expect(line("opportunity cost", rig) == "750.00")
    // 5 % of 1,000 requests at 0.0035: 0.175, and halves go to the even cent.
    #expect(line("quality gap", rig) == "0.18")
  }

  /// Whatever the figures, the lines add up to the total to the last picodollar.
  @Test func linesAddUpToTheTotal() throws {
    var random = SeededRandom(seed: 31)
    func number(_ limit: UInt64) -> String {
      "\(random.next() % limit).\(random.next() % 1_000_000)"
    }
    for _ in 0..<100 {
      let comparison = try Self.replay(
        """
        month_hours: \(["calendar", "720", "730"][Int(random.next() % 3)])
        people: {hourly_rate: \(number(300)), fte_year: \(number(300_000))}
        options:
          - name: owned
            kind: owned
            capex: {a: \(number(9000)), b: [1, 9\(number(90))]}
            life_months: \(random.next() % 70 + 1)
            power: {load_kw: \(number(3)), idle_kw: \(number(1)), price_per_kwh: \(number(1))}
            people: {setup: {hours: \(number(90)), spread_months: 7}, running: {fte: \(number(1))}}
          - name: rented
            kind: rented
            price_per_gpu_hour: [\(number(2)), 3\(number(9))]
            gpus_per_replica: 3
            other_per_hour: \(number(2))
            fleet: {replicas: 2, redundancy: 1}
          - name: api
            kind: api
            price: {input: \(number(20)), output: \(number(90)), per_request: 0.000001}
            token_ratio: {"*": [0.95, 1.15]}
            batch: {share: 0.4, discount: 0.5}
        """, Self.history(50, input: Int64(random.next() % 5000), output: 7))
      for option in comparison.options {
        #expect(option.lines.count == 15)
        #expect(option.lines.reduce(Money.zero) { $0 + $1.amount } == option.total)
        #expect(option.lines.reduce(Money.zero) { $0 + $1.low } == option.low)
        #expect(option.lines.reduce(Money.zero) { $0 + $1.high } == option.high)
        let (low, total, high) = try (
          #require(option.low), #require(option.total), #require(option.high)
        )
        #expect(low <= total && total <= high)
      }
    }
  }

  @Test func batchShareAndRequirements() throws {
    let comparison = try Self.replay(
      """
      require: [data_stays, region:eu]
      options:
        - name: half
          kind: api
          price: {input: 1, output: 1}
          batch: {share: 0.4, discount: 0.5}
        - name: own
          kind: owned
          capex: {machine: 60}
          life_months: 60
          attributes: {data_stays: true, region: eu}
      """, Self.history(100, input: 1_000_000, output: 0))
    #expect(comparison.options[0].total?.description == "80.00")  // 100 x (1 - 0.4 x 0.5)
    #expect(!comparison.options[0].eligible)
    #expect(
      comparison.options[0].reasons == ["not eligible: does not offer data_stays, region:eu"])
    #expect(comparison.options[1].eligible)
  }

  /// Three requests a minute apart, each 90 s of work: the second waits 30 s, the third 60 s.
  @Test func requestsWaitInLine() throws {
    let options = """
      options:
        - name: x
          kind: rented
          price_per_gpu_hour: 1
          serving: {single_stream_tok_s: 10}
          slo: {end_to_end_p95: 2m}

      """
    let comparison = try Self.replay(options, Self.history(3, input: 800, output: 100))
    let service = try #require(comparison.options.first?.service)
    #expect(service.queued == 2)
    #expect(service.endToEnd?.p50 == 120)
    #expect(service.endToEnd?.p99 == 150)
    #expect(service.sloMet == false)
    let two = try Self.replay(
      options.replacingOccurrences(of: "slo:", with: "fleet: {replicas: 2}\n    slo:"),
      Self.history(3, input: 800, output: 100))
    #expect(two.options.first?.service?.queued == 0)
    #expect(two.options.first?.service?.sloMet == true)
  }
}
