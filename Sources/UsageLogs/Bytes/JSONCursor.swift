import Usage

/// Walks one JSON value from left to right and reads what it is asked for; the rest is passed over.
///
/// Checks structure (braces, quotes, commas), not the inside of what it passes over. Duplicate keys
/// come up as often as they stand there; the caller's last assignment wins.
struct JSONCursor: ~Escapable {
  /// Deeper nesting than any log has; a limit keeps hostile lines from costing more than their length.
  static let deepest = 512

  let bytes: Span<UInt8>
  private(set) var position: Int

  @_lifetime(copy bytes)
  init(_ bytes: Span<UInt8>, at position: Int = 0) {
    self.bytes = bytes
    self.position = position
  }

  /// A string's bytes between its quotes, as written.
  struct Text {
    var range: Range<Int>
    /// False where it is known that there is no backslash in it.
    var mayBeEscaped = true

    var isEmpty: Bool { range.isEmpty }
  }

  /// The next byte that is not white space, without taking it.
  @inline(__always)
  mutating func peek() throws(LineProblem) -> UInt8 {
    while position < bytes.count {
      let byte = bytes[position]
      if byte > 0x20 { return byte }
      guard byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 else { throw .notJSON }
      position += 1
    }
    throw .endsEarly
  }

  /// Takes `{`; false, with the value passed over, when the value is something else.
  @inline(__always)
  mutating func enterObject() throws(LineProblem) -> Bool {
    try enter(UInt8(ascii: "{"))
  }

  /// Takes `[`; false, with the value passed over, when the value is something else.
  @inline(__always)
  mutating func enterArray() throws(LineProblem) -> Bool {
    try enter(UInt8(ascii: "["))
  }

  @inline(__always)
  private mutating func enter(_ bracket: UInt8) throws(LineProblem) -> Bool {
    guard try peek() == bracket else {
      try skipValue()
      return false
    }
    position += 1
    return true
  }

  /// The next key of the object entered, its colon taken too; nil at `}`.
  @inline(__always)
  mutating func nextKey() throws(LineProblem) -> Text? {
    var byte = try peek()
    if byte == UInt8(ascii: ",") {
      position += 1
      byte = try peek()
    }
    if byte == UInt8(ascii: "}") {
      position += 1
      return nil
    }
    guard byte == UInt8(ascii: "\"") else { throw .notJSON }
    var key = try quoted()
    // Looked for once, not at each of the names that the key is compared with.
    key.mayBeEscaped = bytes.hasBackslash(key.range)
    guard try peek() == UInt8(ascii: ":") else { throw .notJSON }
    position += 1
    return key
  }

  /// Whether another element follows in the array entered; takes the comma or the `]`.
  mutating func nextElement() throws(LineProblem) -> Bool {
    var byte = try peek()
    if byte == UInt8(ascii: ",") {
      position += 1
      byte = try peek()
    }
    if byte == UInt8(ascii: "]") {
      position += 1
      return false
    }
    return true
  }

  /// Whether a key or short text is `name`, with or without escapes in it.
  @inline(__always)
  func matches(_ key: Text, _ name: StaticString) -> Bool {
    if bytes.equals(key.range, name) { return true }
    return key.mayBeEscaped && key.range.count > name.utf8CodeUnitCount && isEscaped(key)
      && unescaped(key) == "\(name)"
  }

  func isEscaped(_ text: Text) -> Bool {
    text.mayBeEscaped && bytes.hasBackslash(text.range)
  }

  /// Whether the string begins with `prefix`; escapes are not resolved.
  func starts(_ text: Text, with prefix: StaticString) -> Bool {
    let length = prefix.utf8CodeUnitCount
    let start = text.range.lowerBound
    return text.range.count >= length && bytes.equals(start..<start + length, prefix)
  }

  /// The string that comes next; nil, with the value passed over, when it is not a string.
  @inline(__always)
  mutating func text() throws(LineProblem) -> Text? {
    guard try peek() == UInt8(ascii: "\"") else {
      try skipValue()
      return nil
    }
    return try quoted()
  }

  /// Takes a string from its opening quote.
  @inline(__always)
  private mutating func quoted() throws(LineProblem) -> Text {
    let start = position + 1
    guard let end = bytes.closingQuote(from: start) else { throw .endsEarly }
    position = end + 1
    return Text(range: start..<end)
  }

