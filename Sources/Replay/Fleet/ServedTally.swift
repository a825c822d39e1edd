/// Served requests, counted: how long they took, and in which hours they kept the SLO.
struct ServedTally: Sendable {
  private(set) var firstToken = TimeBins()
  private(set) var perToken = TimeBins()
  private(set) var whole = TimeBins()
  /// By hour of the period: requests that arrived in it and keep every limit. Empty without an SLO.
  private(set) var keptByHour: [Int] = []
  private let slo: ServiceLevel?
  /// Seconds that pass outside the servers.
  private let overhead: Double

  init() {
    slo = nil
    overhead = 0
  }

  init(_ slo: ServiceLevel?, overhead: Double, hours: Int) {
    self.slo = slo
    self.overhead = overhead
    keptByHour = [Int](repeating: 0, count: slo == nil ? 0 : hours)
  }

  /// - Parameter hoursAlone: whether only the hours are counted.
  @inline(__always)
  mutating func add(_ time: ServedTimes.Times, _ load: Load, _ id: Int, hoursAlone: Bool) {
    let output = load.size(id).output
    if !hoursAlone {
      whole.add(time.completed)
      firstToken.add(time.firstToken)
      if output > 1 { perToken.add(time.perToken(output)) }
    }
    if let slo { note(time, slo, steps: output &- 1, arrival: load.arrival(id)) }
  }

  private mutating func note(
    _ time: ServedTimes.Times, _ slo: ServiceLevel, steps: UInt32, arrival: Double
  ) {
    let first = Double(time.firstToken) + overhead
    let whole = Double(time.completed) + overhead
    let perToken = steps > 0 ? (whole - first) / Double(steps) : nil
    if slo.isKept(firstToken: first, perToken: perToken, endToEnd: whole) {
      keptByHour[HistoryLoad.hour(of: arrival, among: keptByHour.count)] += 1
    }
  }
}
