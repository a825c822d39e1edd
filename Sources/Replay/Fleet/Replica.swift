/// One server of a fleet: continuous batching, iteration by iteration, with stretches in which nothing
/// changes jumped at once.
///
/// Each iteration gives one token to every decoding sequence, in order of arrival; then what is left of
/// the token budget to prompts that have begun, then to waiting requests first come first served while
/// sequences and KV-cache blocks allow. A prompt's end yields the first token, each decode one more. A
/// decode takes a block when its context fills the last; when none is free the latest to arrive is
/// evicted and computed anew later. What arrives during an iteration waits for its end.
///
/// Between completions, admissions and lack of memory the batch is constant, so that m iterations take
/// m x A + B x m (m - 1) / 2: exact, and the reason for the speed.
struct Replica: Sendable {
  let time: IterationTime
  let batching: Batching
  let number: Int

  /// Seconds from the start of the period: the end of the last iteration.
  private(set) var now = 0.0
  /// Decode iterations so far; what finishes is kept by this count.
  private var turn = 0
  /// Tokens that the decoding sequences read in the next iteration.
  private var context = 0
  private var decoding = FinishHeap()
  var prefills: [Prefill] = []
  private var prefillBlocks = 0
  private var waiting = WaitingLine()
  /// When the last iteration began.
  private var lastStart = -Double.infinity
  /// Requests that the last iteration completed.
  private var justCompleted = 0
  /// Nothing starts or ends here before this time, unless a request arrives.
  private(set) var quietUntil = 0.0

  private(set) var counts = Counts()
  /// Stretches with work, where they are asked for; the last one is open until `closeActivity`.
  private(set) var activity: [FleetRun.Life] = []
  private let notesActivity: Bool

  /// What a server did.
  struct Counts: Sendable {
    var iterations = 0
    var evictions = 0
    /// Requests that an iteration before theirs left waiting.
    var queued = 0
    var completed = 0
    /// Seconds.
    var busy = 0.0
    /// The most tokens in the KV cache, prompts being read included.
    var peakContext = 0
    var peakSequences = 0
    /// Events that had to be worked through one by one; the rest was jumped.
    var events = 0

    mutating func add(_ other: Counts) {
      iterations += other.iterations
      evictions += other.evictions
      queued += other.queued
      completed += other.completed
      busy += other.busy
      peakContext = max(peakContext, other.peakContext)
      peakSequences = max(peakSequences, other.peakSequences)
      events += other.events
    }
  }

  /// A prompt that is being read.
  struct Prefill: Sendable {
    var id: Int
    var done: Int
    var target: Int
    var chunk = 0
  }

  init(
    _ time: IterationTime, _ batching: Batching, number: Int, start: Double = 0,
    notesActivity: Bool = false
  ) {
    self.notesActivity = notesActivity
    self.time = time
    self.batching = batching
    self.number = number
    now = start
  }

  /// Requests here that are not done at `time`, to which the server has been advanced. What its last
  /// iteration completed counts until that ends.
  func outstanding(at time: Double) -> Int {
    decoding.count &+ prefills.count &+ waiting.count &+ (now > time ? justCompleted : 0)
  }
  var isIdle: Bool { decoding.isEmpty && prefills.isEmpty && waiting.isEmpty }

  /// Takes a request that arrives at `time`; the server has been advanced to that time.
  @inline(__always)
  mutating func take(_ id: Int, at time: Double) {
    if isIdle {
      if notesActivity { beginActivity(at: max(now, time)) }
      if now < time { now = time }
    }
    waiting.append(id)
    quietUntil = 0
  }

  private mutating func beginActivity(at time: Double) {
    closeActivity()
    if let last = activity.last, last.end >= time { return }
    activity.append(FleetRun.Life(start: time, end: time))
  }

  /// Ends the last stretch where its work ended.
  mutating func closeActivity() {
    if !activity.isEmpty { activity[activity.count - 1].end = now }
  }

  /// Runs every iteration that begins before `horizon`.
  mutating func advance(to horizon: Double, _ load: Load, _ served: inout ServedTimes) {
    while now < horizon {
      counts.events &+= 1
      justCompleted = 0
      if prefills.isEmpty, !canAdmit(load) {
        guard !decoding.isEmpty else {
          quietUntil = .infinity
          return
        }
        if jump(to: horizon, load, &served) { return }
      } else {
        iterate(load, &served)
      }
    }
    quietUntil = now
  }

