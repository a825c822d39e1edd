import Replay
import Usage

/// Which numbers the answer hangs on, and where it would turn.
extension ReplayReport {
  static func json(_ entry: OptionResult.Sensitivity) -> JSONValue {
    .object([
      .init("input", .string(entry.input)), .init("option", .string(entry.option)),
      .init("unit", .string(entry.unit)), .init("value", .string("\(entry.value)")),
      .init("against", .string(entry.against)), .init("lower", .string("\(entry.lower)")),
      .init("higher", .string("\(entry.higher)")),
      .init("againstLower", .string("\(entry.againstLower)")),
      .init("againstHigher", .string("\(entry.againstHigher)")),
      .init("flipsAt", .string(entry.flipsAt?.description)),
      .init("flipsAtValue", .string(entry.flipsAtValue?.description)),
      .init("keepsUpLower", entry.keepsUp.map { .bool($0.lower) } ?? .null),
      .init("keepsUpHigher", entry.keepsUp.map { .bool($0.higher) } ?? .null),
      .init("keepsUpUntilValue", .string(entry.keepsUpUntilValue?.description)),
    ])
  }

  /// The numbers that matter most: programs get all of them. Nil where nothing stands beside the option.
  static func whatMatters(_ option: OptionResult) -> Document.Section? {
    let entries = option.sensitivity.prefix(5)
    guard let first = entries.first else { return nil }
    let distances = entries.map {
      ($0.lower - $0.againstLower, $0.higher - $0.againstHigher)
    }
    // Cents, unless all of it is less than one unit of money.
    let one = Money(picodollars: ExactDecimal.powerOfTen(Money.decimals))
    let isLarge = distances.contains { max($0, -$0, $1, -$1) >= one }
    let table = Table(
      columns: [
        .init("one number", name: "number"), .init("now", name: "now"),
        .init("20 % less", name: "lower", isNumber: true),
        .init("20 % more", name: "higher", isNumber: true),
        .init("same cost at", name: "same_cost_at", isNumber: true),
      ],
      rows: zip(entries, distances).map { entry, distance in
        let owner = entry.option.flatMap { $0 == option.name ? nil : $0 }
        let turning = entry.flipsAtValue.map {
          isVolume(entry) ? "\(times($0))x" : value($0)
        }
        return [
          .text((owner.map { "\($0): " } ?? "") + entry.input),
          .text(isVolume(entry) ? "" : joined(value(entry.value), entry.unit)),
          .text(signed(distance.0, isLarge)), .text(signed(distance.1, isLarge)),
          .text(turning ?? "never"),
        ]
      })
    return Document.Section(
      title:
        "\(option.name): what its distance to \(first.against) hangs on, in \(option.currency)",
      table: table, lines: limits(entries))
  }

  private static func isVolume(_ entry: OptionResult.Sensitivity) -> Bool {
    entry.input == "volume"
  }

  /// Where an option begins or ceases to keep up.
  private static func limits(_ entries: ArraySlice<OptionResult.Sensitivity>) -> [String] {
    entries.compactMap { entry in
      entry.keepsUpUntilValue.map {
        "Whether it keeps up turns at a \(entry.input) of \(joined(value($0), entry.unit))."
      }
    }
  }

  private static func joined(_ value: String, _ unit: String) -> String {
    unit.isEmpty ? value : "\(value) \(unit)"
  }

  private static func signed(_ money: Money, _ inCents: Bool) -> String {
    (money > .zero ? "+" : "")
      + (inCents ? grouped(money.rounded(to: 2)) : small(money).display)
  }

  /// A number of the options file, with about four digits that say something.
  private static func value(_ value: ExactDecimal) -> String {
    let steps = [(Int128(10), 6), (100, 4), (10_000, 3), (100_000, 2)]  // hundredths, digits
    let digits = steps.first { value < ExactDecimal(units: $0.0, scale: 2) }?.1 ?? 1
    return grouped(rounded(value, digits))
  }
}
