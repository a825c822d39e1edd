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
  private var throughput: Throughput?
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
    guard let gpu = hardware.gpu(named: gpuName) else {
      reader.complain(
        reader.line(of: "gpu"),
        "'gpu: \(gpuName)' is not in the catalogue"
          + hardware.hint(gpuName, hardware.gpus.map(\.id)))
      return
    }
    guard let model = hardware.model(named: modelName) else {
      reader.complain(
        reader.line(of: "model"),
        "'model: \(modelName)' is not in the catalogue"
          + hardware.hint(modelName, hardware.models.map(\.id)))
      return
    }
    guard let precisionName else {
      if throughput == nil || !(throughput?.needsCatalogue ?? false) {
        reader.complain(reader.line(of: "model"), "'model' needs 'precision' to know its size")
      }
      return
    }
    guard let precision = hardware.precision(named: precisionName) else {
      reader.complain(
        reader.line(of: "precision"),
        "'precision: \(precisionName)' is not in the catalogue"
          + hardware.hint(precisionName, hardware.precisions.map(\.id)))
      return
    }
    let fit = Fit(model, precision, on: gpu, count: gpus, split: split, asOne: true)
    self.fit = fit
    if !fit.fits { reader.complain(reader.line(of: "model"), fit.sentence) }
    throughput?.lookUp(model, precision, on: gpu, count: gpus, in: hardware, reader)
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

  /// What is served here and what goes elsewhere.
  struct Share {
    var served: History
    var busy: Busy?
  }

  /// Time that the served tokens take, for a low, a middle and a high cost.
  struct Busy {
    /// Tokens an hour of all replicas; low is the fastest.
    var perHour: [ExactDecimal]
    var tokens: Int128

    var hours: [Quantity] {
      perHour.map {
        Quantity(
          numerator: tokens * ExactDecimal.powerOfTen($0.scale), denominator: max(1, $0.units))
      }
    }
  }

  /// Applies `throughput`; without one everything counts as served.
  func share(
    _ replay: ReplayContext, replicas: Int128, hoursPerDay: ExactDecimal, _ cost: inout OptionCost
  ) -> Share {
    var share = Share(served: replay.history, busy: nil)
    guard let throughput, let rate = throughput.rate(for: replay.history.sums.tokens) else {
      return share
    }
    let count = ExactDecimal(units: replicas)
    let perHour = DecimalRange(low: rate.perHour.low * count, high: rate.perHour.high * count)
    var over = replay.history.emptied
    if let overflow {
      let whole = perHour.middle.units / ExactDecimal.powerOfTen(perHour.middle.scale)
      (share.served, over) = WindowedLoad.split(
        replay.history, width: WindowedLoad.hour, capacity: Int64(clamping: whole)
      ) { $0.tokens.total }
      replay.price(overflow: over, on: overflow, &cost)
    }
    var capacity = capacity(rate, perHour.middle, share.served, replay, hoursPerDay, replicas)
    capacity.overflowTokens = over.sums.tokens.total
    capacity.overflowRequests = over.sums.requests
    cost.capacity = capacity
    cost.assumptions += rate.notes
    cost.assumptions.append(
      "Throughput \(perHour.middle.rounded(over: 3600, to: 1)) tokens a second from \(rate.source); "
        + "no waiting is simulated.")
    if overflow == nil { objection(capacity, hoursPerDay).map { cost.reasons.append($0) } }
    share.busy = Busy(
      perHour: [perHour.high, perHour.middle, perHour.low],
      tokens: Int128(share.served.sums.tokens.total))
    return share
  }

  private func capacity(
    _ rate: Throughput.Rate, _ perHour: ExactDecimal, _ served: History, _ replay: ReplayContext,
    _ hoursPerDay: ExactDecimal, _ replicas: Int128
  ) -> Capacity {
    let period = Int128(served.period.microseconds)
    // Hours on = period / 3.6e9 us x hours a day / 24.
    let on = [period, hoursPerDay.units]
    let onDivisors: [Int128] = [3_600_000_000, 24, ExactDecimal.powerOfTen(hoursPerDay.scale)]
    let scale = ExactDecimal.powerOfTen(perHour.scale)
    func perPeriod(_ more: Int128, _ less: Int128) -> Int128? {
      exactQuotient(on + [perHour.units, more], over: onDivisors + [scale, less])
    }
    let tokens = Int128(replay.history.sums.tokens.total)
    let inPeriod = perPeriod(1, 1) ?? 0
    let hourly = WindowedLoad(replay.history, width: WindowedLoad.hour) { $0.tokens.total }
    let mean = ExactDecimal(
      units: exactQuotient([tokens, 1_000_000_000_000], over: [period]) ?? 0, scale: 6)
    let peak =
      throughput?.peakFactor.map { $0 * mean }
      ?? ExactDecimal(
        units: (Int128(hourly.peak) * 1_000_000).dividedHalfToEven(by: 3600), scale: 6)
    let free = ExactDecimal.one - (throughput?.headroom ?? .zero)
    let each = (perHour * free).limited  // of all replicas, an hour
    // Millionths of a replica, then rounded up.
    let parts =
      each.isZero
      ? 0
      : wholeQuotient(
        [peak.units, 3600, replicas, ExactDecimal.powerOfTen(each.scale), 1_000_000],
        over: [each.units, ExactDecimal.powerOfTen(peak.scale)]) ?? 0
    return Capacity(
      totalPerSecond: perHour.divided(by: 3600),
      outputPerSecond: rate.mix.map {
        ExactDecimal(
          units: exactQuotient(
            [perHour.units, Int128($0.output), 1_000_000], over: [3600, Int128($0.all)]) ?? 0,
          scale: perHour.scale + 6
        ).reduced
      },
      activeHours: ExactDecimal(
        units: exactQuotient(on + [1_000_000], over: onDivisors) ?? 0, scale: 6
      ).reduced,
      tokensInPeriod: inPeriod,
      outputTokensInPeriod: rate.mix.flatMap { perPeriod(Int128($0.output), Int128($0.all)) },
      utilisation: inPeriod == 0 ? 0 : Double(served.sums.tokens.total) / Double(inPeriod),
      neededPerSecond: ExactDecimal(
        units: exactQuotient(
          [tokens, 1_000_000] + onDivisors, over: on + [3600]) ?? 0, scale: 6
      ).reduced,
      peakPerSecond: peak.reduced,
      replicasForPeak: (parts + 999_999) / 1_000_000,
      requestsPerHour: tokens == 0 || replay.history.sums.unknownRequests > 0
        ? nil
        : wholeQuotient(
          [perHour.units, Int128(replay.history.sums.requests)], over: [scale, tokens]),
      source: rate.source)
  }

  private func objection(_ capacity: Capacity, _ hoursPerDay: ExactDecimal) -> String? {
    let rate = capacity.totalPerSecond
    if capacity.neededPerSecond > rate {
      return "over capacity: the history needs \(capacity.neededPerSecond.text(1)) tokens a second"
        + (hoursPerDay < ExactDecimal(units: 24) ? " in \(hoursPerDay) h a day" : "")
        + ", there are \(rate.text(1))"
    }
    if capacity.peakPerSecond > rate {
      return
        "over capacity: the busiest hour needs \(capacity.peakPerSecond.text(1)) tokens a second, "
        + "there are \(rate.text(1))"
    }
    return nil
  }
}