  /// Advances, and tells how many requests are here then and until when that stays so. One call, since
  /// reading single properties of an element of an array copies all of it.
  @inline(__always)
  mutating func look(
    at time: Double, _ load: Load, _ served: inout ServedTimes
  ) -> (outstanding: Int, quietUntil: Double, idleSince: Double?) {
    advance(to: time, load, &served)
    return (outstanding(at: time), quietUntil, isIdle && now <= time ? now : nil)
  }

  /// Serves all that is here, whatever it takes.
  mutating func finish(_ load: Load, _ served: inout ServedTimes) {
    advance(to: .infinity, load, &served)
  }

  // MARK: Memory

  /// Blocks of the decoding sequences after the decodes of the next iteration, at most.
  @inline(__always)
  private func mostBlocks(_ context: Int, _ n: Int) -> Int {
    (context &+ n &* (batching.blockSize &- 1)) / batching.blockSize
  }

  /// The same, exactly; `offset` -1 counts before those decodes.
  private func exactBlocks(_ load: Load, offset: Int = 0) -> Int {
    var sum = 0
    for place in 0..<decoding.count {
      sum += batching.blocks(for: contextOf(place, load) + offset)
    }
    return sum
  }

  /// Whether blocks for so many tokens are free beside the decoding sequences and the watermark.
  private func hasRoom(for tokens: Int, _ load: Load) -> Bool {
    guard batching.blocks != Batching.unlimited else { return true }
    let n = decoding.count
    let isEmpty = n == 0 && prefills.isEmpty
    let room =
      batching.blocks - (isEmpty ? 0 : batching.watermark) - prefillBlocks
      - batching.blocks(for: tokens)
    if mostBlocks(context, n) <= room { return true }
    // Whole prompts run before the next decodes take their blocks.
    let offset = batching.policy == .prefillFirst ? -1 : 0
    if (context + offset * n + batching.blockSize - 1) / batching.blockSize > room { return false }
    return exactBlocks(load, offset: offset) <= room
  }

  /// Whether the next iteration's decodes surely find their blocks.
  @inline(__always)
  private func isRoomy(_ load: Load, after more: Int = 0) -> Bool {
    let n = decoding.count
    return mostBlocks(context &+ n &* more, n) &+ prefillBlocks < batching.blocks
  }

  // MARK: One iteration

  /// Whether the next iteration would admit the first of the waiting line.
  @inline(__always)
  private func canAdmit(_ load: Load) -> Bool {
    guard let head = waiting.first(load) else { return false }
    let running = decoding.count &+ prefills.count
    guard running < batching.maxSequences else { return false }
    if batching.policy == .chunked, decoding.count >= batching.tokenBudget { return false }
    return hasRoom(for: head.target, load)
  }

  private mutating func iterate(_ load: Load, _ served: inout ServedTimes) {
    var decodes = decoding.count
    if batching.policy == .prefillFirst, admitWhole(load, &served) {
      decodes = 0
    } else {
      if !isRoomy(load) {
        makeRoom(load, &served)
        decodes = decoding.count
      }
      if batching.policy != .prefillFirst { fillBudget(after: decodes, load, &served) }
    }
    var tokens = decodes
    var pairs = 0.0
    var prompts = 0
    for prefill in prefills {
      tokens &+= prefill.chunk
      prompts &+= prefill.done &+ prefill.chunk
      pairs += Double(prefill.chunk) * (Double(prefill.done) + Double(prefill.chunk &+ 1) / 2)
    }
    guard tokens > 0 else { return }
    let seconds = time.seconds(
      tokens: tokens, context: decodes == 0 ? 0 : context, pairs: pairs)
    note(prompts: prompts)
    lastStart = now
    now += seconds
    counts.busy += seconds
    counts.iterations &+= 1
    if decodes > 0 {
      turn &+= 1
      context &+= decodes
      popFinished(load, &served)
    }
    endPrefills(load, &served)
  }

