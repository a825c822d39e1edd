import Usage

extension HardwareCatalogue {
  /// Why a measurement cannot be believed; nil when nothing speaks against it.
  ///
  /// The weights must fit into the memory that is there, one stream cannot be faster than reading the
  /// active weights once a token allows, input and output together are no less than output, and what
  /// was projected was not measured.
  func objection(to point: ThroughputPoint) -> String? {
    let what = "\(point.count) x \(point.gpu), \(point.model) in \(point.precision)"
    let source = point.source.lowercased()
    if let known = distrusted.first(where: { source.contains($0.source) }) {
      return "\(what): \(point.source) is not trusted: \(known.reason)"
    }
    let words = source + " " + point.scenario.lowercased()
    if let word = ["projected", "synthesi", "simulated", "estimated"].first(where: words.contains) {
      return "\(what): '\(word)...' is no measurement"
    }
    guard point.count > 0 else { return "\(what): 'count' must be above 0" }
    guard let gpu = gpu(named: point.gpu) else {
      return "\(what): unknown GPU" + hint(point.gpu, gpus.map(\.id))
    }
    guard let model = model(named: point.model) else {
      return "\(what): unknown model" + hint(point.model, models.map(\.id))
    }
    guard let precision = precision(named: point.precision) else {
      return "\(what): unknown precision" + hint(point.precision, precisions.map(\.id))
    }
    let weights = precision.bytes(of: model.parameters)
    let memory = gpu.memoryBytes * Int64(point.count)
    if weights > memory {
      return "\(what): weights of \(gigabytes(weights)) do not fit into \(gigabytes(memory))"
    }
    if let total = point.totalPerSecond, let output = point.outputPerSecond, total < output {
      return "\(what): \(total) tokens a second in all are fewer than \(output) of output"
    }
    if point.isSingleStream, let rate = point.outputPerSecond {
      let active = precision.bytes(of: model.activeParameters)
      // Split by layers the cards work one after the other.
      let cards = point.parallel == nil ? 1 : point.count
      let ceiling = Fit.ceiling(gpu, cards: cards, activeBytes: active)
      if rate.approximate > ceiling {
        return "\(what): one stream at \(rate) tokens a second is above the ceiling of "
          + "\(tenths(ceiling)): \(gpu.bandwidth) GB/s over \(gigabytes(active)) of active weights"
      }
    }
    return contradiction(of: point, what)
  }

  /// A second-hand figure more than a factor of two off the measurer's own.
  private func contradiction(of point: ThroughputPoint, _ what: String) -> String? {
    guard !point.isPrimary, let rate = point.outputPerSecond?.approximate else { return nil }
    let own = points.first { other in
      other.isPrimary && other.gpu == point.gpu && other.count == point.count
        && other.model == point.model && other.input == point.input
        && other.output == point.output && other.scenario == point.scenario
    }
    guard let own, let measured = own.outputPerSecond, measured.approximate > 0 else { return nil }
    guard rate * 2 < measured.approximate || rate > measured.approximate * 2 else { return nil }
    return "\(what): \(tenths(rate)) output tokens a second contradict \(measured) of \(own.source)"
  }

  func hint(_ name: String, _ known: [String]) -> String {
    let near = known.filter { $0.lowercased().contains(name.lowercased()) }
    if let near = near.first ?? nearest(to: name, among: known) {
      return "; did you mean '\(near)'?"
    }
    return "; known are \(known.joined(separator: ", "))"
  }
}

extension ExactDecimal {
  /// For speeds and shares, never for money.
  var approximate: Double { Double(units) / Double(ExactDecimal.powerOfTen(scale)) }
}

/// `141.1 GB`, in 10^9 bytes.
package func gigabytes(_ bytes: Int64) -> String {
  let text = ExactDecimal(units: Int128(bytes).dividedHalfToEven(by: 100_000_000), scale: 1)
  return "\(text) GB"
}

/// `23.7`
func tenths(_ value: Double) -> String {
  ExactDecimal(units: Int128((min(value, 1e15) * 10).rounded()), scale: 1).description
}
