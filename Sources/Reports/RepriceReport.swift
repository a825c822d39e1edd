import Replay
import Usage

/// A history under two price books.
package enum RepriceReport {
  package static func make(_ repricing: Repricing, scope: Scope = Scope()) -> Report {
    let table = table(repricing)
    let (before, after) = (repricing.before, repricing.after)
    let difference = after.total - before.total
    var notes: [String] = []
    for (name, side) in [("before", before), ("after", after)] where side.unpriced.tokens > 0 {
      notes.append(
        "Excluded \(name): \(counted(side.unpriced.requests, "request")) "
          + "(\(grouped(side.unpriced.tokens)) tokens) without a price: "
          + side.unpriced.models.joined(separator: ", "))
    }
    if repricing.reportedRequests > 0 {
      notes.append(
        "\(counted(repricing.reportedRequests, "request")) carry a cost that their source reported; here "
          + "they are priced from the books all the same.")
    }
    let count = Set(repricing.changes.map(\.day)).count
    return Report(
      document: Document(
        title: repricing.changes.isEmpty
          ? "Nothing changes"
          : "\(counted(Int64(repricing.changes.count), "change")) on \(counted(Int64(count), "day"))",
        facts: [
          scope.describe(repricing.period) + "; money in \(repricing.currency)",
          "before: \(before.prices.sentence): \(grouped(before.total.rounded(to: 2)))",
          "after: \(after.prices.sentence): \(grouped(after.total.rounded(to: 2)))",
          "difference: \(grouped(difference.rounded(to: 4)))",
        ], sections: repricing.changes.isEmpty ? [] : [Document.Section(table: table)],
        notes: notes),
      json: json(repricing, scope), data: table)
  }

  private static func table(_ repricing: Repricing) -> Table {
    let currency = repricing.currency.lowercased()
    func cell(_ money: Money?) -> Table.Cell {
      money.map { .money($0, decimals: 4) } ?? .text("no price")
    }
    let changes = repricing.changes
    func sum(_ amounts: [Money?]) -> Money { amounts.reduce(.zero) { $0 + ($1 ?? .zero) } }
    let sums = (sum(changes.map(\.before)), sum(changes.map(\.after)))
    return Table(
      columns: [
        .init("day", name: "day"), .init("model", name: "model"),
        .init("provider", name: "provider", isOptional: true),
        .init("requests", name: "requests", isNumber: true),
        .init("tokens", name: "tokens", isNumber: true),
        .init("before", name: "before_\(currency)", isNumber: true),
        .init("after", name: "after_\(currency)", isNumber: true),
        .init("difference", name: "difference_\(currency)", isNumber: true),
        .init("price row after", name: "row_after", isOptional: true),
      ],
      rows: changes.map { change in
        [
          .text("\(change.day)"), .text(change.model), .text(change.provider),
          .count(change.requests), .count(change.tokens), cell(change.before), cell(change.after),
          .money((change.after ?? .zero) - (change.before ?? .zero), decimals: 4),
          .text(change.rowsAfter.joined(separator: "; ")),
        ]
      },
      totals: [
        .text("what changes"), .none, .none, .count(changes.reduce(0) { $0 + $1.requests }),
        .count(changes.reduce(0) { $0 &+ $1.tokens }), .money(sums.0, decimals: 4),
        .money(sums.1, decimals: 4), .money(sums.1 - sums.0, decimals: 4), .none,
      ])
  }

  private static func json(_ repricing: Repricing, _ scope: Scope) -> JSONValue {
    func side(_ side: Repricing.Side) -> JSONValue {
      .object([
        .init("prices", .string(side.prices.sentence)), .init("sha256", .string(side.prices.hash)),
        .init("total", .string("\(side.total)")),
        .init(
          "unpriced",
          .object([
            .init("requests", .integer(side.unpriced.requests)),
            .init("tokens", .integer(side.unpriced.tokens)),
            .init("models", .strings(side.unpriced.models)),
          ])),
      ])
    }
    return .object(
      [
        .init("schemaVersion", .integer(1)), .init("timeZone", .string(repricing.period.zone.name)),
        .init("from", .string("\(repricing.period.first)")),
        .init("to", .string("\(repricing.period.last)")),
        .init("currency", .string(repricing.currency)), .init("before", side(repricing.before)),
        .init("after", side(repricing.after)),
        .init("difference", .string("\(repricing.after.total - repricing.before.total)")),
        .init("reportedRequests", .integer(repricing.reportedRequests)),
        .init(
          "changes",
          .array(
            repricing.changes.map { change in
              .object([
                .init("day", .string("\(change.day)")), .init("provider", .string(change.provider)),
                .init("model", .string(change.model)), .init("requests", .integer(change.requests)),
                .init("tokens", .integer(change.tokens)),
                .init("before", .string(change.before?.description)),
                .init("after", .string(change.after?.description)),
                .init("rowsBefore", .strings(change.rowsBefore)),
                .init("rowsAfter", .strings(change.rowsAfter)),
              ])
            })), .init("skippedLines", .integer(repricing.skippedLines)),
      ] + scope.members)
  }
}
