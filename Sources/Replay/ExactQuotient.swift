import Usage

/// The product of `factors` over the product of `divisors`, rounded once, half to even; nil when it is
/// beyond exact reach. `divisors` are above 0.
func exactQuotient(_ factors: [Int128], over divisors: [Int128]) -> Int128? {
  guard let (numerator, denominator) = reducedFraction(factors, divisors) else { return nil }
  return numerator.dividedHalfToEven(by: denominator)
}

/// The same rounded down. No factor is negative.
func wholeQuotient(_ factors: [Int128], over divisors: [Int128]) -> Int128? {
  guard let (numerator, denominator) = reducedFraction(factors, divisors) else { return nil }
  return numerator / denominator
}

/// Cancels what factors and divisors have in common, so that the products stay small.
func reducedFraction(
  _ factors: [Int128], _ divisors: [Int128]
) -> (numerator: Int128, denominator: Int128)? {
  var factors = factors
  var divisors = divisors
  if factors.contains(0) { return (0, 1) }
  for i in factors.indices {
    for j in divisors.indices where divisors[j] > 1 {
      let common = greatestCommonDivisor(factors[i], divisors[j])
      factors[i] /= common
      divisors[j] /= common
    }
  }
  guard let numerator = product(factors), let denominator = product(divisors) else { return nil }
  return (numerator, denominator)
}

private func product(_ factors: [Int128]) -> Int128? {
  var result: Int128 = 1
  for factor in factors {
    let (value, overflow) = result.multipliedReportingOverflow(by: factor)
    if overflow { return nil }
    result = value
  }
  return result
}

private func greatestCommonDivisor(_ a: Int128, _ b: Int128) -> Int128 {
  var (a, b) = (a < 0 ? -a : a, b)
  while b != 0 { (a, b) = (b, a % b) }
  return a
}
