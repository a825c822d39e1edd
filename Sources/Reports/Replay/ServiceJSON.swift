import Replay

/// How simulated servers coped, for programs.
extension ReplayReport {
  static func json(_ service: Service) -> JSONValue {
    func range(_ low: Service.Percentiles?, _ high: Service.Percentiles?) -> JSONValue {
      .object([.init("low", times(low)), .init("high", times(high))])
    }
    func number(_ value: Double?) -> JSONValue { value.map { .number($0) } ?? .null }
    func count(_ value: Int64?) -> JSONValue { value.map { .integer($0) } ?? .null }
    return .object([
      .init("measured", .bool(service.measured)),
      .init("utilisation", .number(service.utilisation)),
      .init("peakReplicas", .integer(service.peakReplicas)),
      .init("ttft", times(service.timeToFirstToken)), .init("endToEnd", times(service.endToEnd)),
      .init("queued", .integer(service.queued)), .init("overflowed", .integer(service.overflowed)),
      .init("rejected", .integer(service.rejected)),
      .init("sloMet", service.sloMet.map { .bool($0) } ?? .null),
      .init("capacityRequests", service.capacityRequests.map { .integer($0) } ?? .null),
      .init("tpot", times(service.timePerOutputToken)),
      .init("sloMissed", .strings(service.sloMissed)),
      .init("withinSlo", number(service.withinSLO)),
      .init("withinSloWorstHour", number(service.withinSLOWorstHour)),
      .init("peakUtilisation", number(service.peakUtilisation)),
      .init("busyShare", number(service.busyShare)),
      .init("iterations", count(service.iterations)),
      .init("evictions", count(service.evictions)),
      .init("restarted", .integer(service.restarted)),
      .init("interruptions", .integer(service.interruptions)),
      .init("unserved", .integer(service.unserved)),
      .init("peakSequences", count(service.peakSequences.map(Int64.init))),
      .init("peakCacheTokens", count(service.peakCacheTokens.map(Int64.init))),
      .init("realRequests", count(service.realRequests)),
      .init("assumedRequests", count(service.assumedRequests)),
      .init(
        "band",
        service.band.map { band in
          .object([
            .init("share", .number(band.share)),
            .init("ttft", range(band.timeToFirstToken.low, band.timeToFirstToken.high)),
            .init("endToEnd", range(band.endToEnd.low, band.endToEnd.high)),
            .init("tpot", range(band.timePerOutputToken.low, band.timePerOutputToken.high)),
            .init(
              "replicas",
              band.replicas.map { .array([.integer($0.low), .integer($0.high)]) } ?? .null),
          ])
        } ?? .null),
      .init(
        "arrivalBounds",
        .array(
          service.arrivalBounds.map {
            .object([
              .init("burst", .number($0.burst)), .init("replicas", .integer($0.replicas)),
              .init("ttft", times($0.timeToFirstToken)), .init("endToEnd", times($0.endToEnd)),
              .init("sloMet", $0.sloMet.map { .bool($0) } ?? .null),
            ])
          })),
      .init(
        "trials",
        .array(
          service.trials.map {
            .object([
              .init("replicas", .integer($0.replicas)), .init("sloMet", .bool($0.sloMet)),
              .init("ttft", times($0.timeToFirstToken)), .init("endToEnd", times($0.endToEnd)),
              .init("missed", .strings($0.missed)),
            ])
          })),
      .init("simulations", .integer(service.simulations)),
    ])
  }

  static func times(_ percentiles: Service.Percentiles?) -> JSONValue {
    percentiles.map {
      .object([
        .init("p50", .number($0.p50)), .init("p90", $0.p90.map { .number($0) } ?? .null),
        .init("p95", .number($0.p95)), .init("p99", .number($0.p99)),
        .init("mean", $0.mean.map { .number($0) } ?? .null),
      ])
    } ?? .null
  }
}
