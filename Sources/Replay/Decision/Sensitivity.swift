import Usage

extension OptionResult {
  /// What one number does to the answer when all others stay.
  package struct Sensitivity: Sendable {
    /// A cost line's name, or `volume`.
    package var input: String
    /// The total with the input 20 % lower and 20 % higher.
    package var lower: Money
    package var higher: Money
    package var against: String
    /// The factor at which both options cost the same; nil where none does.
    package var flipsAt: ExactDecimal?
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
  /// One entry for each cost line that is not zero and one for the volume, the largest effect first.
  static func all(
    lines: [CostLine], _ own: CostSplit, against name: String, _ other: CostSplit
  ) -> [OptionResult.Sensitivity] {
    let fifth = ExactDecimal(units: 2, scale: 1)
    var entries = lines.filter { $0.amount > .zero }.map { line in
      let part = line.amount.scaled(by: fifth)
      return OptionResult.Sensitivity(
        input: line.name, lower: own.total - part, higher: own.total + part, against: name,
        flipsAt: factor(
          (other.total - own.total + line.amount).picodollars, over: line.amount.picodollars))
    }
    if own.variable > .zero || other.variable > .zero {
      let part = own.variable.scaled(by: fifth)
      entries.append(
        OptionResult.Sensitivity(
          input: "volume", lower: own.total - part, higher: own.total + part, against: name,
          flipsAt: factor(
            (own.fixed - other.fixed).picodollars,
            over: (other.variable - own.variable).picodollars)))
    }
    return entries.enumerated().sorted { a, b in
      let left = a.element.higher - a.element.lower
      let right = b.element.higher - b.element.lower
      return left == right ? a.offset < b.offset : left > right
    }.map(\.element)
  }

  /// Four digits behind the point; nil for what no positive factor reaches.
  private static func factor(_ numerator: Int128, over divisor: Int128) -> ExactDecimal? {
    guard divisor != 0, (numerator > 0) == (divisor > 0), numerator != 0 else { return nil }
    let units = exactQuotient([abs(numerator), 10_000], over: [abs(divisor)])
    return units.map { ExactDecimal(units: $0, scale: 4).reduced }
  }
}
