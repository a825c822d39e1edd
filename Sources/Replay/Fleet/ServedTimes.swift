/// What became of the requests of a load: 8 bytes each, 24 more where every one is noted exactly.
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

  var times: [Times]
  private let isExact: Bool
  /// Empty unless asked for.
  private(set) var exact: [Exact]

  init(count: Int, isExact: Bool) {
    self.isExact = isExact
    times = [Times](repeating: .pending, count: count)
    exact = isExact ? [Exact](repeating: Exact(), count: count) : []
  }

  @inline(__always)
  mutating func firstToken(_ id: Int, at time: Double, _ arrival: Double) {
    times[id].firstToken = Float(time - arrival)
    if isExact { note(id) { $0.firstToken = time } }
  }

  @inline(__always)
  mutating func complete(_ id: Int, at time: Double, _ arrival: Double, replica: Int) {
    times[id].completed = Float(time - arrival)
    if isExact {
      note(id) {
        $0.completed = time
        $0.replica = Int32(truncatingIfNeeded: replica)
      }
    }
  }

  mutating func evict(_ id: Int) {
    if isExact { note(id) { $0.evictions += 1 } }
  }

  /// Apart, so that the loops above it do not check who else holds `exact`.
  @inline(never)
  private mutating func note(_ id: Int, _ change: (inout Exact) -> Void) { change(&exact[id]) }
}
