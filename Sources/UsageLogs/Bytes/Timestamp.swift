import Usage

/// Remembers the date of the last time stamp: in one log almost every line has the date of the line
/// before it (lean set: 448 -> 150 instructions a stamp).
struct TimestampReader {
  /// The first and the last eight bytes of `2026-09-01T`. They share five, so that these two, which
  /// stand here before the first stamp, fit no text.
  private var dateStart: UInt64 = 0
  private var dateEnd = UInt64.max
  /// Microseconds from 1970 to that date on the clock that the stamp shows.
  private var midnight: Int64 = 0
  // Here as well: the one in `Instant` is a call from this module.
  private static let microsecondsPerSecond: Int64 = 1_000_000

  /// The same as `Timestamp.iso`.
  @inline(__always)
  mutating func iso(
    _ bytes: Span<UInt8>, _ range: Range<Int>, zone: ZoneRules
  ) throws(LineProblem) -> Instant {
    let start = range.lowerBound
    if range.count >= 19, bytes.word(at: start) == dateStart, bytes.word(at: start + 3) == dateEnd,
      let clock = TimestampReader.clock(bytes.word(at: start + 11))
    {
      let local = midnight + clock * TimestampReader.microsecondsPerSecond
      if range.count == 20, bytes[start + 19] == UInt8(ascii: "Z") {
        return Instant(microseconds: local)
      }
      return try Timestamp.zoned(local, bytes, start + 19..<range.upperBound, zone: zone)
    }
    return try other(bytes, range, zone: zone)
  }

  private mutating func other(
    _ bytes: Span<UInt8>, _ range: Range<Int>, zone: ZoneRules
  ) throws(LineProblem) -> Instant {
    let start = range.lowerBound
    let local = try Timestamp.local(bytes, range)
    let instant = try Timestamp.zoned(local, bytes, start + 19..<range.upperBound, zone: zone)
    if let clock = TimestampReader.clock(bytes.word(at: start + 11)) {
      dateStart = bytes.word(at: start)
      dateEnd = bytes.word(at: start + 3)
      midnight = local - clock * Instant.microsecondsPerSecond
    }
    return instant
  }

  /// The second of the day that `10:15:04` names; nil when it names none.
  @inline(__always)
  private static func clock(_ word: UInt64) -> Int64? {
    // Digits become their values and colons 0.
    let values = word ^ 0x3030_3A30_303A_3030
    // Every byte must be at most 9 where a digit stands, and 0 where a colon stands.
    guard (values &+ 0x7676_7F76_767F_7676 | values) & 0x8080_8080_8080_8080 == 0 else {
      return nil
    }
    // Tens times ten plus ones, in the lower byte of each pair.
    let pairs = values &* 10 &+ values >> 8
    let hour = Int64(pairs & 0xFF)
    let minute = Int64(pairs >> 24 & 0xFF)
    let second = Int64(pairs >> 48 & 0xFF)
    // A leap second takes the long way.
    guard hour < 24, minute < 60, second < 60 else { return nil }
    return hour * 3600 + minute * 60 + second
  }
}

/// Reads the time stamps that logs write.
enum Timestamp {
  /// `2026-03-02T10:15:04Z`, with a blank for the T, 0...9 fractional digits (those past the sixth are
  /// cut off), `Z`, ` UTC`, `+08:00`, `+0800` or nothing behind. Without a zone, `zone` decides.
  static func iso(
    _ bytes: Span<UInt8>, _ range: Range<Int>, zone: ZoneRules
  ) throws(LineProblem) -> Instant {
    let local = try local(bytes, range)
    return try zoned(local, bytes, range.lowerBound + 19..<range.upperBound, zone: zone)
  }

