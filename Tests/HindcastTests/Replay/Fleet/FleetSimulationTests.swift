import Testing

@testable import Replay

/// Several servers: routing, scaling, outages.
@Suite struct FleetSimulationTests {
  static let batching = Batching(tokenBudget: 512, maxSequences: 64, blocks: 3000, watermark: 30)
  static let load = Loads.random(4000, perSecond: 12, prompt: 50...2500, output: 1...400, seed: 77)

  /// Servers in turn are servers on their own, each with every third request.
  @Test func roundRobinIsIndependentServers() {
    let plan = FleetPlan(replicas: 3, routing: .roundRobin)
    let run = simulate(Self.load, .oracle, Self.batching, plan)
    for server in 0..<3 {
      var part = Load()
      let ids = stride(from: server, to: Self.load.count, by: 3)
      for id in ids { part.append(at: Self.load.arrival(id), Self.load.size(id)) }
      let alone = simulate(part, .oracle, Self.batching)
      for (place, id) in ids.enumerated() {
        #expect(abs(alone.completions[place] - run.completions[id]) < 1e-9)
        #expect(run.served.exact[id].replica == Int32(server))
      }
    }
  }

  /// Four at once on four idle servers: one each.
  @Test(arguments: [FleetPlan.Routing.leastOutstanding, .roundRobin])
  func spreadsSimultaneousRequests(routing: FleetPlan.Routing) {
    let load = Loads.of((0..<4).map { _ in (at: 1, prompt: 10, output: 50) })
    let run = simulate(load, .constant(0.01), Batching(), FleetPlan(replicas: 4, routing: routing))
    #expect(Set(run.served.exact.map(\.replica)) == [0, 1, 2, 3])
  }

  /// What a server still works on counts until it is done: the third request goes to the idle one.
  @Test func leastOutstandingSeesThePresentOnly() {
    let load = Loads.of([
      (at: 0, prompt: 1, output: 10), (at: 0, prompt: 1, output: 2),
      (at: 1.5, prompt: 1, output: 1),
      (at: 5, prompt: 1, output: 1),
    ])
    let run = simulate(load, .constant(1), Batching(), FleetPlan(replicas: 2))
    // At 1.5 both hold one: the first of equals. At 5 the second is empty.
    #expect(run.served.exact.map(\.replica) == [0, 1, 0, 1])
  }

  /// Percentiles fall with every server; single requests may not, so nothing is said of them.
  @Test(arguments: FleetPlan.Routing.allCases)
  func moreServersAreNotSlower(routing: FleetPlan.Routing) {
    var last = Double.infinity
    for replicas in 2...8 {
      let run = simulate(
        Self.load, .oracle, Self.batching, FleetPlan(replicas: replicas, routing: routing))
      let p99 = PercentileSelection.select([99], count: Self.load.count) {
        run.served[$0].firstToken
      }[0]
      #expect(p99 <= last * 1.05)
      last = p99
      #expect(run.counts.completed == Self.load.count)
    }
  }

  @Test func autoscalingBetweenEqualBoundsIsAFixedFleet() {
    let scaler = FleetPlan.Autoscaler(least: 3, most: 3, target: 5)
    let fixed = simulate(Self.load, .oracle, Self.batching, FleetPlan(replicas: 3), periodEnd: 3600)
    let scaled = simulate(
      Self.load, .oracle, Self.batching,
      FleetPlan(replicas: 3, scaling: .automatic(scaler), coldStart: 300), periodEnd: 3600)
    for id in 0..<Self.load.count {
      #expect(abs(fixed.completions[id] - scaled.completions[id]) < 1e-9)
    }
    #expect(scaled.lives == fixed.lives)
  }

  /// Nobody is there: the first request starts a server and waits for it; when nobody came for a while
  /// it goes away, and its time is from the start to the end.
  @Test func scalesFromAndToZero() {
    let load = Loads.of([(at: 100, prompt: 1, output: 11), (at: 5000, prompt: 1, output: 1)])
    let scaler = FleetPlan.Autoscaler(
      least: 0, most: 2, target: 1, tick: 10, window: 10, scaleDownAfter: 100)
    let run = simulate(
      load, .constant(1), Batching(),
      FleetPlan(replicas: 0, scaling: .automatic(scaler), coldStart: 60), periodEnd: 7200)
    #expect(run.firstTokens[0] == 161)
    #expect(run.completions[0] == 171)
    #expect(run.firstTokens[1] == 5061)
    #expect(run.lives.count == 2)
    // Idle from 171: fewer do from the tick at 180 on, until the one at 280.
    #expect(run.lives[0] == FleetRun.Life(start: 100, end: 280))
  }

