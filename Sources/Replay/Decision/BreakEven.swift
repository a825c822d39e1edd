import Usage

extension OptionResult.BreakEven {
  /// The volume at which two options cost the same, at the history's mix; nil where no volume does it.
  static func volume(
    _ own: CostSplit, against name: String, _ other: CostSplit, otherUnpriced: Int64,
    otherUnpricedRequests: Int64, _ history: History, _ reach: Reach?
  ) -> OptionResult.BreakEven? {
    let gap = other.variable - own.variable
    let fixed = own.fixed - other.fixed
    guard gap > .zero, fixed > .zero else { return nil }
    func scaled(_ count: Int64) -> Int128? {
      exactQuotient([fixed.picodollars, Int128(count)], over: [gap.picodollars])
    }
    // What has no price there is no part of that price's volume either.
    guard let tokens = scaled(history.sums.tokens.total - otherUnpriced),
      let requests = scaled(history.sums.requests - otherUnpricedRequests),
      let times = exactQuotient([fixed.picodollars, 10_000], over: [gap.picodollars])
    else { return nil }
    let days = Int128(history.period.dayCount)
    return OptionResult.BreakEven(
      against: name, tokens: tokens, requests: requests,
      times: ExactDecimal(units: times, scale: 4).reduced,
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
