import Prices
import Reports
import Usage

/// Rows of the price book as tables and as JSON.
enum PriceRows {
  static func day(_ instant: Instant?) -> String {
    guard let text = instant?.description else { return "open" }
    return text.hasSuffix("T00:00:00Z") ? String(text.prefix(10)) : text
  }

  /// `from 2024-07-18 on`.
  static func span(_ period: PricePeriod) -> String {
    let from = period.from.map { "from \(day($0))" } ?? "from an unknown start"
    return from + (period.to.map { " to \(day($0))" } ?? " on")
  }

  static func source(_ source: PriceSource) -> String {
    [source.name, source.reference].filter { !$0.isEmpty }.joined(separator: " ")
      + (source.asOf.map { ", as of \($0)" } ?? ", undated")
  }

  /// What stands beside the rates.
  static func remarks(_ period: PricePeriod) -> [String] {
    var remarks: [String] = []
    if let bracket = period.bracket {
      remarks.append("the change to it happened from \(bracket.after) to \(bracket.upTo)")
    }
    if let expires = period.expires {
      remarks.append("in doubt from \(day(expires)) unless confirmed")
    }
    if let note = period.note { remarks.append(note) }
    if let dissent = period.dissent { remarks.append("other sources: \(dissent)") }
    if let reason = period.corrects { remarks.append("corrects an earlier row: \(reason)") }
    return remarks
  }

  // MARK: Tables

  static var columns: [Table.Column] {
    [
      .init("from", name: "from"), .init("to", name: "to"),
      .init("input", name: "input_per_1M_tokens", isNumber: true),
      .init("output", name: "output_per_1M_tokens", isNumber: true),
      .init("cache read", name: "cache_read_per_1M_tokens", isNumber: true),
      .init("unit", name: "unit", isOptional: true),
      .init("layer", name: "layer", isOptional: true),
      .init("status", name: "status", isOptional: true),
      .init("source", name: "source", isOptional: true), .init("as of", name: "as_of"),
    ]
  }

  static func cells(_ period: PricePeriod, _ layer: PriceMatch.Layer) -> [Table.Cell] {
    func rate(_ key: Rates.Key) -> Table.Cell { period.rates[key].map { .text("\($0)") } ?? .none }
    return [
      .text(day(period.from)), .text(day(period.to)), rate(.input), rate(.output),
      rate(.cacheRead), .text(period.unit.rawValue), .text(layer.rawValue),
      .text(period.status.rawValue), .text(period.source.name),
      .text(period.source.asOf?.description ?? ""),
    ]
  }

  /// All rates of a row, one a line.
  static func rates(_ period: PricePeriod?) -> Table {
    var rows: [[Table.Cell]] = []
    func add(_ rates: Rates, _ when: String) {
      for key in Rates.Key.allCases {
        guard let rate = rates[key] else { continue }
        rows.append([.text(key.rawValue), .text("\(rate)"), .text(when)])
      }
    }
    if let period {
      add(period.rates, "")
      for tier in period.tiers { add(tier.rates, length(tier)) }
      for variant in period.variants {
        let when = condition(variant.when) + span(variant.from, variant.to)
        add(variant.rates, when)
        for tier in variant.tiers { add(tier.rates, "\(when), \(length(tier))") }
        if let multiplier = variant.multiplier {
          rows.append([.text("all token rates"), .text("x \(multiplier)"), .text(when)])
        }
      }
      for window in period.windows {
        add(
          window.rates,
          "from \(clock(window.start)) to \(clock(window.end)) UTC"
            + (window.weekdays.isEmpty
              ? "" : " on \(names(window.weekdays).joined(separator: ", "))")
            + span(window.from, window.to))
      }
      for fee in period.toolFees {
        rows.append([.text("1,000 calls of \(fee.tool)"), .text("\(fee.fee)"), .text("")])
      }
    }
    let unit = period?.unit ?? .millionTokens
    return Table(
      columns: [
        .init("rate", name: "rate"),
        .init(
          unit == .millionTokens
            ? "per 1M tokens" : unit.rawValue.replacing("_", with: " "),
          name: unit.rawValue, isNumber: true), .init("when", name: "when"),
      ], rows: rows)
  }

  private static func length(_ tier: PricePeriod.Tier) -> String {
    "input " + (tier.isInclusive ? "from \(tier.least)" : "above \(tier.least - 1)") + " tokens"
  }

