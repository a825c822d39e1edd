import Replay
import Usage

/// What stands beside the money: requirements, reasons, and how fast providers really were.
extension ReplayReport {
  static func beside(
    _ comparison: Comparison, _ options: [OptionResult], showsQualities: Bool
  ) -> [Document.Section] {
    var sections: [Document.Section] = []
    if comparison.ratios.contains(where: { $0.budgetBecomes != nil }) {
      sections.append(
        Document.Section(title: "Ratios of all pairs", table: ratios(comparison.ratios)))
    }
    if let matrix = matrix(options) {
      sections.append(Document.Section(title: "What each offers", table: matrix))
    }
    if showsQualities {
      let lines = options.flatMap { option in
        option.qualities.map { "\(option.name): \($0.text) (\($0.source))" }
      }
      sections.append(
        Document.Section(
          title: "Reasons beside money",
          lines: lines.isEmpty ? ["The options state none (field 'reasons')."] : lines))
    }
    if !comparison.observed.isEmpty {
      sections.append(
        Document.Section(
          title: "As the logs tell, in seconds", table: observed(comparison.observed)))
    }
    return sections
  }

  private static func ratios(_ ratios: [Comparison.Ratio]) -> Table {
    Table(
      columns: [
        .init("dearer", name: "dearer"), .init("cheaper", name: "cheaper"),
        .init("times", name: "times", isNumber: true),
        .init("the budget becomes", name: "budget_becomes", isNumber: true),
      ],
      rows: ratios.map {
        [
          .text($0.dearer), .text($0.cheaper), .text(grouped("\($0.times)")),
          $0.budgetBecomes.map { .money($0, decimals: 2) } ?? .none,
        ]
      })
  }

  /// One row an attribute, one column an option; nil where the options state hardly anything.
  private static func matrix(_ options: [OptionResult]) -> Table? {
    guard options.contains(where: { $0.attributes.count >= 3 }) else { return nil }
    let stated = Requirements.attributes.filter { attribute in
      options.contains { $0.attributes[attribute.name] != nil }
    }
    return Table(
      columns: [
        Table.Column("attribute", name: "attribute"),
        Table.Column("meaning", name: "meaning", isOptional: true),
      ] + options.map { Table.Column($0.name, name: $0.name) },
      rows: stated.map { attribute in
        [.text(attribute.name), .text(attribute.meaning)]
          + options.map { option in
            .text(option.attributes[attribute.name].map { $0 ? "yes" : "no" } ?? "not stated")
          }
      })
  }

  private static func observed(_ services: [ObservedService]) -> Table {
    func cells(_ percentiles: Service.Percentiles?) -> [Table.Cell] {
      guard let percentiles else { return [.none, .none, .none] }
      return [percentiles.p50, percentiles.p95, percentiles.p99].map { .text(decimals($0, 2)) }
    }
    let hasLimits = services.contains { $0.withinSLO != nil }
    return Table(
      columns: [
        .init("provider", name: "provider"), .init("requests", name: "requests", isNumber: true),
        .init("TTFT p50", name: "ttft_p50_s", isNumber: true),
        .init("p95", name: "ttft_p95_s", isNumber: true),
        .init("p99", name: "ttft_p99_s", isNumber: true),
        .init("end to end p50", name: "end_to_end_p50_s", isNumber: true),
        .init("p95", name: "end_to_end_p95_s", isNumber: true),
        .init("p99", name: "end_to_end_p99_s", isNumber: true),
        .init("output tokens/s p50", name: "output_tokens_per_s_p50", isNumber: true),
        .init("at once", name: "peak_concurrency", isNumber: true),
      ] + (hasLimits ? [.init("within SLO", name: "within_slo", isNumber: true)] : []),
      rows: services.map { service in
        [
          .text(service.provider.isEmpty ? "(not told)" : service.provider),
          .count(service.requests),
        ] + cells(service.timeToFirstToken) + cells(service.endToEnd) + [
          service.outputPerSecond.map { .text(decimals($0.p50, 1)) } ?? .none,
          service.peakConcurrency.map { .count(Int64($0)) } ?? .none,
        ] + (hasLimits ? [service.withinSLO.map { .text(percent($0)) } ?? .none] : [])
      })
  }
}
