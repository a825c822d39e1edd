import Usage

/// Finds the years of clocks that write month and day only.
///
/// The order of the lines tells how the years follow each other; one piece of evidence tells which
/// they are. Never the present year: a December log is often read in January.
struct YearRecovery {
  /// A full date met in the file: after how many yearless times, and whether a wrapper wrote it.
  struct Anchor {
    var index: Int
    /// Microseconds, as if the clock were UTC.
    var local: Int64
    var isWrapper: Bool
  }

  /// The year of each time, in the order given; nil for a 29 February in a year without one.
  private(set) var years: [Int?] = []
  /// What the years were taken from, for a note; nil when nothing told them.
  private(set) var evidence: String?
  /// Whether the times run from new to old.
  private(set) var isDescending = false

  private let moments: [Int64]
  private var relative: [Int] = []

  private static let day = Instant.microsecondsPerDay

  /// `moments` are times of the year 2000 in the file's order.
  init(_ moments: [Int64], anchor: Anchor?, settings: ReadSettings) {
    self.moments = moments
    guard !moments.isEmpty else { return }
    findOrder()
    let latest = isDescending ? 0 : moments.count - 1
    let earliest = moments.count - 1 - latest
    if let anchor, anchor.isWrapper {
      settle(nearest(to: anchor.local, at: anchor.index), "the time stamps around other lines")
    } else if let year = settings.year {
      settle([year - relative[earliest]], "--year, as that of the earliest line")
    } else if let anchor {
      settle(nearest(to: anchor.local, at: anchor.index), "a line that writes its full date")
    } else if let date = YearRecovery.date(inFileName: settings.fileName) {
      let candidates =
        date.hasDay
        ? nearest(to: Int64(date.day.number) * YearRecovery.day, at: latest)
        : [date.day.civil.year - relative[latest]]
      settle(candidates, "the file's name")
    } else if let modified = settings.fileModified {
      settle(before(modified, at: latest), "the time the file was last written, as that of its end")
    }
  }

  /// Microseconds of a moment moved to `year`, as if its clock were UTC.
  static func local(_ moment: Int64, year: Int) -> Int64 {
    let number = moment.dividedRoundingDown(by: day)
    let (_, month, dayOfMonth) = Day(number: Int32(number)).civil
    return Int64(Day(year: year, month: month, day: dayOfMonth).number) * day + moment - number
      * day
  }

  // MARK: Order

  private mutating func findOrder() {
    var rising = 0
    var falling = 0
    for i in moments.indices.dropFirst() {
      let delta = moments[i] - moments[i - 1]
      guard delta != 0, abs(delta) < 31 * YearRecovery.day else { continue }
      if delta > 0 { rising += 1 } else { falling += 1 }
    }
    isDescending = falling > rising
    relative = [Int](repeating: 0, count: moments.count)
    var year = 0
    var previous: Int64?
    for step in moments.indices {
      let i = isDescending ? moments.count - 1 - step : step
      let delta = moments[i] - (previous ?? moments[i])
      // Back by more than a month is a new year; ahead by eleven is a line that came late to it.
      if delta < -31 * YearRecovery.day { year += 1 }
      if delta > 330 * YearRecovery.day { year -= 1 }
      relative[i] = year
      previous = moments[i]
    }
  }

  // MARK: Evidence

  /// Years for `relative` 0, the best first.
  private func nearest(to local: Int64, at index: Int) -> [Int] {
    let i = min(index, moments.count - 1)
    let year = Day(number: Int32(local.dividedRoundingDown(by: YearRecovery.day))).civil.year
    return (year - 4...year + 4)
      .sorted {
        abs(YearRecovery.local(moments[i], year: $0) - local)
          < abs(YearRecovery.local(moments[i], year: $1) - local)
      }
      .map { $0 - relative[i] }
  }

  /// The last years in which the time at `index` is not after `modified`; a day is left for zones.
  private func before(_ modified: Instant, at index: Int) -> [Int] {
    let limit = modified.microseconds + YearRecovery.day
    let year = modified.day.civil.year + 1
    return (year - 9...year).reversed()
      .filter { YearRecovery.local(moments[index], year: $0) <= limit }
      .map { $0 - relative[index] }
  }

  /// Takes the first candidate in which every 29 February of the file exists, else the first.
  private mutating func settle(_ candidates: [Int], _ evidence: String) {
    let leapDays = Set(
      moments.indices.filter { YearRecovery.isLeapDay(moments[$0]) }.map { relative[$0] })
    guard
      let base = candidates.first(where: { base in
        leapDays.allSatisfy { YearRecovery.isLeap(base + $0) }
      }) ?? candidates.first
    else { return }
    self.evidence = evidence
    years = moments.indices.map { i in
      let year = base + relative[i]
      return YearRecovery.isLeapDay(moments[i]) && !YearRecovery.isLeap(year) ? nil : year
    }
  }

  private static func isLeapDay(_ moment: Int64) -> Bool {
    let (_, month, dayOfMonth) = Day(number: Int32(moment.dividedRoundingDown(by: day))).civil
    return month == 2 && dayOfMonth == 29
  }

  private static func isLeap(_ year: Int) -> Bool {
    Day(year: year, month: 2, day: 1).daysInMonth == 29
  }

  /// `vllm-2025-08-15.log`, `0.log.20250815-123456.gz`, `vllm_2025-08.log`, `vllm-2025.log`.
  static func date(inFileName name: String) -> (day: Day, hasDay: Bool)? {
    let bytes = Array(name.utf8)
    // The name of a container is 64 hexadecimal digits, and those hold many years.
    let isWord = { (i: Int) in
      i >= 0 && i < bytes.count
        && (Timestamp.digit(bytes[i]) != nil || (0x61...0x7A).contains(bytes[i] | 0x20))
    }
    let digit = { (i: Int) in i >= 0 && i < bytes.count && Timestamp.digit(bytes[i]) != nil }
    let two = { (i: Int) in digit(i) && digit(i + 1) ? Timestamp.digits(bytes.span, i, 2) : nil }
    for i in bytes.indices where !isWord(i - 1) && two(i) == 20 && two(i + 2) ?? 0 >= 18 {
      let year = 2000 + (two(i + 2) ?? 0)
      var next = i + 4
      let isDashed = next < bytes.count && [0x2D, 0x5F, 0x2E].contains(bytes[next])
      if isDashed { next += 1 }
      if let month = two(next), (1...12).contains(month) {
        next += 2
        if isDashed, next < bytes.count, bytes[next] == bytes[i + 4] { next += 1 }
        if let dayOfMonth = two(next), !isWord(next + 2) || bytes[next + 2] == 0x54,
          let day = Day("\(year)-\(pair(month))-\(pair(dayOfMonth))")
        {
          return (day, true)
        }
        if isDashed, !isWord(next) { return (Day(year: year, month: month, day: 15), true) }
      }
      if !isWord(i + 4) { return (Day(year: year, month: 1, day: 1), false) }
    }
    return nil
  }

  private static func pair(_ value: Int) -> String { value < 10 ? "0\(value)" : "\(value)" }
}
