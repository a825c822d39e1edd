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
///
/// Most functions are `mutating` that change nothing: the others get a copy of the whole server.
struct Replica: Sendable {
  private let time: IterationTime
  private let batching: Batching
  let number: Int

  /// Seconds from the start of the period: the end of the last iteration.
  private(set) var now: Double
  private var batch: RunningBatch
  private var waiting = WaitingLine()
  /// When the last iteration began.
  private var lastStart = -Double.infinity
  /// Requests that the last iteration completed.
  private var justCompleted = 0
  /// How many requests are here does not change before this time, unless one arrives.
  private(set) var quietUntil = 0.0
  private(set) var counts = ReplicaCounts()
  private var activity: Activity?
  /// A stretch that was looked at and left for later; nothing has changed since.
  private var ahead: Ahead?

  init(
    _ time: IterationTime, _ batching: Batching, number: Int, start: Double = 0,
    notesActivity: Bool = false
  ) {
    self.time = time
    self.batching = batching
    self.number = number
    now = start
    batch = RunningBatch(batching)
    activity = notesActivity ? Activity() : nil
  }

  /// Takes a request that arrives at `time`, and runs every iteration that begins before that.
  @inline(__always)
  mutating func take(
    _ id: Int, at time: Double, _ load: Load, _ served: inout ServedTimes
  ) -> View {
    advance(to: time, load, &served)
    if batch.isEmpty, waiting.isEmpty {
      activity?.begin(at: max(now, time), lastEnd: now)
      if now < time { now = time }
    }
    waiting.append(id)
    ahead = nil
    quietUntil = now > time ? now : 0
    return view(at: time)
  }

  /// What a router and a scaler see of a server.
  struct View {
    /// Requests here that are not done. What the last iteration completed counts until that ends.
    var outstanding: Int
    /// Until when that stays so.
    var quietUntil: Double
  }

  /// One call, since reading single properties of an element of an array copies all of it.
  @inline(__always)
  mutating func look(at time: Double, _ load: Load, _ served: inout ServedTimes) -> View {
    advance(to: time, isWatched: true, load, &served)
    return view(at: time)
  }

  @inline(__always)
  private func view(at time: Double) -> View {
    // All is done that begins before `time`: another look at the same moment, as of the next of many
    // requests that come at once, finds nothing new.
    let next = Double(bitPattern: time.bitPattern &+ 1)
    return View(
      outstanding: batch.count &+ waiting.count &+ (now > time ? justCompleted : 0),
      quietUntil: max(quietUntil, next))
  }

  var isIdle: Bool { batch.isEmpty && waiting.isEmpty }

  /// Serves all that is here, whatever it takes.
  mutating func finish(_ load: Load, _ served: inout ServedTimes) {
    advance(to: .infinity, load, &served)
  }

  /// Runs every iteration that begins before `horizon`; where it is only watched, a stretch in which
  /// nothing ends by then is left for later.
  @inline(__always)
  mutating func advance(
    to horizon: Double, isWatched: Bool = false, _ load: Load, _ served: inout ServedTimes
  ) {
    if now < horizon {
      run(to: horizon, isWatched, load, &served)
    } else {
      quietUntil = now
    }
  }

  @inline(never)
  private mutating func run(
    to horizon: Double, _ isWatched: Bool, _ load: Load, _ served: inout ServedTimes
  ) {
    repeat {
      justCompleted = 0
      if ahead != nil || (batch.prefills.isEmpty && !canAdmit(load)) {
        guard batch.decoding.count > 0 else {
          quietUntil = .infinity
          return
        }
        if jump(to: horizon, isWatched, load, &served) { return }
      } else if !readOn(to: horizon) {
        iterate(load, &served)
      }
    } while now < horizon
    quietUntil = now
  }

  // MARK: One iteration

  /// Whether the next iteration would admit the first of the waiting line.
  @inline(__always)
  private mutating func canAdmit(_ load: Load) -> Bool {
    guard let head = waiting.first(load), batch.count < batching.maxSequences else { return false }
    if batching.policy == .chunked, batch.decoding.count >= batching.tokenBudget { return false }
    return batch.hasRoom(for: head.target, load)
  }

