/// Whole days of one time zone, both ends included.
package struct Period: Sendable, Hashable {
  package let first: Day
  package let last: Day
  package let zone: ZoneRules

  /// `last` is not before `first`.
  package init(first: Day, last: Day, zone: ZoneRules) {
    precondition(first <= last, "a period ends on or after the day it starts")
    self.first = first
    self.last = last
    self.zone = zone
  }

  package var start: Instant { zone.start(of: first) }
  /// The first moment after the period.
  package var end: Instant { zone.start(of: last.advanced(by: 1)) }
  package var dayCount: Int { Int(last.number - first.number) + 1 }
  /// Real length; a day of a clock change has 23 or 25 hours.
  package var microseconds: Int64 { end.microseconds - start.microseconds }

  package func contains(_ instant: Instant) -> Bool { start <= instant && instant < end }

  /// The calendar months touched, each with the number of its days inside the period.
  package var months: [(first: Day, days: Int, daysInMonth: Int)] {
    var parts: [(first: Day, days: Int, daysInMonth: Int)] = []
    var month = first.firstOfMonth
    while month <= last {
      let next = month.firstOfNextMonth
      let from = max(month, first)
      let to = min(next.advanced(by: -1), last)
      parts.append((month, Int(to.number - from.number) + 1, month.daysInMonth))
      month = next
    }
    return parts
  }
}
