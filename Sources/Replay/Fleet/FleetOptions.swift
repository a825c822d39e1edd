import Usage

/// What stands under `fleet`: how many servers, when, and which of them takes a request.
struct FleetOptions: Sendable, Hashable {
  enum Mode: String, CaseIterable {
    /// So many, always on.
    case fixed
    /// As many as each hour's load takes.
    case hourly
    /// As many as the requests in flight ask for.
    case autoscale
    /// The fewest that keep the SLO.
    case smallest
  }

  private(set) var mode = Mode.fixed
  private(set) var replicas = DecimalRange.one
  /// Spare replicas, always on.
  private(set) var redundancy = ExactDecimal.zero
  /// Whether only busy time is paid for.
  private(set) var idleIsFree = false
  private(set) var routing = FleetPlan.Routing.leastOutstanding
  private(set) var least = 0
  private(set) var most = FleetOptions.mostReplicas
  /// Seconds; nil takes the default of the mode.
  private(set) var coldStart: Double?
  private(set) var scaleDownAfter: Double?
  /// Requests in flight on one server that autoscaling aims at; nil = 70 % of what it can hold.
  private(set) var target: Double?
  private(set) var tick = 15.0
  private(set) var window = 60.0
  private(set) var spot: FleetPlan.SpotInterruptions?
  private(set) var outages: [Window] = []
  private(set) var overflowAbove: Int?
  /// Whether another option takes what does not fit.
  private(set) var overflows: Bool
  /// Whether some servers are paid for all the time.
  private let isCommitted: Bool

  /// A time without some of the servers.
  struct Window: Sendable, Hashable {
    var start: Instant
    var end: Instant
    var replicas: Int
    var isPlanned: Bool
  }

  /// More servers than any search tries.
  static let mostReplicas = 4096

  static let fields = [
    "mode", "replicas", "redundancy", "idle", "routing", "min", "max", "cold_start",
    "scale_down_after", "target", "tick", "window", "spot", "outages", "maintenance",
    "overflow_above",
  ]

  init(_ reader: OptionReader) {
    overflows = reader.field("overflow") != nil
    isCommitted = reader.field("billing")?["commitment"] != nil
    guard let fleet = reader.map("fleet", known: FleetOptions.fields) else {
      return
    }
    mode =
      fleet.word("mode", among: Mode.allCases.map(\.rawValue)).flatMap(Mode.init) ?? .fixed
    replicas = fleet.count("replicas") ?? .one
    redundancy = ExactDecimal(units: Int128(fleet.number("redundancy", atMost: 10_000) ?? 0))
    idleIsFree = fleet.word("idle", among: ["billed", "free"]) == "free"
    routing =
      fleet.word("routing", among: FleetPlan.Routing.allCases.map(\.rawValue))
      .flatMap(FleetPlan.Routing.init) ?? .leastOutstanding
    readScaling(fleet)
    readSpot(fleet)
    readWindows(fleet, "outages", isPlanned: false)
    readWindows(fleet, "maintenance", isPlanned: true)
    outages.sort { $0.start < $1.start }
    overflowAbove = fleet.count("overflow_above", atMost: 1_000_000).flatMap { Int($0.low.units) }
    check(fleet, reader)
  }

  private mutating func readScaling(_ fleet: OptionReader) {
    least = fleet.number("min", atMost: FleetOptions.mostReplicas) ?? (mode == .smallest ? 1 : 0)
    most = fleet.number("max", atMost: FleetOptions.mostReplicas) ?? FleetOptions.mostReplicas
    func seconds(_ key: String) -> Double? { fleet.duration(key).map { Double($0) / 1e6 } }
    coldStart = seconds("cold_start")
    scaleDownAfter = seconds("scale_down_after")
    target = fleet.real("target", atLeast: 1e-3, atMost: 1e6)
    tick = seconds("tick") ?? 15
    window = seconds("window") ?? 60
    for (key, value) in [("tick", tick), ("window", window)] where value < 1 {
      fleet.complain(fleet.line(of: key), "'\(key)' must be 1s or more")
    }
    if most < max(least, 1), !fleet.isRefused("max") {
      fleet.complain(
        fleet.line(of: "max"), "'max: \(most)' must be 1 or more and not below 'min: \(least)'")
    }
  }

  private mutating func readSpot(_ fleet: OptionReader) {
    guard
      let reader = fleet.map("spot", known: ["interruptions_per_hour", "notice", "seed"])
    else { return }
    // One a minute: servers that start in minutes would never be there at all.
    guard let rate = reader.real("interruptions_per_hour", atLeast: 0, atMost: 60) else {
      reader.lack(
        ["interruptions_per_hour"], "needs 'interruptions_per_hour', of one server: 0.02")
      return
    }
    if rate == 0 { return }
    spot = FleetPlan.SpotInterruptions(
      perHour: rate, notice: reader.duration("notice").map { Double($0) / 1e6 } ?? 0,
      seed: UInt64(reader.number("seed") ?? 1))
  }

  private mutating func readWindows(_ fleet: OptionReader, _ key: String, isPlanned: Bool) {
    guard let field = fleet.field(key) else { return }
    guard let list = field.list else {
      fleet.complain(field.line, "'\(key)' is a list of {start, end, replicas}")
      return
    }
    for tree in list {
      let reader = OptionReader(
        tree, place: "\(fleet.place), \(key)", known: ["start", "end", "replicas"],
        faults: fleet.faults)
      let times = ["start", "end"].map { reader.text($0).flatMap { Instant($0) } }
      guard let start = times[0], let end = times[1], start < end else {
        reader.complain(
          reader.line, "needs 'start' and a later 'end', as 2026-09-03T10:00Z")
        continue
      }
      outages.append(
        Window(
          start: start, end: end, replicas: reader.number("replicas", atMost: 10_000) ?? 1,
          isPlanned: isPlanned))
    }
  }

  /// Settings of other modes may stand there, unused: a mode is changed with one word.
  private func check(_ fleet: OptionReader, _ option: OptionReader) {
    if mode == .smallest, option.field("slo") == nil {
      option.complain(fleet.line, "'mode: smallest' needs an 'slo' to meet")
    }
  }

  /// Whether more happens than requests waiting in one line for servers that are always there.
  var needsFleet: Bool { isMoving || overflows || (idleIsFree && isCommitted) }

  /// Whether how many servers there are depends on the load, which only a simulation knows.
  var needsServing: Bool { isMoving || idleIsFree }

  /// Whether servers come and go, or requests are turned away, within the period.
  var isMoving: Bool {
    mode != .fixed || spot != nil || !outages.isEmpty || overflowAbove != nil
  }
}

extension OptionReader {
  /// A number for arithmetic that is no money: `5.25e-5`, with any number of digits.
  func real(_ key: String, atLeast least: Double = 0, atMost most: Double) -> Double? {
    guard let text = text(key) else { return nil }
    guard let value = Double(text), value.isFinite, value >= least, value <= most else {
      func plain(_ limit: Double) -> String { Int(exactly: limit).map(String.init) ?? "\(limit)" }
      refuse(key, "'\(key): \(text)' is not a number from \(plain(least)) to \(plain(most))")
      return nil
    }
    return value
  }
}