  private mutating func iterate(_ load: Load, _ served: inout ServedTimes) {
    var decodes = batch.decoding.count
    var work = PromptWork()
    if batching.policy == .prefillFirst, admitWhole(load, &work) {
      decodes = 0
    } else {
      if !batch.isRoomy(after: 0) {
        makeRoom(load, &served)
        decodes = batch.decoding.count
      }
      if batching.policy != .prefillFirst { fillBudget(after: decodes, load, &work) }
    }
    guard decodes &+ work.tokens > 0 else { return }
    run(decodes, work)
    if decodes > 0 {
      batch.decode(turns: 1)
      popFinished(load, &served)
    }
    if work.tokens > 0 { endPrefills(load, &served) }
  }

  /// The time of one iteration.
  @inline(__always)
  private mutating func run(_ decodes: Int, _ work: PromptWork) {
    let seconds = time.seconds(
      tokens: decodes &+ work.tokens, context: decodes == 0 ? 0 : batch.context,
      pairs: work.pairs)
    notePeaks(prompts: work.cached)
    lastStart = now
    now += seconds
    counts.busy += seconds
    counts.iterations &+= 1
  }

  /// Prompt tokens of one iteration.
  private struct PromptWork {
    var tokens = 0
    /// In the KV cache of these prompts at its end.
    var cached = 0
    /// Query-key pairs.
    var pairs = 0.0

    @inline(__always)
    mutating func add(_ chunk: Int, after done: Int) {
      tokens &+= chunk
      cached &+= done &+ chunk
      pairs += Double(chunk) * (Double(done) + Double(chunk &+ 1) / 2)
    }
  }

  /// Iterations in which the one prompt that is being read takes all that decodes leave of the budget and
  /// neither it nor a decode ends; false where the next is none of them.
  @inline(__always)
  private mutating func readOn(to horizon: Double) -> Bool {
    guard batch.prefills.count == 1, batching.policy == .chunked else { return false }
    let decodes = batch.decoding.count
    let chunk = batching.tokenBudget &- decodes
    var prefill = batch.prefills[0]
    let end = decodes > 0 ? batch.decoding.first : Int.max
    func isOne() -> Bool {
      prefill.target &- prefill.done > chunk && batch.turn &+ 1 < end && batch.isRoomy(after: 0)
    }
    guard chunk > 0, isOne() else { return false }
    repeat {
      var work = PromptWork()
      work.add(chunk, after: prefill.done)
      run(decodes, work)
      prefill.done &+= chunk
      batch.decode(turns: 1)
    } while now < horizon && isOne()
    batch.prefills[0].done = prefill.done
    return true
  }

  /// Gives the rest of the budget to prompts, then admits.
  @inline(__always)
  private mutating func fillBudget(after decodes: Int, _ load: Load, _ work: inout PromptWork) {
    var left = batching.tokenBudget &- decodes
    for i in 0..<batch.prefills.count {
      let done = batch.prefills[i].done
      let chunk = max(0, min(batch.prefills[i].target &- done, left))
      batch.prefills[i].chunk = chunk
      left &-= chunk
      work.add(chunk, after: done)
    }
    while left > 0, batch.count < batching.maxSequences, let head = waiting.first(load),
      batch.hasRoom(for: head.target, load)
    {
      let chunk = min(head.target &- head.done, left)
      admit(head, chunk: chunk, load)
      left &-= chunk
      work.add(chunk, after: head.done)
    }
  }

  /// Prompts of a prefill-first server: whole ones, as many as prompts x longest prompt allow; one that
  /// is too long for that runs alone.
  private mutating func admitWhole(_ load: Load, _ work: inout PromptWork) -> Bool {
    var longest = 0
    while batch.count < batching.maxSequences, let head = waiting.first(load),
      batch.hasRoom(for: head.target, load)
    {
      let chunk = head.target - head.done
      let longer = max(longest, chunk)
      if longest > 0, (batch.prefills.count + 1) * longer > batching.tokenBudget { break }
      longest = longer
      admit(head, chunk: chunk, load)
      work.add(chunk, after: head.done)
    }
    return longest > 0
  }

  @inline(__always)
  private mutating func admit(_ head: WaitingLine.Head, chunk: Int, _ load: Load) {
    if !head.isEvicted, load.arrival(head.id) <= lastStart { counts.queued &+= 1 }
    waiting.removeFirst()
    batch.begin(head, chunk: chunk)
  }

  @inline(__always)
  private mutating func notePeaks(prompts: Int) {
    counts.peakContext = max(counts.peakContext, batch.context &+ prompts)
    counts.peakSequences = max(counts.peakSequences, batch.count)
  }

