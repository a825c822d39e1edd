import Replay
import Usage

/// The decision part of an option for programs.
extension ReplayReport {
  static func decision(_ option: OptionResult, baseline: String?) -> [JSONValue.Member] {
    [
      .init("verdict", .string(sentence(option, baseline: baseline))),
      .init("capacity", option.capacity.map(json) ?? .null),
      .init("fit", option.fit.map { .object(FitReport.json($0)) } ?? .null),
      .init("limits", option.limits.map(json) ?? .null),
      .init("availability", option.availability.map(json) ?? .null),
      .init("legs", .array(option.legs.map(json))),
      .init("breakEven", .array(option.breakEven.map(json))),
      .init(
        "payback",
        .array(
          option.payback.map {
            .object([
              .init("against", .string($0.against)), .init("days", .integer($0.days)),
              .init("netDays", $0.netDays.map { .integer($0) } ?? .null),
            ])
          })),
      .init("crossover", .array(option.crossovers.map(json))),
      .init("sensitivity", .array(option.sensitivity.map(json))),
      .init(
        "monthly",
        .array(
          option.monthly.map {
            .object([
              .init("month", .string(String("\($0.month)".prefix(7)))),
              .init("total", .string($0.total?.description)),
              .init("low", .string($0.low?.description)),
              .init("high", .string($0.high?.description)),
            ])
          })),
      .init("monthlySpread", .string(option.monthlySpread?.description)),
      .init(
        "attributes",
        .object(
          Requirements.attributes.map { attribute in
            .init(attribute.name, option.attributes[attribute.name].map { .bool($0) } ?? .null)
          } + [
            .init("region", .string(option.region)), .init("tags", .strings(option.tags)),
          ])),
      .init("residencyViolations", .integer(option.residencyViolations)),
      .init("roundTripSeconds", .string(option.roundTripSeconds?.description)),
      .init(
        "qualities",
        .array(
          option.qualities.map {
            .object([.init("text", .string($0.text)), .init("source", .string($0.source))])
          })),
    ]
  }

  private static func json(_ capacity: Capacity) -> JSONValue {
    .object([
      .init("totalTokensPerSecond", .string("\(capacity.totalPerSecond)")),
      .init("outputTokensPerSecond", .string(capacity.outputPerSecond?.description)),
      .init("activeHours", .string("\(capacity.activeHours)")),
      .init("tokensInPeriod", .integer(capacity.tokensInPeriod)),
      .init("utilisation", .number(capacity.utilisation)),
      .init("neededTokensPerSecond", .string("\(capacity.neededPerSecond)")),
      .init("peakTokensPerSecond", .string("\(capacity.peakPerSecond)")),
      .init("replicasForPeak", .integer(capacity.replicasForPeak)),
      .init("requestsPerHour", capacity.requestsPerHour.map { .integer($0) } ?? .null),
      .init("overflowTokens", .integer(capacity.overflowTokens)),
      .init("overflowRequests", .integer(capacity.overflowRequests)),
      .init("perMillionTokensAtFullLoad", .string(capacity.perMillionAtFullLoad?.description)),
      .init(
        "perMillionOutputTokensAtFullLoad",
        .string(capacity.perMillionOutputAtFullLoad?.description)),
      .init("source", .string(capacity.source)),
    ])
  }

  private static func json(_ limits: RateLimits.Outcome) -> JSONValue {
    .object([
      .init("tokensPerMinute", limits.tokensPerMinute.map { .integer($0) } ?? .null),
      .init("requestsPerMinute", limits.requestsPerMinute.map { .integer($0) } ?? .null),
      .init("throttledMinutes", .integer(limits.throttledMinutes)),
      .init("tokensOver", .integer(limits.tokensOver)),
      .init("requestsOver", .integer(limits.requestsOver)),
      .init("peakTokens", .integer(limits.peakTokens)),
      .init("peakRequests", .integer(limits.peakRequests)),
    ])
  }

  private static func json(_ availability: Availability) -> JSONValue {
    .object([
      .init("share", .number(availability.share)),
      .init("hoursDown", .number(availability.hoursDown)),
      .init("each", .string("\(availability.each)")),
      .init("needed", .integer(availability.needed)),
      .init("replicas", .integer(availability.replicas)),
    ])
  }

  private static func json(_ leg: OptionResult.Leg) -> JSONValue {
    .object([
      .init("to", .string(leg.to)), .init("requests", .integer(leg.requests)),
      .init("tokens", .integer(leg.tokens)), .init("total", .string(leg.total?.description)),
    ])
  }

  private static func json(_ volume: OptionResult.BreakEven) -> JSONValue {
    .object([
      .init("against", .string(volume.against)), .init("tokens", .integer(volume.tokens)),
      .init("requests", .integer(volume.requests)), .init("times", .string("\(volume.times)")),
      .init("tokensPerDay", .integer(volume.tokensPerDay)),
      .init("tokensPerSecond", .string(volume.tokensPerSecond?.description)),
      .init("load", volume.load.map { .number($0) } ?? .null),
      .init("feasible", volume.isFeasible.map { .bool($0) } ?? .null),
      .init("overflows", .bool(volume.overflows)),
      .init("approximate", .bool(volume.isApproximate)),
    ])
  }

  private static func json(_ crossover: OptionResult.Crossover) -> JSONValue {
    .object([
      .init("against", .string(crossover.against)), .init("month", .integer(crossover.month)),
      .init("own", .string("\(crossover.own)")), .init("other", .string("\(crossover.other)")),
      .init("withinPlan", .bool(crossover.isWithinPlan)),
      .init("load", crossover.load.map { .number($0) } ?? .null),
      .init("monthIfSlower", crossover.monthIfSlower.map { .integer($0) } ?? .null),
      .init("monthIfFaster", crossover.monthIfFaster.map { .integer($0) } ?? .null),
      .init("growthNeeded", .string(crossover.growthNeeded?.description)),
    ])
  }

  static func json(_ service: ObservedService) -> JSONValue {
    .object([
      .init("provider", .string(service.provider)), .init("requests", .integer(service.requests)),
      .init("ttft", times(service.timeToFirstToken)), .init("endToEnd", times(service.endToEnd)),
      .init("outputTokensPerSecond", times(service.outputPerSecond)),
      .init("peakConcurrency", service.peakConcurrency.map { .integer($0) } ?? .null),
      .init("withinSLO", service.withinSLO.map { .number($0) } ?? .null),
    ])
  }
}
