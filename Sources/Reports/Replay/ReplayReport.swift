import Replay
import Usage

/// A history against every option.
package enum ReplayReport {
  /// `showsQualities` adds reasons beside money, for people; programs always get them.
  package static func make(
    _ comparison: Comparison, scope: Scope = Scope(), showsQualities: Bool = false
  ) -> Report {
    Report(
      document: document(comparison, scope, showsQualities: showsQualities),
      json: json(comparison, scope), data: data(comparison))
  }

  /// One row an option and cost line, the total last.
  static func data(_ comparison: Comparison) -> Table {
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

  static func fixed(_ value: ExactDecimal, _ decimals: Int) -> String {
    ExactDecimal(units: value.units(atScale: decimals) ?? value.units, scale: decimals).description
  }
}
