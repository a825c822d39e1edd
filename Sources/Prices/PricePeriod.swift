import Usage

/// Prices of one model between two moments.
package struct PricePeriod: Sendable {
  /// Nil: the start is unknown or open.
  package var from: Instant?
  /// Exclusive; nil: open.
  package var to: Instant?
  /// The two catalogue dates between which the change to this row happened, where no date is known.
  package var bracket: (Day, Day)?
  package var currency: String
  package var rates: Rates
  package var tiers: [Tier] = []
  package var variants: [Variant] = []
  package var windows: [Window] = []
  package var status: String
  package var source: PriceSource
  package var note: String?

  /// A request whose input exceeds the threshold is charged at these rates as a whole.
  package struct Tier: Sendable {
    package var threshold: Int64
    /// Whether the threshold itself is inside.
    package var isInclusive: Bool
    package var rates: Rates

    func holds(_ input: Int64) -> Bool { isInclusive ? input >= threshold : input > threshold }
  }

  /// Rates of a service tier.
  package struct Variant: Sendable {
    package var tier: ServiceTier
    package var from: Instant?
    package var to: Instant?
    package var rates: Rates
  }

  /// Rates of a time of the day, in minutes of the UTC day; one that ends before it starts runs over
  /// midnight.
  package struct Window: Sendable {
    package var start: Int
    package var end: Int
    package var from: Instant?
    package var to: Instant?
    package var rates: Rates

    func holds(_ instant: Instant) -> Bool {
      if let from, instant < from { return false }
      if let to, instant >= to { return false }
      let minute = Int(
        (instant.microseconds - Int64(instant.day.number) * Instant.microsecondsPerDay)
          / 60_000_000)
      return start <= end ? start <= minute && minute < end : minute >= start || minute < end
    }
  }

  func holds(_ instant: Instant) -> Bool {
    if let from, instant < from { return false }
    if let to, instant >= to { return false }
    return true
  }

  /// What this row charges, or nil where it has no rate for a kind of token that occurs.
  ///
  /// The tier of the context length is decided on the input of one request; a bucket of many requests
  /// does not show it and is charged at the base tier.
  package func charge(
    for tokens: TokenCounts, requests: Int64, isBucket: Bool = false, at instant: Instant,
    tier: ServiceTier
  ) -> Charge? {
    if tiers.isEmpty, variants.isEmpty, windows.isEmpty {
      var charge = rates.charge(for: tokens, requests: requests)
      charge?.isAtStandardRate = PricePeriod.isSpecial(tier)
      return charge
    }
    var applied = rates
    if let window = windows.first(where: { $0.holds(instant) }) {
      applied = applied.overridden(by: window.rates)
    }
    var isAtStandardRate = PricePeriod.isSpecial(tier)
    if let variant = variants.first(where: { $0.tier == tier && $0.holds(instant) }) {
      applied = applied.overridden(by: variant.rates)
      isAtStandardRate = false
    }
    if !isBucket, let context = tiers.last(where: { $0.holds(tokens.input) }) {
      applied = applied.overridden(by: context.rates)
      // No source gives the rates of a long context in a special tier.
      isAtStandardRate = PricePeriod.isSpecial(tier)
    }
    var charge = applied.charge(for: tokens, requests: requests)
    charge?.isAtStandardRate = isAtStandardRate
    return charge
  }

  /// The same for a service tier as bare rates, which are much faster; nil where the moment or the
  /// length of the context decides.
  package func flatRates(for tier: ServiceTier) -> (rates: FlatRates, isAtStandardRate: Bool)? {
    guard tiers.isEmpty, windows.isEmpty else { return nil }
    guard let variant = variants.first(where: { $0.tier == tier }) else {
      return rates.flat.map { ($0, PricePeriod.isSpecial(tier)) }
    }
    guard variant.from == nil, variant.to == nil else { return nil }
    return rates.overridden(by: variant.rates).flat.map { ($0, false) }
  }

  private static func isSpecial(_ tier: ServiceTier) -> Bool {
    tier == .batch || tier == .flex || tier == .priority
  }
}

extension PricePeriod.Variant {
  fileprivate func holds(_ instant: Instant) -> Bool {
    if let from, instant < from { return false }
    if let to, instant >= to { return false }
    return true
  }
}

/// Where a price was read and when.
package struct PriceSource: Sendable, Hashable {
  package var name: String
  package var reference: String
  package var asOf: Day?

  package init(name: String, reference: String = "", asOf: Day? = nil) {
    self.name = name
    self.reference = reference
    self.asOf = asOf
  }
}
