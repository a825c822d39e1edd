/// A load served by a fleet. Pure: the same load, servers and plan give the same answer, to the bit.
struct FleetSimulation {
  let load: Load
  let time: IterationTime
  let batching: Batching
  let plan: FleetPlan
  /// Seconds from the start of the period to its end: nobody is paid for beyond it, save for work.
  let periodEnd: Double
  /// Whether each server's stretches with work are noted.
  let notesActivity: Bool

  private var members: [Member] = []
  /// Members that take work, in order of their numbers.
  private var live: [Int] = []
  /// Members that are not stopped.
  private var active: [Int] = []
  /// By member: what was seen when it was looked at last.
  private var views: [Replica.View] = []
  private var turn = 0
  /// The live servers by their load, where they are many; nil when it must be made anew.
  private var tree: LoadTree?
  /// Servers that are looked through one by one, which for so few is faster.
  private let fewServers: Int
  /// Requests that found no server at all.
  private var homeless: [Int] = []
  private var served: ServedTimes
  private var run = FleetRun()
  var agenda = Agenda()
  /// Whether every request has come.
  private(set) var isOver = false
  var spotRandom: SplitMix64

  /// A server and its life.
  struct Member {
    enum State { case starting, live, draining, stopped }

    var replica: Replica
    var state: State
    var started: Double
    /// When it was told to stop, and then when it did.
    var stopped = 0.0
  }

  init(
    _ load: Load, time: IterationTime, batching: Batching, plan: FleetPlan, periodEnd: Double,
    keepsTimes: Bool? = nil, isExact: Bool = false, notesActivity: Bool = false,
    tally: ServedTally = ServedTally(), fewServers: Int = 64
  ) {
    self.fewServers = fewServers
    self.notesActivity = notesActivity
    self.load = load
    self.time = time
    self.batching = batching
    self.plan = plan
    self.periodEnd = periodEnd
    served = ServedTimes(
      count: load.count, isKept: keepsTimes, isExact: isExact, tally: tally)
    spotRandom = SplitMix64(plan.spot?.seed ?? 0)
  }

  /// Serves the whole load.
  consuming func serve() -> FleetRun {
    agenda = Agenda(plan, periodEnd: periodEnd)
    for _ in 0..<plan.replicas { start(at: 0, ready: 0) }
    run.peakReplicas = live.count
    for id in 0..<load.count { arrive(id) }
    settle()
    return closed()
  }

  private mutating func arrive(_ id: Int) {
    let arrival = load.arrival(id)
    while agenda.next <= arrival { act(at: agenda.next) }
    let size = load.size(id)
    guard batching.canHold(prompt: Int(size.prompt), output: Int(size.output)) else {
      if plan.overflowAbove == nil { run.rejected.append(id) } else { run.overflowed.append(id) }
      served.refuse(id, load)
      return
    }
    if let limit = plan.overflowAbove {
      look(at: arrival)
      if live.allSatisfy({ views[$0].outstanding >= limit }) {
        run.overflowed.append(id)
        served.refuse(id, load)
        if live.isEmpty { wake(at: arrival) }
        return
      }
    }
    dispatch(id, at: arrival)
  }

  // MARK: Routing

  private mutating func dispatch(_ id: Int, at arrival: Double) {
    guard !live.isEmpty else {
      homeless.append(id)
      wake(at: arrival)
      return
    }
    let member = choose(id, at: arrival)
    views[member] = members[member].replica.take(id, at: arrival, load, &served)
    tree?.update(member, views[member])
  }

  private mutating func choose(_ id: Int, at time: Double) -> Int {
    if live.count == 1 { return live[0] }
    switch plan.routing {
    case .roundRobin:
      let member = live[turn % live.count]
      turn &+= 1
      return member
    case .leastOutstanding:
      look(at: time)
      if let least = tree?.least { return least }
      // The lowest number of equals, without a comparison that steers: nobody foresees its outcome.
      var least = Int.max
      for member in live { least = min(least, views[member].outstanding << 32 | member) }
      return least & 0xFFFF_FFFF
    case .powerOfTwo:
      var random = SplitMix64(UInt64(id))
      let draw = random.next()
      let first = Int(draw & 0xFFFF_FFFF) % live.count
      let other = Int(draw >> 32) % (live.count - 1)
      let a = live[first]
      let b = live[other < first ? other : other + 1]
      for member in [a, b] where views[member].quietUntil <= time { look(at: member, time) }
      return views[b].outstanding < views[a].outstanding ? b : a
    }
  }

  @inline(__always)
  private mutating func look(at member: Int, _ time: Double) {
    views[member] = members[member].replica.look(at: time, load, &served)
    tree?.update(member, views[member])
  }

  private mutating func look(at time: Double) {
    if live.count > fewServers {
      if tree == nil { tree = LoadTree(live, views) }
      for member in tree?.due(at: time) ?? [] { look(at: member, time) }
      return
    }
    for first in stride(from: 0, to: live.count, by: UInt64.bitWidth) {
      // Sought apart from the looking, which nobody foresees either.
      var due: UInt64 = 0
      for place in first..<min(first + UInt64.bitWidth, live.count) {
        let isDue: UInt64 = views[live[place]].quietUntil <= time ? 1 : 0
        due |= isDue &<< UInt64(truncatingIfNeeded: place &- first)
      }
      while due != 0 {
        look(at: live[first + due.trailingZeroBitCount], time)
        due &= due &- 1
      }
    }
  }

  // MARK: Servers come and go

