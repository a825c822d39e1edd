import Synchronization
import Usage

/// Servers with continuous batching, as many as the fleet says.
struct BatchedServing: Sendable, Hashable {
  var profile: ServingProfile
  let fleet: FleetOptions
  let arrivals: ArrivalModel
  /// Whether every token takes the same time, so that a request takes the sum of its tokens.
  let isSingleRate: Bool

  init(
    _ profile: ServingProfile, _ fleet: FleetOptions, _ arrivals: ArrivalModel,
    isSingleRate: Bool = false
  ) {
    self.arrivals = arrivals
    self.profile = profile
    self.fleet = fleet
    self.isSingleRate = isSingleRate
  }

  /// - Parameter isTrial: whether only the middle of the answer is asked for, as where another speed is
  ///   tried: no doubts are replayed.
  func outcome(
    _ replay: ReplayContext, slo: ServiceLevel?, billing: RentalBilling?,
    hoursPerDay: ExactDecimal, isTrial: Bool
  ) -> FleetOutcome {
    let history = load(replay, burst: nil)
    let periodEnd = Double(replay.period.microseconds) / 1e6
    let simulator = FleetSimulator(
      load: history.load, mix: history.mix, profile: profile, periodEnd: periodEnd,
      isExact: replay.traces, notesActivity: fleet.idleIsFree, slo: slo,
      hours: history.hourly.count)
    var plan = plan(replay, history)
    let months = MonthEnds(replay.history)
    plan.marks = months.seconds
    var search: SmallestFleet?
    if fleet.mode == .smallest, let slo {
      let found = SmallestFleet(simulator, plan, slo, allowed)
      plan.replicas = found.replicas
      search = found
    }
    let run = search?.run ?? simulator.run(plan)
    let report = ServiceReport(
      run, history, profile, plan, periodEnd: periodEnd, hoursPerDay: hoursPerDay, slo: slo)
    let uses = FleetUse.untilEach(months, run, history, plan, fleet, billing)
    var outcome = FleetOutcome(use: uses[uses.count - 1], service: report.service)
    if !months.seconds.isEmpty { outcome.months = months.parts(of: uses) }
    if let search {
      outcome.service?.trials = search.trials
      outcome.reasons += search.reasons
      outcome.assumptions += search.notes
    }
    if !isTrial {
      addBand(simulator, plan, history, months, slo, billing, hoursPerDay, &outcome)
      addArrivalBounds(simulator, plan, replay, slo, &outcome)
    }
    outcome.service?.simulations = simulator.runs.count
    outcome.reasons += report.reasons
    outcome.assumptions += notes(plan, history)
    if replay.traces { outcome.trace = report.traces }
    return outcome
  }

  /// All sizes that may be tried.
  var allowed: SmallestFleet.Bracket {
    SmallestFleet.Bracket(least: fleet.least, most: fleet.most)
  }

  /// Whether the same servers are there at all times and take everything, however fast they are.
  var isPaidAlike: Bool {
    fleet.mode == .fixed && fleet.spot == nil && fleet.outages.isEmpty && !fleet.overflows
      && fleet.overflowAbove == nil
  }

  /// Whether fixed servers could do all the work, and nothing else: no request is simulated.
  func capacity(_ replay: ReplayContext, hoursPerDay: ExactDecimal) -> FleetOutcome {
    let history = load(replay, burst: nil)
    let served = (0..<history.load.count).count { id in
      let size = history.load.size(id)
      return profile.batching.canHold(prompt: Int(size.prompt), output: Int(size.output))
    }
    let replicas = fleet.replicas.wholePoints
    let rate = history.mix.requestsPerSecond(profile.time, profile.batching)
    let capacity =
      rate * Double(replicas[1].units) * Double(replay.period.microseconds) / 1e6
      * ServiceReport.share(hoursPerDay)
    let service = Service(
      measured: profile.origin != .estimate,
      utilisation: capacity > 0 ? Double(served) / capacity : 0,
      peakReplicas: Int(replicas[1].units), timeToFirstToken: nil, endToEnd: nil, queued: 0,
      overflowed: 0, rejected: Int64(history.load.count - served), sloMet: nil)
    return FleetOutcome(
      use: FleetUse(
        replicas: replicas, busyHours: Quantity(numerator: 0, denominator: 3_600_000_000)),
      service: service,
      reasons: [ServiceReport.overCapacity(service.utilisation)].compactMap(\.self))
  }

