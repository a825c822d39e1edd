import Testing

@testable import Replay

@Suite struct ServedTimesTests {
  private static let load = Loads.random(
    60_000, perSecond: 12, prompt: 1...2000, output: 1...300, seed: 11)

  private func run(
    _ plan: FleetPlan, keepsTimes: Bool, slo: ServiceLevel? = nil, batching: Batching = Batching()
  ) -> FleetRun {
    FleetSimulation(
      Self.load, time: .oracle, batching: batching, plan: plan, periodEnd: 0,
      keepsTimes: keepsTimes, tally: ServedTally(slo, overhead: 0.02, hours: 2)
    ).serve()
  }

  /// Percentiles counted page by page are those of the times themselves, within the stated error.
  @Test(arguments: [
    FleetPlan(replicas: 3, routing: .roundRobin),
    FleetPlan(replicas: 2, overflowAbove: 60),
    FleetPlan(
      replicas: 3,
      outages: [FleetPlan.Outage(start: 500, end: 900, replicas: 2)]),
  ]) func pagesGiveThePercentilesOfAllTimes(_ plan: FleetPlan) {
    let batching = Batching(maxSequences: 128)
    let exact = run(plan, keepsTimes: true, batching: batching)
    let paged = run(plan, keepsTimes: false, batching: batching)
    #expect(exact.served.isKept && !paged.served.isKept)
    let profile = ServingProfile(time: .oracle, batching: batching)
    let all = ServedPercentiles(exact.served, Self.load, profile)
    let counted = ServedPercentiles(paged.served, Self.load, profile)
    #expect(all.served == counted.served && all.served > 30_000)
    for metric in ServiceLevel.Metric.allCases {
      for percent in ServiceLevel.percents.map(Double.init) {
        let value = all.value(metric, percent) ?? 0
        let found = counted.value(metric, percent) ?? 0
        #expect(value > 0 && abs(found / value - 1) <= TimeBins.error * 1.0001)
      }
    }
    #expect(
      abs((counted.endToEnd?.mean ?? 0) / (all.endToEnd?.mean ?? 1) - 1) < 1e-9)
  }

  @Test func pagesCountTheHoursInWhichTheSLOIsKept() {
    let slo = ServiceLevel([
      ServiceLevel.Limit(
        metric: .timeToFirstToken, percent: 95, most: 200_000, text: "ttft_p95: 200ms")
    ])
    let plan = FleetPlan(replicas: 2)
    let kept = run(plan, keepsTimes: true, slo: slo).served.tally.keptByHour
    let paged = run(plan, keepsTimes: false, slo: slo).served.tally.keptByHour
    #expect(kept == paged && kept.count == 2 && kept.allSatisfy { $0 > 0 })
    let exact = simulate(Self.load, .oracle, Batching(), plan)
    var wanted = [0, 0]
    for id in 0..<Self.load.count {
      let seconds = Double(Float(exact.firstTokens[id] - Self.load.arrival(id))) + 0.02
      if (seconds * 1e6).rounded() <= 200_000 {
        wanted[min(1, Int(Self.load.arrival(id) / 3600))] += 1
      }
    }
    #expect(kept == wanted)
  }
}