  /// Passes over whatever value comes next.
  mutating func skipValue() throws(LineProblem) {
    switch try peek() {
    case UInt8(ascii: "\""): _ = try quoted()
    case UInt8(ascii: "{"), UInt8(ascii: "["): try skipNested()
    default: try skipScalar()
    }
  }

  private mutating func skipNested() throws(LineProblem) {
    if let end = bytes.nestedEnd(from: position, limit: JSONCursor.deepest) {
      position = end
      return
    }
    try checkNested()
  }

  /// The same byte by byte: what `nestedEnd` does not take is told apart here.
  mutating func checkNested() throws(LineProblem) {
    var depth = 0
    while position < bytes.count {
      switch bytes[position] {
      case UInt8(ascii: "\""):
        _ = try quoted()
        continue
      case UInt8(ascii: "{"), UInt8(ascii: "["):
        depth += 1
        guard depth <= JSONCursor.deepest else { throw .tooDeep }
      case UInt8(ascii: "}"), UInt8(ascii: "]"):
        depth -= 1
        if depth == 0 {
          position += 1
          return
        }
      default: break
      }
      position += 1
    }
    throw .endsEarly
  }

  private mutating func skipScalar() throws(LineProblem) {
    _ = try peek()
    guard let end = JSONCursor.scalarEnd(bytes, from: position) else { throw .notJSON }
    position = end
  }

  /// The end of the number, `true`, `false` or `null` at `start`; nil when there is none.
  ///
  /// `NaN` and `Infinity` pass too: Python writes them. A number's digits are not checked here.
  @inline(__always)
  static func scalarEnd(_ bytes: Span<UInt8>, from start: Int) -> Int? {
    var i = start
    while i < bytes.count {
      let byte = bytes[i]
      if byte == UInt8(ascii: ",") || byte == UInt8(ascii: "}") || byte == UInt8(ascii: "]")
        || byte <= 0x20
      {
        break
      }
      if byte == UInt8(ascii: "\"") || byte == UInt8(ascii: ":") || byte == UInt8(ascii: "{")
        || byte == UInt8(ascii: "[")
      {
        return nil
      }
      i += 1
    }
    guard i > start else { return nil }
    if Timestamp.digit(bytes[start]) != nil || bytes[start] == UInt8(ascii: "-") { return i }
    return bytes.equals(start..<i, "null") || bytes.equals(start..<i, "true")
      || bytes.equals(start..<i, "false") || bytes.equals(start..<i, "NaN")
      || bytes.equals(start..<i, "Infinity") ? i : nil
  }

  /// The bytes of a number or literal, up to a delimiter.
  @inline(__always)
  private mutating func scalar() throws(LineProblem) -> Range<Int> {
    _ = try peek()
    let start = position
    while position < bytes.count {
      switch bytes[position] {
      case UInt8(ascii: ","), UInt8(ascii: "}"), UInt8(ascii: "]"), 0x20, 0x0A, 0x0D, 0x09:
        // Nothing where a value must stand: a loop over elements would never end.
        guard position > start else { throw .notJSON }
        return start..<position
      case UInt8(ascii: "\""), UInt8(ascii: "{"), UInt8(ascii: "["), UInt8(ascii: ":"):
        throw .notJSON
      default: position += 1
      }
    }
    return start..<position
  }

  /// A count: an integer, an integer in quotes, `59200.0`, `1e3`; nil for `null`, `NaN` and "".
  @inline(__always)
  mutating func count(_ field: LineProblem.StaticStringName) throws(LineProblem) -> Int64? {
    let first = try peek()
    var i = position
    var value: Int64 = 0
    // The common case: at most 18 digits and a delimiter.
    while i < bytes.count, let digit = Timestamp.digit(bytes[i]), i - position < 18 {
      value = value &* 10 &+ Int64(digit)
      i += 1
    }
    if i > position, i < bytes.count,
      bytes[i] == UInt8(ascii: ",") || bytes[i] == UInt8(ascii: "}")
    {
      position = i
      return value
    }
    return try unusualCount(field, first: first)
  }

