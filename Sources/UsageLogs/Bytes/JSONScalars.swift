import Usage

/// What numbers, literals and texts that stand for them say.
extension JSONCursor {
  /// A quadrillion: more tokens than anyone uses in a month, let alone in a request, and few enough that
  /// thousands of such counts have a sum.
  static let largestCount: Int64 = 1_000_000_000_000_000

  /// The count written in `range`, wherever it stands (a JSON scalar, a CSV cell).
  static func count(
    _ bytes: Span<UInt8>, _ range: Range<Int>, _ field: LineProblem.StaticStringName
  ) throws(LineProblem) -> Int64? {
    if range.isEmpty || bytes.equals(range, "null") || bytes.equals(range, "NaN")
      || bytes.equals(range, "None")
    {
      return nil
    }
    guard let decimal = decimal(bytes, range) else {
      // A plain integer too long even for a decimal is still a number, only an absurd one.
      let isInteger = range.allSatisfy { Timestamp.digit(bytes[$0]) != nil }
      throw isInteger ? .tooLarge(field) : .notANumber(field)
    }
    guard !decimal.isNegative else { throw .negative(field) }
    guard decimal.scale == 0 else { throw .notWhole(field) }
    guard decimal.units <= Int128(largestCount) else { throw .tooLarge(field) }
    return Int64(decimal.units)
  }

  /// The count that `field` holds; nil when it is absent, null or empty.
  @inline(__always)
  static func count(
    _ bytes: Span<UInt8>, _ field: JSONField, _ name: LineProblem.StaticStringName
  ) throws(LineProblem) -> Int64? {
    guard field.kind != .absent else { return nil }
    if field.kind == .scalar, field.number >= 0 { return field.number }
    var value: Int64 = 0
    var i = field.start
    if field.kind == .scalar, field.end - i <= 15 {
      while i < field.end, let digit = Timestamp.digit(bytes[i]) {
        value = value &* 10 &+ Int64(digit)
        i += 1
      }
      if i == field.end { return value }
    }
    guard field.kind != .nested else { throw .notANumber(name) }
    return try count(bytes, field.range, name)
  }

  /// The decimal number written in `range`, or nil. No binary fraction is involved.
  static func decimal(_ bytes: Span<UInt8>, _ range: Range<Int>) -> ExactDecimal? {
    guard range.count <= 64 else { return nil }
    if let value = shortDecimal(bytes, range) { return value }
    var copy: [UInt8] = []
    copy.reserveCapacity(range.count)
    for i in range { copy.append(bytes[i]) }
    return ExactDecimal(utf8: copy)
  }

  /// The common decimals, read in place: at most 18 significant digits, `0.000225` or `2.25e-05`; nil
  /// says only that it takes the long way.
  private static func shortDecimal(_ bytes: Span<UInt8>, _ range: Range<Int>) -> ExactDecimal? {
    var value: Int64 = 0
    var scale = 0
    var hasDigits = false
    var seenPoint = false
    var i = range.lowerBound
    while i < range.upperBound {
      if let digit = Timestamp.digit(bytes[i]) {
        guard value < 100_000_000_000_000_000 else { return nil }
        value = value * 10 + Int64(digit)
        hasDigits = true
        if seenPoint { scale += 1 }
      } else if bytes[i] == UInt8(ascii: "."), !seenPoint {
        seenPoint = true
      } else {
        break
      }
      i += 1
    }
    guard hasDigits else { return nil }
    if i < range.upperBound {
      // Python writes small floats so: a negative exponent of two digits.
      guard range.upperBound - i == 4, bytes[i] | 0x20 == UInt8(ascii: "e"),
        bytes[i + 1] == UInt8(ascii: "-"), let exponent = Timestamp.digits(bytes, i + 2, 2)
      else { return nil }
      scale += exponent
    }
    guard scale <= 30 else { return nil }
    return ExactDecimal(units: Int128(value), scale: scale).reduced
  }

  /// A decimal number, in quotes or not; nil for `null`, `NaN` and "".
  ///
  /// Floats that JSON writers print with a binary tail (`0.00022500000000000002`) keep every digit.
  mutating func decimal(
    _ field: LineProblem.StaticStringName
  ) throws(LineProblem) -> ExactDecimal? {
    let range: Range<Int>
    switch try peek() {
    case UInt8(ascii: "\""): range = try quoted().range
    case UInt8(ascii: "{"), UInt8(ascii: "["): throw .notANumber(field)
    default: range = try scalar()
    }
    if range.isEmpty || bytes.equals(range, "null") || bytes.equals(range, "NaN") { return nil }
    guard let value = JSONCursor.decimal(bytes, range) else { throw .notANumber(field) }
    return value
  }

  /// A moment: epoch seconds or milliseconds as a number or as text, or a date and time as text, in UTC
  /// when it names no zone; nil for `null` and "".
  mutating func instant() throws(LineProblem) -> Instant? {
    if try peek() == UInt8(ascii: "\"") {
      let range = try quoted().range
      if range.isEmpty { return nil }
      if range.count >= 19, bytes[range.lowerBound + 4] == UInt8(ascii: "-") {
        return try Timestamp.iso(bytes, range, zone: .utc)
      }
      guard let value = JSONCursor.decimal(bytes, range) else { throw .badTime }
      return try Timestamp.epoch(value)
    }
    guard let value = try decimal("time") else { return nil }
    return try Timestamp.epoch(value)
  }

  /// `true` or `false`, also as text in any case; nil for everything else.
  mutating func flag() throws(LineProblem) -> Bool? {
    let range: Range<Int>
    switch try peek() {
    case UInt8(ascii: "\""): range = try quoted().range
    case UInt8(ascii: "{"), UInt8(ascii: "["):
      try skipValue()
      return nil
    default: range = try scalar()
    }
    if bytes.equals(range, "false") { return false }
    if bytes.equals(range, "true") { return true }
    switch bytes.text(range).lowercased() {
    case "true": return true
    case "false": return false
    default: return nil
    }
  }
}
