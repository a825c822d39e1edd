import Usage

/// What stands under `serving`: how fast a server answers. A rented or owned option runs the history on
/// it and gets a `FleetUse`.
enum Serving: Sendable {
  /// One rate, whole numbers of microseconds, any number of servers behind one line.
  case singleStream(SingleStream)
  /// Anything else: continuous batching on a fleet.
  case batched(BatchedServing)

  static let fields = [
    "single_stream_tok_s", "time_model", "profile", "points", "model", "precision", "batching",
    "band", "arrivals",
  ]
  private static let ways = ["single_stream_tok_s", "time_model", "profile", "points", "model"]

  init?(_ reader: OptionReader, fleet: FleetOptions, slo: ServiceLevel?) {
    guard let serving = reader.map("serving", known: Serving.fields) else { return nil }
    var ways = Serving.ways.filter { serving.field($0) != nil }
    // A model beside a measured speed says what is served, not how fast.
    if ways.count == 2, ways[1] == "model" { ways.removeLast() }
    guard ways.count == 1 else {
      serving.complain(
        serving.line,
        "needs one of \(Serving.ways.map { "'\($0)'" }.joined(separator: ", "))"
          + (ways.isEmpty ? "" : ", not \(ways.count)"))
      return nil
    }
    let arrivals = ArrivalModel(serving)
    if ways[0] == "single_stream_tok_s" {
      guard let stream = SingleStream(serving) else { return nil }
      // One line in front of all servers knows when a request ends, not when its answer begins.
      let needsFirstToken = slo?.limits.contains { $0.metric != .endToEnd } ?? false
      if !fleet.needsFleet, !needsFirstToken {
        self = .singleStream(stream)
      } else {
        self = .batched(
          BatchedServing(ServingProfile(stream), fleet, arrivals, isSingleRate: true))
      }
      return
    }
    if ways[0] == "model", reader.field("gpu") == nil {
      serving.complain(serving.line(of: "model"), "an estimate from hardware facts needs 'gpu'")
    }
    guard var profile = Serving.profile(ways[0], serving) else { return nil }
    profile.band = serving.real("band", atMost: 0.9) ?? profile.band
    self = .batched(BatchedServing(profile, fleet, arrivals))
  }

  /// Whether requests run through a fleet, which takes time.
  var isSimulated: Bool {
    if case .batched = self { true } else { false }
  }

  private static func profile(_ way: String, _ serving: OptionReader) -> ServingProfile? {
    if way == "time_model" { return ServingProfile(timeModelOf: serving) }
    if way == "model" { return ServingProfile(toBeEstimated: serving) }
    if way == "profile", let named = serving.text(way).flatMap(MeasuredProfile.init) {
      var profile = ServingProfile(toBeEstimated: serving)
      profile.named = named
      profile.band = MeasuredProfile.leastBand
      return profile
    }
    guard let (path, tree) = serving.attachment(way) else { return nil }
    var profile: ServingProfile
    if way == "profile" {
      guard let read = ServingProfile(profile: tree, file: path, faults: serving.faults) else {
        return nil
      }
      profile = read
    } else {
      do {
        let fit = try BenchmarkFit(BenchmarkPoint.points(of: tree), .init(), name: path)
        profile = ServingProfile(fit)
      } catch {
        serving.complain(serving.line(of: way), "'points: \(path)': \(error)")
        return nil
      }
    }
    if serving.field("batching") != nil { profile.readBatching(serving) }
    return profile
  }

  /// Whether its speed is to be looked up in the catalogue.
  var needsHardware: Bool {
    if case .batched(let serving) = self { serving.profile.named != nil } else { false }
  }

  /// Makes the profile or the estimate that was asked for, now that the hardware is known. `gpus` is the
  /// size of a replica, where it is told.
  mutating func lookUp(
    _ fit: Fit?, gpus: Int?, in hardware: HardwareCatalogue, _ reader: OptionReader
  ) {
    guard case .batched(var serving) = self, serving.profile.origin == .pending else { return }
    let field = serving.profile.named == nil ? "model" : "profile"
    do throws(RooflineEstimate.Missing) {
      if let named = serving.profile.named {
        if let gpus, gpus != named.count {
          throw RooflineEstimate.Missing(
            what: "'\(named.text)' is of \(named.count) GPUs, but a replica has \(gpus) here")
        }
        serving.profile = try named.profile(in: hardware).limited(by: serving.profile)
      } else if let fit, fit.fits {
        serving.profile = try RooflineEstimate(fit).profile().limited(by: serving.profile)
      }
      self = .batched(serving)
    } catch {
      reader.complain(reader.line(of: "serving"), "'\(field)': \(error.what)")
    }
  }