  @Test func hoursHaveTheirServers() {
    let load = Loads.of([(at: 10, prompt: 1, output: 5), (at: 7300, prompt: 1, output: 5)])
    let run = simulate(
      load, .constant(1), Batching(), FleetPlan(replicas: 1, scaling: .hourly([1, 0, 2, 0])),
      periodEnd: 4 * 3600)
    #expect(
      run.lives.sorted { $0.start < $1.start } == [
        .init(start: 0, end: 3600), .init(start: 7200, end: 10800), .init(start: 7200, end: 10800),
      ])
    #expect(run.completions == [15, 7305])
  }

  /// A server fails at 5 for 100 seconds: what ran there starts anew on the other.
  @Test func anOutageMovesRequests() {
    let load = Loads.of([(at: 0, prompt: 1, output: 20), (at: 0, prompt: 1, output: 20)])
    let plan = FleetPlan(replicas: 2, outages: [.init(start: 5, end: 105)])
    let run = simulate(load, .constant(1), Batching(), plan, periodEnd: 200)
    #expect(run.restarted == 1)
    #expect(run.served.exact.map(\.replica) == [1, 1])
    #expect(run.completions == [25, 20])
  }

  /// The same hours in a maintenance window: what runs is finished first.
  @Test func maintenanceFinishesWhatRuns() {
    let load = Loads.of([
      (at: 0, prompt: 1, output: 20), (at: 10, prompt: 1, output: 1),
      (at: 120, prompt: 1, output: 1),
    ])
    let plan = FleetPlan(replicas: 1, outages: [.init(start: 5, end: 105, isPlanned: true)])
    let run = simulate(load, .constant(1), Batching(), plan, periodEnd: 200)
    #expect(run.restarted == 0)
    #expect(run.completions == [20, 106, 121])
  }

  @Test func aSpareStandsIn() {
    let load = Loads.of([(at: 10, prompt: 1, output: 1)])
    let down = FleetPlan.Outage(start: 5, end: 105)
    let without = simulate(
      load, .constant(1), Batching(), FleetPlan(replicas: 1, outages: [down]), periodEnd: 200)
    let with = simulate(
      load, .constant(1), Batching(), FleetPlan(replicas: 1, spares: 1, outages: [down]),
      periodEnd: 200)
    #expect(without.completions == [106])
    #expect(with.completions == [11])
  }

  /// Interruptions come at the rate stated, and the same seed gives the same run.
  @Test func spotServersGoAtTheirRate() {
    let load = Loads.random(2000, perSecond: 0.02, prompt: 1...9, output: 1...100, seed: 4)
    let spot = FleetPlan.SpotInterruptions(perHour: 0.5, notice: 30, seed: 9)
    let plan = FleetPlan(replicas: 4, coldStart: 60, spot: spot)
    let end = 100_000.0
    let run = simulate(load, .constant(0.01), Batching(), plan, periodEnd: end)
    let hours = run.lives.map { min($0.end, end) - $0.start }.reduce(0, +) / 3600
    #expect(abs(Double(run.interruptions) / (hours * 0.5) - 1) < 0.35)
    #expect(run.counts.completed == load.count)
    let again = simulate(load, .constant(0.01), Batching(), plan, periodEnd: end)
    #expect(again.completions == run.completions)
    #expect(again.lives == run.lives)
  }

  /// Never elsewhere and always elsewhere are the two ends of overflow.
  @Test func overflowsAboveItsLimit() {
    func overflowed(_ limit: Int) -> SimulatedRun {
      simulate(
        Self.load, .oracle, Self.batching, FleetPlan(replicas: 2, overflowAbove: limit))
    }
    #expect(overflowed(1_000_000).overflowed.isEmpty)
    let some = overflowed(20)
    #expect(!some.overflowed.isEmpty)
    #expect(some.counts.completed + some.overflowed.count == Self.load.count)
    #expect(overflowed(40).overflowed.count < some.overflowed.count)
  }

  /// Busy stretches of one server do not overlap and hold all its work.
  @Test func notesBusyStretches() {
    let load = Loads.random(300, perSecond: 0.1, prompt: 1...20, output: 1...90, seed: 6)
    let run = simulate(load, .constant(0.1), Batching(), periodEnd: 0, notesActivity: true)
    let stretches = run.activity[0]
    #expect(abs(stretches.map { $0.end - $0.start }.reduce(0, +) - run.counts.busy) < 1e-6)
    for (a, b) in zip(stretches, stretches.dropFirst()) { #expect(a.end < b.start) }
  }

  /// Servers looked up in a tree take the requests that they take when all are looked through.
  @Test(arguments: [
    FleetPlan(replicas: 3), FleetPlan(replicas: 70), FleetPlan(replicas: 40, overflowAbove: 1),
    FleetPlan(
      replicas: 20, outages: [FleetPlan.Outage(start: 20, end: 60, replicas: 7)]),
    FleetPlan(
      replicas: 2,
      scaling: .automatic(
        FleetPlan.Autoscaler(least: 1, most: 30, target: 4, tick: 5, window: 10)), coldStart: 7),
  ]) func aTreeOfServersChoosesTheSame(_ plan: FleetPlan) {
    let load = Loads.random(3000, perSecond: 25, prompt: 1...3000, output: 1...200, seed: 7)
    func servers(_ few: Int) -> [Int32] {
      let run = FleetSimulation(
        load, time: .oracle, batching: Batching(maxSequences: 16), plan: plan, periodEnd: 300,
        isExact: true, fewServers: few
      ).serve()
      return run.served.exact.map(\.replica)
    }
    let chosen = servers(0)
    #expect(chosen == servers(.max))
    #expect(Set(chosen).count > 2)
  }

  /// Many requests at one moment go to the servers in turn, whole seconds apart as in some logs.
  @Test func whoComeAtOnceAreSpreadEvenly() {
    let load = Loads.of(
      (0..<12).flatMap { second in (0..<40).map { _ in (Double(second), 500, 30) } })
    let run = FleetSimulation(
      load, time: .oracle, batching: Batching(), plan: FleetPlan(replicas: 8), periodEnd: 60,
      isExact: true
    ).serve()
    let first = run.served.exact.prefix(40).map(\.replica)
    #expect(first == (0..<40).map { Int32($0 % 8) })
    for server in 0..<8 {
      #expect(run.served.exact.count { $0.replica == Int32(server) } == 60)
    }
  }

}
