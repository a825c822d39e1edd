import Usage

/// A server as others measured it, named like `tensorrt-llm/llama-3.3-70b/fp8/h100x2`: engine, model, precision,
/// GPU and how many of them.
///
/// The catalogue's points tell throughput at full load, hardly ever times. So the estimate from hardware
/// facts lends its shape, and how much of the memory's bandwidth and of the arithmetic is reached is
/// fitted to the points.
struct MeasuredProfile: Sendable, Hashable {
  let text: String
  private let engine: String
  private let model: String
  private let precision: String
  private let gpu: String
  /// GPUs of one replica.
  let count: Int

  /// Nil for the name of a file.
  init?(_ text: String) {
    let parts = text.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
    guard parts.count >= 4, let last = parts.last, let cross = last.lastIndex(of: "x"),
      let count = Int(last[last.index(after: cross)...]), (1...10_000).contains(count)
    else { return nil }
    self.text = text
    engine = parts[0]
    // A model may have a publisher before it.
    model = parts[1..<(parts.count - 2)].joined(separator: "/")
    precision = parts[parts.count - 2]
    gpu = String(last[..<cross])
    self.count = count
  }

  /// A band for one deployment to the next: other drivers, versions and settings.
  static let leastBand = 0.15
  /// What benchmarks of throughput are run with where they do not tell (TensorRT-LLM's
  /// `max_batch_size` and `max_num_tokens`, documentation of 2026-11).
  private static let offline = (sequences: 2048, budget: 8192)
  /// How closely the shares of the hardware's peak are held to those of other servers.
  private static let prior = 0.02

  func profile(in hardware: HardwareCatalogue) throws(RooflineEstimate.Missing) -> ServingProfile {
    guard let gpu = hardware.gpu(named: gpu) ?? hardware.gpus.first(where: isNamedShortly) else {
      throw missing("GPU '\(gpu)'")
    }
    guard let model = hardware.model(named: model) else {
      throw missing("model '\(model)'")
    }
    guard let precision = hardware.precision(named: precision) else {
      throw missing("precision '\(precision)'")
    }
    let fit = Fit(model, precision, on: gpu, count: count, asOne: true)
    guard fit.fits else { throw RooflineEstimate.Missing(what: fit.sentence) }
    let points: [ThroughputPoint]
    do {
      points = try hardware.throughput(
        of: model, precision, on: gpu, count: count, engine: engine
      ).points.filter { $0.input != nil && $0.output != nil }
    } catch {
      throw RooflineEstimate.Missing(what: "\(error.reason); \(known(hardware, of: model))")
    }
    guard let first = points.first else {
      throw RooflineEstimate.Missing(
        what: "the points of '\(text)' do not tell the lengths of their requests")
    }
    return try fitted(fit, points, first)
  }

  private func fitted(
    _ fit: Fit, _ points: [ThroughputPoint], _ first: ThroughputPoint
  ) throws(RooflineEstimate.Missing) -> ServingProfile {
    let estimate = RooflineEstimate(fit)
    var profile = try estimate.profile()
    func errors(_ shares: [Double]) -> [Double] {
      guard
        let time = try? estimate.time(
          memory: exponential(shares[0]), arithmetic: exponential(shares[1]))
      else { return [] }
      return points.map { logarithm(MeasuredProfile.rate(time, profile.batching, at: $0)) }
    }
    let best = NelderMead(most: 300).minimum(from: [0, 0], step: 0.3) { shares in
      let all = errors(shares)
      let loose = shares.reduce(0) { $0 + $1 * $1 } * MeasuredProfile.prior
      return all.reduce(0) { $0 + $1 * $1 } / Double(max(1, all.count)) + loose
    }.point
    profile.time = try estimate.time(
      memory: exponential(best[0]), arithmetic: exponential(best[1]))
    let worst = errors(best).map { abs(exponential($0) - 1) }.max() ?? 0
    profile.origin = .fitted
    profile.band = min(0.9, max(MeasuredProfile.leastBand, worst))
    let percent = Int((worst * 100).rounded(.up))
    profile.notes = [
      "Speed fitted to \(points.count) published \(points.count == 1 ? "measurement" : "measurements") "
        + "of \(first.count) x \(first.gpu), \(first.model) in \(first.precision) by "
        + "\(first.engine ?? "an unnamed engine") at full load (\(first.source)"
        + (first.date.map { ", \($0)" } ?? "") + "), right for them within \(percent) %; single "
        + "times were not measured. Iterations may take "
        + "\(Int((profile.band * 100).rounded())) % less or more time."
    ]
    return profile
  }

  /// Throughput at a point's load over what was measured.
  private static func rate(
    _ time: IterationTime, _ batching: Batching, at point: ThroughputPoint
  ) -> Double {
    let (input, output) = (Double(point.input ?? 1), Double(point.output ?? 1))
    var batching = batching
    batching.maxSequences = point.concurrency ?? offline.sequences
    batching.tokenBudget = max(offline.budget, batching.maxSequences)
    var mix = SaturatedThroughput()
    mix.add(Load.Size(prompt: Int64(point.input ?? 1), output: Int64(point.output ?? 1)))
    let requests = mix.requestsPerSecond(time, batching)
    let measured = (point.totalPerSecond?.approximate ?? 0) / (input + output)
    return measured > 0 && requests > 0 ? requests / measured : 1
  }

  /// `h100` names the H100-SXM-80GB, the first of several.
  private func isNamedShortly(_ known: GPU) -> Bool {
    known.id.lowercased().hasPrefix(gpu.lowercased() + "-")
  }

  private func missing(_ what: String) -> RooflineEstimate.Missing {
    RooflineEstimate.Missing(
      what: "there is no \(what) in the catalogue; a profile is a file that `hindcast calibrate` "
        + "wrote, or ENGINE/MODEL/PRECISION/GPUxCOUNT: tensorrt-llm/llama-3.3-70b/fp8/h100x2")
  }

  private func known(_ hardware: HardwareCatalogue, of model: ModelFacts) -> String {
    let names = hardware.points.filter {
      hardware.model(named: $0.model)?.id == model.id && !$0.isSingleStream && $0.input != nil
        && $0.totalPerSecond != nil
    }.map { point in
      let engine = point.engine?.split(separator: " ").first.map { $0.lowercased() } ?? "any"
      return "\(engine)/\(model.id)/\(point.precision)/\(point.gpu)x\(point.count)"
    }
    let some = Set(names).sorted().prefix(8)
    return some.isEmpty
      ? "none of \(model.id) was measured" : "there are \(some.joined(separator: ", "))"
  }
}
