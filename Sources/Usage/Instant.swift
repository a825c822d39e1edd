/// A moment in UTC, in whole microseconds since 1970-01-01T00:00:00Z.
package struct Instant: Hashable, Comparable, Sendable {
  package var microseconds: Int64

  @inlinable package init(microseconds: Int64) { self.microseconds = microseconds }
  package init(seconds: Int64) { microseconds = seconds * 1_000_000 }

  @inlinable package static var microsecondsPerSecond: Int64 { 1_000_000 }
  @inlinable package static var microsecondsPerDay: Int64 { 86_400_000_000 }

  @inlinable package static func < (a: Instant, b: Instant) -> Bool {
    a.microseconds < b.microseconds
  }

  /// The civil UTC day this moment falls on.
  package var day: Day {
    Day(number: Int32(microseconds.dividedRoundingDown(by: Instant.microsecondsPerDay)))
  }

  package func advanced(byMicroseconds delta: Int64) -> Instant {
    Instant(microseconds: microseconds + delta)
  }
}

extension Instant: CustomStringConvertible {
  /// RFC 3339 in UTC; the fraction is left out when it is zero, else six digits.
  package var description: String {
    let second = microseconds.dividedRoundingDown(by: Instant.microsecondsPerSecond)
    let secondOfDay = second - Int64(day.number) * 86_400
    let clock = "\(two(secondOfDay / 3600)):\(two(secondOfDay / 60 % 60)):\(two(secondOfDay % 60))"
    let fraction = microseconds - second * Instant.microsecondsPerSecond
    return fraction == 0
      ? "\(day)T\(clock)Z" : "\(day)T\(clock).\(padded(fraction, to: 6))Z"
  }
}

extension Instant: LosslessStringConvertible {
  /// Reads RFC 3339 (`2025-09-05T16:00:00Z`, seconds and fraction optional, any offset) or a bare
  /// ISO day, which means its midnight in UTC. Nil for anything else.
  package init?(_ text: String) {
    guard let day = Day(String(text.prefix(10))) else { return nil }
    var rest = text.dropFirst(10)
    var microseconds = Int64(day.number) * Instant.microsecondsPerDay
    if rest.isEmpty {
      self.init(microseconds: microseconds)
      return
    }
    guard rest.first == "T" || rest.first == " " else { return nil }
    rest = rest.dropFirst()
    let clock = rest.prefix { $0.isASCIIDigit || $0 == ":" || $0 == "." }
    rest = rest.dropFirst(clock.count)
    let parts = clock.split(separator: ":", omittingEmptySubsequences: false)
    guard (2...3).contains(parts.count), let hour = Int64(parts[0]), let minute = Int64(parts[1]),
      hour < 24, minute < 60
    else { return nil }
    microseconds += (hour * 3600 + minute * 60) * Instant.microsecondsPerSecond
    if parts.count == 3 {
      let seconds = parts[2].split(separator: ".", omittingEmptySubsequences: false)
      guard seconds.count <= 2, let whole = Int64(seconds[0]), whole <= 60 else { return nil }
      microseconds += whole * Instant.microsecondsPerSecond
      if seconds.count == 2 {
        guard !seconds[1].isEmpty, seconds[1].allSatisfy(\.isASCIIDigit) else { return nil }
        let digits = (seconds[1] + "000000").prefix(6)
        microseconds += Int64(digits)!  // six ASCII digits by the guard above
      }
    }
    guard let offset = Instant.offsetSeconds(rest) else { return nil }
    self.init(microseconds: microseconds - offset * Instant.microsecondsPerSecond)
  }

  private static func offsetSeconds(_ text: Substring) -> Int64? {
    if text == "Z" || text == "z" { return 0 }
    guard let sign = text.first, sign == "+" || sign == "-" else { return nil }
    let digits = text.dropFirst().filter { $0 != ":" }
    guard digits.count == 4, digits.allSatisfy(\.isASCIIDigit), let value = Int64(digits) else {
      return nil
    }
    let seconds = (value / 100) * 3600 + (value % 100) * 60
    return sign == "-" ? -seconds : seconds
  }
}

extension Character {
  package var isASCIIDigit: Bool { self >= "0" && self <= "9" }
}

extension FixedWidthInteger where Self: SignedInteger {
  /// Division that rounds towards minus infinity, so that times before 1970 fall on the right day.
  @inlinable package func dividedRoundingDown(by divisor: Self) -> Self {
    let (quotient, remainder) = quotientAndRemainder(dividingBy: divisor)
    return remainder != 0 && (remainder < 0) != (divisor < 0) ? quotient - 1 : quotient
  }
}

func two(_ value: Int64) -> String { padded(value, to: 2) }

func padded(_ value: Int64, to width: Int) -> String {
  let digits = String(value)
  return String(repeating: "0", count: max(0, width - digits.count)) + digits
}