  /// Gives the rest of the budget to prompts, then admits.
  private mutating func fillBudget(
    after decodes: Int, _ load: Load, _ served: inout ServedTimes
  ) {
    var left = batching.tokenBudget &- decodes
    for i in prefills.indices {
      let chunk = max(0, min(prefills[i].target &- prefills[i].done, left))
      prefills[i].chunk = chunk
      left &-= chunk
    }
    while left > 0, decoding.count &+ prefills.count < batching.maxSequences,
      let head = waiting.first(load), hasRoom(for: head.target, load)
    {
      let chunk = min(head.target &- head.done, left)
      admit(head, chunk: chunk, load, &served)
      left &-= chunk
    }
  }

  /// Prompts of a prefill-first server: whole ones, as many as prompts x longest prompt allow; one that
  /// is too long for that runs alone.
  private mutating func admitWhole(_ load: Load, _ served: inout ServedTimes) -> Bool {
    var longest = 0
    while decoding.count + prefills.count < batching.maxSequences,
      let head = waiting.first(load), hasRoom(for: head.target, load)
    {
      let longer = max(longest, head.target - head.done)
      if !prefills.isEmpty, (prefills.count + 1) * longer > batching.tokenBudget { break }
      longest = longer
      admit(head, chunk: head.target - head.done, load, &served)
    }
    return !prefills.isEmpty
  }

  @inline(__always)
  private mutating func admit(
    _ head: WaitingLine.Head, chunk: Int, _ load: Load, _ served: inout ServedTimes
  ) {
    if !head.isEvicted, load.arrivals[head.id] <= lastStart { counts.queued &+= 1 }
    waiting.removeFirst()
    prefills.append(Prefill(id: head.id, done: head.done, target: head.target, chunk: chunk))
    prefillBlocks &+= batching.blocks(for: head.target)
  }

  @inline(__always)
  private mutating func note(prompts: Int) {
    counts.peakContext = max(counts.peakContext, context &+ prompts)
    counts.peakSequences = max(counts.peakSequences, decoding.count &+ prefills.count)
  }

  /// Moves prompts that are read to the decoding sequences; each has got a token by that.
  private mutating func endPrefills(_ load: Load, _ served: inout ServedTimes) {
    var kept = 0
    for i in prefills.indices {
      var prefill = prefills[i]
      prefill.done &+= prefill.chunk
      prefill.chunk = 0
      if prefill.done < prefill.target {
        prefills[kept] = prefill
        kept &+= 1
        continue
      }
      prefillBlocks &-= batching.blocks(for: prefill.target)
      let size = load.sizes[prefill.id]
      if prefill.target == Int(size.prompt) {
        served.firstToken(prefill.id, at: now, load.arrivals[prefill.id])
      }
      let left = size.total &- prefill.target &- 1
      if left == 0 {
        complete(prefill.id, load, &served)
      } else {
        decoding.push(id: prefill.id, finish: turn &+ left, now: turn)
        context &+= prefill.target &+ 1
      }
    }
    prefills.removeLast(prefills.count &- kept)
  }

  private mutating func popFinished(_ load: Load, _ served: inout ServedTimes) {
    while !decoding.isEmpty, decoding.first == turn {
      let id = decoding.pop()
      context &-= load.sizes[id].total
      complete(id, load, &served)
    }
  }

  @inline(__always)
  private mutating func complete(_ id: Int, _ load: Load, _ served: inout ServedTimes) {
    counts.completed &+= 1
    justCompleted &+= 1
    served.complete(id, at: now, load.arrivals[id])
    if !served.exact.isEmpty { served.exact[id].replica = Int32(truncatingIfNeeded: number) }
  }

  // MARK: Many iterations

  /// Jumps over iterations that only decode; true when `horizon` is reached.
  private mutating func jump(
    to horizon: Double, _ load: Load, _ served: inout ServedTimes
  ) -> Bool {
    let n = decoding.count
    let whole = decoding.first &- turn
    var m = whole
    if !isRoomy(load, after: m &- 1) {
      m = min(m, roomyTurns(load))
      if m == 0 {
        iterate(load, &served)
        return false
      }
    }
    let line = time.stretch(n, context: context)
    m = min(m, line.limit)
    let mostTurns = m
    var seconds = Replica.seconds(m, line)
    let left = horizon - now
    let isCut = seconds >= left && m > 1
    if isCut {
      m = Replica.turns(atLeast: left, line, most: m)
      if m < mostTurns { seconds = Replica.seconds(m, line) }
    }
    lastStart = now + (m == 1 ? 0 : Replica.seconds(m &- 1, line))
    let start = now
    now = start + seconds
    counts.busy += seconds
    counts.iterations &+= m
    turn &+= m
    context &+= n &* m
    note(prompts: 0)
    if m == whole {
      popFinished(load, &served)
      return false
    }
    guard isCut else { return false }
    // Nothing ends before the last iteration of the uncut stretch.
    quietUntil = start + Replica.seconds(mostTurns, line)
    return true
  }

