import Testing

@testable import Replay

/// One server against sums by hand, queueing theory and the rules one token at a time.
@Suite struct ReplicaTests {
  /// 0.011 + 200 x 5.25e-5 + 2.3e-9 x 200 x 201 / 2 = 0.02154623 s; then 799 iterations that read
  /// 201...999 tokens: 799 x (0.011 + 5.25e-5) + 8.4e-8 x 799 x 600.
  @Test func servesOneRequestAsByHand() {
    let run = simulate(Loads.of([(at: 5, prompt: 200, output: 800)]))
    let first = 0.011 + 200 * 5.25e-5 + 2.3e-9 * 200 * 100.5
    let rest = 799 * (0.011 + 5.25e-5) + 8.4e-8 * 799 * 600
    #expect(abs(run.firstTokens[0] - (5 + first)) < 1e-9)
    #expect(abs(run.completions[0] - (5 + first + rest)) < 1e-9)
    #expect(run.counts.iterations == 800)
  }

  /// Two prompts of 5 with a budget of 4: chunks 4, 1 + 3, 1 decode + 2, then two decodes.
  @Test func cutsPromptsToTheBudget() {
    let run = simulate(
      Loads.of([(at: 0, prompt: 5, output: 3), (at: 0, prompt: 5, output: 2)]), .constant(1),
      Batching(tokenBudget: 4))
    #expect(run.firstTokens == [2, 3])
    #expect(run.completions == [4, 4])
  }

  @Test func singleTokenAnswersEndWithTheirPrompt() {
    let run = simulate(Loads.of([(at: 0, prompt: 16, output: 1)]), .constant(1))
    #expect(run.firstTokens == [1] && run.completions == [1])
  }

  /// What arrives while an iteration runs waits for its end.
  @Test func arrivalsWaitForTheIteration() {
    let run = simulate(
      Loads.of([(at: 0, prompt: 1, output: 10), (at: 2.5, prompt: 1, output: 1)]), .constant(1))
    #expect(run.firstTokens == [1, 4])
    #expect(run.counts.queued == 0)
  }

  /// Five blocks of 4 tokens, two requests that need three each: after 5 iterations both hold 8 tokens
  /// in two blocks and want a third. The first takes it, the second goes, and comes back in iteration 7
  /// with its 9 tokens to read at once, which yields its tenth and last.
  @Test func evictsTheLatestWhenMemoryEnds() {
    let load = Loads.of([(at: 0, prompt: 4, output: 6), (at: 0, prompt: 4, output: 6)])
    let run = simulate(load, .constant(1), Batching(blocks: 5, blockSize: 4))
    #expect(run.counts.evictions == 1)
    #expect(run.firstTokens == [1, 1])
    #expect(run.completions == [6, 7])
  }

  @Test func refusesWhatNoCacheHolds() {
    let load = Loads.of([(at: 0, prompt: 100, output: 10), (at: 1, prompt: 10, output: 2)])
    let run = simulate(load, .constant(1), Batching(blocks: 5, blockSize: 16))
    #expect(run.rejected == [0])
    #expect(run.completions[1] == 3)
  }

  // MARK: Against the rules one token at a time

  @Test(arguments: 0..<60) func jumpsAsTheRulesSay(seed: UInt64) {
    var random = SplitMix64(seed &* 7919)
    let blockSize = [1, 4, 16].randomElement(using: &random) ?? 16
    let batching = Batching(
      tokenBudget: Int.random(in: 3...80, using: &random),
      maxSequences: Int.random(in: 1...9, using: &random),
      blocks: (seed % 3 == 0 ? 4000 : 130) / blockSize + 4, blockSize: blockSize,
      watermark: Int(seed % 4))
    let load = Loads.random(
      150, perSecond: Double.random(in: 0.02...3, using: &random), prompt: 1...50, output: 1...60,
      cached: seed % 2 == 0 ? 0 : 0.8, seed: seed)
    let a = 0.01
    let b = 0.002
    let c = seed % 5 == 0 ? 0 : 1e-4
    let d = 1e-5
    var reference = ReferenceServer(batching) { a + b * Double($0) + c * Double($1) + d * $2 }
    reference.serve(load)
    let time = IterationTime(base: a, perToken: b, perContextToken: c, perPair: d)
    let run = simulate(load, time, batching)
    #expect(run.counts.iterations == reference.iterations)
    #expect(run.counts.evictions == reference.evictions)
    for id in 0..<load.count {
      #expect(abs(run.firstTokens[id] - reference.firstToken[id]) < 1e-6, "first token of \(id)")
      #expect(abs(run.completions[id] - reference.completed[id]) < 1e-6, "end of \(id)")
    }
  }

  /// A roofline's two branches cross inside a stretch.
  @Test func jumpsOverTheCrossingOfARoofline() {
    let batching = Batching(tokenBudget: 64, maxSequences: 8)
    let load = Loads.random(200, perSecond: 1, prompt: 1...80, output: 1...400, seed: 3)
    var reference = ReferenceServer(batching) { tokens, context, pairs in
      max(0.001 * Double(tokens), 0.004 + 5e-6 * Double(context)) + 0.0015
    }
    reference.serve(load)
    let time = IterationTime(
      base: 0.0015, perToken: 0.001, perContextToken: 0, perPair: 0
    ).atLeast(.init(base: 0.0055, perContextToken: 5e-6))
    let run = simulate(load, time, batching)
    #expect(run.counts.iterations == reference.iterations)
    for id in 0..<load.count {
      #expect(abs(run.completions[id] - reference.completed[id]) < 1e-6)
    }
  }

