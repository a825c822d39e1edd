import Usage

/// What the doubt about a server's speed does to the answer.
extension BatchedServing {
  /// Replays with iterations that much shorter and longer, to show what the doubt about them does.
  func addBand(
    _ simulator: FleetSimulator, _ plan: FleetPlan, _ history: HistoryLoad, _ months: MonthEnds,
    _ slo: ServiceLevel?, _ billing: RentalBilling?, _ hoursPerDay: ExactDecimal,
    _ outcome: inout FleetOutcome
  ) {
    guard profile.band > 0, outcome.service != nil else { return }
    // Each end takes one run as it is, and half of what is then left for other sizes.
    let left = max(0, (SmallestFleet.mostRuns - simulator.runs.count - 2) / 2)
    func trial(_ factor: Double) -> BandEnd {
      var other = simulator
      other.isExact = false
      other.profile.time = profile.time.scaled(by: factor)
      var run = other.run(plan)
      let report = ServiceReport(
        run, history, other.profile, plan, periodEnd: simulator.periodEnd,
        hoursPerDay: hoursPerDay, slo: slo)
      // The times are those of the same servers; what it costs is that of as many as it then takes.
      var sized = plan
      var found: SmallestFleet?
      if fleet.mode == .smallest, let slo {
        let end = end(of: plan.replicas, factor, isMet: report.service.sloMet == true)
        found = end.map { SmallestFleet(other, plan, slo, $0, runs: left) }
        sized.replicas = found?.replicas ?? plan.replicas
        if let searched = found?.run {
          run = searched
        } else if sized.replicas != plan.replicas {
          run = other.run(sized)
        }
      }
      return BandEnd(
        service: report.service, replicas: sized.replicas, isMet: found?.reasons.isEmpty ?? true,
        isCutShort: found?.isCutShort ?? false,
        uses: FleetUse.untilEach(months, run, history, sized, fleet, billing))
    }
    let fast = trial(1 - profile.band)
    let slow = trial(1 + profile.band)
    if fleet.mode == .smallest { size(fast, plan.replicas, slow, &outcome) }
    let replicas = outcome.use.replicas
    outcome.use.widen(replicas, fast.uses[fast.uses.count - 1], slow.uses[slow.uses.count - 1])
    for (month, ends) in zip(months.parts(of: fast.uses), months.parts(of: slow.uses)).enumerated()
    where month < outcome.months.count {
      outcome.months[month].widen(replicas, ends.0, ends.1)
    }
    outcome.service?.band = Service.Band(
      share: profile.band,
      timeToFirstToken: (fast.service.timeToFirstToken, slow.service.timeToFirstToken),
      endToEnd: (fast.service.endToEnd, slow.service.endToEnd),
      timePerOutputToken: (fast.service.timePerOutputToken, slow.service.timePerOutputToken),
      sloMet: (fast.service.sloMet, slow.service.sloMet),
      replicas: fleet.mode == .smallest ? (fast.replicas, slow.replicas) : nil)
    if fast.service.sloMet != slow.service.sloMet {
      outcome.reasons.append(
        "uncertain: iterations \(bandPercent) % shorter or longer, which is the doubt about them, decide "
          + "whether the SLO is met")
    }
  }

  /// Where to look for the fewest servers with iterations of a factor, when so many are the fewest without
  /// it; nil where these are. What is slower needs as many or more.
  private func end(of middle: Int, _ factor: Double, isMet: Bool) -> SmallestFleet.Bracket? {
    if isMet, factor > 1 || middle <= max(1, fleet.least) { return nil }
    var bracket = allowed
    if isMet { bracket.keeping = middle } else { bracket.missing = middle }
    let guess = Int((Double(middle) * factor).rounded(.up))
    bracket.first = isMet ? min(guess, middle - 1) : max(guess, middle + 1)
    return bracket
  }

  /// What one end of the band comes to.
  private struct BandEnd {
    var service: Service
    var replicas: Int
    /// Whether so many servers keep the SLO.
    var isMet: Bool
    /// Whether runs ran out before the fewest were found.
    var isCutShort: Bool
    /// Until the end of each month, the last time for all of it.
    var uses: [FleetUse]
  }

  private var bandPercent: Int { Int((profile.band * 100).rounded()) }

  /// The fewest servers at both ends of the band become the low and the high of what is paid for.
  private func size(
    _ fast: BandEnd, _ middle: Int, _ slow: BandEnd, _ outcome: inout FleetOutcome
  ) {
    let all = [fast.replicas, middle, slow.replicas]
    outcome.use.replicas = [all.min() ?? middle, middle, all.max() ?? middle].map {
      ExactDecimal(units: Int128($0))
    }
    for (end, word) in [(fast, "shorter"), (slow, "longer")] where !end.isMet {
      let servers = counted(Int64(end.replicas), "server")
      outcome.reasons.append(
        "uncertain: with iterations \(bandPercent) % \(word) "
          + (end.isCutShort
            ? "more than \(servers) would be needed; so many are counted at that end"
            : "no fleet meets the SLO; \(servers) \(end.replicas == 1 ? "is" : "are") counted at that end")
      )
    }
    if fast.replicas != slow.replicas {
      outcome.assumptions.append(
        "With iterations \(bandPercent) % shorter \(fast.replicas) would be the fewest servers, with "
          + "longer ones \(slow.replicas): low and high count them."
          + (fast.isCutShort || slow.isCutShort ? " Not every size was tried." : ""))
    }
  }
}
