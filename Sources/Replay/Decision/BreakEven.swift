import Usage

extension OptionResult.BreakEven {
  /// `times` this volume, at the history's mix; nil beyond exact reach.
  ///
  /// - Parameter other: what `name` costs; what has no price there is no part of that price's volume.
  static func volume(
    _ times: Quantity, against name: String, _ other: OptionResult, _ history: History,
    _ reach: Reach?
  ) -> OptionResult.BreakEven? {
    func scaled(_ count: Int64) -> Int128? {
      exactQuotient([times.numerator, Int128(count)], over: [times.denominator])
    }
    guard let tokens = scaled(history.sums.tokens.total - other.unpriced.tokens),
      let requests = scaled(history.sums.requests - other.unpriced.requests),
      let factor = exactQuotient([times.numerator, 10_000], over: [times.denominator])
    else { return nil }
    let days = Int128(history.period.dayCount)
    return OptionResult.BreakEven(
      against: name, tokens: tokens, requests: requests,
      times: ExactDecimal(units: factor, scale: 4).reduced,
      tokensPerDay: tokens.dividedHalfToEven(by: days),
      tokensPerSecond: reach.flatMap { reach in
        guard !reach.hours.isZero else { return nil }
        return exactQuotient(
          [tokens, 1_000_000, ExactDecimal.powerOfTen(reach.hours.scale)],
          over: [reach.hours.units, 3600]
        ).map { ExactDecimal(units: $0, scale: 6).reduced }
      },
      load: reach.flatMap { $0.tokens > 0 ? Double(tokens) / Double($0.tokens) : nil })
  }

  /// The volume at which both cost the same if every part grows with it or not at all; nil for none.
  static func times(_ own: CostSplit, _ other: CostSplit) -> Quantity? {
    let gap = other.variable - own.variable
    let fixed = own.fixed - other.fixed
    guard gap > .zero, fixed > .zero else { return nil }
    return Quantity(numerator: fixed.picodollars, denominator: gap.picodollars)
  }
}

/// Looks for the volume at which an option that sends away what it cannot do costs what another does:
/// with twice the volume more than twice as much is sent away.
struct VolumeTrials {
  let costing: Costing
  let own: String
  let other: CostSplit
  /// Half of it stands for twice the history.
  let capacity: Variation

  /// Every trial looks at all requests; about sixty are made.
  private static let mostRequests = 50_000

  /// Nil where the option is not of this kind, or its history too long.
  init?(_ costing: Costing, _ own: String, _ cost: OptionCost, against other: CostSplit) {
    guard cost.overflowing == .byCapacity,
      costing.history.workload <= VolumeTrials.mostRequests,
      let capacity = costing.file.option(own)?.variations(cost).first(where: \.isCapacity)
    else { return nil }
    self.costing = costing
    self.own = own
    self.other = other
    self.capacity = capacity
  }

  /// The smallest such volume from a thousandth to eleven thousand times this one; nil for none.
  func even() -> Quantity? {
    var below = 0.0
    for step in 0...40 {
      let factor = 0.001 * pow(1.5, step)
      guard let gap = gap(at: factor) else { return nil }
      if gap <= 0 { return step == 0 ? nil : halve(below, factor) }
      below = factor
    }
    return nil
  }

  private func pow(_ base: Double, _ exponent: Int) -> Double {
    (0..<exponent).reduce(1.0) { product, _ in product * base }
  }

  private func halve(_ low: Double, _ high: Double) -> Quantity? {
    var (low, high) = (low, high)
    while high - low > 5e-7 * high {
      let middle = (low + high) / 2
      guard let gap = gap(at: middle) else { return nil }
      if gap <= 0 { high = middle } else { low = middle }
    }
    return Int128(exactly: (high * 1e8).rounded()).map {
      Quantity(numerator: $0, denominator: 100_000_000)
    }
  }

  /// What the option costs more than the other at so many times this volume.
  private func gap(at factor: Double) -> Int128? {
    guard let units = Int128(exactly: (factor * 1e8).rounded()),
      let inverse = Int128(exactly: (1e8 / factor).rounded())
    else { return nil }
    var file = costing.file
    capacity.apply(&file, ExactDecimal(units: inverse, scale: 8).reduced)
    let times = ExactDecimal(units: units, scale: 8).reduced
    guard let cost = costing.with(file, afresh: [own]).cost(of: own), cost.isPriced else {
      return nil
    }
    func total(_ split: CostSplit) -> Money { split.fixed + split.variable.scaled(by: times) }
    return (total(cost.split) - total(other)).picodollars
  }
}

extension OptionCost {
  var split: CostSplit {
    CostSplit(total: lines.total.middle, variable: lines.variable(isFixed: isFixed))
  }
}

/// What an option's hardware could do in the period.
struct Reach: Sendable {
  var tokens: Int128
  /// That it is on.
  var hours: ExactDecimal

  /// Nil where its throughput is not known.
  init?(_ cost: OptionCost, _ history: History) {
    let used = Double(history.sums.tokens.total)
    if let capacity = cost.capacity {
      hours = capacity.activeHours
      // A hybrid's hardware takes a part of the history: the whole may grow until that part fills it.
      let grown = Int128(exactly: (used / max(capacity.utilisation, 1e-15)).rounded())
      tokens = cost.legs.isEmpty ? capacity.tokensInPeriod : grown ?? 0
      return
    }
    guard let utilisation = cost.service?.utilisation, utilisation > 0,
      let tokens = Int128(exactly: (used / utilisation).rounded())
    else { return nil }
    self.tokens = tokens
    hours = ExactDecimal(units: Int128(history.period.microseconds)).divided(by: 3_600_000_000)
  }
}
