import Usage

/// Reads one price file and notes everything that is wrong with it.
struct PriceFileReader {
  private let file: PriceBook.File
  private(set) var faults: [String] = []

  init(_ file: PriceBook.File) { self.file = file }

  mutating func complain(at line: Int, _ fault: String) {
    faults.append("\(file.name):\(line): \(fault)")
  }

  mutating func read() -> [PriceBook.Model] {
    let root = file.tree
    let fields = entries(root, known: ["schema", "provider", "currency", "models", "version"])
    if fields["schema"]?.text != "hindcast-prices/1" {
      complain(at: root.line, "expected 'schema: hindcast-prices/1' at the top")
    }
    let provider = fields["provider"]?.text
    let currency = fields["currency"]?.text ?? "USD"
    guard let list = fields["models"]?.list else {
      complain(at: root.line, "expected 'models', a list")
      return []
    }
    var models: [PriceBook.Model] = []
    var seen: [String: Int] = [:]
    for item in list {
      guard let model = readModel(item, provider, currency) else { continue }
      if let line = seen.updateValue(item.line, forKey: model.id) {
        complain(at: item.line, "model '\(model.id)' stands twice; first in line \(line)")
      }
      models.append(model)
    }
    return models
  }

  private mutating func readModel(
    _ tree: TextTree, _ provider: String?, _ currency: String
  ) -> PriceBook.Model? {
    let fields = entries(tree, known: ["id", "match", "prices", "note"])
    guard let id = fields["id"]?.text, let slash = id.firstIndex(of: "/") else {
      complain(at: tree.line, "expected 'id: provider/model'")
      return nil
    }
    var names: [String] = []
    if let match = fields["match"] {
      let lists = entries(match, known: ["exact"])
      names = lists["exact"]?.list?.compactMap(\.text) ?? []
    }
    guard let prices = fields["prices"]?.list, !prices.isEmpty else {
      complain(at: tree.line, "model '\(id)' needs 'prices', a list")
      return nil
    }
    var periods: [PricePeriod] = []
    for price in prices {
      guard let period = readPeriod(price, id, currency) else { continue }
      if let last = periods.last {
        let isAfter = last.to.map { to in period.from.map { $0 >= to } ?? false } ?? false
        if !isAfter {
          complain(
            at: price.line,
            "this price of '\(id)' overlaps the one before it; give the earlier one a 'to' and this "
              + "one a 'from' not before it")
        }
      }
      periods.append(period)
    }
    return PriceBook.Model(
      id: id, provider: ModelNames.canonical(provider ?? String(id[..<slash]).lowercased()),
      layer: file.layer, names: names, periods: periods, note: fields["note"]?.text)
  }

  private mutating func readPeriod(
    _ tree: TextTree, _ id: String, _ currency: String
  ) -> PricePeriod? {
    let fields = entries(
      tree,
      known: [
        "from", "to", "bracket", "unit", "currency", "rates", "tiers", "variants", "windows",
        "status", "source", "note", "dissent", "corrects",
      ])
    guard let rateTree = fields["rates"] else {
      complain(at: tree.line, "a price of '\(id)' has no 'rates'")
      return nil
    }
    if let unit = fields["unit"]?.text, unit != "per_1M_tokens" {
      complain(at: tree.line, "unit '\(unit)' is not known; expected per_1M_tokens")
    }
    var period = PricePeriod(
      from: instant(fields["from"]), to: instant(fields["to"]), bracket: bracket(fields["bracket"]),
      currency: fields["currency"]?.text ?? currency, rates: rates(rateTree),
      status: fields["status"]?.text ?? "confirmed", source: source(fields["source"]),
      note: fields["note"]?.text)
    if let from = period.from, let to = period.to, to <= from {
      complain(at: tree.line, "'to' is not after 'from'")
    }
    let statuses = ["confirmed", "announced", "observed", "bracketed", "conflict"]
    if !statuses.contains(period.status) {
      complain(
        at: tree.line,
        "status '\(period.status)' is not known; expected \(statuses.joined(separator: ", "))")
    }
    for item in fields["tiers"]?.list ?? [] { readTier(item, into: &period) }
    for item in fields["variants"]?.list ?? [] { readVariant(item, into: &period) }
    for item in fields["windows"]?.list ?? [] { readWindow(item, into: &period) }
    return period
  }

