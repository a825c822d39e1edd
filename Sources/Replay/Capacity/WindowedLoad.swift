import Usage

/// Work in equal stretches of a period, counted from its start: its minutes or its hours.
///
/// A bucket wider than a stretch is spread evenly over those it touches, which is the least that its
/// busiest one can have had.
struct WindowedLoad: Sendable {
  static let minute: Int64 = 60_000_000
  static let hour: Int64 = 3_600_000_000

  private let origin: Int64
  /// Microseconds.
  let width: Int64
  private(set) var units: [Int64]
  /// Whether a bucket had to be spread.
  private(set) var isSpread = false

  private init(_ period: Period, width: Int64) {
    origin = period.start.microseconds
    self.width = width
    units = [Int64](repeating: 0, count: Int((period.microseconds + width - 1) / width))
  }

  init(_ history: History, width: Int64, weigh: (History.Request) -> Int64) {
    self.init(history.period, width: width)
    for request in history.requests {
      let windows = windows(of: request)
      let (share, rest) = weigh(request).quotientAndRemainder(dividingBy: Int64(windows.count))
      for i in windows { units[i] &+= share }
      units[windows.lowerBound] &+= rest
      if windows.count > 1 { isSpread = true }
    }
  }

  private func windows(of request: History.Request) -> Range<Int> {
    let last = units.count - 1
    let first = min(max(0, Int((request.start.microseconds - origin) / width)), last)
    guard request.width > width else { return first..<(first + 1) }
    let end = Int((request.start.microseconds - origin + request.width + width - 1) / width)
    return first..<min(max(end, first + 1), units.count)
  }

  var peak: Int64 { units.max() ?? 0 }

  /// Stretches with more than `limit`, and how much that is in all.
  func over(_ limit: Int64) -> (count: Int, units: Int128) {
    units.reduce(into: (0, Int128(0))) { sum, load in
      if load > limit { sum = (sum.0 + 1, sum.1 + Int128(load - limit)) }
    }
  }

  /// First come, first served up to `capacity` a stretch: what is served, and what is left over.
  ///
  /// A request goes as a whole, a bucket in parts.
  static func split(
    _ history: History, width: Int64, capacity: Int64, weigh: (History.Request) -> Int64
  ) -> (served: History, over: History) {
    var load = WindowedLoad(history.period, width: width)
    var served = history.emptied
    served.skippedLines = history.skippedLines
    var over = history.emptied
    for request in history.requests {
      let work = weigh(request)
      let windows = load.windows(of: request)
      let share = (work + Int64(windows.count) - 1) / Int64(windows.count)
      let room = windows.map { min(share, max(0, capacity - load.units[$0])) }
      let fitting = min(work, room.reduce(0, +))
      if fitting >= work {
        served.append(request)
      } else if request.width == 0 || fitting == 0 {
        over.append(request)
        continue
      } else {
        let (kept, rest) = request.cut(fitting, of: work)
        served.append(kept)
        over.append(rest)
      }
      for (i, units) in zip(windows, room) { load.units[i] += units }
    }
    return (served, over)
  }
}
