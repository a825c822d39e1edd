/// What will happen to a fleet's servers, and when.
struct Agenda {
  enum Act {
    case tick
    /// Servers for this hour are started, or those too many stopped.
    case ahead(Int)
    case hour(Int)
    case ready(Int)
    case outage(FleetPlan.Outage)
    case repaired
    /// A spot server is told that it ends at a time.
    case warn(Int, end: Double)
    case interrupt(Int)
    case mark
  }

  /// Seconds from the start of the period; infinity when nothing is left.
  private(set) var next = Double.infinity
  private var acts: [(time: Double, act: Act)] = []
  /// What the autoscaler remembers.
  var samples: [(time: Double, inFlight: Int)] = []
  var fewerSince: Double?
  var mostWanted = 0

  init() {}

  init(_ plan: FleetPlan, periodEnd: Double) {
    for mark in plan.marks { add(mark, .mark) }
    for outage in plan.outages { add(outage.start, .outage(outage)) }
    switch plan.scaling {
    case .fixed: break
    case .automatic(let autoscaler): add(autoscaler.tick, .tick)
    case .hourly(let counts):
      for hour in counts.indices.dropFirst() {
        add(max(0, Double(hour) * 3600 - plan.coldStart), .ahead(hour))
        add(Double(hour) * 3600, .hour(hour))
      }
    }
  }

  /// The next one is last; among acts of one time the first added goes first.
  mutating func add(_ time: Double, _ act: Act) {
    var place = acts.count
    while place > 0, acts[place - 1].time <= time { place -= 1 }
    acts.insert((time, act), at: place)
    next = acts[acts.count - 1].time
  }

  mutating func take() -> Act? {
    let last = acts.popLast()
    next = acts.last?.time ?? .infinity
    return last?.act
  }
}

extension FleetSimulation {
  /// Does what stands next on the agenda.
  mutating func act(at time: Double) {
    guard let act = agenda.take() else { return }
    switch act {
    case .tick: if case .automatic(let autoscaler) = plan.scaling { scale(autoscaler, at: time) }
    case .ahead(let hour):
      if case .hourly(let counts) = plan.scaling { grow(to: counts[hour], hour, at: time) }
    case .hour(let hour):
      if case .hourly(let counts) = plan.scaling { shrink(to: counts[hour], at: time) }
    case .ready(let member): open(member, at: time)
    case .outage(let outage): begin(outage)
    case .repaired: start(at: time, ready: time)
    case .warn(let member, let end): warn(member, end: end, at: time)
    case .interrupt(let member): fail(member, at: time)
    case .mark: mark(at: time)
    }
  }

  // MARK: Autoscaling

  private mutating func scale(_ autoscaler: FleetPlan.Autoscaler, at time: Double) {
    let busy = inFlight(at: time)
    agenda.samples.append((time, busy))
    agenda.samples.removeAll { $0.time <= time - autoscaler.window }
    let mean =
      Double(agenda.samples.reduce(0) { $0 + $1.inFlight }) / Double(agenda.samples.count)
    let asked = min((mean / autoscaler.target).rounded(.up), Double(autoscaler.most))
    let want = min(max(Int(asked), autoscaler.least), autoscaler.most)
    let have = strength
    if want > have {
      for _ in have..<want { start(at: time, ready: time + plan.coldStart) }
    }
    if want < have {
      let since = agenda.fewerSince ?? time
      agenda.fewerSince = since
      agenda.mostWanted = max(agenda.mostWanted, want)
      if time - since >= autoscaler.scaleDownAfter {
        for member in leastLoaded(at: time).prefix(have - agenda.mostWanted) {
          drain(member, at: time)
        }
        agenda.fewerSince = nil
        agenda.mostWanted = 0
      }
    } else {
      agenda.fewerSince = nil
      agenda.mostWanted = 0
    }
    // Nothing will come any more, and no fewer servers than these are wanted.
    if isOver, busy == 0, strength <= autoscaler.least { return }
    agenda.add(time + autoscaler.tick, .tick)
  }

  /// A request came and nobody is there: a server starts at once, where servers start by themselves.
  mutating func wake(at time: Double) {
    guard case .automatic(let autoscaler) = plan.scaling, strength == 0, autoscaler.most > 0 else {
      return
    }
    start(at: time, ready: time + plan.coldStart)
  }

  private mutating func grow(to want: Int, _ hour: Int, at time: Double) {
    let have = strength
    guard want > have else { return }
    for _ in have..<want { start(at: time, ready: Double(hour) * 3600) }
  }

  private mutating func shrink(to want: Int, at time: Double) {
    let have = strength
    guard want < have else { return }
    for member in leastLoaded(at: time).prefix(have - want) { drain(member, at: time) }
  }

  // MARK: Outages

  private mutating func begin(_ outage: FleetPlan.Outage) {
    for i in 0..<outage.replicas {
      guard let member = firstLive else { return }
      if i < plan.spares { start(at: outage.start, ready: outage.start) }
      if outage.isPlanned {
        drain(member, at: outage.start)
      } else {
        fail(member, at: outage.start)
      }
      if i >= plan.spares { agenda.add(outage.end, .repaired) }
    }
  }

  private mutating func warn(_ member: Int, end: Double, at time: Double) {
    guard isOn(member) else { return }
    countInterruption()
    agenda.add(end, .interrupt(member))
    drain(member, at: time)
    start(at: time, ready: time + plan.coldStart)
  }
}
