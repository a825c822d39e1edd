import Usage

/// Makes one time of the two that a line may carry: its wrapper's and its server's own.
struct LineClock {
  /// How the time of an entry is to be understood.
  enum Kind: UInt8 { case none, yearless, local, instant }

  /// Seconds that the server's own clock is ahead of UTC, where a wrapper showed it.
  private(set) var observedOffset: Int64?
  private let zone: ZoneRules

  init(zone: ZoneRules) { self.zone = zone }

  /// The outer time wins. Two clocks without a zone that differ by quarters of an hour are a host's and
  /// its container's, and containers run in UTC.
  mutating func read(outer: LineTime, inner: LineTime) -> (kind: Kind, time: Int64) {
    switch (outer, inner) {
    case (.instant(let time), .none): return (.instant, time)
    case (.instant(let time), _):
      if let offset = LineClock.offset(of: inner, from: outer) { observedOffset = offset }
      return (.instant, time)
    case (.local(let time), _):
      if zone == .utc, let offset = LineClock.offset(of: outer, from: inner), offset != 0 {
        return (.instant, time - offset * Instant.microsecondsPerSecond)
      }
      return (.local, time)
    case (.yearless(let time), .yearless(let own)):
      let offset = LineClock.offset(of: outer, from: inner)
      return (.yearless, zone == .utc && (offset ?? 0) != 0 ? own : time)
    case (.yearless, .local(let own)): return (.local, own)
    case (.yearless, .instant(let own)): return (.instant, own)
    case (.yearless(let time), .none): return (.yearless, time)
    case (.none, .yearless(let own)): return (.yearless, own)
    case (.none, .local(let own)): return (.local, own)
    case (.none, .instant(let own)): return (.instant, own)
    case (.none, .none): return (.none, 0)
    }
  }

  /// The moment of a clock without a zone. `notBefore` settles the hour that the end of summer time
  /// shows twice: the second pass follows the first.
  func instant(ofLocal local: Int64, notBefore previous: Int64?) -> Int64 {
    if let observedOffset { return local - observedOffset * Instant.microsecondsPerSecond }
    let first = zone.instant(ofLocalMicroseconds: local)
    let hour = 3600 * Instant.microsecondsPerSecond
    guard let previous, first.microseconds < previous - hour / 2 else { return first.microseconds }
    let second = first.advanced(byMicroseconds: hour)
    return zone.localMicroseconds(second) == local ? second.microseconds : first.microseconds
  }

  /// Seconds by which clock `a` is ahead of `b`, in whole quarters of an hour; nil when the two differ
  /// otherwise and so are no two clocks of one line.
  private static func offset(of a: LineTime, from b: LineTime) -> Int64? {
    guard var difference = difference(a, b) else { return nil }
    difference /= Instant.microsecondsPerSecond
    let quarter: Int64 = 900
    let rounded = (difference + quarter / 2).dividedRoundingDown(by: quarter) * quarter
    return abs(rounded) <= 14 * 3600 && abs(difference - rounded) <= 120 ? rounded : nil
  }

  private static func difference(_ a: LineTime, _ b: LineTime) -> Int64? {
    switch (a, b) {
    case (.local(let x), .local(let y)), (.instant(let x), .local(let y)),
      (.local(let x), .instant(let y)):
      return x - y
    case (.yearless(let x), .yearless(let y)):
      let year = 366 * Instant.microsecondsPerDay
      return [x - y, x - y + year, x - y - year].min { abs($0) < abs($1) }
    case (.yearless(let moment), .local(let full)), (.yearless(let moment), .instant(let full)):
      return nearest(moment, full) - full
    case (.local(let full), .yearless(let moment)), (.instant(let full), .yearless(let moment)):
      return full - nearest(moment, full)
    default: return nil
    }
  }

  /// `moment` in the year that brings it nearest to `full`.
  private static func nearest(_ moment: Int64, _ full: Int64) -> Int64 {
    let day = Day(number: Int32(clamping: full.dividedRoundingDown(by: Instant.microsecondsPerDay)))
    let year = day.civil.year
    let candidates = [year - 1, year, year + 1].map { YearRecovery.local(moment, year: $0) }
    return candidates.min { abs($0 - full) < abs($1 - full) } ?? full
  }
}
