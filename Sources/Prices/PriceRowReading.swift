import Usage

extension PriceFileReader {
  /// One row of a model's `prices`.
  mutating func readRow(_ tree: TextTree, _ id: String, _ currency: String) -> PricePeriod? {
    let fields = entries(
      tree,
      known: [
        "from", "to", "bracket", "expires", "unit", "currency", "rates", "tiers", "variants",
        "windows", "tool_fees", "status", "source", "note", "dissent", "corrects", "corrected",
      ])
    guard let rateTree = fields["rates"] else {
      complain(at: tree.line, "a price of '\(id)' has no 'rates'")
      return nil
    }
    let (from, to) = span(fields, tree.line)
    var row = PricePeriod(
      from: from, to: to, bracket: bracket(fields["bracket"]), expires: instant(fields["expires"]),
      currency: fields["currency"]?.text ?? currency, rates: rates(rateTree),
      source: source(fields["source"]), note: fields["note"]?.text,
      dissent: fields["dissent"]?.text, corrects: fields["corrects"]?.text,
      corrected: fields["corrected"]?.text, line: tree.line)
    row.unit = word(fields["unit"], "unit") ?? .millionTokens
    row.status = word(fields["status"], "status") ?? .confirmed
    // One that another row followed has come true.
    if row.status == .announced, row.expires == nil, to == nil, let from,
      let asOf = row.source.asOf,
      from > Instant(midnightOf: asOf)
    {
      complain(
        at: tree.line,
        "a price of '\(id)' is announced for later than its source's date and needs 'expires', from "
          + "when on it is in doubt")
    }
    row.tiers = tiers(fields["tiers"])
    for item in fields["variants"]?.list ?? [] {
      if let variant = readVariant(item) { row.variants.append(variant) }
    }
    for item in fields["windows"]?.list ?? [] {
      if let window = readWindow(item) { row.windows.append(window) }
    }
    for fee in fields["tool_fees"]?.map ?? [] {
      if let value = decimal(fee.value, fee.key) { row.toolFees.append((fee.key, value)) }
    }
    return row
  }

  private mutating func word<Word: RawRepresentable<String> & CaseIterable>(
    _ tree: TextTree?, _ key: String
  ) -> Word? {
    guard let tree, let text = tree.text else { return nil }
    guard let word = Word(rawValue: text) else {
      let known = Word.allCases.map(\.rawValue)
      let hint = nearest(to: text, among: known).map { "; did you mean '\($0)'?" } ?? ""
      complain(
        at: tree.line,
        "\(key) '\(text)' is not known\(hint.isEmpty ? ";" : hint) Expected \(known.joined(separator: ", "))"
      )
      return nil
    }
    return word
  }

  private mutating func tiers(_ tree: TextTree?) -> [PricePeriod.Tier] {
    var tiers: [PricePeriod.Tier] = []
    for item in tree?.list ?? [] {
      let fields = entries(item, known: ["when", "rates"])
      let when =
        fields["when"].map { entries($0, known: ["prompt_tokens_gt", "prompt_tokens_gte"]) } ?? [:]
      let above = when["prompt_tokens_gt"]?.text.flatMap { Int64($0) }
      let from = when["prompt_tokens_gte"]?.text.flatMap { Int64($0) }
      guard let rateTree = fields["rates"], let least = from ?? above.map({ $0 + 1 }), least > 0,
        least < 1_000_000_000, when.count == 1
      else {
        complain(at: item.line, "expected '{when: {prompt_tokens_gt: 200000}, rates: {...}}'")
        continue
      }
      if let last = tiers.last, last.least >= least {
        complain(at: item.line, "tiers must ascend by their threshold")
      }
      tiers.append(.init(least: least, isInclusive: from != nil, rates: rates(rateTree)))
    }
    return tiers
  }

  /// Service tiers that some catalogue prices and no log of ours tells.
  private static let otherTiers = ["balanced", "fast", "ultrafast"]

