import Usage

extension OptionResult {
  /// What one number does to the answer when all others stay.
  package struct Sensitivity: Sendable {
    /// As an options file or a price list would call it; or `volume`.
    package var input: String
    /// Whose number it is; nil for what options share, and for the volume.
    package var option: String?
    package var unit: String
    /// As it is now.
    package var value: ExactDecimal
    package var against: String
    /// The totals with the input 20 % lower and 20 % higher, or as far as it goes.
    package var lower: Money
    package var higher: Money
    package var againstLower: Money
    package var againstHigher: Money
    /// The factor at which both options cost the same; nil where none up to a thousand does.
    package var flipsAt: ExactDecimal?
    /// What the input is there.
    package var flipsAtValue: ExactDecimal?
    /// Whether the option keeps up with the input 20 % lower and 20 % higher; nil where that is not known
    /// or does not hang on it.
    package var keepsUp: (lower: Bool, higher: Bool)?
    /// The input at which that changes, where it was looked for and found.
    package var keepsUpUntilValue: ExactDecimal?

    /// How far the input moves the distance between both options.
    var swing: Money {
      let change = (higher - againstHigher) - (lower - againstLower)
      return change < .zero ? -change : change
    }
  }
}

/// What is needed of two options to set one against the other.
struct CostSplit: Sendable {
  var total: Money
  /// What grows with the volume; the rest does not.
  var variable: Money

  var fixed: Money { total - variable }
}

extension OptionResult.Sensitivity {
  static let lowerFactor = ExactDecimal(units: 8, scale: 1)
  static let higherFactor = ExactDecimal(units: 12, scale: 1)

  /// What a larger or smaller history of the same mix does; nil where it moves neither option.
  static func volume(
    _ own: CostSplit, against name: String, _ other: CostSplit, flipsAt: ExactDecimal?
  ) -> OptionResult.Sensitivity? {
    guard own.variable > .zero || other.variable > .zero else { return nil }
    let fifth = ExactDecimal(units: 2, scale: 1)
    let (part, otherPart) = (own.variable.scaled(by: fifth), other.variable.scaled(by: fifth))
    return OptionResult.Sensitivity(
      input: "volume", option: nil, unit: "times", value: .one, against: name,
      lower: own.total - part, higher: own.total + part, againstLower: other.total - otherPart,
      againstHigher: other.total + otherPart, flipsAt: flipsAt, flipsAtValue: flipsAt)
  }

  /// The volume at which both cost the same, in times this one; nil for none.
  static func evenVolume(_ own: CostSplit, _ other: CostSplit) -> ExactDecimal? {
    let numerator = (own.fixed - other.fixed).picodollars
    let divisor = (other.variable - own.variable).picodollars
    guard divisor != 0, numerator != 0, (numerator > 0) == (divisor > 0) else { return nil }
    let units = exactQuotient([abs(numerator), 10_000], over: [abs(divisor)])
    return units.map { ExactDecimal(units: $0, scale: 4).reduced }
  }
}

extension OptionCost {
  /// Nil where nothing tells.
  var keepsUp: Bool? {
    guard capacity != nil || service != nil else { return nil }
    return service?.sloMet != false && (service?.lost ?? 0) == 0
      && !reasons.contains { $0.contains("over capacity") }
  }
}
