/// A civil day of the proleptic Gregorian calendar, counted from 1970-01-01.
package struct Day: Hashable, Comparable, Sendable {
  package var number: Int32

  package init(number: Int32) { self.number = number }

  /// Day arithmetic after Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms", 2021.
  /// Months run 1...12; the day of the month is not checked.
  package init(year: Int, month: Int, day: Int) {
    let y = month <= 2 ? year - 1 : year
    let era = y.dividedRoundingDown(by: 400)
    let yearOfEra = y - era * 400
    let dayOfYear = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1
    let dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
    number = Int32(era * 146_097 + dayOfEra - 719_468)
  }

  package var civil: (year: Int, month: Int, day: Int) {
    let z = Int(number) + 719_468
    let era = z.dividedRoundingDown(by: 146_097)
    let dayOfEra = z - era * 146_097
    let yearOfEra =
      (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
    let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let shifted = (5 * dayOfYear + 2) / 153
    let month = shifted < 10 ? shifted + 3 : shifted - 9
    return (
      yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, dayOfYear - (153 * shifted + 2) / 5 + 1
    )
  }

  package static func < (a: Day, b: Day) -> Bool { a.number < b.number }

  package func advanced(by days: Int) -> Day { Day(number: number + Int32(days)) }

  /// Monday 1 ... Sunday 7, as in ISO 8601.
  package var weekday: Int { Int((number + 3) % 7 + 7) % 7 + 1 }

  package var monday: Day { advanced(by: 1 - weekday) }
  package var firstOfMonth: Day { Day(year: civil.year, month: civil.month, day: 1) }
  package var firstOfNextMonth: Day {
    let (year, month, _) = civil
    return month == 12
      ? Day(year: year + 1, month: 1, day: 1) : Day(year: year, month: month + 1, day: 1)
  }
  package var daysInMonth: Int { Int(firstOfNextMonth.number - firstOfMonth.number) }
}

extension Day: LosslessStringConvertible {
  package var description: String {
    let (year, month, day) = civil
    return "\(padded(Int64(year), to: 4))-\(two(Int64(month)))-\(two(Int64(day)))"
  }

  /// Reads `YYYY-MM-DD`; nil for anything else, also for days that do not exist.
  package init?(_ text: String) {
    let parts = text.split(separator: "-", omittingEmptySubsequences: false)
    guard parts.count == 3, parts[0].count == 4, parts[1].count == 2, parts[2].count == 2,
      parts.allSatisfy({ $0.allSatisfy(\.isASCIIDigit) }),
      let year = Int(parts[0]), let month = Int(parts[1]), let day = Int(parts[2]),
      (1...12).contains(month), day >= 1
    else { return nil }
    self.init(year: year, month: month, day: day)
    guard civil == (year, month, day) else { return nil }
  }
}
