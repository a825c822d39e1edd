import Usage

/// A model on GPUs of one's own or rented ones: whether it fits, how much it could do, and what takes
/// the rest.
struct Deployment: Sendable {
  static let fields = [
    "gpu", "model", "precision", "split", "throughput", "overflow", "availability",
  ]

  private let gpuName: String?
  private let modelName: String?
  private let precisionName: String?
  private let split: Fit.Split
  private(set) var throughput: Throughput?
  let overflow: String?
  private let overflowLine: Int
  /// Share of the time that one replica is up.
  private let availability: ExactDecimal?
  /// One stream's rate as given in `serving`, to be held against memory bandwidth.
  private var singleStreamRate: ExactDecimal?
  private(set) var fit: Fit?

  init(_ reader: OptionReader) {
    gpuName = reader.text("gpu")
    let serving = reader.field("serving")
    modelName = reader.text("model") ?? serving?["model"]?.text
    precisionName = reader.text("precision") ?? serving?["precision"]?.text
    split =
      reader.word("split", among: Fit.Split.allCases.map(\.rawValue)).flatMap(Fit.Split.init)
      ?? .tensor
    throughput = Throughput(reader)
    overflow = reader.text("overflow")
    overflowLine = reader.line(of: "overflow")
    availability = reader.decimal("availability", atMost: 1)
    singleStreamRate = serving?["single_stream_tok_s"]?.text.flatMap { ExactDecimal($0) }
    if throughput != nil, serving != nil {
      reader.complain(
        reader.line(of: "throughput"),
        "'throughput' is a capacity figure and 'serving' a simulation: give one of them")
    }
    if let throughput, throughput.needsCatalogue {
      for (field, value) in [("gpu", gpuName), ("model", modelName), ("precision", precisionName)]
      where value == nil {
        reader.complain(throughput.line, "'throughput' from the catalogue needs '\(field)'")
      }
    }
    if overflow != nil, throughput == nil, serving == nil {
      reader.complain(
        overflowLine, "'overflow' needs 'throughput' or 'serving' to know what does not fit")
    }
  }

  mutating func speedUp(by factor: ExactDecimal) { throughput?.speedUp = factor }

  /// Whether throughput stands in for a simulation.
  var hasThroughput: Bool { throughput != nil }

  var references: [OptionReference] {
    overflow.map { [OptionReference(name: $0, field: "overflow", line: overflowLine)] } ?? []
  }

  var needsHardware: Bool {
    (gpuName != nil && modelName != nil) || (throughput?.needsCatalogue ?? false)
  }

  /// Holds what is named against the catalogue. `gpus` is the size of one replica.
  mutating func lookUp(
    gpus: Int, in hardware: HardwareCatalogue, _ reader: OptionReader
  ) {
    guard let gpuName, let modelName else { return }
    let gpu = find(
      hardware.gpu(named: gpuName), "gpu", gpuName, hardware.gpus.map(\.id), hardware, reader)
    let model = find(
      hardware.model(named: modelName), "model", modelName, hardware.models.map(\.id), hardware,
      reader)
    guard let precisionName else {
      if !(throughput?.needsCatalogue ?? false) {
        reader.complain(reader.line(of: "model"), "'model' needs 'precision' to know its size")
      }
      return
    }
    let precision = find(
      hardware.precision(named: precisionName), "precision", precisionName,
      hardware.precisions.map(\.id), hardware, reader)
    guard let gpu, let model, let precision else { return }
    let fit = Fit(model, precision, on: gpu, count: gpus, split: split, asOne: true)
    self.fit = fit
    if !fit.fits { reader.complain(reader.line(of: "model"), fit.sentence) }
    throughput?.lookUp(model, precision, on: gpu, count: gpus, in: hardware, reader)
  }

  private func find<Fact>(
    _ fact: Fact?, _ field: String, _ name: String, _ known: [String],
    _ hardware: HardwareCatalogue, _ reader: OptionReader
  ) -> Fact? {
    if fact == nil {
      reader.complain(
        reader.line(of: field),
        "'\(field): \(name)' is not in the catalogue" + hardware.hint(name, known))
    }
    return fact
  }

  /// Checks and figures that do not depend on the history.
  func note(
    replicas: Int128, redundancy: Int128, _ replay: ReplayContext, _ cost: inout OptionCost
  ) {
    if let fit {
      cost.fit = fit
      cost.assumptions.append("Fit: \(fit.sentence).")
      if let gpus = fit.gpusPerReplica, fit.split == .tensor, gpus != fit.gpuCount {
        cost.reasons.append(
          "tensor parallelism takes 1, 2, 4, 8 or 16 GPUs: " + fit.sentence)
      }
      if let released = fit.model.released, replay.period.first < released {
        cost.reasons.append(
          "hypothetical: \(fit.model.id) was released on \(released), after the history began")
      }
      if let quality = fit.precision.quality {
        cost.assumptions.append("Quality in \(fit.precision.id): \(quality).")
      }
      if let rate = singleStreamRate, let objection = fit.objection(toSingleStream: rate) {
        cost.reasons.append("impossible: " + objection)
      }
    } else if gpuName != nil {
      cost.assumptions.append("No 'model' was given: whether it fits the GPUs is not checked.")
    }
    if let availability {
      cost.availability = Availability(
        each: availability, needed: replicas, spare: redundancy, hours: replay.hours)
    }
  }
}
