import Testing
import Usage

@testable import Replay

/// How often a fleet is simulated for one answer.
@Suite struct RunCountTests {
  /// One request after the other, a second each: with n servers n of those that come at once are done in
  /// the first second, and so on.
  private static func burst(_ requests: Int) -> History {
    Replaying.history(
      (0..<requests).map { _ in Replaying.request(at: 60, input: 1000, output: 1) }
        + [Replaying.request(at: 3600, input: 1000, output: 1)])
  }

  private static func search(_ slo: String, band: String, _ more: String = "") -> String {
    """
    {name: x, kind: rented, price_per_gpu_hour: 1, slo: {end_to_end_p99: \(slo)},
     serving: {time_model: {a: 0, b: 0.001, c: 0, d: 0}, band: \(band),
               batching: {policy: single-stream}}, fleet: {mode: smallest\(more)}}
    """
  }

  /// The estimate is one server, for the requests are few in the hour; hundreds are needed at once.
  @Test(arguments: [
    (2, "1.2s", "0"), (2, "1.2s", "0.1"), (60, "5s", "0.3"), (500, "1.2s", "0.1"),
    (900, "1.2s", "0"), (900, "1.2s", "0.1"), (900, "40s", "0.35"),
  ]) func theSmallestFleetTakesTwentyRunsAtMost(_ requests: Int, slo: String, band: String) throws {
    let option = try Replaying.option(Self.search(slo, band: band), Self.burst(requests))
    let service = try #require(option.service)
    #expect(service.simulations <= SmallestFleet.mostRuns)
    #expect(service.simulations >= service.trials.count)
    let found = try #require(service.trials.filter(\.sloMet).map(\.replicas).min())
    // As many as have so many seconds each; one in a hundred may take longer.
    let each = slo == "1.2s" ? 1 : slo == "5s" ? 5 : 40
    let kept = ((requests + 1) * 99 + 99) / 100
    #expect(found == (kept - 1 + each - 1) / each || found == (kept + each - 1) / each)
    #expect(found == 1 || service.trials.contains { $0.replicas == found - 1 && !$0.sloMet })
    if band == "0.1", slo == "1.2s" {
      // 0.9 s and 1.1 s are within 1.2 s as well.
      #expect(service.band?.replicas?.low == found && service.band?.replicas?.high == found)
    }
  }

  @Test func aFleetThatCannotBeGrownIsTriedOnce() throws {
    let option = try Replaying.option(
      Self.search("1.2s", band: "0.1", ", max: 1"), Self.burst(20))
    #expect(option.service?.trials.count == 1)
    #expect((option.service?.simulations ?? 99) <= 4)
    #expect(option.reasons.contains { $0.hasPrefix("no fleet of one server meets the SLO") })
  }

  private static let fleets = """
    options:
      - {name: a, kind: rented, price_per_gpu_hour: 2, serving: SERVING, fleet: {replicas: 2}}
      - {name: b, kind: rented, price_per_gpu_hour: 3, serving: SERVING, fleet: {replicas: 2}}
      - {name: c, kind: rented, price_per_gpu_hour: 3, serving: SERVING, fleet: {replicas: 3}}
      - {name: d, kind: rented, instance: {price_per_hour: 8, gpus: 8}, serving: SERVING,
         fleet: {replicas: 2}, people: {setup: {hours: 3, spread_months: 12}}}
    """.replacing("SERVING", with: "{time_model: {a: 0.02, b: 1e-4}}")

  /// Price and people change nothing of how requests are served.
  @Test func equalFleetsAreSimulatedOnce() async throws {
    let file = try Replaying.options(Self.fleets)
    let history = Self.burst(50)
    let prices = try Priced.builtIn.get()
    let runs = FleetRuns()
    await runs.run(file, history, prices, traces: false)
    #expect(runs.simulations == 2)
    let results = await Comparison.make(history, options: file, prices: prices).comparison.options
    #expect(results.prefix(3).map(\.totalText) == ["2880.00", "4320.00", "6480.00"])
    let times = results.map { $0.service?.endToEnd?.p99 }
    #expect(times[0] == times[1] && times[0] == times[3] && times[0] != times[2])
  }

  /// 20 % either way, two extremes and eight halvings between the present and one of them.
  @Test(arguments: ["0.7s", "3s", "60s"])
  func anotherSpeedIsTriedTwelveTimesAtMost(_ limit: String) throws {
    let file = try Replaying.options(
      """
      options:
        - {name: x, kind: rented, price_per_gpu_hour: 2, slo: {end_to_end_p99: \(limit)},
           serving: {time_model: {a: 0.02, b: 1e-4}, batching: {max_sequences: 4}},
           fleet: {replicas: 2}}
        - {name: api, kind: api, price: {input: 1, output: 1}}
      """)
    let runs = FleetRuns()
    let costing = Costing(
      history: Self.burst(50), file: file, prices: try Priced.builtIn.get(), fleets: runs,
      memo: CostMemo())
    let now = try #require(costing.cost(of: "x")?.service)
    #expect(runs.simulations == 1 && now.simulations == 1)
    let entries = InputTrials(costing: costing, own: "x", rival: "api").all()
    #expect(runs.simulations <= 1 + 12)
    let speed = try #require(entries.first { $0.input == "serving speed" })
    let factor = try #require(speed.keepsUpUntilValue).approximate
    // All times are in proportion, so that the longest one tells the factor.
    let wanted = try #require(now.endToEnd).p99 / (Double(limit.dropLast()) ?? 0)
    #expect(abs(factor / wanted - 1) < 0.03)
  }
}
