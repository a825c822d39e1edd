import Usage

/// Reads one price file and notes everything that is wrong with it.
struct PriceFileReader {
  struct Content {
    var provider = ""
    var models: [PriceBook.Model] = []
    var aliases: [PriceAlias] = []
    var exchangeRates: [ExchangeRate] = []
  }

  let file: PriceBook.File
  private(set) var faults: [String] = []
  /// Times between two prices of one model for which there is none: asked for, or forgotten.
  private(set) var gaps: [String] = []

  init(_ file: PriceBook.File) { self.file = file }

  mutating func complain(at line: Int, _ fault: String) {
    faults.append("\(file.name):\(line): \(fault)")
  }

  mutating func read() -> Content {
    let root = file.tree
    let fields = entries(
      root,
      known: ["schema", "provider", "currency", "models", "aliases", "exchange_rates", "version"])
    if fields["schema"]?.text != "hindcast-prices/1" {
      complain(at: root.line, "expected 'schema: hindcast-prices/1' at the top")
    }
    var content = Content()
    let provider = fields["provider"]?.text.map { ModelName.canonical($0.lowercased()) }
    content.provider = provider ?? ""
    for item in fields["exchange_rates"]?.list ?? [] {
      if let rate = readExchangeRate(item) { content.exchangeRates.append(rate) }
    }
    for item in fields["aliases"]?.list ?? [] {
      if let alias = readAlias(item, provider) { content.aliases.append(alias) }
    }
    checkAliases(content.aliases)
    guard let list = fields["models"]?.list else {
      if content.aliases.isEmpty, content.exchangeRates.isEmpty {
        complain(at: root.line, "expected 'models', a list")
      }
      return content
    }
    var seen: [String: Int] = [:]
    for item in list {
      guard let model = readModel(item, provider, fields["currency"]?.text ?? "USD") else {
        continue
      }
      if let line = seen.updateValue(item.line, forKey: model.id) {
        complain(at: item.line, "model '\(model.id)' stands twice; first in line \(line)")
      }
      content.models.append(model)
    }
    return content
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
    var patterns: [String] = []
    if let match = fields["match"] {
      let lists = entries(match, known: ["exact", "regex"])
      names = texts(lists["exact"], "exact")
      patterns = texts(lists["regex"], "regex")
      for pattern in patterns where (try? Regex(pattern)) == nil {
        complain(at: match.line, "'\(pattern)' is not a regular expression")
      }
    }
    guard let prices = fields["prices"]?.list, !prices.isEmpty else {
      complain(at: tree.line, "model '\(id)' needs 'prices', a list")
      return nil
    }
    let rows = prices.compactMap { readRow($0, id, currency) }
    let periods = rows.filter { $0.corrected == nil }
    checkOrder(periods, id)
    return PriceBook.Model(
      id: id, provider: provider ?? ModelName.canonical(String(id[..<slash]).lowercased()),
      layer: file.layer, names: names, patterns: patterns, periods: periods,
      corrected: rows.filter { $0.corrected != nil }, note: fields["note"]?.text, line: tree.line)
  }

  private mutating func checkOrder(_ periods: [PricePeriod], _ id: String) {
    for (earlier, later) in zip(periods, periods.dropFirst()) {
      guard let to = earlier.to, let from = later.from, from >= to else {
        complain(
          at: later.line,
          "this price of '\(id)' overlaps the one before it; give the earlier one a 'to' and this "
            + "one a 'from' not before it")
        continue
      }
      if from > to {
        gaps.append(
          "\(file.name):\(later.line): gap: '\(id)' has no price from \(to) to \(from)")
      }
    }
  }

  private mutating func readAlias(_ tree: TextTree, _ provider: String?) -> PriceAlias? {
    let fields = entries(tree, known: ["name", "provider", "target", "from", "to", "note"])
    guard let name = fields["name"]?.text, let target = fields["target"]?.text,
      target.contains("/")
    else {
      complain(at: tree.line, "expected '{name: NAME, target: provider/model}'")
      return nil
    }
    let (from, to) = span(fields, tree.line)
    let own = fields["provider"]?.text.map { ModelName.canonical($0.lowercased()) }
    return PriceAlias(
      provider: own ?? provider ?? "", name: name.lowercased(), target: target, from: from, to: to,
      line: tree.line)
  }

