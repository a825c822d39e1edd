/// Iteration times found by replaying: those with which the simulated requests come closest to the
/// measured ones.
struct ServerFit: Sendable {
  /// Seconds: of an iteration, a token, a context token, a query-key pair.
  private(set) var coefficients: [Double]
  /// KV-cache blocks that fit best, where that was asked for.
  private(set) var blocks: Int?
  /// What remains: the mean of the relative errors, 0...
  private(set) var error: Double
  private(set) var replays: Int

  /// Fewer requests with both times say too little.
  static let fewest = 8
  /// Replays from one start; each is a few microseconds a request.
  private static let mostReplays = 200

  /// - Parameters:
  ///   - learning: places of the requests whose times are looked at; those of the others are not.
  ///   - cacheTokens: a first guess at the KV cache's size, to be fitted, too; nil takes `batching`'s.
  ///   - until: nothing later on the clock of the arrivals is looked at.
  init?(
    _ run: ObservedRun, learning: Range<Int>, _ batching: Batching, replicas: Int,
    cacheTokens: Int? = nil, until: Double
  ) {
    let target = Target(run, learning, until: until)
    guard target.count >= ServerFit.fewest else { return nil }
    var replays = 0
    /// The last number is the cache's size where that is fitted.
    func batchingFor(_ point: [Double]) -> Batching {
      guard cacheTokens != nil, point.count > 4 else { return batching }
      var fitted = batching
      fitted.blocks = max(1, Int(min(exponential(point[4]), 1e9) / Double(batching.blockSize)))
      return fitted
    }
    func loss(_ point: [Double]) -> Double {
      replays += 1
      let served = ServerFit.simulate(
        run.load, point.prefix(4).map { exponential($0) }, batchingFor(point), replicas: replicas)
      return target.error(served)
    }
    var best: (point: [Double], value: Double)?
    for start in ServerFit.starts(target.smallestStep) {
      let whole = start + (cacheTokens.map { [Double($0)] } ?? [])
      let found = NelderMead(most: ServerFit.mostReplays).minimum(
        from: whole.map { logarithm($0) }, step: 0.7, loss)
      if best.map({ found.value < $0.value }) ?? true { best = found }
    }
    // Once more from where it came to rest: a simplex that has become flat stops early.
    guard let first = best else { return nil }
    let again = NelderMead(most: ServerFit.mostReplays).minimum(
      from: first.point, step: 0.3, loss)
    let final = again.value < first.value ? again : first
    coefficients = final.point.prefix(4).map { exponential($0) }
    if cacheTokens != nil { blocks = batchingFor(final.point).blocks }
    error = final.value
    self.replays = replays
  }

  var time: IterationTime { ServerFit.time(coefficients) }

  private static func time(_ x: [Double]) -> IterationTime {
    IterationTime(base: x[0], perToken: x[1], perContextToken: x[2], perPair: x[3])
  }

  /// From the fastest step seen on: shares of it that published servers spend on each part
  /// (docs/fidelity.md).
  private static func starts(_ step: Double) -> [[Double]] {
    [
      [step * 0.8, step * 0.004, step * 7e-6, step * 1.5e-7],
      [step * 0.5, step * 0.008, step * 1.5e-5, step * 1e-7],
    ]
  }

  static func simulate(
    _ load: Load, _ coefficients: [Double], _ batching: Batching, replicas: Int
  ) -> ServedTimes {
    FleetSimulation(
      load, time: time(coefficients), batching: batching,
      plan: FleetPlan(replicas: replicas), periodEnd: 0, keepsTimes: true
    ).serve().served
  }

  /// What was measured, and how far a simulation is from it.
  private struct Target {
    private var firsts: [(id: Int, seconds: Double)] = []
    private var steps: [(id: Int, logarithm: Double)] = []
    private let output: [Double]
    private var meanFirst = 0.0
    private(set) var smallestStep = Double.infinity

    init(_ run: ObservedRun, _ learning: Range<Int>, until: Double) {
      output = run.load.sizes.map { Double($0.output) - 1 }
      for id in learning where !run.firstToken[id].isNaN {
        let arrival = run.load.arrival(id)
        guard arrival + run.firstToken[id] <= until else { continue }
        firsts.append((id, run.firstToken[id]))
        guard output[id] >= 4, run.completed[id] > run.firstToken[id],
          arrival + run.completed[id] <= until
        else { continue }
        let step = (run.completed[id] - run.firstToken[id]) / output[id]
        steps.append((id, logarithm(step)))
        smallestStep = min(smallestStep, step)
      }
      meanFirst = firsts.reduce(0) { $0 + $1.seconds } / Double(max(1, firsts.count))
    }

    /// Requests with both times.
    var count: Int { steps.count }

    /// Mean absolute logarithm of the ratio of times per token, and mean error of the first token over
    /// its mean and a second.
    func error(_ served: ServedTimes) -> Double {
      var sum = 0.0
      for (id, wanted) in steps {
        let time = served[id]
        let step = Double(time.completed - time.firstToken) / output[id]
        sum += time.completed < 0 || step <= 0 ? 10 : abs(logarithm(step) - wanted)
      }
      var firstSum = 0.0
      for (id, wanted) in firsts {
        let found = Double(served[id].firstToken)
        firstSum += found < 0 ? 100 : abs(found - wanted)
      }
      return sum / Double(max(1, steps.count))
        + firstSum / Double(max(1, firsts.count)) / (meanFirst + 1)
    }
  }
}
