import Usage

/// What an option that rents or owns servers learns from serving: all that money is made of.
///
/// How the service was stands in `OptionCost.service`; this is what it took. Options ask for it by
/// `Serving.run` and know nothing else of the simulation.
struct FleetUse: Sendable {
  /// Servers that are there for the whole period, spares not among them: low, middle, high. Where the
  /// fewest are looked for, low and high are those of iterations as much shorter and longer as the doubt.
  var replicas: [ExactDecimal]
  /// Server hours that are paid for, where that is not every hour of the period for every one of
  /// `replicas`: autoscaled and hourly fleets, and fleets whose idle time is free.
  var billedHours: Quantity?
  /// The same with iterations as much shorter and longer as the doubt about them; nil without any.
  var billedBand: (low: Quantity, high: Quantity)?
  /// Server hours with work.
  var busyHours: Quantity
  /// What was sent to another option, in the order of the history.
  var overflowed: [Part] = []
  /// The same with iterations as much shorter and longer; nil without any doubt.
  var overflowedBand: (fast: [Part], slow: [Part])?

  /// A request of the history, or as much of the tokens of a bucket.
  struct Part: Sendable, Hashable {
    var place: Int
    var tokens: Int64
    /// Of so many.
    var all: Int64
  }

  /// Takes what the ends of a doubt about the servers' speed come to.
  mutating func widen(_ replicas: [ExactDecimal], _ fast: FleetUse, _ slow: FleetUse) {
    self.replicas = replicas
    if let low = fast.billedHours, let high = slow.billedHours { billedBand = (low, high) }
    overflowedBand = (fast.overflowed, slow.overflowed)
  }

  /// Hours that all servers together are at work, as of one machine.
  func hours(of servers: Int128) -> Quantity {
    Quantity(numerator: busyHours.numerator, denominator: busyHours.denominator * max(1, servers))
  }
}

extension FleetUse {
  /// What a fleet's run came to until the end of each month, the last time for all of it.
  static func untilEach(
    _ months: MonthEnds, _ run: FleetRun, _ history: HistoryLoad, _ plan: FleetPlan,
    _ fleet: FleetOptions, _ billing: RentalBilling?
  ) -> [FleetUse] {
    let count = ExactDecimal(units: Int128(plan.replicas))
    let stretches = stretches(run, plan, fleet, billing)
    let overflowed = history.parts(run.overflowed)
    return (0...months.seconds.count).map { month in
      let isAll = month == months.seconds.count
      let busy = isAll ? run.counts.busy : run.busyAtMarks[month]
      let end = isAll ? Double.infinity : months.seconds[month]
      var use = FleetUse(
        replicas: fleet.mode == .fixed ? fleet.replicas.wholePoints : [count, count, count],
        busyHours: Quantity(
          numerator: Int128((busy * 1e6).rounded()), denominator: 3_600_000_000))
      use.overflowed = isAll ? overflowed : overflowed.filter { $0.place < months.places[month] }
      use.billedHours = stretches.map {
        billed($0, until: end, billing ?? RentalBilling())
      }
      return use
    }
  }

  /// By server, the times that are paid for.
  private static func stretches(
    _ run: FleetRun, _ plan: FleetPlan, _ fleet: FleetOptions, _ billing: RentalBilling?
  ) -> [[FleetRun.Life]]? {
    let isMetered = fleet.idleIsFree || plan.scaling != .fixed || plan.spot != nil
    guard isMetered else { return nil }
    let all = fleet.idleIsFree ? run.activity : run.lives.map { [$0] }
    return billing?.commitment?.beyond(all) ?? all
  }

  /// Server hours that are paid for until a time, in seconds from the start of the period.
  private static func billed(
    _ stretches: [[FleetRun.Life]], until end: Double, _ billing: RentalBilling
  ) -> Quantity {
    var total: Int128 = 0
    for server in stretches {
      var meter = RentalBilling.Meter()
      for stretch in server where stretch.start < end {
        meter.work(
          from: Int64((stretch.start * 1e6).rounded()),
          to: Int64((min(stretch.end, end) * 1e6).rounded()), billing)
      }
      total += Int128(meter.billed)
    }
    return Quantity(numerator: total, denominator: 3_600_000_000)
  }
}