  /// Moves prompts that are read to the decoding sequences; each has got a token by that.
  @inline(__always)
  private mutating func endPrefills(_ load: Load, _ served: inout ServedTimes) {
    var kept = 0
    for i in 0..<batch.prefills.count {
      var prefill = batch.prefills[i]
      prefill.done &+= prefill.chunk
      prefill.chunk = 0
      if prefill.done < prefill.target {
        batch.prefills[kept] = prefill
        kept &+= 1
        continue
      }
      let size = load.size(prefill.id)
      if prefill.target == Int(size.prompt) {
        served.firstToken(prefill.id, at: now, load.arrival(prefill.id))
      }
      if batch.end(prefill, size) { complete(prefill.id, load, &served) }
    }
    while batch.prefills.count > kept { batch.prefills.removeLast() }
  }

  @inline(__always)
  private mutating func popFinished(_ load: Load, _ served: inout ServedTimes) {
    while let id = batch.popFinished(load) { complete(id, load, &served) }
  }

  @inline(__always)
  private mutating func complete(_ id: Int, _ load: Load, _ served: inout ServedTimes) {
    counts.completed &+= 1
    justCompleted &+= 1
    served.complete(id, at: now, load, replica: number)
  }

  // MARK: Many iterations

  /// Iterations that only decode, until one ends or memory lacks.
  private struct Ahead {
    var line: DecodeStretch
    var turns: Int
    /// Of all of them.
    var seconds: Double
    /// Whether the last one ends a sequence.
    var ends: Bool
  }

  /// Nil where the next iteration has to look for memory.
  @inline(__always)
  private mutating func stretch(_ load: Load) -> Ahead? {
    let whole = batch.decoding.first &- batch.turn
    var most = whole
    if !batch.isRoomy(after: most &- 1) {
      most = min(most, batch.roomyTurns(load))
      if most == 0 { return nil }
    }
    let line = time.stretch(batch.decoding.count, context: batch.context)
    most = min(most, line.limit)
    return Ahead(line: line, turns: most, seconds: line.seconds(most), ends: most == whole)
  }

  /// Jumps over iterations that only decode; true when `horizon` is reached.
  @inline(__always)
  private mutating func jump(
    to horizon: Double, _ isWatched: Bool, _ load: Load, _ served: inout ServedTimes
  ) -> Bool {
    guard let all = ahead ?? stretch(load) else {
      iterate(load, &served)
      return false
    }
    let start = now
    if isWatched, start + all.seconds > horizon {
      ahead = all
      quietUntil = start + all.seconds
      return true
    }
    ahead = nil
    let isCut = all.seconds >= horizon - start && all.turns > 1
    let m = isCut ? all.line.turns(atLeast: horizon - start, most: all.turns) : all.turns
    let seconds = m == all.turns ? all.seconds : all.line.seconds(m)
    lastStart = start + (m == 1 ? 0 : all.line.seconds(m &- 1))
    now = start + seconds
    counts.busy += seconds
    counts.iterations &+= m
    batch.decode(turns: m)
    notePeaks(prompts: 0)
    if m == all.turns, all.ends {
      popFinished(load, &served)
      return false
    }
    guard isCut else { return false }
    // Nothing ends before the last iteration of the uncut stretch.
    quietUntil = start + all.seconds
    return true
  }

  // MARK: Rare

  /// Gives each decode its block, evicting where none is free.
  private mutating func makeRoom(_ load: Load, _ served: inout ServedTimes) {
    for victim in batch.makeRoom(load) {
      counts.evictions += 1
      served.evict(victim.id)
      waiting.putBack(victim.id, target: victim.target)
    }
  }

  /// Stops at once: everything that was here, in order of arrival, for others to serve from the start.
  mutating func fail() -> [Int] {
    ahead = nil
    return (batch.removeAll() + waiting.removeAll()).sorted()
  }

  /// Stretches with work, where they were asked for; the last one ends where its work did.
  mutating func closedActivity() -> [FleetRun.Life] {
    activity?.close(at: now)
    return activity?.stretches ?? []
  }

  /// Stretches with work; the last is open.
  private struct Activity {
    private(set) var stretches: [FleetRun.Life] = []

    mutating func begin(at time: Double, lastEnd: Double) {
      close(at: lastEnd)
      if let last = stretches.last, last.end >= time { return }
      stretches.append(FleetRun.Life(start: time, end: time))
    }

    mutating func close(at time: Double) {
      if !stretches.isEmpty { stretches[stretches.count - 1].end = time }
    }
  }
}
