import Usage

/// Where the calendar months of a period end, save the last.
struct MonthEnds: Sendable {
  /// Seconds from the start of the period.
  private(set) var seconds: [Double] = []
  /// Requests of the history before.
  private(set) var places: [Int] = []

  init(_ history: History) {
    let period = history.period
    for month in period.months.dropLast() {
      let end = period.zone.start(of: month.first.firstOfNextMonth)
      seconds.append(Double(end.microseconds - period.start.microseconds) / 1e6)
      places.append(history.requests.firstPlace(from: end))
    }
  }

  /// Of uses until the end of each month: each month's own. Hours all have the same divisor.
  func parts(of uses: [FleetUse]) -> [FleetUse] {
    uses.indices.map { i in
      guard i > 0 else { return uses[0] }
      var use = uses[i]
      use.busyHours.numerator -= uses[i - 1].busyHours.numerator
      use.billedHours?.numerator -= uses[i - 1].billedHours?.numerator ?? 0
      use.overflowed = use.overflowed.dropFirst(uses[i - 1].overflowed.count)
        .map { FleetUse.Part(place: $0.place - places[i - 1], tokens: $0.tokens, all: $0.all) }
      return use
    }
  }
}

extension RandomAccessCollection where Element == History.Request, Index == Int {
  /// The first request, in order of start, that starts at `time` or later.
  func firstPlace(from time: Instant) -> Int {
    var low = startIndex
    var high = endIndex
    while low < high {
      let middle = (low + high) / 2
      if self[middle].start < time { low = middle + 1 } else { high = middle }
    }
    return low
  }
}
