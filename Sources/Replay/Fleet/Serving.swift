import Usage

/// What stands under `serving`: how fast a server answers. A rented or owned option runs the history on
/// it and gets a `FleetUse`.
enum Serving: Sendable {
  /// One rate, whole numbers of microseconds, any number of servers behind one line.
  case singleStream(SingleStream)
  /// Anything else: continuous batching on a fleet.
  case batched(BatchedServing)

  static let fields = [
    "single_stream_tok_s", "time_model", "profile", "points", "batching", "band",
    "arrivals",
  ]
  private static let ways = ["single_stream_tok_s", "time_model", "profile", "points"]

  init?(_ reader: OptionReader, fleet: FleetOptions, slo: ServiceLevel?) {
    guard let serving = reader.map("serving", known: Serving.fields) else { return nil }
    let ways = Serving.ways.filter { serving.field($0) != nil }
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
    guard var profile = Serving.profile(ways[0], serving) else { return nil }
    profile.band = serving.real("band", atMost: 0.9) ?? profile.band
    self = .batched(BatchedServing(profile, fleet, arrivals))
  }

  private static func profile(_ way: String, _ serving: OptionReader) -> ServingProfile? {
    if way == "time_model" { return ServingProfile(timeModelOf: serving) }
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

  /// Serves the history and notes in `cost` how that went.
  ///
  /// - Parameters:
  ///   - billing: how busy stretches and servers that come and go are metered; nil where nothing is
  ///     billed by time.
  ///   - hoursPerDay: how long the servers are on.
  func run(
    _ replay: ReplayContext, fleet: FleetOptions, slo: ServiceLevel?, billing: RentalBilling?,
    hoursPerDay: ExactDecimal = ExactDecimal(units: 24), _ cost: inout OptionCost
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
      return serving.run(replay, slo: slo, billing: billing, hoursPerDay: hoursPerDay, &cost)
    }
  }
}

extension ServingProfile {
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
