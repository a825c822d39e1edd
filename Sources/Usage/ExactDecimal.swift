/// A decimal number kept as it was written: `units` x 10^-`scale`. No binary fraction is involved.
package struct ExactDecimal: Hashable, Sendable {
  package var units: Int128
  /// Digits behind the point, 0...30.
  package var scale: Int

  package init(units: Int128, scale: Int = 0) {
    self.units = units
    self.scale = scale
  }

  package static let zero = ExactDecimal(units: 0)
  package static let one = ExactDecimal(units: 1)

  package var isNegative: Bool { units < 0 }
  package var isZero: Bool { units == 0 }

  /// 10^`exponent` for exponents 0...38.
  package static func powerOfTen(_ exponent: Int) -> Int128 {
    (0..<exponent).reduce(Int128(1)) { power, _ in power * 10 }
  }

  /// `units` at a larger scale, or nil when that overflows.
  package func units(atScale target: Int) -> Int128? {
    guard target >= scale, target - scale <= 38 else { return nil }
    let (value, overflow) = units.multipliedReportingOverflow(
      by: ExactDecimal.powerOfTen(target - scale))
    return overflow ? nil : value
  }

  package static func * (a: ExactDecimal, b: ExactDecimal) -> ExactDecimal {
    ExactDecimal(units: a.units * b.units, scale: a.scale + b.scale).reduced
  }

  package static func + (a: ExactDecimal, b: ExactDecimal) -> ExactDecimal {
    let scale = max(a.scale, b.scale)
    return ExactDecimal(
      units: a.units * powerOfTen(scale - a.scale) + b.units * powerOfTen(scale - b.scale),
      scale: scale
    ).reduced
  }

  package static func - (a: ExactDecimal, b: ExactDecimal) -> ExactDecimal {
    a + ExactDecimal(units: -b.units, scale: b.scale)
  }

  /// Without trailing zeros behind the point.
  package var reduced: ExactDecimal {
    var result = self
    while result.scale > 0 && result.units % 10 == 0 {
      result.units /= 10
      result.scale -= 1
    }
    return result
  }
}

extension ExactDecimal: Comparable {
  package static func < (a: ExactDecimal, b: ExactDecimal) -> Bool { (a - b).units < 0 }
}

extension ExactDecimal: LosslessStringConvertible {
  package var description: String {
    let digits = String(units.magnitude)
    let sign = units < 0 ? "-" : ""
    guard scale > 0 else { return sign + digits }
    let filled = String(repeating: "0", count: max(0, scale + 1 - digits.count)) + digits
    return "\(sign)\(filled.dropLast(scale)).\(filled.suffix(scale))"
  }

  /// Reads `12`, `-0.15`, `1e-6`, `2.5E3`; nil for anything else, and for more than 30 digits on
  /// either side of the point.
  package init?(_ text: String) {
    self.init(utf8: text.utf8)
  }

  package init?(utf8 text: some Sequence<UInt8>) {
    var units: Int128 = 0
    var digits = 0
    var scale = 0
    var seenPoint = false
    var negative = false
    var exponent = 0
    var exponentNegative = false
    var exponentDigits = 0
    var inExponent = false
    var previous: UInt8 = 0
    var isFirst = true
    for byte in text {
      switch byte {
      case UInt8(ascii: "0")...UInt8(ascii: "9"):
        let digit = Int(byte - UInt8(ascii: "0"))
        if inExponent {
          exponentDigits += 1
          exponent = exponent * 10 + digit
          guard exponent <= 60 else { return nil }
        } else {
          digits += 1
          if seenPoint { scale += 1 }
          if units != 0 || digit != 0 {
            guard units < ExactDecimal.largestBeforeDigit else { return nil }
            units = units * 10 + Int128(digit)
          }
        }
      case UInt8(ascii: "."):
        guard !seenPoint, !inExponent else { return nil }
        seenPoint = true
      case UInt8(ascii: "e"), UInt8(ascii: "E"):
        guard !inExponent, digits > 0 else { return nil }
        inExponent = true
      case UInt8(ascii: "-"), UInt8(ascii: "+"):
        if isFirst {
          negative = byte == UInt8(ascii: "-")
        } else {
          guard inExponent, exponentDigits == 0, previous | 0x20 == UInt8(ascii: "e") else {
            return nil
          }
          exponentNegative = byte == UInt8(ascii: "-")
        }
      default: return nil
      }
      previous = byte
      isFirst = false
    }
    guard digits > 0, !inExponent || exponentDigits > 0 else { return nil }
    if negative { units = -units }
    scale += exponentNegative ? exponent : -exponent
    if scale < 0 {
      guard units == 0 || -scale <= 30 else { return nil }
      let (value, overflow) = units.multipliedReportingOverflow(
        by: ExactDecimal.powerOfTen(units == 0 ? 0 : -scale))
      guard !overflow else { return nil }
      units = value
      scale = 0
    }
    self.init(units: units, scale: scale)
    self = reduced
    guard self.scale <= 30 else { return nil }
  }

  private static let largestBeforeDigit = powerOfTen(36)
}
