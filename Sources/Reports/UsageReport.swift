import Usage

/// Tokens of a period, grouped.
package enum UsageReport {
  package static func make(_ summary: UsageSummary, scope: Scope = Scope()) -> Report {
    Report(
      document: document(summary, scope), json: json(summary, scope), data: data(summary))
  }

  private struct Measure: Sendable {
    var title: String
    var name: String
    /// As in the JSON contract.
    var key: String
    var value: @Sendable (UsageSums) -> Int64
  }

  private static let measures = [
    Measure(title: "requests", name: "requests", key: "requests") { $0.requests },
    Measure(title: "failed", name: "failed_requests", key: "failed") { $0.failed },
    Measure(title: "uncached input", name: "uncached_input_tokens", key: "uncachedInput") {
      $0.tokens.uncachedInput
    },
    Measure(title: "cache read", name: "cache_read_tokens", key: "cacheRead") {
      $0.tokens.cacheRead
    },
    Measure(title: "cache write 5m", name: "cache_write_5m_tokens", key: "cacheWrite5m") {
      $0.tokens.cacheWrite5m
    },
    Measure(title: "cache write 1h", name: "cache_write_1h_tokens", key: "cacheWrite1h") {
      $0.tokens.cacheWrite1h
    },
    Measure(title: "cache write", name: "cache_write_other_tokens", key: "cacheWriteOther") {
      $0.tokens.cacheWriteOther
    },
    Measure(title: "output", name: "output_tokens", key: "output") { $0.tokens.output },
    Measure(title: "(reasoning)", name: "reasoning_tokens", key: "reasoning") {
      $0.tokens.reasoning
    },
    Measure(title: "total tokens", name: "total_tokens", key: "totalTokens") { $0.tokens.total },
  ]

  // MARK: For people

  private static func document(_ summary: UsageSummary, _ scope: Scope) -> Document {
    let always: Set<String> = ["requests", "uncachedInput", "output", "totalTokens"]
    let shown = measures.filter { always.contains($0.key) || $0.value(summary.totals) != 0 }
    var columns = summary.by.map { Table.Column($0.rawValue, name: $0.rawValue) }
    columns += shown.map {
      Table.Column(
        $0.title, name: $0.name, isNumber: true,
        isOptional: !always.contains($0.key) && $0.key != "cacheRead")
    }
    let currencies = summary.totals.reportedCost.keys.sorted()
    for currency in currencies {
      columns.append(
        Table.Column("reported \(currency)", name: "reported_cost", isNumber: true))
    }
    func cells(_ sums: UsageSums, _ costs: [Money?]) -> [Table.Cell] {
      shown.map { .count($0.value(sums)) }
        + costs.map { $0.map { .money($0, decimals: 2) } ?? .none }
    }
    let costs = currencies.map { roundedCosts(summary, $0) }
    let rows = summary.rows.enumerated().map { index, row in
      row.keys.map { Table.Cell.text($0 ?? "(not given)") }
        + cells(row.sums, costs.map { $0[index] })
    }
    let blanks = [Table.Cell](repeating: .none, count: max(0, summary.by.count - 1))
    let totals =
      [.text("total")] + blanks
      + cells(summary.totals, currencies.map { summary.totals.reportedCost[$0] })
    return Document(
      title: "Usage by \(summary.by.map(\.rawValue).joined(separator: " and "))",
      facts: [
        scope.describe(summary.period) + "; all columns but requests and money are tokens"
      ],
      sections: [
        Document.Section(table: Table(columns: columns, rows: rows, totals: totals))
      ],
      notes: notes(summary))
  }

  /// Each row's cost in cents, so that the column adds up to the total printed under it.
  private static func roundedCosts(_ summary: UsageSummary, _ currency: String) -> [Money?] {
    let exact = summary.rows.map { $0.sums.reportedCost[currency] }
    var rounded = Money.roundedTogether(exact.compactMap { $0 }, to: 2)[...]
    return exact.map { $0 == nil ? nil : rounded.removeFirst() }
  }

  private static func notes(_ summary: UsageSummary) -> [String] {
    var notes = summary.notes
    if summary.skippedLines > 0 {
      notes.append(
        "Excluded: \(counted(Int64(summary.skippedLines), "line")) of the ingested files that could "
          + "not be read; `hindcast ledger info` names the files.")
    }
    return notes
  }

  // MARK: For programs

  private static func json(_ summary: UsageSummary, _ scope: Scope) -> JSONValue {
    .object(
      [
        .init("schemaVersion", .integer(1)), .init("timeZone", .string(summary.period.zone.name)),
        .init("from", .string("\(summary.period.first)")),
        .init("to", .string("\(summary.period.last)")),
        .init("by", .strings(summary.by.map(\.rawValue))),
        .init(
          "rows",
          .array(
            summary.rows.map { row in
              .object(
                zip(summary.by, row.keys).map { .init($0.rawValue, .string($1)) }
                  + members(row.sums))
            })),
        .init("totals", .object(members(summary.totals))),
        .init(
          "excluded",
          .object([
            .init("skippedLines", .integer(summary.skippedLines)),
            .init("unknownCacheSplit", .integer(summary.totals.unknownCacheSplit)),
            .init("unknownRequests", .integer(summary.totals.unknownRequests)),
          ])),
        .init("notes", .strings(summary.notes)),
      ] + scope.members)
  }

  package static func members(_ sums: UsageSums) -> [JSONValue.Member] {
    var members = measures.map { JSONValue.Member($0.key, .integer($0.value(sums))) }
    let dollars = sums.reportedCost["USD"]
    members.append(.init("reportedCost", .string(dollars?.description)))
    let others = sums.reportedCost.filter { $0.key != "USD" }.sorted { $0.key < $1.key }
    if !others.isEmpty {
      members.append(
        .init("reportedCosts", .object(others.map { .init($0.key, .string("\($0.value)")) })))
    }
    return members
  }

  private static func data(_ summary: UsageSummary) -> Table {
    var columns = summary.by.map { Table.Column($0.rawValue, name: $0.rawValue) }
    columns += measures.map { Table.Column($0.title, name: $0.name, isNumber: true) }
    columns.append(Table.Column("reported cost", name: "reported_cost_usd", isNumber: true))
    return Table(
      columns: columns,
      rows: summary.rows.map { row in
        row.keys.map { $0.map { .text($0) } ?? .none }
          + measures.map { .count($0.value(row.sums)) }
          + [row.sums.reportedCost["USD"].map { .money($0, decimals: 2) } ?? .none]
      })
  }
}

/// The period as every page states it.
package func describe(_ period: Period) -> String {
  let days = period.first == period.last ? "\(period.first)" : "\(period.first) to \(period.last)"
  return "\(days), time zone \(period.zone.name)"
}