  private mutating func readVariant(_ tree: TextTree) -> PricePeriod.Variant? {
    let fields = entries(tree, known: ["when", "from", "to", "rates", "tiers", "multiplier"])
    guard let whenTree = fields["when"], fields["rates"] != nil || fields["multiplier"] != nil
    else {
      complain(
        at: tree.line,
        "expected '{when: {service_tier: batch}, rates: {...}}' or '{when: {region: us}, multiplier: "
          + "\"1.1\"}'")
      return nil
    }
    let when = entries(whenTree, known: ["service_tier", "speed", "route", "region"])
    var condition = PricePeriod.Condition()
    condition.serviceTier = when["service_tier"]?.text ?? ""
    condition.speed = when["speed"]?.text ?? ""
    condition.route = when["route"]?.text ?? ""
    condition.regions = texts(when["region"], "region")
    let known = ServiceTier.allCases.map(\.name) + PriceFileReader.otherTiers
    if !condition.serviceTier.isEmpty, !known.contains(condition.serviceTier) {
      let hint = nearest(to: condition.serviceTier, among: known).map { "; did you mean '\($0)'?" }
      complain(
        at: whenTree.line,
        "service tier '\(condition.serviceTier)' is not known\(hint ?? "") Expected \(known.joined(separator: ", "))"
      )
    }
    if condition == PricePeriod.Condition() {
      complain(at: whenTree.line, "'when' names no service_tier, speed, route or region")
    }
    let (from, to) = span(fields, tree.line)
    var variant = PricePeriod.Variant(
      when: condition, from: from, to: to, rates: fields["rates"].map { rates($0) } ?? Rates())
    variant.tiers = tiers(fields["tiers"])
    if let field = fields["multiplier"], let value = decimal(field, "multiplier") {
      if value.isNegative || value > ExactDecimal(units: 100) || value.scale > 6 {
        complain(at: field.line, "'multiplier: \(value)' is not from 0 to 100 with six digits")
      }
      variant.multiplier = value
    }
    return variant
  }

  private static let weekdays = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]

  private mutating func readWindow(_ tree: TextTree) -> PricePeriod.Window? {
    let fields = entries(tree, known: ["utc", "weekdays", "from", "to", "rates"])
    let times =
      fields["utc"]?.text?.split(separator: "-", omittingEmptySubsequences: false)
      .compactMap(PriceFileReader.minute) ?? []
    guard let rateTree = fields["rates"], times.count == 2, times[0] != times[1] else {
      complain(at: tree.line, "expected '{utc: \"16:30-00:30\", rates: {...}}'")
      return nil
    }
    let (from, to) = span(fields, tree.line)
    var window = PricePeriod.Window(
      start: times[0], end: times[1], from: from, to: to, rates: rates(rateTree))
    for day in texts(fields["weekdays"], "weekdays") {
      guard let number = PriceFileReader.weekdays.firstIndex(of: day.lowercased()) else {
        complain(
          at: tree.line,
          "weekday '\(day)' is not one of \(PriceFileReader.weekdays.joined(separator: ", "))")
        continue
      }
      window.weekdays.insert(number + 1)
    }
    return window
  }

  /// Minutes of the day of `16:30`.
  private static func minute(_ text: Substring) -> Int? {
    let parts = text.split(separator: ":")
    guard parts.count == 2, let hour = Int(parts[0]), let minute = Int(parts[1]),
      (0...24).contains(hour), (0..<60).contains(minute), hour < 24 || minute == 0
    else { return nil }
    return hour * 60 + minute
  }

  private mutating func rates(_ tree: TextTree) -> Rates {
    var rates = Rates()
    let fields = entries(tree, known: Rates.Key.allCases.map(\.rawValue))
    for key in Rates.Key.allCases {
      guard let field = fields[key.rawValue], let value = decimal(field, key.rawValue) else {
        continue
      }
      if !rates.set(key, value) {
        complain(
          at: field.line,
          "'\(key.rawValue): \(field.text ?? "")' is not from 0 to \(Rates.largest) with at most "
            + "\(Rates.mostDigits) digits behind the point")
      }
    }
    return rates
  }

  private mutating func bracket(_ tree: TextTree?) -> (after: Day, upTo: Day)? {
    guard let tree else { return nil }
    let days = tree.list?.compactMap { $0.text.flatMap { Day($0) } } ?? []
    guard days.count == 2, days[0] < days[1] else {
      complain(at: tree.line, "'bracket' is a list of two dates, the earlier one first")
      return nil
    }
    return (days[0], days[1])
  }
}
