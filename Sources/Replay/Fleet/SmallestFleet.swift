import Usage

/// The fewest servers that keep an SLO.
///
/// Percentiles fall with every server that is added, save for a few per cent of noise, so that steps that
/// grow and then halve find the edge; the edge itself is then replayed on both sides.
struct SmallestFleet {
  private(set) var replicas = 1
  /// What so many servers did; nil where that is not among the trials of this search.
  private(set) var run: FleetRun?
  private(set) var trials: [Service.Trial] = []
  /// Why none keeps it; empty where one does.
  private(set) var reasons: [String] = []
  private(set) var notes: [String] = []
  /// Whether trials ran out before the edge was found: fewer may do, or more may.
  private(set) var isCutShort = false
  private let simulator: FleetSimulator
  private let slo: ServiceLevel
  private let plan: FleetPlan

  /// Runs for the fewest servers and for what the doubt about their speed makes of them.
  static let mostRuns = 20
  /// Runs for the fewest servers alone: six growing steps lead from one server to all that are allowed,
  /// and twelve halvings from there to the edge.
  private static let mostTrials = mostRuns - 2

  /// What is known before the search.
  struct Bracket {
    var least: Int
    var most: Int
    /// So many miss the SLO.
    var missing: Int?
    /// So many keep it.
    var keeping: Int?
    /// To be tried first.
    var first: Int?
  }

  init(
    _ simulator: FleetSimulator, _ plan: FleetPlan, _ slo: ServiceLevel, _ bracket: Bracket,
    runs limit: Int = mostTrials
  ) {
    self.simulator = simulator
    self.slo = slo
    self.plan = plan
    if bracket.keeping == nil,
      let best = SmallestFleet.alone(simulator, slo, overflows: plan.overflowAbove != nil)
    {
      replicas =
        bracket.most == FleetOptions.mostReplicas ? max(bracket.least, 1) : bracket.most
      reasons.append("no fleet meets the SLO: " + best)
      return
    }
    search(bracket, limit)
  }

  private mutating func search(_ bracket: Bracket, _ limit: Int) {
    let least = max(bracket.least, 1)
    let most = bracket.most
    var low = max(bracket.missing ?? 0, least - 1)  // misses it, or is not allowed
    var high = bracket.keeping
    var next = min(max(bracket.first ?? first, least), most)
    var step = 1.5
    while trials.count < limit, low < (high ?? most + 1) - 1 {
      let tried = serve(next)
      if meets(tried, next) {
        high = next
        run = tried
      } else {
        low = max(low, next)
        if high == nil { run = tried }
      }
      if let high {
        // From above, close steps first: the estimate is rarely far off.
        next =
          low < least ? max(least, min(high - 1, Int(Double(high) / step))) : (low + high) / 2
      } else {
        next = min(most, max(low + 1, Int(Double(low) * step)))
      }
      step *= step
    }
    guard let high else {
      isCutShort = low < most
      replicas = isCutShort ? low : most
      let best = trials.last.map { ", as " + $0.missed.joined(separator: ", ") } ?? ""
      let servers = most == 1 ? "one server" : "up to \(most) servers"
      reasons.append(
        isCutShort
          ? "more than \(counted(Int64(low), "server")) would be needed to meet the SLO"
          : "no fleet of \(servers) meets the SLO\(best)")
      return
    }
    replicas = high
    isCutShort = high - low > 1
    notes.append(
      "\(high) \(high == 1 ? "server is" : "servers are") the fewest that keep the SLO"
        + (isCutShort ? " among those tried" : "")
        + (low >= least ? "; \(low) miss it" : "") + " (\(counted(Int64(trials.count), "replay")))."
    )
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

  private func serve(_ count: Int) -> FleetRun {
    var plan = plan
    plan.replicas = count
    return simulator.run(plan)
  }

  private mutating func meets(_ run: FleetRun, _ count: Int) -> Bool {
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
