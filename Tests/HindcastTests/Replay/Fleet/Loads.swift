@testable import Replay

/// Loads made by hand or drawn from a seed.
enum Loads {
  static func of(_ requests: [(at: Double, prompt: Int64, output: Int64)]) -> Load {
    var load = Load()
    for request in requests {
      load.append(at: request.at, Load.Size(prompt: request.prompt, output: request.output))
    }
    return load
  }

  /// Poisson arrivals at a rate, sizes drawn evenly from ranges.
  static func random(
    _ count: Int, perSecond rate: Double, prompt: ClosedRange<Int64>, output: ClosedRange<Int64>,
    cached: Double = 0, seed: UInt64
  ) -> Load {
    var random = SplitMix64(seed)
    var load = Load()
    var time = 0.0
    for _ in 0..<count {
      time += random.exponentialDraw() / rate
      let size = Int64.random(in: prompt, using: &random)
      load.append(
        at: time,
        Load.Size(
          prompt: size, cached: Int64(Double(size) * cached * random.unit()),
          output: Int64.random(in: output, using: &random)))
    }
    return load
  }
}

extension IterationTime {
  /// The times that the exact oracle cases were made with.
  static let oracle = IterationTime(
    base: 0.011, perToken: 5.25e-5, perContextToken: 8.4e-8, perPair: 2.3e-9)

  static func constant(_ seconds: Double) -> IterationTime {
    IterationTime(base: seconds, perToken: 0, perContextToken: 0, perPair: 0)
  }
}

/// A run with its times as lists.
@dynamicMemberLookup
struct SimulatedRun {
  var run: FleetRun
  var firstTokens: [Double]
  var completions: [Double]

  subscript<Value>(dynamicMember path: KeyPath<FleetRun, Value>) -> Value { run[keyPath: path] }
}

func simulate(
  _ load: Load, _ time: IterationTime = .oracle, _ batching: Batching = Batching(),
  _ plan: FleetPlan = FleetPlan(), periodEnd: Double = 0, notesActivity: Bool = false
) -> SimulatedRun {
  let run = FleetSimulation(
    load, time: time, batching: batching, plan: plan, periodEnd: periodEnd, isExact: true,
    notesActivity: notesActivity
  ).serve()
  return SimulatedRun(
    run: run, firstTokens: run.served.exact.map(\.firstToken),
    completions: run.served.exact.map(\.completed))
}

extension PercentileSelection {
  /// The values at these percents; nil does not count.
  static func select(_ percents: [Double], count: Int, value: (Int) -> Float?) -> [Double] {
    let values = (0..<count).compactMap(value)
    var selection = PercentileSelection()
    for value in values { selection.add(value) }
    selection.look(for: percents)
    for value in values { selection.find(value) }
    return selection.found
  }
}
