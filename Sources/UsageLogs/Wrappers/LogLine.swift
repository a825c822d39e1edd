import Usage

/// What stood around the text of one log line: who wrote it, and when.
struct LogLine {
  /// The server's own text: in the record, or in the unwrapper's copy when `isCopied`.
  var text = 0..<0
  var isCopied = false
  /// The outermost of the most exact times that the wrappers tell.
  var time = LineTime.none
  /// Tells containers, pods, services and Ray actors apart; 0 when nothing names one.
  var container: UInt64 = 0
  /// Tells the processes inside a container apart.
  var process: UInt64 = 0
  /// Keeps the pieces of standard output and standard error apart; no part of the identity.
  var standardStream: UInt64 = 0

  /// Takes a wrapper's time unless one further out is as exact.
  mutating func note(_ found: LineTime) {
    if found.rank > time.rank { time = found }
  }

  mutating func note(container bytes: Span<UInt8>, _ range: Range<Int>) {
    container = LogLine.mix(container, bytes.hash(range, seed: 7).low)
  }

  mutating func note(process bytes: Span<UInt8>, _ range: Range<Int>) {
    process = LogLine.mix(process, bytes.hash(range, seed: 7).low)
  }

  static func mix(_ a: UInt64, _ b: UInt64) -> UInt64 { (a << 7 | a >> 57) &+ b | 1 }
}

/// A time as a log writes it, in microseconds, with as much of it as is written.
enum LineTime {
  case none
  /// Month, day and clock only, as a moment of the year 2000, which has a 29 February.
  case yearless(Int64)
  /// A full date and clock without a zone, as if it were UTC.
  case local(Int64)
  case instant(Int64)

  /// The microseconds; 0 for none.
  var microseconds: Int64 {
    switch self {
    case .none: 0
    case .yearless(let time), .local(let time), .instant(let time): time
    }
  }

  var rank: Int {
    switch self {
    case .none: 0
    case .yearless: 1
    case .local: 2
    case .instant: 3
    }
  }

  /// `2026-03-02T10:15:04.123Z`, with a blank for the T or without a zone; nil when it is none.
  static func iso(_ bytes: Span<UInt8>, _ range: Range<Int>) -> LineTime? {
    guard range.count >= 19, range.upperBound <= bytes.count,
      Timestamp.digit(bytes[range.lowerBound]) != nil
    else { return nil }
    var hasZone = bytes[range.upperBound - 1] | 0x20 == UInt8(ascii: "z")
    for i in range.lowerBound + 19..<range.upperBound {
      if bytes[i] == UInt8(ascii: "+") || bytes[i] == UInt8(ascii: "-") { hasZone = true }
    }
    do {
      let time = try Timestamp.iso(bytes, range, zone: .utc).microseconds
      return hasZone ? .instant(time) : .local(time)
    } catch {
      return nil
    }
  }

  /// `06-16 10:03:14` from `start` on, as vLLM writes it.
  static func monthDayClock(_ bytes: Span<UInt8>, _ start: Int) -> Int64? {
    guard start + 14 <= bytes.count, bytes[start + 2] == UInt8(ascii: "-"),
      bytes[start + 5] == UInt8(ascii: " "),
      let month = Timestamp.digits(bytes, start, 2),
      let day = Timestamp.digits(bytes, start + 3, 2),
      let clock = clock(bytes, start + 6)
    else { return nil }
    return moment(month: month, day: day, clock: clock)
  }

  /// Seconds since midnight of `10:03:14`.
  static func clock(_ bytes: Span<UInt8>, _ start: Int) -> Int? {
    guard start + 8 <= bytes.count, bytes[start + 2] == UInt8(ascii: ":"),
      bytes[start + 5] == UInt8(ascii: ":"),
      let hour = Timestamp.digits(bytes, start, 2),
      let minute = Timestamp.digits(bytes, start + 3, 2),
      let second = Timestamp.digits(bytes, start + 6, 2), hour < 24, minute < 60, second <= 60
    else { return nil }
    return hour * 3600 + minute * 60 + second
  }

  static func moment(month: Int, day: Int, clock: Int) -> Int64? {
    guard (1...12).contains(month), day >= 1,
      day <= Day(year: 2000, month: month, day: 1).daysInMonth
    else { return nil }
    return Int64(Day(year: 2000, month: month, day: day).number) * Instant.microsecondsPerDay
      + Int64(clock) * Instant.microsecondsPerSecond
  }

  /// A number of seconds, milliseconds, microseconds or nanoseconds since 1970, by its size.
  static func epoch(_ value: ExactDecimal) -> LineTime? {
    guard !value.isNegative, value.scale <= 18 else { return nil }
    let whole = value.units / ExactDecimal.powerOfTen(value.scale)
    let unit: Int128 =
      whole < 100_000_000_000
      ? 1_000_000_000
      : whole < 100_000_000_000_000
        ? 1_000_000
        : whole < 100_000_000_000_000_000
          ? 1000 : 1
    let (scaled, overflow) = value.units.multipliedReportingOverflow(by: unit)
    guard !overflow else { return nil }
    let nanoseconds = scaled / ExactDecimal.powerOfTen(value.scale)
    return Int64(exactly: nanoseconds / 1000).map { .instant($0) }
  }
}