extension Deployment {
  /// Prices what a simulation sent elsewhere; `places` are its requests in the history.
  func price(overflowed places: [Int], _ replay: ReplayContext, _ cost: inout OptionCost) {
    guard !places.isEmpty else { return }
    var over = replay.history.emptied
    for place in places { over.append(replay.history.requests[place]) }
    if let overflow {
      replay.price(overflow: over, on: overflow, &cost)
    } else {
      cost.reasons.append(
        "over capacity: \(over.sums.requests) requests with \(over.sums.tokens.total) tokens are not "
          + "taken, and no 'overflow' names who takes them")
    }
  }
}

extension ReplayContext {
  /// Adds what `history` costs on another option as the overflow line.
  func price(overflow history: History, on name: String, _ cost: inout OptionCost) {
    guard !history.requests.isEmpty else {
      cost.assumptions.append("Nothing overflows to \(name).")
      return
    }
    guard let other = costOn(history, name), other.isPriced, other.lines.isExact else {
      cost.cannotBePriced("what overflows has no price on '\(name)'")
      return
    }
    let sums = history.sums
    cost.lines.add(
      .overflow, other.lines.total,
      "\(sums.requests) requests with \(sums.tokens.total) tokens on \(name)")
    cost.unpriced.requests += other.unpriced.requests
    cost.unpriced.tokens += other.unpriced.tokens
    cost.unpriced.models += other.unpriced.models.filter { !cost.unpriced.models.contains($0) }
    cost.pricesUsed += other.pricesUsed
    cost.assumptions += other.assumptions.map { "\(name): \($0)" }
  }
}

extension ExactDecimal {
  /// With six digits behind the point at most, half to even: products of such stay in reach.
  var limited: ExactDecimal {
    guard scale > 6 else { return self }
    return ExactDecimal(
      units: units.dividedHalfToEven(by: ExactDecimal.powerOfTen(scale - 6)), scale: 6
    ).reduced
  }

  /// With six more digits, half to even.
  func divided(by divisor: Int128) -> ExactDecimal {
    ExactDecimal(units: (units * 1_000_000).dividedHalfToEven(by: divisor), scale: scale + 6)
      .reduced
  }

  /// For people.
  func text(_ decimals: Int) -> String {
    guard scale > decimals else { return description }
    let unit = ExactDecimal.powerOfTen(scale - decimals)
    return ExactDecimal(units: units.dividedHalfToEven(by: unit), scale: decimals).description
  }

  func rounded(over divisor: Int128, to decimals: Int) -> String {
    divided(by: divisor).text(decimals)
  }
}
