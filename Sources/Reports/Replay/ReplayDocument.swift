import Replay
import Usage

/// A replay for people.
extension ReplayReport {
  static func document(
    _ comparison: Comparison, _ scope: Scope, showsQualities: Bool
  ) -> Document {
    let sums = comparison.history
    let currency = comparison.options.first?.currency ?? "USD"
    let sorted = cheapestFirst(comparison.options)
    let hasDoubtful = sorted.contains { $0.total != nil && verdict($0).isDoubtful }
    var sections = [
      Document.Section(
        title: "In short",
        lines: sorted.map { "\($0.name): \(sentence($0, baseline: comparison.baseline))" }),
      Document.Section(
        title: "What it would have cost, cheapest first"
          + (hasDoubtful ? "; what leaves something out or may not have kept up stands last" : ""),
        table: overview(comparison, sorted, currency)),
    ]
    sections.append(
      Document.Section(title: "Cost lines in \(currency)", table: lines(sorted)))
    for option in sorted {
      let text = remarks(option, baseline: comparison.baseline)
      if !text.isEmpty { sections.append(Document.Section(title: option.name, lines: text)) }
      if let matters = whatMatters(option) { sections.append(matters) }
    }
    sections += beside(comparison, sorted, showsQualities: showsQualities)
    let prices = pricesUsed(sorted)
    if !prices.rows.isEmpty {
      sections.append(Document.Section(title: "Prices used", table: prices))
    }
    return Document(
      title: "Replay of \(volume(sums))",
      facts: [
        "\(scope.describe(comparison.period)); money in \(currency); on average "
          + "\(grouped(rounded(comparison.averageTokensPerSecond, 3))) tokens a second",
        comparison.prices.sentence,
      ], sections: sections, notes: comparison.excluded.map { "Excluded: \($0)" })
  }

  /// Server logs by the interval tell tokens, but not always of how many requests.
  private static func volume(_ sums: UsageSums) -> String {
    let tokens = counted(sums.tokens.total, "token")
    guard sums.unknownRequests > 0 else {
      return "\(counted(sums.requests, "request")) with \(tokens)"
    }
    return sums.requests == 0
      ? "\(tokens); in how many requests, the source does not tell"
      : "\(counted(sums.requests, "request")) and others that were not counted, with \(tokens)"
  }

  /// What could not have taken the whole history, or may not, is no bargain: it stands behind what could,
  /// and what cannot be priced behind that.
  private static func cheapestFirst(_ options: [OptionResult]) -> [OptionResult] {
    func rank(_ option: OptionResult) -> Int {
      option.total == nil ? 2 : verdict(option).isDoubtful ? 1 : 0
    }
    return options.enumerated().sorted { a, b in
      let (x, y) = (rank(a.element), rank(b.element))
      if x != y { return x < y }
      guard let cost = a.element.total, let other = b.element.total, cost != other else {
        return a.offset < b.offset
      }
      return cost < other
    }.map(\.element)
  }

  private static func overview(
    _ comparison: Comparison, _ sorted: [OptionResult], _ currency: String
  ) -> Table {
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
      rows: sorted.map { option in
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
        cells.append(.text(verdict(option).text))
        return cells
      })
  }

  /// Small amounts with four digits that say something.
  static func small(_ money: Money) -> Table.Cell {
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
    return .text((percent.isNegative ? "" : "+") + "\(grouped(fixed(percent, 1))) %")
  }

  /// Whether an option could have taken the whole history, in a few words, and whether that is in doubt.
  static func verdict(_ option: OptionResult) -> (text: String, isDoubtful: Bool) {
    if option.total == nil { return ("cannot be priced", true) }
    if !option.eligible { return (option.reasons.first ?? "not eligible", true) }
    if option.unpriced.tokens > 0 { return (unpriced(option.unpriced), true) }
    if option.reasons.contains(where: { $0.contains("over capacity") }) {
      return ("over capacity", true)
    }
    if option.service?.sloMet == false { return ("too slow: misses the SLO", true) }
    if option.reasons.contains(where: { $0.hasPrefix("impossible") }) {
      return ("impossible", true)
    }
    if let lost = option.service?.lost, lost > 0 {
      return ("\(counted(lost, "request")) unanswered", true)
    }
    if let limits = option.limits, limits.throttledMinutes > 0 { return ("throttled", false) }
    if option.service != nil || option.capacity != nil { return ("kept up", false) }
    return isOfUnknownCapacity(option) ? ("capacity not known", true) : ("", false)
  }

  /// Hardware has an end to what it can do, whether the option says where or not.
  static func isOfUnknownCapacity(_ option: OptionResult) -> Bool {
    ["rented", "owned", "provisioned"].contains(option.kind) && option.service == nil
      && option.capacity == nil
  }

  static func unpriced(_ unpriced: OptionResult.Unpriced) -> String {
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

  private static func pricesUsed(_ options: [OptionResult]) -> Table {
    Table(
      columns: [
        .init("option", name: "option"), .init("price row", name: "price_row"),
        .init("from", name: "layer"), .init("status", name: "status", isOptional: true),
        .init("source", name: "source", isOptional: true),
        .init("as of", name: "as_of"), .init("tokens", name: "tokens", isNumber: true),
        .init("amount", name: "amount", isNumber: true),
      ],
      rows: options.flatMap { option in
        together(option.pricesUsed).map { use in
          [
            .text(option.name), .text(use.id), .text(use.layer), .text(use.status),
            .text(use.source), .text(use.asOf), .count(use.tokens), .money(use.amount, decimals: 2),
          ]
        }
      })
  }

  /// One entry a price row, whatever models it stands in for.
  private static func together(_ uses: [OptionResult.PriceUse]) -> [OptionResult.PriceUse] {
    uses.reduce(into: []) { rows, use in
      guard
        let known = rows.firstIndex(where: {
          $0.id == use.id && $0.layer == use.layer && $0.from == use.from && $0.status == use.status
            && $0.source == use.source
        })
      else {
        rows.append(use)
        return
      }
      rows[known].requests += use.requests
      rows[known].tokens &+= use.tokens
      rows[known].amount += use.amount
    }
  }

  static func rounded(_ value: ExactDecimal, _ decimals: Int) -> String {
    guard value.scale > decimals else { return value.description }
    let unit = ExactDecimal.powerOfTen(value.scale - decimals)
    return ExactDecimal(units: value.units.dividedHalfToEven(by: unit), scale: decimals).description
  }
}
