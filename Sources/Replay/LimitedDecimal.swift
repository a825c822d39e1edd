import Usage

extension ExactDecimal {
  /// With six digits behind the point at most, half to even: products of such stay in reach.
  var limited: ExactDecimal { limited(to: 6) }

  func limited(to digits: Int) -> ExactDecimal {
    guard scale > digits else { return self }
    return ExactDecimal(
      units: units.dividedHalfToEven(by: ExactDecimal.powerOfTen(scale - digits)), scale: digits
    ).reduced
  }

  /// With six more digits, half to even.
  func divided(by divisor: Int128) -> ExactDecimal {
    ExactDecimal(units: (units * 1_000_000).dividedHalfToEven(by: divisor), scale: scale + 6)
      .reduced
  }

  /// For people.
  func text(_ decimals: Int) -> String {
    guard scale > decimals else { return description }
    let unit = ExactDecimal.powerOfTen(scale - decimals)
    return ExactDecimal(units: units.dividedHalfToEven(by: unit), scale: decimals).description
  }

  func rounded(over divisor: Int128, to decimals: Int) -> String {
    divided(by: divisor).text(decimals)
  }
}
