import Testing
import Usage

@testable import Replay

/// What a fleet costs by calendar month is read off its run of the whole period.
@Suite struct FleetMonthsTests {
  private static let twoMonths = Period(
    first: Day(year: 2026, month: 9, day: 1), last: Day(year: 2026, month: 10, day: 31), zone: .utc)
  /// Seconds from the start of September to that of October.
  private static let october: Int64 = 30 * 86_400

  private func months(_ option: OptionResult) -> [String] {
    option.monthly.map { $0.total?.description ?? "none" }
  }

  /// 8 h x 4.42 = 35.36 in September, 3 h x 4.42 = 13.26 in October.
  @Test func hoursAreBilledInTheirMonth() throws {
    let hours = (0..<8).map { Int64($0) * 3600 } + (0..<3).map { Self.october + Int64($0) * 3600 }
    let option = try Replaying.option(
      "{name: x, kind: rented, price_per_gpu_hour: 4.42, serving: {single_stream_tok_s: 24}, "
        + "fleet: {mode: hourly, min: 0, max: 4}}",
      Replaying.history(
        hours.map { Replaying.request(at: $0 + 60, input: 200, output: 800) },
        period: Self.twoMonths))
    #expect(option.totalText == "48.62")
    #expect(months(option) == ["35.36", "13.26"])
  }

  /// One request of 1000 s that begins 100 s before October: a first hour paid for in September, from
  /// whose start on it runs, and nothing more of it after that. A second one of 1000 s pays its own.
  @Test func aStretchAcrossTheEndIsPaidForOnce() throws {
    let option = try Replaying.option(
      "{name: x, kind: rented, price_per_gpu_hour: 3, billing: {granularity: hour}, "
        + "serving: {time_model: {a: 1}}, fleet: {idle: free}}",
      Replaying.history(
        [
          Replaying.request(at: Self.october - 100, input: 1, output: 1000),
          Replaying.request(at: Self.october + 86_400, input: 1, output: 1000),
        ], period: Self.twoMonths))
    #expect(option.totalText == "6.00")
    #expect(months(option) == ["3.00", "3.00"])
  }

  /// A burst in September asks for several servers, which are there in October, too.
  @Test func theSmallestFleetIsTheSameInEveryMonth() throws {
    let burst = (0..<3000).map { Replaying.request(at: Int64($0) / 10, input: 1000, output: 200) }
    let option = try Replaying.option(
      """
      {name: x, kind: rented, price_per_gpu_hour: 1, slo: {ttft_p95: 0.5s}, fleet: {mode: smallest},
       serving: {time_model: {a: 0.011, b: 5.25e-5}, batching: {token_budget: 512}}}
      """,
      Replaying.history(
        burst + [Replaying.request(at: Self.october + 60, input: 1000, output: 200)],
        period: Self.twoMonths))
    let servers = try #require(option.service?.peakReplicas)
    #expect(servers > 1)
    #expect(months(option) == ["\(servers * 720).00", "\(servers * 744).00"])
  }

  /// 100 s of work on either side of the month's end, one of them at once with another request, which
  /// goes elsewhere.
  @Test func overflowIsPricedInItsMonth() throws {
    let times = [60, 61, Self.october + 60, Self.october + 61, Self.october + 62]
    let results = try Replaying.comparison(
      """
      options:
        - {name: x, kind: rented, price_per_gpu_hour: 0, overflow: api,
           serving: {time_model: {a: 1}}, fleet: {overflow_above: 1}}
        - {name: api, kind: api, price: {input: 1000, output: 1000}}
      """,
      Replaying.history(
        times.map { Replaying.request(at: $0, input: 900, output: 100) }, period: Self.twoMonths))
    let option = try #require(results.options.first { $0.name == "x" })
    #expect(option.service?.overflowed == 3)
    // 1000 tokens at 1000 a million.
    #expect(option.totalText == "3.00")
    #expect(months(option) == ["1.00", "2.00"])
  }

  /// 1000 s at 3.60 an hour in September and twice that in October, within 10 %.
  @Test func theDoubtAboutTheSpeedIsInItsMonth() throws {
    let option = try Replaying.option(
      "{name: x, kind: rented, price_per_gpu_hour: 3.6, "
        + "serving: {time_model: {a: 1}, band: 0.1}, fleet: {idle: free}}",
      Replaying.history(
        [60, Self.october + 60, Self.october + 7200].map {
          Replaying.request(at: $0, input: 1, output: 1000)
        }, period: Self.twoMonths))
    #expect(months(option) == ["1.00", "2.00"])
    #expect(option.monthly.map { $0.low?.description } == ["0.90", "1.80"])
    #expect(option.monthly.map { $0.high?.description } == ["1.10", "2.20"])
    #expect(option.low?.description == "2.70" && option.high?.description == "3.30")
  }

  /// Side by side or one after the other: the same answer for every kind of option.
  @Test func fleetsSideBySideCostTheSame() async throws {
    let yaml = """
      options:
        - {name: a, kind: rented, price_per_gpu_hour: 2, serving: {time_model: {a: 0.02, b: 1e-4}},
           fleet: {replicas: 2}}
        - {name: b, kind: rented, price_per_gpu_hour: 2, serving: {time_model: {a: 0.02, b: 1e-4}},
           slo: {ttft_p95: 5s}, fleet: {mode: smallest}}
        - {name: c, kind: rented, price_per_gpu_hour: 2, serving: {time_model: {a: 0.02, b: 1e-4}},
           overflow: api, fleet: {mode: autoscale, min: 0, max: 3, overflow_above: 4}}
        - {name: d, kind: owned, capex: {gpus: 1000}, life_months: 36,
           power: {load_kw: 1, price_per_kwh: 0.3, hours_per_day: busy},
           serving: {time_model: {a: 0.02, b: 1e-4}}}
        - {name: e, kind: hybrid, route: [{when: {hours: [0, 12]}, to: a}, {to: d}]}
        - {name: api, kind: api, price: {input: 1, output: 1}}
      """
    let file = try Replaying.options(yaml)
    let history = Replaying.history(
      (0..<400).map {
        Replaying.request(at: Int64($0) * 13_007, input: 1000 + Int64($0), output: 200)
      }, period: Self.twoMonths)
    let prices = try Priced.builtIn.get()
    func inTurn() -> [OptionResult] {
      Comparison.make(history, options: file, prices: prices).comparison.options
    }
    let sideBySide = await Comparison.make(history, options: file, prices: prices)
      .comparison.options
    #expect(sideBySide.count == 6)
    for (a, b) in zip(inTurn(), sideBySide) {
      #expect(a.total == b.total)
      #expect(a.monthly.map(\.total) == b.monthly.map(\.total))
      #expect("\(a.service as Any)" == "\(b.service as Any)")
      let total = try #require(a.total)
      let parts = try a.monthly.map { try #require($0.total) }
      let rest = parts.reduce(total, -).picodollars
      // Each month is rounded for itself.
      #expect((-2...2).contains(rest), "\(a.name) is \(rest) picodollars off")
    }
  }
}