  private func load(_ replay: ReplayContext, burst: Double?) -> HistoryLoad {
    let settings = HistoryLoad.Settings(
      reusesPrefixes: profile.reusesPrefixes, isSingleRate: isSingleRate, arrivals: arrivals,
      burst: burst)
    return replay.fleet?.runs.load(replay.history, settings)
      ?? HistoryLoad(replay.history, settings)
  }

  // MARK: Plan

  private func plan(_ replay: ReplayContext, _ history: HistoryLoad) -> FleetPlan {
    var plan = FleetPlan()
    plan.replicas = Int(fleet.replicas.wholePoints[1].units)
    plan.routing = fleet.routing
    plan.spares = Int(clamping: fleet.redundancy.units)
    plan.spot = fleet.spot
    // With an option that takes the rest, servers take what they can work on at once.
    plan.overflowAbove =
      fleet.overflowAbove
      ?? (fleet.overflows
        ? max(1, Int(history.mix.sequences(profile.batching))) : nil)
    let origin = replay.period.start.microseconds
    plan.outages = fleet.outages.map { window in
      FleetPlan.Outage(
        start: max(0, Double(window.start.microseconds - origin) / 1e6),
        end: Double(window.end.microseconds - origin) / 1e6, replicas: window.replicas,
        isPlanned: window.isPlanned)
    }.filter { $0.end > 0 }
    switch fleet.mode {
    case .fixed, .smallest:
      // Only what takes the place of an interrupted server starts while others work.
      if plan.spot != nil { plan.coldStart = coldStart }
    case .autoscale:
      plan.coldStart = coldStart
      plan.replicas = max(fleet.least, 0)
      plan.scaling = .automatic(
        FleetPlan.Autoscaler(
          least: fleet.least, most: fleet.most, target: target(history.mix), tick: fleet.tick,
          window: max(fleet.window, fleet.tick),
          scaleDownAfter: fleet.scaleDownAfter ?? BatchedServing.scaleDownAfter))
    case .hourly:
      plan.coldStart = coldStart
      let counts = hourly(history)
      plan.replicas = counts.first ?? 0
      plan.scaling = .hourly(counts)
    }
    return plan
  }

  /// Seconds. Measured starts of servers with weights on a local disk: 120 s up to 13B parameters, 300 s
  /// for 70B (vendors' pages and llm-d's measurements, 2026-11).
  private var coldStart: Double { fleet.coldStart ?? (fleet.mode == .hourly ? 0 : 120) }
  /// Seconds: the default of Kubernetes' horizontal pod autoscaler (documentation of 2026-11).
  private static let scaleDownAfter = 300.0
  /// The share of what a server can hold that autoscaling aims at.
  private static let targetShare = 0.7

  private func target(_ mix: SaturatedThroughput) -> Double {
    fleet.target
      ?? max(
        1, BatchedServing.targetShare * mix.sequences(profile.batching))
  }

  /// Servers by the hour: as many as the requests that arrive in it take at full load.
  private func hourly(_ history: HistoryLoad) -> [Int] {
    let load = history.load
    var mixes = [SaturatedThroughput](
      repeating: SaturatedThroughput(), count: history.hourly.count)
    for id in 0..<load.count { mixes[history.hour(of: id)].add(load.size(id)) }
    return zip(mixes, history.hourly).map { mix, requests in
      guard requests > 0 else { return fleet.least }
      let rate = mix.requestsPerSecond(profile.time, profile.batching)
      let need = rate > 0 ? (Double(requests) / (rate * 3600) - 1e-9).rounded(.up) : 1
      return min(max(Int(min(need, 1e6)), fleet.least, 1), fleet.most)
    }
  }

  // MARK: Results

