import Usage

/// How a fleet's run is told to people and programs.
struct ServiceReport {
  private(set) var service: Service
  private(set) var reasons: [String] = []
  private(set) var traces: [RequestTrace] = []

  init(
    _ run: FleetRun, _ history: HistoryLoad, _ profile: ServingProfile, _ plan: FleetPlan,
    periodEnd: Double, hoursPerDay: ExactDecimal, slo: ServiceLevel?
  ) {
    let load = history.load
    let times = ServedPercentiles(run.served, load, profile)
    let rate = history.mix.requestsPerSecond(profile.time, profile.batching)
    let on = ServiceReport.share(hoursPerDay)
    let serverSeconds = run.lives.reduce(0) {
      $0 + min($1.end, periodEnd) - min($1.start, periodEnd)
    }
    let capacity = rate * serverSeconds * on
    let missed = slo.map { times.missed($0, refused: run.rejected.count) }
    service = Service(
      measured: profile.origin != .estimate,
      utilisation: capacity > 0 ? Double(times.served) / capacity : 0,
      peakReplicas: run.peakReplicas, timeToFirstToken: times.timeToFirstToken,
      endToEnd: times.endToEnd, queued: Int64(run.counts.queued),
      overflowed: Int64(run.overflowed.count), rejected: Int64(run.rejected.count),
      sloMet: times.served + run.rejected.count == 0
        ? nil : missed.map { $0.isEmpty && run.unserved == 0 },
      capacityRequests: load.count > 0 ? Int64(min(capacity, 9e18)) : nil)
    service.timePerOutputToken = times.timePerOutputToken
    service.sloMissed = missed ?? []
    service.iterations = Int64(run.counts.iterations)
    service.evictions = Int64(run.counts.evictions)
    service.restarted = Int64(run.restarted)
    service.interruptions = run.interruptions
    service.unserved = Int64(run.unserved)
    service.peakSequences = run.counts.peakSequences
    service.peakCacheTokens = run.counts.peakContext
    service.busyShare = serverSeconds > 0 ? run.counts.busy / serverSeconds : 0
    service.realRequests = history.realRequests
    service.assumedRequests = history.assumedRequests
    addHours(run, history, rate)
    explain(run, plan)
    if !run.served.exact.isEmpty { trace(run, history) }
  }

  /// The busiest hour, and the hour with the fewest requests inside the SLO.
  private mutating func addHours(
    _ run: FleetRun, _ history: HistoryLoad, _ rate: Double
  ) {
    let load = history.load
    let arrived = history.hourly
    let replicas = Double(max(run.peakReplicas, 1))
    if rate > 0 { service.peakUtilisation = Double(arrived.max() ?? 0) / (rate * 3600 * replicas) }
    let kept = run.served.tally.keptByHour
    guard !kept.isEmpty, load.count > 0 else { return }
    service.withinSLO = Double(kept.reduce(0, +)) / Double(load.count)
    service.withinSLOWorstHour = zip(kept, arrived).filter { $0.1 > 0 }
      .map { Double($0.0) / Double($0.1) }.min()
  }

  /// Of the day.
  static func share(_ hoursPerDay: ExactDecimal) -> Double {
    Double(hoursPerDay.units) / Double(ExactDecimal.powerOfTen(hoursPerDay.scale)) / 24
  }

  /// Nil where the work is no more than what there is time for.
  static func overCapacity(_ utilisation: Double) -> String? {
    utilisation > 1
      ? "over capacity: the work takes \(percent(utilisation)) % of the time there is" : nil
  }

  private static func percent(_ share: Double) -> String {
    grouped(Int((min(share, 1e6) * 100).rounded()))
  }

  private mutating func explain(_ run: FleetRun, _ plan: FleetPlan) {
    if !run.rejected.isEmpty {
      reasons.append(
        run.rejected.count == 1
          ? "1 request is larger than the KV cache and was refused"
          : "\(grouped(run.rejected.count)) requests are larger than the KV cache and were refused")
    }
    if run.unserved > 0 {
      let requests = counted(Int64(run.unserved), "request")
      reasons.append(
        "\(requests) \(run.unserved == 1 ? "was" : "were") never served: no server was there")
    }
    if let over = ServiceReport.overCapacity(service.utilisation) {
      reasons.append(over)
    } else if let peak = service.peakUtilisation, peak > 1 {
      reasons.append(
        "the busiest hour brings \(ServiceReport.percent(peak)) % of what all servers can do; "
          + (plan.overflowAbove == nil ? "requests wait" : "the rest is not taken"))
    }
    if !service.sloMissed.isEmpty {
      reasons.append("misses the SLO: " + service.sloMissed.joined(separator: ", "))
    }
  }

  private mutating func trace(_ run: FleetRun, _ history: HistoryLoad) {
    func nanoseconds(_ seconds: Double) -> Int64? {
      seconds.isNaN ? nil : Int64((seconds * 1e9).rounded())
    }
    traces.reserveCapacity(history.load.count)
    for id in 0..<history.load.count {
      let exact = run.served.exact[id]
      traces.append(
        RequestTrace(
          id: history.place(id), arrival: nanoseconds(history.load.arrival(id)) ?? 0,
          firstToken: nanoseconds(exact.firstToken), completed: nanoseconds(exact.completed),
          replica: exact.replica < 0 ? nil : Int(exact.replica), evictions: Int(exact.evictions)))
    }
  }
}