  private mutating func unusualCount(
    _ field: LineProblem.StaticStringName, first: UInt8
  ) throws(LineProblem) -> Int64? {
    let range: Range<Int>
    if first == UInt8(ascii: "\"") {
      range = try quoted().range
    } else if first == UInt8(ascii: "{") || first == UInt8(ascii: "[") {
      throw .notANumber(field)
    } else {
      range = try scalar()
    }
    return try JSONCursor.count(bytes, range, field)
  }

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
    guard let value = Int64(exactly: decimal.units) else { throw .tooLarge(field) }
    return value
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
    if field.kind == .scalar, field.end - i <= 18 {
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

  /// A string's content with its escapes resolved; a lone surrogate becomes U+FFFD.
  func unescaped(_ text: Text) -> String {
    guard isEscaped(text) else { return bytes.text(text.range) }
    let plain = unescapedBytes(text)
    return plain.span.text(0..<plain.count)
  }

  /// The bytes of a string with its escapes resolved: JSON inside JSON is read from these.
  func unescapedBytes(_ text: Text) -> [UInt8] {
    var result: [UInt8] = []
    unescape(text, into: &result)
    return result
  }

  /// Puts the bytes of a string with its escapes resolved into `result`, whose old content goes and
  /// whose memory stays: for a format that does it on every line.
  func unescape(_ text: Text, into result: inout [UInt8]) {
    let end = text.range.upperBound
    var i = text.range.lowerBound
    // Only `\u` without digits is shorter than what it becomes: two bytes, and U+FFFD has three.
    result.resize(to: text.range.count + text.range.count / 2 + 1)
    var count = 0
    while true {
      let plain = bytes.copy(i..<end, upTo: UInt8(ascii: "\\"), into: &result, at: count)
      i += plain
      count += plain
      guard i < end else { break }
      guard i + 1 < end else {
        // A lone backslash at the end stays.
        result[count] = bytes[i]
        count += 1
        break
      }
      i += 2
      switch bytes[i - 1] {
      case UInt8(ascii: "n"): result[count] = 0x0A
      case UInt8(ascii: "t"): result[count] = 0x09
      case UInt8(ascii: "r"): result[count] = 0x0D
      case UInt8(ascii: "b"): result[count] = 0x08
      case UInt8(ascii: "f"): result[count] = 0x0C
      case UInt8(ascii: "u"):
        for byte in String(Character(escapedScalar(&i, end))).utf8 {
          result[count] = byte
          count += 1
        }
        continue
      default: result[count] = bytes[i - 1]
      }
      count += 1
    }
    result.resize(to: count)
  }

  /// The scalar whose four hexadecimal digits begin at `i`, together with its low surrogate.
  private func escapedScalar(_ i: inout Int, _ end: Int) -> Unicode.Scalar {
    let replacement: Unicode.Scalar = "\u{FFFD}"
    guard let high = hexadecimal(i, end) else { return replacement }
    i += 4
    if let scalar = Unicode.Scalar(high) { return scalar }
    guard high < 0xDC00, i + 6 <= end, bytes[i] == UInt8(ascii: "\\"),
      bytes[i + 1] == UInt8(ascii: "u"), let low = hexadecimal(i + 2, end),
      (0xDC00...0xDFFF).contains(low)
    else { return replacement }
    i += 6
    return Unicode.Scalar(0x10000 + (high - 0xD800) << 10 + (low - 0xDC00)) ?? replacement
  }

  private func hexadecimal(_ start: Int, _ end: Int) -> UInt32? {
    guard start + 4 <= end else { return nil }
    var value: UInt32 = 0
    for i in start..<start + 4 {
      let byte = bytes[i]
      switch byte {
      case UInt8(ascii: "0")...UInt8(ascii: "9"): value = value << 4 | UInt32(byte - 0x30)
      case UInt8(ascii: "a")...UInt8(ascii: "f"): value = value << 4 | UInt32(byte - 0x57)
      case UInt8(ascii: "A")...UInt8(ascii: "F"): value = value << 4 | UInt32(byte - 0x37)
      default: return nil
      }
    }
    return value
  }

  /// Fails unless only white space follows.
  mutating func expectEnd() throws(LineProblem) {
    while position < bytes.count {
      guard bytes[position] <= 0x20 else { throw .notJSON }
      position += 1
    }
  }
}