  /// Replays with the smoothest and the most uneven arrivals that buckets may have had.
  private func addArrivalBounds(
    _ simulator: FleetSimulator, _ plan: FleetPlan, _ replay: ReplayContext, _ slo: ServiceLevel?,
    _ outcome: inout FleetOutcome
  ) {
    guard let assumed = outcome.service?.assumedRequests, assumed > 0 else { return }
    var bounds: [Service.ArrivalBound] = []
    for burst in [arrivals.low, arrivals.high] {
      var other = simulator
      let bound = load(replay, burst: burst)
      other.load = bound.load
      other.mix = bound.mix
      other.isExact = false
      other.notesActivity = false
      other.slo = nil
      var plan = plan
      var searched: FleetRun?
      if fleet.mode == .smallest, let slo {
        let found = SmallestFleet(other, plan, slo, allowed)
        plan.replicas = found.replicas
        searched = found.run
      }
      let run = searched ?? other.run(plan)
      let times = ServedPercentiles(run.served, other.load, profile)
      bounds.append(
        Service.ArrivalBound(
          burst: burst, replicas: plan.replicas, timeToFirstToken: times.timeToFirstToken,
          endToEnd: times.endToEnd,
          sloMet: slo.map { times.missed($0, refused: run.rejected.count).isEmpty }))
    }
    outcome.service?.arrivalBounds = bounds
    let short = ServedPercentiles.short
    if fleet.mode == .smallest {
      outcome.reasons.append(
        "fleet \(bounds[0].replicas) (smooth) to \(bounds[1].replicas) (bursty) by how requests came "
          + "inside their buckets; a log of single requests would settle it")
    } else if let low = bounds[0].timeToFirstToken, let high = bounds[1].timeToFirstToken {
      outcome.assumptions.append(
        "Bounds for arrivals inside buckets, coefficient of variation \(short(arrivals.low)) and "
          + "\(short(arrivals.high)): first token p95 \(ServedPercentiles.text(low.p95)) and "
          + "\(ServedPercentiles.text(high.p95)).")
    }
  }

  private func notes(_ plan: FleetPlan, _ history: HistoryLoad) -> [String] {
    var notes = profile.notes + history.notes
    let batching = profile.batching
    if !isSingleRate {
      notes.append(
        "Continuous batching, \(batching.policy.rawValue): \(batching.tokenBudget) tokens an iteration, "
          + "\(batching.maxSequences) sequences"
          + (batching.blocks == Batching.unlimited
            ? "." : ", \(batching.blocks) KV-cache blocks of \(batching.blockSize) tokens."))
    }
    if history.hasCached {
      notes.append(
        profile.reusesPrefixes
          ? "What the history read from a prompt cache is taken as found in this server's, too; with "
            + "'prefix_caching: false' nothing is."
          : "No prompt is reused: 'prefix_caching: false'.")
    }
    switch plan.scaling {
    case .fixed where plan.replicas > 1: notes.append("Routing: \(plan.routing.rawValue).")
    case .fixed: break
    case .automatic(let scaler):
      notes.append(
        "Autoscaling: every \(seconds(scaler.tick)) the requests in flight, averaged over "
          + "\(seconds(scaler.window)), are divided by \(seconds(scaler.target, unit: "")) a server; a "
          + "start takes \(seconds(plan.coldStart)), a server stops when fewer did for "
          + "\(seconds(scaler.scaleDownAfter)).")
    case .hourly:
      notes.append(
        "By the hour: as many servers as the requests of each hour take at full load, known ahead.")
    }
    if let limit = plan.overflowAbove {
      notes.append("With \(limit) requests on every server a new one is not taken.")
    }
    if let spot = plan.spot {
      notes.append(
        "Spot: a server is taken away \(spot.perHour) times an hour on average, "
          + "\(seconds(spot.notice)) after a warning; another takes its place after "
          + "\(seconds(plan.coldStart)); seed \(spot.seed).")
    }
    return notes
  }

  private func seconds(_ value: Double, unit: String = " s") -> String {
    let text = ExactDecimal(units: Int128((value * 100).rounded()), scale: 2).reduced
    return "\(text)\(unit)"
  }
}

/// Runs one load on fleets of one kind of server.
struct FleetSimulator: Sendable {
  var load: Load
  var mix: SaturatedThroughput
  var profile: ServingProfile
  var periodEnd: Double
  var isExact = false
  var notesActivity = false
  /// Whose limits are counted by hour.
  var slo: ServiceLevel?
  /// Of the period.
  var hours = 1
  /// Shared by all copies.
  let runs = Count()

  /// How many runs there were.
  final class Count: Sendable {
    private let runs = Atomic(0)

    var count: Int { runs.load(ordering: .relaxed) }
    fileprivate func add() { runs.add(1, ordering: .relaxed) }
  }

  func run(_ plan: FleetPlan) -> FleetRun {
    runs.add()
    return FleetSimulation(
      load, time: profile.time, batching: profile.batching, plan: plan, periodEnd: periodEnd,
      isExact: isExact, notesActivity: notesActivity,
      tally: ServedTally(slo, overhead: profile.overhead, hours: hours)
    ).serve()
  }
}