  @inline(__always)
  private static func seconds(_ m: Int, _ line: IterationTime.Stretch) -> Double {
    let m = Double(m)
    return m * line.first + line.rise * (m * (m - 1) / 2)
  }

  /// The fewest iterations that take `seconds` or more, up to `most`.
  private static func turns(
    atLeast left: Double, _ line: IterationTime.Stretch, most: Int
  ) -> Int {
    let a = line.first
    let b = line.rise
    var guess: Double
    if b > a * 1e-12 {
      let q = a - b / 2
      guess = (-q + (q * q + 2 * b * left).squareRoot()) / b
    } else {
      guess = left / a
    }
    guess = guess.rounded(.up)
    var m = guess >= Double(most) ? most : max(1, Int(guess))
    // Rounding may be one off either way.
    while m > 1, seconds(m &- 1, line) >= left { m &-= 1 }
    while m < most, seconds(m, line) < left { m &+= 1 }
    return m
  }

  /// How many iterations surely find blocks for all decodes.
  private func roomyTurns(_ load: Load) -> Int {
    let size = batching.blockSize
    var phases = [Int](repeating: 0, count: size)
    for place in 0..<decoding.count { phases[contextOf(place, load) % size] += 1 }
    var free = batching.blocks - 1 - prefillBlocks - exactBlocks(load, offset: -1)
    guard free >= 0 else { return 0 }
    // In `size` turns every sequence takes one block.
    let rounds = free / decoding.count
    free -= rounds * decoding.count
    var turns = rounds * size
    while true {
      let need = phases[(1 - turns % size + size) % size]
      if need > free { return turns }
      free -= need
      turns += 1
    }
  }

  // MARK: Eviction

  /// Gives each decode its block in order of arrival, evicting from the end where none is free.
  private mutating func makeRoom(_ load: Load, _ served: inout ServedTimes) {
    let before = exactBlocks(load, offset: -1)
    var free = batching.blocks - prefillBlocks - before
    // Nearly always nobody has to go, and the order does not matter.
    if exactBlocks(load) - before < free { return }
    var order = (0..<decoding.count).map { (id: decoding.id($0), context: contextOf($0, load)) }
    order.sort { $0.id < $1.id }
    var next = 0
    while next < order.count {
      while free < 1 {
        if let prefill = prefills.last, prefill.id > order[order.count - 1].id {
          prefills.removeLast()
          let blocks = batching.blocks(for: prefill.target)
          prefillBlocks -= blocks
          free += blocks
          evict(prefill.id, target: prefill.target, &served)
          continue
        }
        let victim = order.removeLast()
        stopDecoding(victim.id, context: victim.context)
        free += batching.blocks(for: victim.context - 1)
        evict(victim.id, target: victim.context, &served)
        if order.count == next { return }
      }
      if (order[next].context - 1) % batching.blockSize == 0 { free -= 1 }
      next += 1
    }
  }

  private func contextOf(_ place: Int, _ load: Load) -> Int {
    load.sizes[decoding.id(place)].total - (decoding.finish(place) - turn)
  }

  private mutating func stopDecoding(_ id: Int, context tokens: Int) {
    guard let place = (0..<decoding.count).first(where: { decoding.id($0) == id }) else { return }
    decoding.remove(at: place)
    context -= tokens
  }

  private mutating func evict(_ id: Int, target: Int, _ served: inout ServedTimes) {
    counts.evictions += 1
    if !served.exact.isEmpty { served.exact[id].evictions += 1 }
    waiting.putBack(id, target: target)
  }

  /// Stops at once: everything that was here, in order of arrival, for others to serve from the start.
  mutating func fail() -> [Int] {
    var ids = (0..<decoding.count).map { decoding.id($0) } + prefills.map(\.id)
    ids += waiting.removeAll()
    decoding.removeAll()
    prefills.removeAll()
    prefillBlocks = 0
    context = 0
    return ids.sorted()
  }
}
