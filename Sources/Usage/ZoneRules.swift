/// The offsets of one IANA time zone: enough to cut days exactly, daylight saving included.
///
/// The rules come from outside (the program asks Foundation); this module never looks them up.
package struct ZoneRules: Sendable, Hashable {
  /// From `start` on, local time is UTC plus `offset` seconds.
  package struct Change: Sendable, Hashable {
    package var start: Instant
    package var offset: Int64

    package init(start: Instant, offset: Int64) {
      self.start = start
      self.offset = offset
    }
  }

  package let name: String
  private let firstOffset: Int64
  private let changes: [Change]

  /// `changes` ascend by start; `firstOffset` holds before the first of them.
  package init(name: String, firstOffset: Int64, changes: [Change]) {
    self.name = name
    self.firstOffset = firstOffset
    self.changes = changes
  }

  package static let utc = ZoneRules(name: "UTC", firstOffset: 0, changes: [])

  /// Seconds that local time is ahead of UTC at `instant`.
  package func offset(at instant: Instant) -> Int64 {
    var low = 0
    var high = changes.count
    while low < high {
      let middle = (low + high) / 2
      if changes[middle].start <= instant { low = middle + 1 } else { high = middle }
    }
    return low == 0 ? firstOffset : changes[low - 1].offset
  }

  package func localMicroseconds(_ instant: Instant) -> Int64 {
    instant.microseconds + offset(at: instant) * Instant.microsecondsPerSecond
  }

  package func day(of instant: Instant) -> Day {
    Day(
      number: Int32(localMicroseconds(instant).dividedRoundingDown(by: Instant.microsecondsPerDay)))
  }

  /// The first moment whose local time is `day` 00:00 or, where a clock change skips midnight, later.
  package func start(of day: Day) -> Instant {
    instant(ofLocalMicroseconds: Int64(day.number) * Instant.microsecondsPerDay)
  }

  /// The earliest moment that shows this local time. A time the clocks skip gives the moment of the
  /// change; a time they show twice gives the first.
  package func instant(ofLocalMicroseconds local: Int64) -> Instant {
    let guess = Instant(microseconds: local)
    let day = Instant.microsecondsPerDay
    // No offset exceeds a day, so the answer lies between these two offsets' candidates.
    let before = offset(at: guess.advanced(byMicroseconds: -day))
    let after = offset(at: guess.advanced(byMicroseconds: day))
    let early = guess.advanced(byMicroseconds: -max(before, after) * Instant.microsecondsPerSecond)
    let late = guess.advanced(byMicroseconds: -min(before, after) * Instant.microsecondsPerSecond)
    if localMicroseconds(early) == local { return early }
    if localMicroseconds(late) == local { return late }
    return changes.first { early < $0.start && $0.start <= late }?.start ?? late
  }
}
