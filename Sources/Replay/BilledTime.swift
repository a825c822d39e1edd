import Usage

/// An exact fraction of hours or months.
struct Quantity: Sendable, Hashable {
  var numerator: Int128
  var denominator: Int128

  /// `price` for one, times `counts`, times this many, over `divisor`, rounded once; nil beyond exact
  /// reach.
  func cost(
    at price: ExactDecimal, times counts: ExactDecimal..., over divisor: ExactDecimal = .one
  ) -> Money? {
    let decimals = [price] + counts
    let scale = ExactDecimal.powerOfTen(divisor.scale + Money.decimals)
    return exactQuotient(
      decimals.map(\.units) + [numerator, scale],
      over: decimals.map { ExactDecimal.powerOfTen($0.scale) } + [denominator, divisor.units]
    ).map(Money.init(picodollars:))
  }

  /// This over `whole`, above 0, as a fraction in lowest terms; nil beyond exact reach.
  func over(_ whole: Quantity) -> Quantity? {
    guard whole.numerator > 0 else { return nil }
    return reducedFraction(
      [numerator, whole.denominator], [denominator, whole.numerator]
    ).map { Quantity(numerator: $0.numerator, denominator: $0.denominator) }
  }

  /// With up to `decimals` digits behind the point, for people.
  func text(decimals: Int = 2) -> String {
    ExactDecimal(
      units: (numerator * ExactDecimal.powerOfTen(decimals)).dividedHalfToEven(by: denominator),
      scale: decimals
    ).reduced.description
  }
}

/// How many hours a month is billed as.
enum MonthHours: Sendable, Hashable {
  /// The real hours of the period, 23 or 25 on days of a clock change.
  case calendar
  /// Every whole month as this many; parts of a month by their share of its days.
  case fixed(Int)
}

extension Period {
  /// The least common multiple of 28, 29, 30 and 31: any share of a month is a whole number of these.
  private static let monthParts: Int128 = 377_580

  /// Calendar months, parts of a month by their share of its days.
  var monthCount: Quantity {
    let parts = months.reduce(Int128(0)) {
      $0 + Int128($1.days) * Period.monthParts / Int128($1.daysInMonth)
    }
    return Quantity(numerator: parts, denominator: Period.monthParts)
  }

  func hours(_ monthHours: MonthHours) -> Quantity {
    switch monthHours {
    case .calendar: Quantity(numerator: Int128(microseconds), denominator: 3_600_000_000)
    case .fixed(let hours):
      Quantity(
        numerator: monthCount.numerator * Int128(hours), denominator: monthCount.denominator)
    }
  }
}
