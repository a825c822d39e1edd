import Usage

/// Remembers the date of the last time stamp: in one log almost every line has the date of the line
/// before it (lean set: 448 -> 150 instructions a stamp).
struct TimestampReader {
  private var date: [UInt8] = []
  private var midnight: Int64 = 0

  /// The same as `Timestamp.iso`.
  @inline(__always)
  mutating func iso(
    _ bytes: Span<UInt8>, _ range: Range<Int>, zone: ZoneRules
  ) throws(LineProblem) -> Instant {
    let start = range.lowerBound
    // `2026-09-01T10:15:04Z` on the date of the last one: only the clock is new.
    if range.count == 20, date.count == 11, bytes[start + 19] == UInt8(ascii: "Z"),
      bytes.equals(start..<start + 11, date.span, 0..<11),
      bytes[start + 13] == UInt8(ascii: ":"), bytes[start + 16] == UInt8(ascii: ":")
    {
      let hour = TimestampReader.pair(bytes, start + 11)
      let minute = TimestampReader.pair(bytes, start + 14)
      let second = TimestampReader.pair(bytes, start + 17)
      if hour < 24, minute < 60, second <= 60 {
        return Instant(
          microseconds: midnight + (hour * 3600 + minute * 60 + second)
            * Instant.microsecondsPerSecond)
      }
    }
    let instant = try Timestamp.iso(bytes, range, zone: zone)
    if range.count == 20, bytes[start + 19] == UInt8(ascii: "Z") {
      date.removeAll(keepingCapacity: true)
      for i in start..<start + 11 { date.append(bytes[i]) }
      midnight =
        instant.microseconds.dividedRoundingDown(by: Instant.microsecondsPerDay)
        * Instant.microsecondsPerDay
    }
    return instant
  }

  /// Two digits, or a number above 99 when they are none.
  @inline(__always)
  private static func pair(_ bytes: Span<UInt8>, _ start: Int) -> Int64 {
    let tens = bytes[start] &- UInt8(ascii: "0")
    let ones = bytes[start + 1] &- UInt8(ascii: "0")
    return tens < 10 && ones < 10 ? Int64(tens) * 10 + Int64(ones) : 100
  }
}

/// Reads the time stamps that logs write.
enum Timestamp {
  /// `2026-03-02T10:15:04Z`, with a blank for the T, 0...9 fractional digits (those past the sixth are
  /// cut off), `Z`, ` UTC`, `+08:00`, `+0800` or nothing behind. Without a zone, `zone` decides.
  static func iso(
    _ bytes: Span<UInt8>, _ range: Range<Int>, zone: ZoneRules
  ) throws(LineProblem) -> Instant {
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
    var microseconds =
      Int64(first.advanced(by: day - 1).number) * Instant.microsecondsPerDay
      + Int64(hour * 3600 + minute * 60 + second) * Instant.microsecondsPerSecond
    var i = start + 19
    let end = range.upperBound
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
