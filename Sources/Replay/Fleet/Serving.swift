import Usage

/// What stands under `serving`: how fast a server answers. A rented or owned option runs the history on
/// it and gets a `FleetUse`.
enum Serving: Sendable {
  /// One rate, whole numbers of microseconds, any number of servers behind one line.
  case singleStream(SingleStream)
  /// Anything else: continuous batching on a fleet.
  case batched(BatchedServing)

  static let fields = ["single_stream_tok_s", "time_model", "batching"]

  init?(_ reader: OptionReader, fleet: FleetOptions, slo: ServiceLevel?) {
    guard let serving = reader.map("serving", known: Serving.fields) else { return nil }
    let ways = ["single_stream_tok_s", "time_model"].filter { serving.field($0) != nil }
    guard ways.count == 1 else {
      serving.complain(
        serving.line,
        "needs one of 'single_stream_tok_s' and 'time_model: {a, b, c, d}'"
          + (ways.isEmpty ? "" : ", not both"))
      return nil
    }
    if ways[0] == "single_stream_tok_s" {
      guard let stream = SingleStream(serving) else { return nil }
      // One line in front of all servers knows when a request ends, not when its answer begins.
      let needsFirstToken = slo?.limits.contains { $0.metric != .endToEnd } ?? false
      if !fleet.needsFleet, !needsFirstToken {
        self = .singleStream(stream)
      } else {
        self = .batched(BatchedServing(ServingProfile(stream), fleet, isSingleRate: true))
      }
    } else {
      guard let profile = ServingProfile(timeModelOf: serving) else { return nil }
      self = .batched(BatchedServing(profile, fleet))
    }
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