  // MARK: Queueing theory

  /// One at a time, 0.384 s each: M/D/1 waits rho S / (2 (1 - rho)) on average (Pollaczek, Khinchine).
  @Test(arguments: [(0.5, 0.02), (0.7, 0.03), (0.8, 0.05)])
  func waitsAsMD1(load rho: Double, tolerance: Double) {
    let service = 0.384
    let load = Loads.random(
      200_000, perSecond: rho / service, prompt: 1...1, output: 128...128, seed: 11)
    let run = simulate(load, .constant(0.003), Batching(maxSequences: 1))
    let wait =
      zip(run.firstTokens, load.arrivals).map { $0 - $1 - 0.003 }.reduce(0, +)
      / Double(load.count)
    let theory = rho * service / (2 * (1 - rho))
    #expect(abs(wait / theory - 1) < tolerance, "waited \(wait), theory \(theory)")
  }

  /// Four slots and geometric lengths: Erlang's C formula, plus half an iteration until the next begins.
  @Test func waitsAsMMc() {
    let slots = 4
    let rho = 0.7
    let step = 0.003
    let mean = 128.0
    var random = SplitMix64(5)
    var load = Load()
    var time = 0.0
    for _ in 0..<400_000 {
      time += random.exponentialDraw() * mean * step / (rho * Double(slots))
      let length =
        Int64((logarithm(1 - random.unit()) / logarithm(1 - 1 / mean)).rounded(.down)) + 1
      load.append(at: time, Load.Size(prompt: 1, output: length))
    }
    let run = simulate(load, .constant(step), Batching(maxSequences: slots))
    let wait =
      zip(run.firstTokens, load.arrivals).map { $0 - $1 - step }.reduce(0, +)
      / Double(load.count)
    let offered = rho * Double(slots)
    var term = 1.0
    var sum = 1.0
    for k in 1..<slots {
      term *= offered / Double(k)
      sum += term
    }
    let last = term * offered / Double(slots) / (1 - rho)
    let theory = last / (sum + last) * mean * step / (Double(slots) * (1 - rho)) + step / 2
    #expect(abs(wait / theory - 1) < 0.06, "waited \(wait), theory \(theory)")
  }

  /// Little's law: the mean number in the system is the arrival rate times the mean stay.
  @Test func keepsLittlesLaw() {
    let load = Loads.random(5000, perSecond: 3, prompt: 100...2000, output: 10...300, seed: 8)
    let run = simulate(load, .oracle, Batching(tokenBudget: 512, maxSequences: 128))
    let events =
      (load.arrivals.map { ($0, 1.0) } + run.completions.map { ($0, -1.0) }).sorted { $0.0 < $1.0 }
    var area = 0.0
    var inside = 0.0
    var last = 0.0
    for (time, change) in events {
      area += inside * (time - last)
      inside += change
      last = time
    }
    let stays = zip(run.completions, load.arrivals).map { $0 - $1 }.reduce(0, +)
    #expect(abs(area - stays) < 1e-6 * stays)
    #expect(inside == 0)
  }

  // MARK: Invariants

  @Test func shiftAndScaleChangeNothing() {
    let load = Loads.random(800, perSecond: 4, prompt: 10...1500, output: 1...200, seed: 21)
    let batching = Batching(tokenBudget: 512, maxSequences: 32, blocks: 900)
    let run = simulate(load, .oracle, batching)
    var later = Load()
    var slower = Load()
    for id in 0..<load.count {
      later.append(at: load.arrival(id) + 1024, load.size(id))
      slower.append(at: load.arrival(id) * 2, load.size(id))
    }
    let shifted = simulate(later, .oracle, batching)
    let scaled = simulate(slower, IterationTime.oracle.scaled(by: 2), batching)
    for id in 0..<load.count {
      #expect(abs(shifted.completions[id] - run.completions[id] - 1024) < 1e-7)
      #expect(abs(scaled.completions[id] - 2 * run.completions[id]) < 1e-7)
    }
  }

  @Test func everyRequestIsServedOnceAndInOrder() {
    let load = Loads.random(3000, perSecond: 9, prompt: 10...1500, output: 1...200, seed: 33)
    let run = simulate(load, .oracle, Batching(tokenBudget: 512, maxSequences: 24))
    #expect(run.counts.completed == load.count)
    #expect(run.counts.peakSequences <= 24)
    for id in 0..<load.count {
      #expect(run.firstTokens[id] > load.arrival(id))
      #expect(run.completions[id] >= run.firstTokens[id])
      // Without eviction first tokens come in the order of arrival.
      if id > 0 { #expect(run.firstTokens[id] >= run.firstTokens[id - 1]) }
    }
    #expect(run.counts.busy <= (run.completions.max() ?? 0))
  }

  /// Cached tokens never make an idle server slower.
  @Test func cachedTokensSpareTime() {
    var plain = Load()
    var cached = Load()
    for i in 0..<50 {
      plain.append(at: Double(i) * 100, Load.Size(prompt: 1000 + Int64(i) * 40, output: 20))
      cached.append(
        at: Double(i) * 100,
        Load.Size(prompt: 1000 + Int64(i) * 40, cached: Int64(i) * 30, output: 20))
    }
    let slow = simulate(plain, .oracle, Batching(tokenBudget: 512))
    let fast = simulate(cached, .oracle, Batching(tokenBudget: 512))
    for id in 0..<50 { #expect(fast.firstTokens[id] <= slow.firstTokens[id] + 1e-9) }
    #expect(fast.firstTokens[49] < slow.firstTokens[49] - 0.05)
  }
}
