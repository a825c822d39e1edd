/// How many servers there are at which time, and which of them takes a request.
struct FleetPlan: Sendable, Hashable {
  enum Routing: String, Sendable, CaseIterable {
    /// One after the other.
    case roundRobin = "round-robin"
    /// The one with the fewest requests running and waiting; the first of equals.
    case leastOutstanding = "least-outstanding"
    /// The less loaded of two drawn by the request's number.
    case powerOfTwo = "power-of-two"
  }

  enum Scaling: Sendable, Hashable {
    case fixed
    case automatic(Autoscaler)
    /// So many by the hour, counted from the start of the period; known ahead, as from a timetable.
    case hourly([Int])
  }

  /// Servers at the start.
  var replicas = 1
  var routing = Routing.leastOutstanding
  var scaling = Scaling.fixed
  /// Seconds from starting a server to its first work.
  var coldStart = 0.0
  /// Servers that are on and stand in for others that are down.
  var spares = 0
  /// Ascending by start.
  var outages: [Outage] = []
  var spot: SpotInterruptions?
  /// Seconds from the start of the period at which the time worked so far is noted. Ascending.
  var marks: [Double] = []
  /// With this many requests on every server a new one goes elsewhere; nil = it queues.
  var overflowAbove: Int?

  /// A time without some of the servers, in seconds from the start of the period.
  struct Outage: Sendable, Hashable {
    var start: Double
    var end: Double
    /// How many are down.
    var replicas = 1
    /// Planned: what runs there is finished first. Otherwise it starts anew elsewhere.
    var isPlanned = false
  }

  /// Starts servers when the requests in flight ask for more, and stops them when they do not.
  struct Autoscaler: Sendable, Hashable {
    var least = 1
    var most = 1
    /// Requests in flight on one server that it aims at.
    var target = 1.0
    /// Seconds between decisions.
    var tick = 15.0
    /// Seconds over which requests in flight are averaged.
    var window = 60.0
    /// Seconds for which fewer must do before one is stopped.
    var scaleDownAfter = 300.0
  }

  /// Servers that are taken away: exponential times at a rate, drawn from a seed.
  struct SpotInterruptions: Sendable, Hashable {
    /// For one server.
    var perHour: Double
    /// Seconds between the warning and the end; no new work is taken in it.
    var notice = 0.0
    var seed: UInt64 = 1
  }

  /// Whether servers neither come nor go.
  var isSteady: Bool { scaling == .fixed && outages.isEmpty && spot == nil }
}

/// A generator of which the whole state is one number: the same everywhere, from any seed.
/// Steele, Lea, Flood: Fast splittable pseudorandom number generators, 2014.
struct SplitMix64: RandomNumberGenerator, Sendable {
  private var state: UInt64

  init(_ seed: UInt64) { state = seed }

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }

  /// 0 up to but not including 1.
  mutating func unit() -> Double { Double(next() >> 11) * 0x1p-53 }
}
