/// What became of the requests of a load.
///
/// Of up to `mostKept` requests the times of each are kept, 8 bytes a request, and percentiles are exact. Of
/// more they are kept by pages of requests that follow each other: a page begins with the first of its
/// requests to be served, and when all of them have ended it is counted and its place given to
/// another. So many requests take no more memory than those under way, and percentiles are right
/// within `TimeBins.error`.
struct ServedTimes: Sendable {
  /// Seconds from the arrival.
  struct Times: Sendable {
    var firstToken: Float
    var completed: Float

    /// Neither served nor refused yet.
    static let pending = Times(firstToken: -1, completed: -1)
  }

  /// Seconds from the start of the period.
  struct Exact: Sendable {
    var firstToken = Double.nan
    var completed = Double.nan
    var replica: Int32 = -1
    var evictions: Int32 = 0
  }

  static let mostKept = 1 << 16
  private static let pageBits = 12
  private static let pageLength = 1 << pageBits

  /// Whether the times of every request are there.
  let isKept: Bool
  private let count: Int
  private var times: [Times]
  /// By page: where in `times` it begins; -1 for those not begun or given back.
  private var begins: [Int]
  /// By page: how many of its requests have not ended.
  private var open: [UInt16]
  /// Places in `times` that were given back.
  private var free: [Int] = []
  private(set) var tally: ServedTally
  private let isExact: Bool
  /// Empty unless asked for.
  private(set) var exact: [Exact]

  /// - Parameters:
  ///   - isKept: whether the times of every request are kept; nil decides by their number.
  ///   - isExact: whether every one is noted exactly as well, for 24 bytes more; they are then kept.
  init(
    count: Int, isKept: Bool? = nil, isExact: Bool = false, tally: ServedTally = ServedTally()
  ) {
    self.count = count
    self.isExact = isExact
    self.isKept = isExact || isKept ?? (count <= ServedTimes.mostKept)
    self.tally = tally
    exact = isExact ? [Exact](repeating: Exact(), count: count) : []
    let pages = (count + ServedTimes.pageLength - 1) >> ServedTimes.pageBits
    open = (0..<pages).map {
      UInt16(min(ServedTimes.pageLength, count - $0 << ServedTimes.pageBits))
    }
    if self.isKept {
      times = [Times](repeating: .pending, count: count)
      begins = (0..<pages).map { $0 << ServedTimes.pageBits }
    } else {
      times = []
      begins = [Int](repeating: -1, count: pages)
    }
  }

  /// Only where all are kept.
  subscript(id: Int) -> Times { times[id] }

  @inline(__always)
  mutating func firstToken(_ id: Int, at time: Double, _ arrival: Double) {
    let page = id >> ServedTimes.pageBits
    if begins[page] < 0 { begin(page) }
    times[begins[page] &+ id & (ServedTimes.pageLength &- 1)].firstToken = Float(time - arrival)
    if isExact { note(id) { $0.firstToken = time } }
  }

  /// After its first token.
  @inline(__always)
  mutating func complete(_ id: Int, at time: Double, _ load: Load, replica: Int) {
    let page = id >> ServedTimes.pageBits
    times[begins[page] &+ id & (ServedTimes.pageLength &- 1)].completed =
      Float(time - load.arrival(id))
    if isExact {
      note(id) {
        $0.completed = time
        $0.replica = Int32(truncatingIfNeeded: replica)
      }
    }
    end(page, load)
  }

  /// It is not served here.
  mutating func refuse(_ id: Int, _ load: Load) { end(id >> ServedTimes.pageBits, load) }

  mutating func evict(_ id: Int) {
    if isExact { note(id) { $0.evictions += 1 } }
  }

  /// Counts what is still open; nothing is served any more.
  mutating func close(_ load: Load) {
    for page in begins.indices where begins[page] >= 0 { count(page, load) }
  }

  @inline(__always)
  private mutating func end(_ page: Int, _ load: Load) {
    open[page] &-= 1
    if open[page] == 0, !isKept { giveBack(page, load) }
  }

  @inline(never)
  private mutating func begin(_ page: Int) {
    if let place = free.popLast() {
      begins[page] = place
      for i in place..<place + ServedTimes.pageLength { times[i] = .pending }
    } else {
      begins[page] = times.count
      times.append(contentsOf: repeatElement(.pending, count: ServedTimes.pageLength))
    }
  }

  @inline(never)
  private mutating func giveBack(_ page: Int, _ load: Load) {
    guard begins[page] >= 0 else { return }
    count(page, load)
    free.append(begins[page])
    begins[page] = -1
  }

  private mutating func count(_ page: Int, _ load: Load) {
    let first = page << ServedTimes.pageBits
    let shift = begins[page] - first
    for id in first..<min(first + ServedTimes.pageLength, count) {
      let time = times[id &+ shift]
      if time.completed >= 0 { tally.add(time, load, id, hoursAlone: isKept) }
    }
  }

  /// Apart, so that the loops above it do not check who else holds `exact`.
  @inline(never)
  private mutating func note(_ id: Int, _ change: (inout Exact) -> Void) { change(&exact[id]) }
}

extension ServedTimes.Times {
  /// Seconds for each token after the first, of which there is one at least.
  @inline(__always)
  func perToken(_ output: UInt32) -> Float {
    max(0, completed - firstToken) / Float(output &- 1)
  }
}