  private mutating func readTier(_ tree: TextTree, into period: inout PricePeriod) {
    let fields = entries(tree, known: ["when", "rates"])
    let when = fields["when"].map {
      entries($0, known: ["prompt_tokens_gt", "prompt_tokens_gte"])
    }
    let isInclusive = when?["prompt_tokens_gte"] != nil
    guard let rateTree = fields["rates"],
      let text = (when?["prompt_tokens_gte"] ?? when?["prompt_tokens_gt"])?.text,
      let threshold = Int64(text), threshold > 0
    else {
      complain(at: tree.line, "expected '{when: {prompt_tokens_gt: 200000}, rates: {...}}'")
      return
    }
    if let last = period.tiers.last, last.threshold >= threshold {
      complain(at: tree.line, "tiers must ascend by their threshold")
    }
    period.tiers.append(
      .init(threshold: threshold, isInclusive: isInclusive, rates: rates(rateTree)))
  }

  private mutating func readVariant(_ tree: TextTree, into period: inout PricePeriod) {
    let fields = entries(tree, known: ["when", "from", "to", "rates"])
    let name = fields["when"].flatMap { entries($0, known: ["service_tier"])["service_tier"]?.text }
    guard let rateTree = fields["rates"], let name,
      let tier = ServiceTier.allCases.first(where: { $0.name == name })
    else {
      complain(at: tree.line, "expected '{when: {service_tier: batch}, rates: {...}}'")
      return
    }
    period.variants.append(
      .init(
        tier: tier, from: instant(fields["from"]), to: instant(fields["to"]),
        rates: rates(rateTree)))
  }

  private mutating func readWindow(_ tree: TextTree, into period: inout PricePeriod) {
    let fields = entries(tree, known: ["utc", "from", "to", "rates"])
    let times = fields["utc"]?.text?.split(separator: "-").compactMap(PriceFileReader.minute) ?? []
    guard let rateTree = fields["rates"], times.count == 2 else {
      complain(at: tree.line, "expected '{utc: \"16:30-00:30\", rates: {...}}'")
      return
    }
    period.windows.append(
      .init(
        start: times[0], end: times[1], from: instant(fields["from"]), to: instant(fields["to"]),
        rates: rates(rateTree)))
  }

  /// Minutes of the day of `16:30`.
  private static func minute(_ text: Substring) -> Int? {
    let parts = text.split(separator: ":")
    guard parts.count == 2, let hour = Int(parts[0]), let minute = Int(parts[1]),
      (0...24).contains(hour), (0..<60).contains(minute)
    else { return nil }
    return hour * 60 + minute
  }

  private mutating func rates(_ tree: TextTree) -> Rates {
    var rates = Rates()
    let fields = entries(tree, known: Rates.Key.allCases.map(\.rawValue))
    for key in Rates.Key.allCases {
      guard let field = fields[key.rawValue] else { continue }
      guard let text = field.text, let value = ExactDecimal(text) else {
        complain(at: field.line, "'\(key.rawValue)' is not a decimal number")
        continue
      }
      if !rates.set(key, value) {
        complain(
          at: field.line,
          "'\(key.rawValue): \(text)' must not be negative, nor finer than six digits behind the "
            + "point")
      }
    }
    return rates
  }

  private mutating func source(_ tree: TextTree?) -> PriceSource {
    guard let tree else { return PriceSource(name: "user") }
    let fields = entries(tree, known: ["name", "ref", "as_of"])
    let day = fields["as_of"]?.text.flatMap { Day($0) }
    if day == nil, let field = fields["as_of"] {
      complain(at: field.line, "'as_of' is not a date as YYYY-MM-DD")
    }
    return PriceSource(
      name: fields["name"]?.text ?? "", reference: fields["ref"]?.text ?? "", asOf: day)
  }

  private mutating func bracket(_ tree: TextTree?) -> (Day, Day)? {
    guard let tree else { return nil }
    let days = tree.list?.compactMap { $0.text.flatMap { Day($0) } } ?? []
    guard days.count == 2 else {
      complain(at: tree.line, "'bracket' is a list of two dates")
      return nil
    }
    return (days[0], days[1])
  }

  private mutating func instant(_ tree: TextTree?) -> Instant? {
    guard let tree, !tree.isNull else { return nil }
    guard let text = tree.text, let instant = Instant(text) else {
      complain(at: tree.line, "expected a date (YYYY-MM-DD) or a UTC time, or null")
      return nil
    }
    return instant
  }

  /// A map's fields by key; unknown keys are faults.
  private mutating func entries(_ tree: TextTree, known: [String]) -> [String: TextTree] {
    guard let map = tree.map else {
      complain(at: tree.line, "expected a map with the keys \(known.joined(separator: ", "))")
      return [:]
    }
    var fields: [String: TextTree] = [:]
    for entry in map {
      guard known.contains(entry.key) else {
        let hint = nearest(to: entry.key, among: known)
        complain(
          at: entry.keyLine,
          "unknown key '\(entry.key)'" + (hint.map { "; did you mean '\($0)'?" } ?? "")
            + (hint == nil ? "; known are \(known.joined(separator: ", "))" : ""))
        continue
      }
      fields[entry.key] = entry.value
    }
    return fields
  }
}
