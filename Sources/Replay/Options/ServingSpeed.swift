import Usage

/// How fast an option's servers are, as one of its inputs.
extension Serving {
  /// `run`, once for this place however often the option is costed.
  func runOnce(
    _ replay: ReplayContext, fleet: FleetOptions, slo: ServiceLevel?, billing: RentalBilling?,
    hoursPerDay: ExactDecimal = ExactDecimal(units: 24), paysWork: Bool, _ cost: inout OptionCost
  ) -> FleetUse {
    let (use, noted) = replay.once("serving") {
      var noted = OptionCost()
      let use = run(
        replay, fleet: fleet, slo: slo, billing: billing, hoursPerDay: hoursPerDay,
        paysWork: paysWork, &noted)
      return (use, noted)
    }
    cost.service = noted.service
    cost.assumptions += noted.assumptions
    cost.reasons += noted.reasons
    cost.trace = noted.trace
    return use
  }

  /// Tokens a second where one request is served at a time; nil for what has no such figure.
  private var tokensPerSecond: ExactDecimal? {
    guard case .singleStream(let stream) = self else { return nil }
    return stream.tokensPerSecond
  }

  /// Whether one answer takes many simulations.
  private var searches: Bool {
    guard case .batched(let serving) = self else { return false }
    return serving.fleet.mode == .smallest
  }

  fileprivate mutating func speedUp(by factor: ExactDecimal) {
    switch self {
    case .singleStream(var stream):
      let faster = (stream.tokensPerSecond * factor).limited(to: OptionReader.mostDigits)
      stream.tokensPerSecond = max(faster, ExactDecimal(units: 1, scale: 3))
      self = .singleStream(stream)
    case .batched(var serving):
      serving.profile.time = serving.profile.time.scaled(by: 1 / max(factor.approximate, 1e-6))
      self = .batched(serving)
    }
  }

  /// `paysWork` where the cost hangs on how long the servers work.
  static func speed<Option>(
    _ serving: Serving?, paysWork: Bool, _ path: WritableKeyPath<Option, Serving?>
  ) -> [OptionInput<Option>] {
    guard let serving else { return [] }
    let rate = serving.tokensPerSecond
    return [
      OptionInput(
        name: "serving speed", unit: rate == nil ? "times as fast" : "tokens a second",
        value: rate ?? .one, effort: serving.searches ? SmallestFleet.mostRuns : 1,
        isSimulated: serving.isSimulated, movesCost: paysWork || !serving.isPaidAlike
      ) { $0[keyPath: path]?.speedUp(by: $1) }
    ]
  }

  /// Whether the same servers are there at all times and take everything, however fast they are.
  private var isPaidAlike: Bool {
    guard case .batched(let serving) = self else { return false }
    return serving.isPaidAlike
  }
}

extension Deployment {
  func throughputInput<Option>(
    _ cost: OptionCost, _ path: WritableKeyPath<Option, Deployment>
  ) -> [OptionInput<Option>] {
    guard hasThroughput, let capacity = cost.capacity, capacity.totalPerSecond > .zero else {
      return []
    }
    return [
      OptionInput(
        name: "throughput", unit: "tokens a second", value: capacity.totalPerSecond, effort: 1,
        isCapacity: true
      ) { $0[keyPath: path].speedUp(by: $1) }
    ]
  }
}
