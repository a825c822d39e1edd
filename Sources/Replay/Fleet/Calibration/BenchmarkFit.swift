/// Iteration times from benchmark points, without replaying them.
///
/// With C sequences decoding and as many prompts coming in as answers end, an iteration, and so the time
/// per output token, is a + b C (1 + I / O) + c C (I + O / 2) + d C I^2 / (2 O) for input I and output
/// O. Points of one request at a time also tell the first token: a + b I + d I^2 / 2.
package struct BenchmarkFit: Sendable {
  package private(set) var profile: ProfileFile
  package private(set) var points: [BenchmarkPoint]
  /// For each point: predicted over measured time per output token - 1, fitted without the point.
  package private(set) var leftOut: [Double] = []
  package private(set) var notes: [String] = []

  package static let fewest = 4

  package init(
    _ points: [BenchmarkPoint], _ settings: Calibration.Settings, name: String
  ) throws(Calibration.Refusal) {
    guard points.count >= BenchmarkFit.fewest else {
      throw Calibration.Refusal(
        description:
          "a fit takes \(BenchmarkFit.fewest) benchmark points or more, there are \(points.count); run "
          + "the benchmark at several concurrencies, with long prompts and with long answers")
    }
    guard let found = BenchmarkFit.solve(points) else {
      throw Calibration.Refusal(
        description: "the benchmark points do not tell one iteration from another")
    }
    self.points = points
    for i in points.indices {
      var others = points
      others.remove(at: i)
      guard let x = BenchmarkFit.solve(others) else { continue }
      leftOut.append(BenchmarkFit.predict(points[i], x) / points[i].timePerOutputToken - 1)
    }
    let mean = leftOut.reduce(0) { $0 + abs($1) } / Double(max(1, leftOut.count))
    var batching = Batching()
    batching.tokenBudget = settings.tokenBudget ?? batching.tokenBudget
    batching.maxSequences = settings.maxSequences ?? batching.maxSequences
    batching.blockSize = settings.blockSize
    if let tokens = settings.cacheTokens { batching.blocks = tokens / settings.blockSize }
    profile = ProfileFile(
      name: name, source: "hindcast calibrate: \(points.count) benchmark points",
      coefficients: found, batching: batching, band: max(0.05, mean))
    note(found, settings)
  }

  private mutating func note(_ x: [Double], _ settings: Calibration.Settings) {
    for (value, what) in [
      (x[2], "the KV cache that is read: long contexts will look too cheap"),
      (x[3], "attention inside prompts: long prompts will look too cheap"),
    ] where value == 0 {
      notes.append("These points do not tell the cost of \(what).")
    }
    let shares = points.map { $0.input / $0.output }
    if let most = shares.max(), let least = shares.min(), most < 4 * least {
      notes.append(
        "All points have nearly one ratio of prompt to answer: outside of it expect 25 % of error; one "
          + "sweep with long prompts and one with long answers would tell more.")
    }
    if settings.cacheTokens == nil {
      notes.append("No limit of the KV cache is known; --kv-tokens says what it is.")
    }
  }

  private static func row(_ point: BenchmarkPoint) -> [Double] {
    let c = point.concurrency
    let i = point.input
    let o = point.output
    return [1, c * (1 + i / o), c * (i + o / 2), c * i * i / (2 * o)]
  }

  private static func predict(_ point: BenchmarkPoint, _ x: [Double]) -> Double {
    zip(row(point), x).reduce(0) { $0 + $1.0 * $1.1 }
  }

  private static func solve(_ points: [BenchmarkPoint]) -> [Double]? {
    var rows: [[Double]] = []
    var right: [Double] = []
    for point in points {
      rows.append(row(point))
      right.append(point.timePerOutputToken)
      if let first = point.timeToFirstToken, point.concurrency < 1.5 {
        rows.append([1, point.input, 0, point.input * point.input / 2])
        right.append(first)
      }
    }
    return NonNegativeLeastSquares.solve(rows, right, weights: right.map { 1 / $0 })
  }
}