  /// The date and the clock in the first 19 bytes, as if they were in UTC: microseconds since 1970.
  static func local(_ bytes: Span<UInt8>, _ range: Range<Int>) throws(LineProblem) -> Int64 {
    let start = range.lowerBound
    guard range.count >= 19,
      let year = digits(bytes, start, 4), bytes[start + 4] == UInt8(ascii: "-"),
      let month = digits(bytes, start + 5, 2), bytes[start + 7] == UInt8(ascii: "-"),
      let day = digits(bytes, start + 8, 2),
      bytes[start + 10] == UInt8(ascii: "T") || bytes[start + 10] == UInt8(ascii: " "),
      let hour = digits(bytes, start + 11, 2), bytes[start + 13] == UInt8(ascii: ":"),
      let minute = digits(bytes, start + 14, 2), bytes[start + 16] == UInt8(ascii: ":"),
      let second = digits(bytes, start + 17, 2),
      (1...12).contains(month), day >= 1, hour < 24, minute < 60, second <= 60
    else { throw .badTime }
    let first = Day(year: year, month: month, day: 1)
    guard day <= first.daysInMonth else { throw .badTime }
    return Int64(first.advanced(by: day - 1).number) * Instant.microsecondsPerDay
      + Int64(hour * 3600 + minute * 60 + second) * Instant.microsecondsPerSecond
  }

  /// The moment of a local time behind whose seconds `rest` stands: a fraction, a zone, both or nothing.
  static func zoned(
    _ local: Int64, _ bytes: Span<UInt8>, _ rest: Range<Int>, zone: ZoneRules
  ) throws(LineProblem) -> Instant {
    var microseconds = local
    var i = rest.lowerBound
    let end = rest.upperBound
    if i < end, bytes[i] == UInt8(ascii: ".") || bytes[i] == UInt8(ascii: ",") {
      i += 1
      var unit: Int64 = 100_000
      while i < end, let digit = digit(bytes[i]) {
        microseconds += Int64(digit) * unit
        unit /= 10
        i += 1
      }
    }
    if i == end {
      return zone.instant(ofLocalMicroseconds: microseconds)
    }
    guard let offset = offsetSeconds(bytes, i..<end) else { throw .badTime }
    return Instant(microseconds: microseconds - offset * Instant.microsecondsPerSecond)
  }

  /// Seconds since 1970, or milliseconds when the number is too large for seconds of this age.
  static func epoch(_ value: ExactDecimal) throws(LineProblem) -> Instant {
    guard let microseconds = microseconds(value) else { throw .badTime }
    return Instant(
      microseconds: microseconds > 100_000_000_000_000_000 ? microseconds / 1000 : microseconds)
  }

  /// Seconds east of UTC of `Z`, ` UTC`, `+hh:mm`, `+hhmm`, `+hh`.
  private static func offsetSeconds(_ bytes: Span<UInt8>, _ range: Range<Int>) -> Int64? {
    var i = range.lowerBound
    if bytes[i] == UInt8(ascii: " ") { i += 1 }
    if bytes.equals(i..<range.upperBound, "Z") || bytes.equals(i..<range.upperBound, "UTC") {
      return 0
    }
    guard i < range.upperBound, bytes[i] == UInt8(ascii: "+") || bytes[i] == UInt8(ascii: "-")
    else { return nil }
    let sign: Int64 = bytes[i] == UInt8(ascii: "-") ? -1 : 1
    guard i + 3 <= range.upperBound, let hours = digits(bytes, i + 1, 2) else { return nil }
    i += 3
    if i == range.upperBound { return sign * Int64(hours) * 3600 }
    if bytes[i] == UInt8(ascii: ":") { i += 1 }
    guard i + 2 == range.upperBound, let minutes = digits(bytes, i, 2) else { return nil }
    return sign * Int64(hours * 3600 + minutes * 60)
  }

  /// The decimal number in `length` digits at `start`, or nil.
  @inline(__always)
  static func digits(_ bytes: Span<UInt8>, _ start: Int, _ length: Int) -> Int? {
    var value = 0
    for i in start..<start + length {
      guard i < bytes.count, let digit = digit(bytes[i]) else { return nil }
      value = value * 10 + digit
    }
    return value
  }

  @inline(__always)
  static func digit(_ byte: UInt8) -> Int? {
    let value = byte &- UInt8(ascii: "0")
    return value < 10 ? Int(value) : nil
  }
}