  private static func condition(_ when: PricePeriod.Condition) -> String {
    members(when).map { member in
      guard case .array(let items) = member.value else {
        return "\(member.key.replacing("_", with: " ")) \(text(member.value))"
      }
      return "\(member.key) \(items.map(text).joined(separator: " or "))"
    }.joined(separator: ", ")
  }

  private static func text(_ value: JSONValue) -> String {
    if case .string(let text) = value { text } else { "" }
  }

  private static func span(_ from: Instant?, _ to: Instant?) -> String {
    (from.map { ", from \(day($0))" } ?? "") + (to.map { ", to \(day($0))" } ?? "")
  }

  private static func names(_ weekdays: Set<Int>) -> [String] {
    let names = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"]
    return weekdays.sorted().map { names[$0 - 1] }
  }

  private static func clock(_ minute: Int) -> String {
    func two(_ value: Int) -> String { value < 10 ? "0\(value)" : "\(value)" }
    return "\(two(minute / 60)):\(two(minute % 60))"
  }

  // MARK: JSON

  static func members(_ identity: PriceBook.Identity) -> [JSONValue.Member] {
    [
      .init(
        "book",
        .object([
          .init("version", .string(identity.version)), .init("sha256", .string(identity.hash)),
          .init("userFiles", .strings(identity.userFiles)),
        ]))
    ]
  }

  /// As the JSON contract of `prices show` has them.
  static func members(_ period: PricePeriod) -> [JSONValue.Member] {
    [
      .init("unit", .string(period.unit.rawValue)), .init("currency", .string(period.currency)),
      .init("rates", object(period.rates)), .init("tiers", .array(period.tiers.map(tier))),
      .init("variants", .array(period.variants.map(variant))),
      .init("windows", .array(period.windows.map(window))),
      .init(
        "toolFeesPer1000Calls",
        .object(period.toolFees.map { .init($0.tool, .string("\($0.fee)")) })),
      .init("from", date(period.from)), .init("to", date(period.to)),
      .init(
        "bracket", period.bracket.map { .strings(["\($0.after)", "\($0.upTo)"]) } ?? .null),
      .init("expires", date(period.expires)), .init("status", .string(period.status.rawValue)),
      .init(
        "source",
        .object([
          .init("name", .string(period.source.name)),
          .init("ref", .string(period.source.reference)),
          .init("as_of", .string(period.source.asOf?.description)),
        ])), .init("note", .string(period.note)), .init("dissent", .string(period.dissent)),
    ]
  }

  private static func object(_ rates: Rates) -> JSONValue {
    .object(
      Rates.Key.allCases.compactMap { key in
        rates[key].map { .init(key.rawValue, .string("\($0)")) }
      })
  }

  private static func date(_ instant: Instant?) -> JSONValue {
    instant.map { .string(day($0)) } ?? .null
  }

  private static func tier(_ tier: PricePeriod.Tier) -> JSONValue {
    .object([
      .init(
        "when",
        .object([
          tier.isInclusive
            ? .init("prompt_tokens_gte", .integer(tier.least))
            : .init("prompt_tokens_gt", .integer(tier.least - 1))
        ])), .init("rates", object(tier.rates)),
    ])
  }

  private static func variant(_ variant: PricePeriod.Variant) -> JSONValue {
    var members: [JSONValue.Member] = [
      .init("when", .object(self.members(variant.when))), .init("rates", object(variant.rates)),
    ]
    if !variant.tiers.isEmpty { members.append(.init("tiers", .array(variant.tiers.map(tier)))) }
    if let multiplier = variant.multiplier {
      members.append(.init("multiplier", .string("\(multiplier)")))
    }
    if variant.from != nil || variant.to != nil {
      members += [.init("from", date(variant.from)), .init("to", date(variant.to))]
    }
    return .object(members)
  }

  private static func members(_ when: PricePeriod.Condition) -> [JSONValue.Member] {
    var members: [JSONValue.Member] = []
    for (key, value) in [
      ("service_tier", when.serviceTier), ("speed", when.speed), ("route", when.route),
    ] where !value.isEmpty {
      members.append(.init(key, .string(value)))
    }
    if !when.regions.isEmpty { members.append(.init("region", .strings(when.regions))) }
    return members
  }

  private static func window(_ window: PricePeriod.Window) -> JSONValue {
    .object([
      .init("utc", .string("\(clock(window.start))-\(clock(window.end))")),
      .init("weekdays", .strings(names(window.weekdays).map { $0.lowercased() })),
      .init("from", date(window.from)), .init("to", date(window.to)),
      .init("rates", object(window.rates)),
    ])
  }
}
