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
  mutating func quoted() throws(LineProblem) -> Text {
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
  mutating func scalar() throws(LineProblem) -> Range<Int> {
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

  /// A count, at most `largestCount`: an integer, an integer in quotes, `59200.0`, `1e3`; nil for `null`,
  /// `NaN` and "".
  @inline(__always)
  mutating func count(_ field: LineProblem.StaticStringName) throws(LineProblem) -> Int64? {
    let first = try peek()
    var i = position
    var value: Int64 = 0
    // The common case: at most 15 digits, one fewer than `largestCount` has, and a delimiter.
    while i < bytes.count, let digit = Timestamp.digit(bytes[i]), i - position < 15 {
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

  /// Fails unless only white space follows.
  mutating func expectEnd() throws(LineProblem) {
    while position < bytes.count {
      guard bytes[position] <= 0x20 else { throw .notJSON }
      position += 1
    }
  }
}
