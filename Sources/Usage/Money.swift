/// An exact amount of one currency, in whole picodollars (10^-12 of the currency's unit).
///
/// Multiply first, divide last: the only roundings are half to even, in `init(_:dividedBy:)` and
/// where an amount is printed with fewer digits.
package struct Money: Hashable, Comparable, Sendable {
  package var picodollars: Int128

  package init(picodollars: Int128) { self.picodollars = picodollars }

  package static let zero = Money(picodollars: 0)
  package static let decimals = 12

  /// `numerator` / `denominator` picodollars, rounded half to even.
  package init(picodollars numerator: Int128, dividedBy denominator: Int128) {
    picodollars = numerator.dividedHalfToEven(by: denominator)
  }

  /// Nil beyond the range of 10^26 dollars; digits past the twelfth are rounded half to even.
  package init?(_ decimal: ExactDecimal) {
    if decimal.scale <= Money.decimals {
      guard let value = decimal.units(atScale: Money.decimals) else { return nil }
      picodollars = value
    } else {
      picodollars = decimal.units.dividedHalfToEven(
        by: ExactDecimal.powerOfTen(decimal.scale - Money.decimals))
    }
  }

  package static func < (a: Money, b: Money) -> Bool { a.picodollars < b.picodollars }
  package static func + (a: Money, b: Money) -> Money {
    Money(picodollars: a.picodollars + b.picodollars)
  }
  package static func - (a: Money, b: Money) -> Money {
    Money(picodollars: a.picodollars - b.picodollars)
  }
  package static func += (a: inout Money, b: Money) { a = a + b }
  package static prefix func - (a: Money) -> Money { Money(picodollars: -a.picodollars) }

  /// `self` x `numerator` / `denominator`, rounded once, half to even.
  package func scaled(by numerator: Int128, over denominator: Int128) -> Money {
    Money(picodollars: picodollars * numerator, dividedBy: denominator)
  }

  /// `self` x `factor`, rounded once, half to even.
  package func scaled(by factor: ExactDecimal) -> Money {
    scaled(by: factor.units, over: ExactDecimal.powerOfTen(factor.scale))
  }
}

extension Money: CustomStringConvertible {
  /// All digits, at least two behind the point: `3182.40`, `0.000002347`, `0`.
  package var description: String {
    guard picodollars != 0 else { return "0" }
    let text = ExactDecimal(units: picodollars, scale: Money.decimals).reduced.description
    guard let point = text.firstIndex(of: ".") else { return text + ".00" }
    return text.distance(from: point, to: text.endIndex) == 2 ? text + "0" : text
  }

  /// Rounded half to even to `decimals` digits behind the point (0...12), without separators.
  package func rounded(to decimals: Int) -> String {
    let unit = ExactDecimal.powerOfTen(Money.decimals - decimals)
    let units = picodollars.dividedHalfToEven(by: unit)
    return ExactDecimal(units: units, scale: decimals).description
  }

  /// The amounts rounded to `decimals` so that they add up to their rounded total (largest remainder).
  package static func roundedTogether(_ amounts: [Money], to decimals: Int) -> [Money] {
    let unit = ExactDecimal.powerOfTen(Money.decimals - decimals)
    let total = amounts.reduce(Money.zero, +)
    var whole = amounts.map { $0.picodollars.dividedRoundingDown(by: unit) }
    let missing = total.picodollars.dividedHalfToEven(by: unit) - whole.reduce(0, +)
    let order = amounts.indices.sorted {
      let a = amounts[$0].picodollars - whole[$0] * unit
      let b = amounts[$1].picodollars - whole[$1] * unit
      return a == b ? $0 < $1 : a > b
    }
    for index in order.prefix(Int(missing)) { whole[index] += 1 }
    return whole.map { Money(picodollars: $0 * unit) }
  }
}

extension Int128 {
  /// The quotient rounded to the nearest integer, halves to the even one. `divisor` is not 0.
  package func dividedHalfToEven(by divisor: Int128) -> Int128 {
    let (quotient, remainder) = quotientAndRemainder(dividingBy: divisor)
    let twice = remainder.magnitude * 2
    let away: Int128 = (self < 0) == (divisor < 0) ? 1 : -1
    if twice > divisor.magnitude || (twice == divisor.magnitude && quotient % 2 != 0) {
      return quotient + away
    }
    return quotient
  }
}
