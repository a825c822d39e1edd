/// The natural logarithm of a number above 0.
///
/// Written here since replay uses no C library: it gives the same bits on every machine. The error is
/// below 4e-16 of the result.
func logarithm(_ x: Double) -> Double {
  guard x > 0, x.isFinite else { return x == 0 ? -.infinity : x }
  var significand = x.significand
  var exponent = Double(x.exponent)
  if significand > 1.414_213_562_373_095_1 {
    significand /= 2
    exponent += 1
  }
  // ln s = 2 artanh((s - 1) / (s + 1)), |argument| <= 0.172: ten terms reach the last bit.
  let t = (significand - 1) / (significand + 1)
  let square = t * t
  var sum = 0.0
  for odd in stride(from: 23.0, through: 1.0, by: -2.0) { sum = sum * square + 1 / odd }
  return 2 * t * sum + exponent * naturalLogarithmOf2
}

/// e to the power of `x`; infinity from 709.8 on, 0 below -745.
func exponential(_ x: Double) -> Double {
  if x > 709.7 { return .infinity }
  if x < -745 { return 0 }
  let twos = (x / naturalLogarithmOf2).rounded()
  // ln 2 in two parts, so that the product with a whole number loses nothing.
  // |rest| <= 0.347: fourteen terms of the series reach the last bit.
  let rest = (x - twos * 0x1.62E42FEE00000p-1) - twos * 0x1.A39EF35793C76p-33
  var sum = 1.0
  for k in stride(from: 14.0, through: 1.0, by: -1.0) { sum = 1 + sum * rest / k }
  let half = Int(twos / 2)
  return sum * Double(sign: .plus, exponent: half, significand: 1)
    * Double(sign: .plus, exponent: Int(twos) - half, significand: 1)
}

private let naturalLogarithmOf2 = 0.693_147_180_559_945_309_42

extension SplitMix64 {
  /// A draw of the standard normal distribution (Marsaglia's polar method).
  mutating func normal() -> Double {
    while true {
      let x = 2 * unit() - 1
      let y = 2 * unit() - 1
      let s = x * x + y * y
      if s > 0, s < 1 { return x * (-2 * logarithm(s) / s).squareRoot() }
    }
  }

  /// A draw of the exponential distribution of mean 1.
  mutating func exponentialDraw() -> Double { -logarithm(1 - unit()) }

  /// A draw of the Gamma distribution of scale 1. Marsaglia and Tsang, 2000; below shape 1 by the power
  /// of a uniform draw.
  mutating func gamma(shape: Double) -> Double {
    if shape < 1 {
      let boost = exponential(logarithm(1 - unit()) / shape)
      return gamma(shape: shape + 1) * boost
    }
    let d = shape - 1.0 / 3
    let c = 1 / (9 * d).squareRoot()
    while true {
      let x = normal()
      let v = 1 + c * x
      guard v > 0 else { continue }
      let cube = v * v * v
      let u = 1 - unit()
      if logarithm(u) < 0.5 * x * x + d - d * cube + d * logarithm(cube) { return d * cube }
    }
  }
}
