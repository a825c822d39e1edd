import Usage

/// How a history is expected to go on: by the same factor every month.
struct Growth: Sendable {
  /// 0.2 for 20 % a month.
  private(set) var monthly: ExactDecimal
  /// How far people plan.
  let months: Int

  init?(_ file: OptionReader) {
    guard let reader = file.map("growth", known: ["monthly", "months"]) else { return nil }
    guard let monthly = reader.decimal("monthly", atMost: 10) else {
      reader.complain(reader.line, "needs 'monthly', a share: 0.2 for 20 % a month")
      return nil
    }
    self.monthly = monthly
    months = reader.number("months", atMost: 600) ?? 18
  }

  /// So many times as fast.
  func times(_ factor: ExactDecimal) -> Growth {
    var other = self
    other.monthly = (monthly * factor).limited
    return other
  }

  /// The least growth with which `month` is within the plan, to a hundredth of a per cent; nil above
  /// 1,000 % a month.
  func needed(_ month: (Growth) -> Int?) -> ExactDecimal? {
    func isEnough(_ units: Int) -> Bool {
      var other = self
      other.monthly = ExactDecimal(units: Int128(units), scale: 4).reduced
      return month(other).map { $0 <= months } ?? false
    }
    var (low, high) = (-1, 100_000)
    guard isEnough(high) else { return nil }
    while high - low > 1 {
      let middle = (low + high) / 2
      if isEnough(middle) { high = middle } else { low = middle }
    }
    return ExactDecimal(units: Int128(high), scale: 4).reduced
  }

  /// The first month, counted from 0 as the history is, in which an option whose cost grows is no
  /// cheaper than one whose cost does not, and what both cost then. All amounts are of one month.
  ///
  /// Looked for up to 50 years on. Each month's amount is rounded to a picodollar.
  func crossover(
    fixed: Money, variable: Money, againstFixed: Money, againstVariable: Money
  ) -> (month: Int, own: Money, other: Money)? {
    guard againstVariable > variable else { return nil }
    var own = variable
    var other = againstVariable
    let factor = ExactDecimal.one + monthly
    for month in 0...600 {
      if againstFixed + other >= fixed + own { return (month, fixed + own, againstFixed + other) }
      guard other.picodollars < ExactDecimal.powerOfTen(24), !monthly.isZero else { return nil }
      own = own.scaled(by: factor)
      other = other.scaled(by: factor)
    }
    return nil
  }
}

extension OptionResult {
  /// When growth makes the other option as dear as this one.
  package struct Crossover: Sendable {
    package var against: String
    /// Months from the history on.
    package var month: Int
    /// Of that month.
    package var own: Money
    package var other: Money
    /// Whether it lies within the months that were asked for.
    package var isWithinPlan: Bool
    /// Share of what the hardware could do by then; nil where that is not known.
    package var load: Double?
    /// The same with growth 20 % slower and 20 % faster; nil where it never comes.
    package var monthIfSlower: Int?
    package var monthIfFaster: Int?
    /// The growth a month from which on it lies within the plan, in whole hundredths of a per cent.
    package var growthNeeded: ExactDecimal?
  }
}