  private mutating func checkAliases(_ aliases: [PriceAlias]) {
    for (place, alias) in aliases.enumerated() {
      let others = aliases[..<place].filter {
        $0.name == alias.name && $0.provider == alias.provider
      }
      for other in others {
        let isApart =
          (other.to.map { to in alias.from.map { $0 >= to } ?? false } ?? false)
          || (alias.to.map { to in other.from.map { $0 >= to } ?? false } ?? false)
        if !isApart {
          complain(
            at: alias.line, "alias '\(alias.name)' overlaps the one in line \(other.line)")
        }
      }
    }
  }

  private mutating func readExchangeRate(_ tree: TextTree) -> ExchangeRate? {
    let fields = entries(tree, known: ["currency", "in", "rate", "from", "to", "source"])
    guard let currency = fields["currency"]?.text, let other = fields["in"]?.text,
      let rate = fields["rate"].flatMap({ decimal($0, "rate") }), rate > .zero, rate.scale <= 12
    else {
      complain(
        at: tree.line,
        "expected '{currency: EUR, in: USD, rate: \"1.08\"}', the rate above 0 with at most 12 digits "
          + "behind the point")
      return nil
    }
    let (from, to) = span(fields, tree.line)
    return ExchangeRate(
      currency: currency, into: other, rate: rate, from: from, to: to,
      source: source(fields["source"]), line: tree.line)
  }

  // MARK: Fields

  /// `from` and `to`, in order.
  mutating func span(_ fields: [String: TextTree], _ line: Int) -> (from: Instant?, to: Instant?) {
    let from = instant(fields["from"])
    let to = instant(fields["to"])
    if let from, let to, to <= from { complain(at: line, "'to' is not after 'from'") }
    return (from, to)
  }

  mutating func decimal(_ tree: TextTree, _ key: String) -> ExactDecimal? {
    guard let text = tree.text, let value = ExactDecimal(text) else {
      complain(at: tree.line, "'\(key)' is not a decimal number")
      return nil
    }
    if let meant = BinaryFraction.meant(by: value) {
      complain(
        at: tree.line,
        "'\(key): \(text)' looks like what a binary fraction left of \(meant); write the price as its "
          + "source has it")
    }
    return value
  }

  mutating func source(_ tree: TextTree?) -> PriceSource {
    guard let tree else { return PriceSource(name: "user") }
    let fields = entries(tree, known: ["name", "ref", "as_of"])
    let day = fields["as_of"]?.text.flatMap { Day($0) }
    if day == nil, let field = fields["as_of"] {
      complain(at: field.line, "'as_of' is not a date as YYYY-MM-DD")
    }
    return PriceSource(
      name: fields["name"]?.text ?? "", reference: fields["ref"]?.text ?? "", asOf: day)
  }

  mutating func instant(_ tree: TextTree?) -> Instant? {
    guard let tree, !tree.isNull else { return nil }
    guard let text = tree.text, let instant = Instant(text) else {
      complain(at: tree.line, "expected a date (YYYY-MM-DD) or a UTC time, or null")
      return nil
    }
    return instant
  }

  /// One word or a list of words.
  mutating func texts(_ tree: TextTree?, _ key: String) -> [String] {
    guard let tree else { return [] }
    let items = tree.list ?? [tree]
    let texts = items.compactMap(\.text)
    if texts.count < items.count { complain(at: tree.line, "'\(key)' is a list of plain words") }
    return texts
  }

  /// A map's fields by key; unknown keys are faults.
  mutating func entries(_ tree: TextTree, known: [String]) -> [String: TextTree] {
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
      if fields.updateValue(entry.value, forKey: entry.key) != nil {
        complain(at: entry.keyLine, "'\(entry.key)' stands twice")
      }
    }
    return fields
  }
}

/// What a price looks like that went through a binary floating-point number.
enum BinaryFraction {
  /// 1.04 for 1.0399999999999998; nil for what a person may have written.
  static func meant(by value: ExactDecimal) -> ExactDecimal? {
    let digits = String(value.units.magnitude)
    guard value.scale > 6, digits.count >= 15 else { return nil }
    for run in ["00000", "99999"] {
      guard let range = digits.ranges(of: run).first, range.lowerBound > digits.startIndex else {
        continue
      }
      let kept = digits.distance(from: digits.startIndex, to: range.lowerBound)
      let unit = ExactDecimal.powerOfTen(digits.count - kept)
      let scale = value.scale - (digits.count - kept)
      guard scale >= 0 else { continue }
      return ExactDecimal(units: value.units.dividedHalfToEven(by: unit), scale: scale).reduced
    }
    return nil
  }
}
