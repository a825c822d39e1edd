import Replay
import Usage

/// A replay for programs.
extension ReplayReport {
  static func json(_ comparison: Comparison, _ scope: Scope) -> JSONValue {
    .object(
      [
        .init("schemaVersion", .integer(1)),
        .init("timeZone", .string(comparison.period.zone.name)),
        .init("from", .string("\(comparison.period.first)")),
        .init("to", .string("\(comparison.period.last)")),
        .init(
          "prices",
          .object([
            .init("version", .string(comparison.prices.version)),
            .init("sha256", .string(comparison.prices.hash)),
            .init("userFiles", .strings(comparison.prices.userFiles)),
          ])),
        .init(
          "history",
          .object(
            UsageReport.members(comparison.history) + [
              .init("averageTokensPerSecond", .string("\(comparison.averageTokensPerSecond)")),
              .init("skippedLines", .integer(comparison.skippedLines)),
            ])),
        .init("observed", .array(comparison.observed.map(json))),
        .init(
          "options",
          .array(
            comparison.options.map {
              .object(cost($0) + decision($0, baseline: comparison.baseline))
            })),
        .init(
          "ratios",
          .array(
            comparison.ratios.map {
              .object([
                .init("dearer", .string($0.dearer)), .init("cheaper", .string($0.cheaper)),
                .init("times", .string("\($0.times)")),
                .init("budgetBecomes", .string($0.budgetBecomes?.description)),
              ])
            })),
        .init("excluded", .strings(comparison.excluded)),
      ] + scope.members)
  }

  private static func cost(_ option: OptionResult) -> [JSONValue.Member] {
    [
      .init("name", .string(option.name)), .init("kind", .string(option.kind)),
      .init("currency", .string(option.currency)),
      .init("total", .string(option.total?.description)),
      .init("low", .string(option.low?.description)),
      .init("high", .string(option.high?.description)),
      .init(
        "lines",
        .array(
          option.lines.map {
            .object([
              .init("name", .string($0.name)), .init("amount", .string("\($0.amount)")),
              .init("low", .string("\($0.low)")), .init("high", .string("\($0.high)")),
              .init("basis", .string($0.basis)),
            ])
          })),
      .init("perRequest", .string(option.perRequest?.description)),
      .init("perMillionTokens", .string(option.perMillionTokens?.description)),
      .init("difference", option.difference.map(json) ?? .null),
      .init("service", option.service.map(json) ?? .null),
      .init("eligible", .bool(option.eligible)), .init("reasons", .strings(option.reasons)),
      .init(
        "unpriced",
        .object([
          .init("requests", .integer(option.unpriced.requests)),
          .init("tokens", .integer(option.unpriced.tokens)),
          .init("models", .strings(option.unpriced.models)),
          .init("notConfigured", .strings(option.unpriced.notConfigured)),
        ])),
      .init("pricesUsed", .array(option.pricesUsed.map(json))),
      .init("assumptions", .strings(option.assumptions)),
    ]
  }

  private static func json(_ difference: OptionResult.Difference) -> JSONValue {
    .object([
      .init("to", .string(difference.to)), .init("amount", .string("\(difference.amount)")),
      .init("percent", .string(difference.percent.map { fixed($0, 1) })),
    ])
  }

  private static func json(_ use: OptionResult.PriceUse) -> JSONValue {
    .object([
      .init("model", .string(use.model)), .init("id", .string(use.id)),
      .init("layer", .string(use.layer)), .init("rule", .string(use.rule)),
      .init("source", .string(use.source)), .init("asOf", .string(use.asOf)),
      .init("from", .string(use.from)), .init("to", .string(use.to)),
      .init("status", .string(use.status)),
      .init("requests", .integer(use.requests)), .init("tokens", .integer(use.tokens)),
      .init("amount", .string("\(use.amount)")),
    ])
  }
}
