import Replay
import Usage

/// A history against every option.
package enum ReplayReport {
  package static func make(_ comparison: Comparison, scope: Scope = Scope()) -> Report {
    Report(
      document: document(comparison, scope), json: json(comparison, scope),
      data: data(comparison))
  }

  // MARK: For people

  private static func document(_ comparison: Comparison, _ scope: Scope) -> Document {
    let sums = comparison.history
    let currency = comparison.options.first?.currency ?? "USD"
    var sections = [
      Document.Section(
        title: "What it would have cost, cheapest first", table: overview(comparison, currency))
    ]
    let sorted = cheapestFirst(comparison.options)
    sections.append(
      Document.Section(title: "Cost lines in \(currency)", table: lines(sorted)))
    for option in sorted {
      let text = remarks(option)
      if !text.isEmpty { sections.append(Document.Section(title: option.name, lines: text)) }
    }
    let prices = pricesUsed(sorted)
    if !prices.rows.isEmpty {
      sections.append(Document.Section(title: "Prices used", table: prices))
    }
    return Document(
      title:
        "Replay of \(counted(sums.requests, "request")) with \(grouped(sums.tokens.total)) tokens",
      facts: [
        "\(scope.describe(comparison.period)); money in \(currency); on average "
          + "\(rounded(comparison.averageTokensPerSecond, 3)) tokens a second"
      ], sections: sections, notes: comparison.excluded.map { "Excluded: \($0)" })
  }

  private static func cheapestFirst(_ options: [OptionResult]) -> [OptionResult] {
    options.enumerated().sorted { a, b in
      switch (a.element.total, b.element.total) {
      case (let x?, let y?): x == y ? a.offset < b.offset : x < y
      case (.some, nil): true
      case (nil, .some): false
      case (nil, nil): a.offset < b.offset
      }
    }.map(\.element)
  }

  private static func overview(_ comparison: Comparison, _ currency: String) -> Table {
    let hasRange = comparison.options.contains { $0.low != $0.high }
    var columns = [
      Table.Column("option", name: "option"), Table.Column("kind", name: "kind", isOptional: true),
      Table.Column("total \(currency)", name: "total", isNumber: true),
    ]
    if hasRange {
      columns.append(Table.Column("low", name: "low", isNumber: true))
      columns.append(Table.Column("high", name: "high", isNumber: true))
    }
    columns += [
      Table.Column("per request", name: "per_request", isNumber: true),
      Table.Column("per 1M tokens", name: "per_million_tokens", isNumber: true),
    ]
    if let baseline = comparison.baseline {
      columns.append(Table.Column("against \(baseline)", name: "difference", isNumber: true))
    }
    columns.append(Table.Column("verdict", name: "verdict"))
    return Table(
      columns: columns,
      rows: cheapestFirst(comparison.options).map { option in
        var cells: [Table.Cell] = [
          .text(option.name), .text(option.kind),
          option.total.map { .money($0, decimals: 2) } ?? .text("unknown"),
        ]
        if hasRange {
          for bound in [option.low, option.high] {
            cells.append(bound.map { .money($0, decimals: 2) } ?? .none)
          }
        }
        cells.append(option.perRequest.map(small) ?? .text("undefined"))
        cells.append(option.perMillionTokens.map(small) ?? .text("undefined"))
        if comparison.baseline != nil { cells.append(difference(option)) }
        cells.append(.text(verdict(option)))
        return cells
      })
  }

  /// Small amounts with four digits that say something.
  private static func small(_ money: Money) -> Table.Cell {
    var decimals = 2
    var limit = Int128(1_000_000_000_000)  // one dollar
    while decimals < 8, money.picodollars.magnitude < limit.magnitude, money != .zero {
      decimals += decimals == 2 ? 2 : 1
      limit /= 10
    }
    return .money(money, decimals: decimals)
  }

  private static func difference(_ option: OptionResult) -> Table.Cell {
    guard let difference = option.difference else { return .none }
    guard let percent = difference.percent else { return .money(difference.amount, decimals: 2) }
    return .text((percent.isNegative ? "" : "+") + "\(fixed(percent, 1)) %")
  }

  private static func verdict(_ option: OptionResult) -> String {
    if option.total == nil { return "cannot be priced" }
    if !option.eligible { return option.reasons.first ?? "not eligible" }
    if option.unpriced.tokens > 0 { return unpriced(option.unpriced) }
    if option.reasons.contains(where: { $0.hasPrefix("over capacity") }) { return "over capacity" }
    if option.service?.sloMet == false { return "too slow: misses the SLO" }
    return option.service == nil ? "" : "kept up"
  }

  private static func unpriced(_ unpriced: OptionResult.Unpriced) -> String {
    "\(counted(unpriced.requests, "request")) unpriced (\(grouped(unpriced.tokens)) tokens)"
  }

  /// One row a cost line, one column an option.
  private static func lines(_ options: [OptionResult]) -> Table {
    let names = options.first?.lines.map(\.name) ?? []
    let rounded = options.map { option in
      Money.roundedTogether(option.lines.map(\.amount), to: 2)
    }
    let used = names.indices.filter { line in
      options.contains { $0.lines[line].amount != .zero || $0.lines[line].high != .zero }
    }
    let shown = used + names.indices.filter { !used.contains($0) }
    return Table(
      columns: [Table.Column("cost line", name: "line")]
        + options.map { Table.Column($0.name, name: $0.name, isNumber: true) },
      rows: shown.map { line in
        [.text(names[line])] + rounded.map { .money($0[line], decimals: 2) }
      },
      totals: [.text("total")]
        + options.map { $0.total.map { .money($0, decimals: 2) } ?? .text("unknown") })
  }

  private static func remarks(_ option: OptionResult) -> [String] {
    var lines: [String] = []
    for line in option.lines where !line.basis.isEmpty && line.amount != .zero {
      lines.append("\(line.name): \(line.basis)")
    }
    if let service = option.service { lines.append(remark(service)) }
    if option.unpriced.tokens > 0 {
      lines.append(
        "excluded: \(unpriced(option.unpriced)): \(option.unpriced.models.joined(separator: ", "))")
    }
    lines += option.reasons
    lines += option.breakEven.map {
      "breaks even with \($0.against) at \(grouped(String($0.tokens))) tokens "
        + "(\(grouped(String($0.requests))) requests) in this period"
    }
    lines += option.payback.map {
      "its purchase price equals \(grouped(String($0.days))) days of \($0.against)"
    }
    lines += option.assumptions.map { "assumed: \($0)" }
    return lines
  }

  private static func remark(_ service: Service) -> String {
    var parts = ["utilisation \(percent(service.utilisation))"]
    if let times = service.timeToFirstToken {
      parts.append(
        "first token p50 \(seconds(times.p50)), p95 \(seconds(times.p95)), p99 \(seconds(times.p99))"
      )
    }
    if let times = service.endToEnd {
      parts.append(
        "end to end p50 \(seconds(times.p50)), p95 \(seconds(times.p95)), p99 \(seconds(times.p99))"
      )
    }
    parts.append("\(counted(service.queued, "request")) waited")
    if let capacity = service.capacityRequests {
      parts.append("capacity \(counted(capacity, "such request")) in the period")
    }
    return "service: " + parts.joined(separator: "; ")
  }

  private static func pricesUsed(_ options: [OptionResult]) -> Table {
    Table(
      columns: [
        .init("option", name: "option"), .init("price row", name: "price_row"),
        .init("from", name: "layer"), .init("source", name: "source", isOptional: true),
        .init("as of", name: "as_of"), .init("tokens", name: "tokens", isNumber: true),
        .init("amount", name: "amount", isNumber: true),
      ],
      rows: options.flatMap { option in
        option.pricesUsed.map { use in
          [
            .text(option.name), .text(use.id), .text(use.layer), .text(use.source),
            .text(use.asOf), .count(use.tokens), .money(use.amount, decimals: 2),
          ]
        }
      })
  }

  private static func rounded(_ value: ExactDecimal, _ decimals: Int) -> String {
    guard value.scale > decimals else { return value.description }
    let unit = ExactDecimal.powerOfTen(value.scale - decimals)
    return ExactDecimal(units: value.units.dividedHalfToEven(by: unit), scale: decimals).description
  }

  private static func fixed(_ value: ExactDecimal, _ decimals: Int) -> String {
    ExactDecimal(units: value.units(atScale: decimals) ?? value.units, scale: decimals).description
  }

  private static func percent(_ share: Double) -> String {
    let tenths = Int64((share * 1000).rounded())
    return "\(tenths / 10).\(tenths % 10) %"
  }

  private static func seconds(_ value: Double) -> String {
    let hundredths = Int64((value * 100).rounded())
    let digits = "\(hundredths % 100)"
    return "\(grouped(hundredths / 100)).\(digits.count < 2 ? "0" : "")\(digits) s"
  }

  // MARK: For programs

  private static func json(_ comparison: Comparison, _ scope: Scope) -> JSONValue {
    .object(
      [
        .init("schemaVersion", .integer(1)),
        .init("timeZone", .string(comparison.period.zone.name)),
        .init("from", .string("\(comparison.period.first)")),
        .init("to", .string("\(comparison.period.last)")),
        .init(
          "history",
          .object(
            UsageReport.members(comparison.history) + [
              .init("averageTokensPerSecond", .string("\(comparison.averageTokensPerSecond)")),
              .init("skippedLines", .integer(comparison.skippedLines)),
            ])),
        .init("options", .array(comparison.options.map(json))),
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

  private static func json(_ option: OptionResult) -> JSONValue {
    .object([
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
        ])),
      .init("pricesUsed", .array(option.pricesUsed.map(json))),
      .init(
        "breakEven",
        .array(
          option.breakEven.map {
            .object([
              .init("against", .string($0.against)), .init("tokens", .integer($0.tokens)),
              .init("requests", .integer($0.requests)),
            ])
          })),
      .init(
        "payback",
        .array(
          option.payback.map {
            .object([
              .init("against", .string($0.against)), .init("days", .integer($0.days)),
            ])
          })),
      .init("assumptions", .strings(option.assumptions)),
    ])
  }

  private static func json(_ difference: OptionResult.Difference) -> JSONValue {
    .object([
      .init("to", .string(difference.to)), .init("amount", .string("\(difference.amount)")),
      .init("percent", .string(difference.percent.map { fixed($0, 1) })),
    ])
  }

  private static func json(_ service: Service) -> JSONValue {
    func times(_ percentiles: Service.Percentiles?) -> JSONValue {
      percentiles.map {
        .object([
          .init("p50", .number($0.p50)), .init("p90", $0.p90.map { .number($0) } ?? .null),
          .init("p95", .number($0.p95)), .init("p99", .number($0.p99)),
          .init("mean", $0.mean.map { .number($0) } ?? .null),
        ])
      } ?? .null
    }
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
          ])
        } ?? .null),
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
    ])
  }

  private static func json(_ use: OptionResult.PriceUse) -> JSONValue {
    .object([
      .init("model", .string(use.model)), .init("id", .string(use.id)),
      .init("layer", .string(use.layer)), .init("rule", .string(use.rule)),
      .init("source", .string(use.source)), .init("asOf", .string(use.asOf)),
      .init("from", .string(use.from)), .init("to", .string(use.to)),
      .init("requests", .integer(use.requests)), .init("tokens", .integer(use.tokens)),
      .init("amount", .string("\(use.amount)")),
    ])
  }

  /// One row an option and cost line, the total last.
  private static func data(_ comparison: Comparison) -> Table {
    var rows: [[Table.Cell]] = []
    for option in comparison.options {
      for line in option.lines {
        rows.append([
          .text(option.name), .text(option.kind), .text(line.name),
          .money(line.amount, decimals: 2), .money(line.low, decimals: 2),
          .money(line.high, decimals: 2), .text(line.basis),
        ])
      }
      func cell(_ money: Money?) -> Table.Cell { money.map { .money($0, decimals: 2) } ?? .none }
      rows.append([
        .text(option.name), .text(option.kind), .text("total"), cell(option.total),
        cell(option.low), cell(option.high), .text(option.reasons.joined(separator: "; ")),
      ])
    }
    let currency = (comparison.options.first?.currency ?? "USD").lowercased()
    return Table(
      columns: [
        .init("option", name: "option"), .init("kind", name: "kind"), .init("line", name: "line"),
        .init("amount", name: "amount_\(currency)", isNumber: true),
        .init("low", name: "low_\(currency)", isNumber: true),
        .init("high", name: "high_\(currency)", isNumber: true), .init("basis", name: "basis"),
      ], rows: rows)
  }
}
