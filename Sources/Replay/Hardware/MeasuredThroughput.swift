import Usage

/// Points of one deployment by one engine, and what they say of a mix of input and output.
package struct MeasuredThroughput: Sendable {
  package var points: [ThroughputPoint]

  /// Tokens a second, input and output together, over the deployment.
  struct Rate: Sendable {
    var total: DecimalRange
    /// How it came about, for people.
    var basis: String
  }

  /// The rate at exactly these lengths; nil where they were not measured.
  func rate(input: Int, output: Int) -> Rate? {
    guard let point = points.first(where: { $0.input == input && $0.output == output }),
      let total = point.totalPerSecond
    else { return nil }
    return Rate(
      total: DecimalRange(total), basis: "\(name(point)) at \(input)/\(output) tokens")
  }

  /// The rate at a mix: time = input / prefill rate + output / decode rate, fitted to the points.
  ///
  /// One point alone gives its own rate for every mix.
  func rate(inputTokens: Int64, outputTokens: Int64) -> Rate? {
    guard let first = points.first, let only = first.totalPerSecond else { return nil }
    let all = Double(inputTokens) + Double(outputTokens)
    guard let fit = fit, all > 0 else {
      return Rate(
        total: DecimalRange(only),
        basis: "\(name(first)) at \(lengths(first)) tokens, whatever the mix")
    }
    let seconds = Double(inputTokens) * fit.perInput + Double(outputTokens) * fit.perOutput
    guard seconds > 0 else { return nil }
    let rate = all / seconds
    let measured = points.map(lengths).joined(separator: ", ")
    return Rate(
      total: DecimalRange(
        low: MeasuredThroughput.decimal(rate * (1 - fit.error)),
        high: MeasuredThroughput.decimal(rate * (1 + fit.error))),
      basis:
        "\(name(first)), fitted to \(points.count) mixes (\(measured)) and right for them within "
        + "\(Int((fit.error * 100).rounded(.up))) %")
  }

  private func lengths(_ point: ThroughputPoint) -> String {
    guard let input = point.input, let output = point.output else { return "unknown" }
    return "\(input)/\(output)"
  }

  private func name(_ point: ThroughputPoint) -> String {
    "\(point.count) x \(point.gpu), \(point.model) in \(point.precision) by "
      + "\(point.engine ?? "an unnamed engine") (\(point.source)\(point.date.map { ", \($0)" } ?? ""))"
  }

  /// Three digits behind the point.
  private static func decimal(_ rate: Double) -> ExactDecimal {
    ExactDecimal(units: Int128((max(0.001, min(rate, 1e12)) * 1000).rounded()), scale: 3).reduced
  }

  /// Least squares of relative error over seconds a request; none below zero. `error` is the largest
  /// relative error at the points.
  private var fit: (perInput: Double, perOutput: Double, error: Double)? {
    let rows = points.compactMap { point -> (input: Double, output: Double)? in
      guard let input = point.input, let output = point.output, input > 0 || output > 0,
        let total = point.totalPerSecond?.approximate, total > 0
      else { return nil }
      let seconds = Double(input + output) / total
      return (Double(input) / seconds, Double(output) / seconds)
    }
    guard rows.count >= 2 else { return nil }
    let (aa, ab, bb, a, b) = rows.reduce((0.0, 0.0, 0.0, 0.0, 0.0)) { sums, row in
      (
        sums.0 + row.input * row.input, sums.1 + row.input * row.output,
        sums.2 + row.output * row.output, sums.3 + row.input, sums.4 + row.output
      )
    }
    let determinant = aa * bb - ab * ab
    // Points of one mix tell the two rates apart as little as one point does.
    guard determinant > 1e-6 * aa * bb else { return nil }
    var perInput = (a * bb - b * ab) / determinant
    var perOutput = (b * aa - a * ab) / determinant
    if perInput < 0 { (perInput, perOutput) = (0, b / bb) }
    if perOutput < 0 { (perInput, perOutput) = (a / aa, 0) }
    let errors = rows.map { abs($0.input * perInput + $0.output * perOutput - 1) }
    return (perInput, perOutput, min(0.9, errors.max() ?? 0))
  }
}

extension HardwareCatalogue {
  struct NoThroughput: Error { var reason: String }

  /// Saturated measurements of a deployment; of several engines the one that was measured last, and
  /// the model itself before one of the same architecture.
  func throughput(
    of model: ModelFacts, _ precision: Precision, on gpu: GPU, count: Int, engine: String?
  ) throws(NoThroughput) -> MeasuredThroughput {
    let alike = points.filter { point in
      point.gpu == gpu.id && !point.isSingleStream && point.totalPerSecond != nil
        && self.model(named: point.model)?.architecture == model.architecture
    }
    let deployment = "\(count) x \(gpu.id), \(model.id) in \(precision.id)"
    let fitting = alike.filter {
      $0.count == count && self.precision(named: $0.precision)?.id == precision.id
    }
    guard !fitting.isEmpty else {
      let known = Set(alike.map { "\($0.count) x \($0.precision)" }).sorted()
      throw NoThroughput(
        reason: "no measured point of \(deployment)"
          + (known.isEmpty
            ? "; none of this model on this GPU at all"
            : "; measured: \(known.joined(separator: ", "))")
      )
    }
    let wanted = fitting.filter { point in
      guard let engine else { return true }
      return point.engine?.lowercased().hasPrefix(engine.lowercased()) ?? false
    }
    guard
      let best = wanted.max(by: {
        ($0.model == model.id ? 1 : 0, $0.date ?? "") < (
          $1.model == model.id ? 1 : 0, $1.date ?? ""
        )
      })
    else {
      let known = Set(fitting.compactMap(\.engine)).sorted()
      throw NoThroughput(
        reason: "no measured point of \(deployment) by '\(engine ?? "")'; engines that exist: "
          + known.joined(separator: ", "))
    }
    return MeasuredThroughput(
      points: wanted.filter {
        $0.engine == best.engine && $0.model == best.model && $0.source == best.source
      })
  }
}