  /// Requests in flight and waiting anywhere.
  mutating func inFlight(at time: Double) -> Int {
    var sum = homeless.count
    for member in active {
      look(at: member, time)
      sum += views[member].outstanding
      if members[member].state == .draining, views[member].outstanding == 0,
        members[member].replica.now <= time
      {
        stop(member, at: max(members[member].stopped, members[member].replica.now))
      }
    }
    return sum
  }

  /// Servers that take work or will.
  var strength: Int { active.count { members[$0].state != .draining } }

  mutating func start(at time: Double, ready: Double) {
    let number = members.count
    members.append(
      Member(
        replica: Replica(
          self.time, batching, number: number, start: ready, notesActivity: notesActivity),
        state: .starting, started: time))
    active.append(number)
    views.append(Replica.View(outstanding: 0, quietUntil: 0))
    if ready <= time { open(number, at: time) } else { agenda.add(ready, .ready(number)) }
    if let spot = plan.spot {
      let life = -logarithm(1 - spotRandom.unit()) / spot.perHour * 3600
      agenda.add(max(time, time + life - spot.notice), .warn(number, end: time + life))
    }
  }

  /// Lets a started server take work.
  mutating func open(_ member: Int, at time: Double) {
    guard members[member].state == .starting else { return }
    members[member].state = .live
    live.append(member)
    live.sort()
    tree = nil
    run.peakReplicas = max(run.peakReplicas, live.count)
    let waiting = homeless
    homeless = []
    for id in waiting { dispatch(id, at: time) }
  }

  /// Gives no new work to a server; it stops when it is done.
  mutating func drain(_ member: Int, at time: Double) {
    guard members[member].state == .live || members[member].state == .starting else { return }
    members[member].state = .draining
    members[member].stopped = time
    live.removeAll { $0 == member }
    tree = nil
  }

  private mutating func stop(_ member: Int, at time: Double) {
    members[member].state = .stopped
    members[member].stopped = time
    active.removeAll { $0 == member }
    live.removeAll { $0 == member }
    tree = nil
  }

  /// Stops a server at once; its requests start anew elsewhere.
  mutating func fail(_ member: Int, at time: Double) {
    guard members[member].state != .stopped else { return }
    members[member].replica.advance(to: time, load, &served)
    let isDone = members[member].state == .draining && members[member].replica.isIdle
    stop(
      member, at: isDone ? max(members[member].stopped, members[member].replica.now) : time)
    let lost = members[member].replica.fail()
    run.restarted += lost.count
    for id in lost { dispatch(id, at: time) }
  }

  /// The live servers from the least loaded on.
  mutating func leastLoaded(at time: Double) -> [Int] {
    look(at: time)
    return live.sorted { (views[$0].outstanding, $1) < (views[$1].outstanding, $0) }
  }

  func isOn(_ member: Int) -> Bool {
    members[member].state == .live || members[member].state == .starting
  }

  /// Notes how long all servers have worked by now.
  mutating func mark(at time: Double) {
    for member in active { members[member].replica.advance(to: time, load, &served) }
    run.busyAtMarks.append(members.reduce(0) { $0 + $1.replica.counts.busy })
  }

  mutating func countInterruption() { run.interruptions += 1 }

  /// The first live server, the one that outages hit.
  var firstLive: Int? { live.first }

  // MARK: The end

  /// Lets all servers finish, with what the agenda still holds in its time. Who has no server by then is
  /// waited for as long as the period again, and a day at least: servers that are taken away sooner than
  /// they start would never be there.
  private mutating func settle() {
    isOver = true
    let patience = periodEnd + max(86_400, periodEnd)
    while agenda.next <= periodEnd || (!homeless.isEmpty && agenda.next <= patience) {
      act(at: agenda.next)
    }
    for member in active {
      members[member].replica.finish(load, &served)
    }
    run.unserved = homeless.count
    served.close(load)
  }

  private consuming func closed() -> FleetRun {
    var run = run
    for var member in members {
      if notesActivity { run.activity.append(member.replica.closedActivity()) }
      run.counts.add(member.replica.counts)
      let idleFrom = member.replica.now
      run.lastEnd = max(run.lastEnd, member.replica.counts.completed > 0 ? idleFrom : 0)
      let end: Double =
        switch member.state {
        case .stopped: member.stopped
        case .draining: max(idleFrom, member.stopped)
        case .live, .starting: max(periodEnd, idleFrom)
        }
      run.lives.append(FleetRun.Life(start: member.started, end: end))
    }
    run.served = served
    return run
  }
}

/// What serving a load came to.
struct FleetRun {
  /// One server from its start to its end, in seconds from the start of the period.
  struct Life: Sendable, Hashable {
    var start: Double
    var end: Double
  }

  var served = ServedTimes(count: 0)
  var counts = ReplicaCounts()
  var lives: [Life] = []
  /// Seconds that all servers worked until each of the plan's marks.
  var busyAtMarks: [Double] = []
  /// By server: stretches with work, where they were asked for.
  var activity: [[Life]] = []
  var peakReplicas = 0
  /// Places in the load of requests that no server can hold.
  var rejected: [Int] = []
  /// Places in the load of requests sent elsewhere.
  var overflowed: [Int] = []
  /// Requests that had to start anew on another server.
  var restarted = 0
  /// Requests that no server ever was there for.
  var unserved = 0
  var interruptions = 0
  /// Seconds from the start of the period: when the last request was done.
  var lastEnd = 0.0
}
