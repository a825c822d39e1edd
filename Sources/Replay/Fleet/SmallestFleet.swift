import Usage

/// The fewest servers that keep an SLO, found in at most `mostRuns` replays.
///
/// Percentiles fall with every server that is added, save for a few per cent of noise, so that doubling
/// and halving find the edge; the edge itself is then replayed on both sides.
struct SmallestFleet {
  private(set) var replicas = 1
  private(set) var trials: [Service.Trial] = []
  private(set) var reasons: [String] = []
  private(set) var notes: [String] = []
  private let simulator: FleetSimulator
  private let slo: ServiceLevel
  private let plan: FleetPlan

  static let mostRuns = 20

  init(
    _ simulator: FleetSimulator, _ plan: FleetPlan, _ slo: ServiceLevel, least: Int, most: Int
  ) {
    var simulator = simulator
    simulator.isExact = false
    simulator.notesActivity = false
    simulator.slo = nil
    self.simulator = simulator
    self.slo = slo
    self.plan = plan
    if let best = SmallestFleet.alone(simulator, slo, overflows: plan.overflowAbove != nil) {
      replicas = most == FleetOptions.mostReplicas ? max(least, 1) : most
      reasons.append("no fleet meets the SLO: " + best)
      return
    }
    search(least: max(least, 1), most: most)
  }

  private mutating func search(least: Int, most: Int) {
    var low = least - 1  // fails, or is not allowed
    var high: Int?  // meets it
    var next = min(max(first, least), most)
    while trials.count < SmallestFleet.mostRuns {
      if meets(next) {
        high = next
      } else {
        low = max(low, next)
      }
      if let high {
        if high - low <= 1 { break }
        // From above, close steps first: the estimate is rarely far off.
        next = low < least ? max(least, min(high - 1, high * 3 / 4)) : (low + high) / 2
      } else {
        if low >= most { break }
        next = min(most, max(low + 1, low * 3 / 2))
      }
    }
    guard let high else {
      replicas = most
      let best = trials.last.map { ", as " + $0.missed.joined(separator: ", ") } ?? ""
      let servers = most == 1 ? "one server" : "up to \(most) servers"
      reasons.append("no fleet of \(servers) meets the SLO\(best)")
      return
    }
    replicas = high
    notes.append(
      "\(high) \(high == 1 ? "server is" : "servers are") the fewest that keep the SLO"
        + (low >= least ? "; \(low) miss it" : "") + " (\(trials.count) replays).")
  }

  /// What the load takes at full throughput.
  private var first: Int {
    let load = simulator.load
    guard let begin = load.arrivals.first, let end = load.arrivals.last, end > begin else {
      return 1
    }
    let rate = simulator.mix.requestsPerSecond(
      simulator.profile.time, simulator.profile.batching)
    guard rate > 0 else { return 1 }
    let need = Double(load.count) / (end - begin) / rate
    return max(1, Int(min(need.rounded(.up), Double(FleetOptions.mostReplicas))))
  }

  private mutating func meets(_ count: Int) -> Bool {
    var plan = plan
    plan.replicas = count
    let run = simulator.run(plan)
    let times = ServedPercentiles(run.served, simulator.load, simulator.profile)
    let missed = times.missed(slo, refused: run.rejected.count)
    trials.append(
      Service.Trial(
        replicas: count, sloMet: missed.isEmpty, timeToFirstToken: times.timeToFirstToken,
        endToEnd: times.endToEnd, missed: missed))
    return missed.isEmpty
  }

  /// What the best fleet reaches: every request on a server of its own; nil when that keeps the SLO.
  private static func alone(
    _ simulator: FleetSimulator, _ slo: ServiceLevel, overflows: Bool
  ) -> String? {
    let load = simulator.load
    var served = ServedTimes(count: load.count)
    var refused = 0
    for id in 0..<load.count {
      let size = load.size(id)
      guard
        simulator.profile.batching.canHold(prompt: Int(size.prompt), output: Int(size.output))
      else {
        refused += overflows ? 0 : 1
        served.refuse(id, load)
        continue
      }
      let time = simulator.profile.alone(size)
      let arrival = load.arrival(id)
      served.firstToken(id, at: arrival + time.firstToken, arrival)
      served.complete(id, at: arrival + time.completed, load, replica: 0)
    }
    served.close(load)
    let missed = ServedPercentiles(served, load, simulator.profile).missed(slo, refused: refused)
    guard !missed.isEmpty else { return nil }
    return "with a server to itself for every request still " + missed.joined(separator: ", ")
  }
}

extension ServingProfile {
  /// Seconds that a request takes when nothing else runs.
  func alone(_ size: Load.Size) -> (firstToken: Double, completed: Double) {
    var now = 0.0
    var done = Int(size.cached)
    let prompt = Int(size.prompt)
    let budget = batching.policy == .chunked ? batching.tokenBudget : prompt
    while done < prompt {
      let chunk = min(budget, prompt - done)
      let pairs = Double(chunk) * (Double(done) + Double(chunk + 1) / 2)
      now += time.seconds(tokens: chunk, context: 0, pairs: pairs)
      done += chunk
    }
    let first = now
    var left = Int(size.output) - 1
    var context = prompt + 1
    while left > 0 {
      let line = time.stretch(1, context: context)
      let m = min(left, line.limit)
      now += Double(m) * line.first + line.rise * (Double(m) * Double(m - 1) / 2)
      left -= m
      context += m
    }
    return (first, now)
  }
}
