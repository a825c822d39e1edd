import Usage

/// What a row charges requests with certain attributes, and how long it does so.
///
/// Everything is decided here but the length of a request's input.
package struct AppliedRates: Sendable {
  /// By the length of the input, ascending; the first begins at 0.
  package private(set) var steps: [Step] = []
  /// Nil: since ever.
  package private(set) var from: Instant?
  /// Exclusive; nil: for good.
  package private(set) var to: Instant?

  package struct Step: Sendable {
    package var least: Int64
    package var written: Rates
    package var rates: TokenRates
    /// Whether a batch, flex or priority request is charged at standard rates for want of others.
    package var isAtStandardRate: Bool
  }

  /// Nil where the row is in a unit that token counts do not tell, or a product leaves its limits.
  package init?(
    _ period: PricePeriod, at instant: Instant, for request: PriceAttributes,
    inCurrencyOf exchange: ExactDecimal = .one
  ) {
    guard period.unit == .millionTokens || period.unit == .request else { return nil }
    from = period.from
    to = period.to
    var base = period.rates
    for window in period.windows where window.isOpen(at: instant) {
      base = base.overridden(by: window.rates)
    }
    for window in period.windows {
      window.edges(around: instant).forEach { narrow(at: $0, instant) }
    }
    var variants: [PricePeriod.Variant] = []
    for variant in period.variants where variant.when.admits(request) {
      if instant.isBetween(variant.from, variant.to) { variants.append(variant) }
      for edge in [variant.from, variant.to] { if let edge { narrow(at: edge, instant) } }
    }
    let lengths = (period.tiers + variants.flatMap(\.tiers)).map(\.least)
    for least in Set([0] + lengths).sorted() {
      guard
        let step = AppliedRates.step(least, base, period, variants, request, exchange)
      else { return nil }
      steps.append(step)
    }
  }

  /// The row's own order: rates, then the tier of the length, then every variant that fits as written.
  private static func step(
    _ least: Int64, _ base: Rates, _ period: PricePeriod, _ variants: [PricePeriod.Variant],
    _ request: PriceAttributes, _ exchange: ExactDecimal
  ) -> Step? {
    var rates = base
    let tier = period.tiers.last { $0.least <= least }
    if let tier { rates = rates.overridden(by: tier.rates) }
    var isAtStandardRate = request.isSpecial
    for variant in variants {
      let own = variant.tiers.last { $0.least <= least }
      // Rates of a variant are those of short inputs: a long one needs its own, or keeps the standard's.
      let applies = tier == nil || own != nil
      if applies {
        rates = rates.overridden(by: variant.rates)
        if let own { rates = rates.overridden(by: own.rates) }
      }
      if let multiplier = variant.multiplier {
        guard let scaled = rates.scaled(by: multiplier) else { return nil }
        rates = scaled
      }
      if !variant.when.serviceTier.isEmpty, applies || variant.multiplier != nil {
        isAtStandardRate = false
      }
    }
    guard let converted = exchange == .one ? rates : rates.scaled(by: exchange) else { return nil }
    return Step(
      least: least, written: converted,
      rates: period.unit == .request ? .requestsOnly(converted) : TokenRates(converted),
      isAtStandardRate: isAtStandardRate)
  }

  private mutating func narrow(at edge: Instant, _ instant: Instant) {
    if edge <= instant {
      from = max(from ?? edge, edge)
    } else {
      to = min(to ?? edge, edge)
    }
  }

  /// The rates for so much input. A bucket of many requests does not show how long each was and is
  /// charged at the first step.
  package func step(forInput tokens: Int64, isBucket: Bool = false) -> Step {
    guard steps.count > 1, !isBucket else { return steps[0] }
    return steps.last { $0.least <= tokens } ?? steps[0]
  }

  /// Nil where tokens occur that have no rate.
  package func charge(
    for tokens: TokenCounts, requests: Int64, isBucket: Bool = false
  ) -> Charge? {
    step(forInput: tokens.input, isBucket: isBucket).rates.charge(for: tokens, requests: requests)
  }
}

extension PricePeriod {
  /// What this row charges, or nil where it has no rate for a kind of token that occurs.
  package func charge(
    for tokens: TokenCounts, requests: Int64, isBucket: Bool = false, at instant: Instant,
    attributes: PriceAttributes = PriceAttributes()
  ) -> Charge? {
    AppliedRates(self, at: instant, for: attributes)?
      .charge(for: tokens, requests: requests, isBucket: isBucket)
  }
}

extension PricePeriod.Window {
  /// Whether the window's rates hold at this moment.
  func isOpen(at instant: Instant) -> Bool {
    guard instant.isBetween(from, to) else { return false }
    let minute = instant.minuteOfDay
    func isDay(_ day: Day) -> Bool { weekdays.isEmpty || weekdays.contains(day.weekday) }
    if start <= end { return start <= minute && minute < end && isDay(instant.day) }
    if minute >= start { return isDay(instant.day) }
    return minute < end && isDay(instant.day.advanced(by: -1))
  }

  /// The last moment up to `instant` and the first after it at which the window may open or close.
  func edges(around instant: Instant) -> [Instant] {
    let midnight = Int64(instant.day.number) * Instant.microsecondsPerDay
    let minutes = [start, end, 1440 + start, 1440 + end, start - 1440, end - 1440, 0, 1440]
    let all =
      minutes.map { Instant(microseconds: midnight + Int64($0) * 60_000_000) }
      + [from, to].compactMap(\.self)
    return [all.filter { $0 <= instant }.max(), all.filter { $0 > instant }.min()]
      .compactMap(\.self)
  }
}

extension Instant {
  fileprivate var minuteOfDay: Int {
    Int((microseconds - Int64(day.number) * Instant.microsecondsPerDay) / 60_000_000)
  }
}