  /// Serves the history and notes in `cost` how that went.
  ///
  /// - Parameters:
  ///   - billing: how busy stretches and servers that come and go are metered; nil where nothing is
  ///     billed by time.
  ///   - hoursPerDay: how long the servers are on.
  ///   - paysWork: whether the cost hangs on how long they work.
  func run(
    _ replay: ReplayContext, fleet: FleetOptions, slo: ServiceLevel?, billing: RentalBilling?,
    hoursPerDay: ExactDecimal = ExactDecimal(units: 24), paysWork: Bool, _ cost: inout OptionCost
  ) -> FleetUse {
    switch self {
    case .singleStream(let stream):
      let run = stream.run(
        replay, replicas: fleet.replicas, slo: slo, billing: fleet.idleIsFree ? billing : nil,
        hoursPerDay: hoursPerDay, &cost)
      var billed: Quantity?
      if fleet.idleIsFree, let billing {
        billed =
          billing.isToTheSecond
          ? run.busyHours
          : run.billedMicroseconds.map { Quantity(numerator: $0, denominator: 3_600_000_000) }
      }
      return FleetUse(
        replicas: fleet.replicas.wholePoints, billedHours: billed, busyHours: run.busyHours)
    case .batched(let serving):
      if let use = replay.fleet?.use { return use }
      let isTrial = replay.fleet?.isKept == false
      func serve() -> FleetOutcome {
        // What another speed does to such a fleet is known without a simulation.
        if isTrial, slo == nil, !paysWork, serving.isPaidAlike {
          return serving.capacity(replay, hoursPerDay: hoursPerDay)
        }
        return serving.outcome(
          replay, slo: slo, billing: billing, hoursPerDay: hoursPerDay, isTrial: isTrial)
      }
      let key = FleetRuns.Key(serving, slo, billing, hoursPerDay, isTrial: isTrial)
      let outcome = replay.fleet?.outcome(key, serve) ?? serve()
      cost.service = outcome.service
      cost.reasons += outcome.reasons
      cost.assumptions += outcome.assumptions
      cost.trace = outcome.trace
      return outcome.use
    }
  }
}

extension ServingProfile {
  /// What stands beside `model`, until the hardware is known.
  init(toBeEstimated serving: OptionReader) {
    self.init(
      time: IterationTime(base: 1, perToken: 0, perContextToken: 0, perPair: 0),
      batching: Batching())
    origin = .pending
    band = RooflineEstimate.band
    if serving.field("batching") != nil { readBatching(serving) }
  }

  /// This speed with the limits and the band of another.
  fileprivate func limited(by other: ServingProfile) -> ServingProfile {
    var copy = self
    copy.batching = other.batching
    if other.batching.blocks == Batching.unlimited {
      copy.batching.blocks = max(
        1, batching.blocks * batching.blockSize / other.batching.blockSize)
    }
    // A band of one's own stands; a published measurement may be further off than is usual.
    copy.band = other.named == nil || other.band != MeasuredProfile.leastBand ? other.band : band
    copy.reusesPrefixes = other.reusesPrefixes
    return copy
  }

  init(_ fit: BenchmarkFit) {
    let x = fit.profile.coefficients
    self.init(
      time: IterationTime(base: x[0], perToken: x[1], perContextToken: x[2], perPair: x[3]),
      batching: fit.profile.batching)
    origin = .fitted
    band = fit.profile.band
    notes = ["Speed fitted to \(fit.points.count) benchmark points of '\(fit.profile.name)'."]
    notes += fit.notes
  }

  /// One request at a time, every token at one rate.
  init(_ stream: SingleStream) {
    let rate = stream.tokensPerSecond
    let perToken =
      Double(ExactDecimal.powerOfTen(rate.scale)) / Double(rate.units)
    self.init(
      time: IterationTime(base: 0, perToken: perToken, perContextToken: 0, perPair: 0),
      batching: .singleStream)
    notes = ["One request at a time at \(rate) tokens a second, input and output alike."]
  }
}
