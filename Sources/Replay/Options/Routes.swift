import Usage

/// One rule of a hybrid: which requests go to an option. All its conditions must hold.
struct Route: Sendable {
  static let conditions =
    LabelKey.allCases.map(\.name) + [
      "model", "provider", "region", "tier", "prompt_over", "prompt_up_to", "hours",
    ]

  let target: String
  let line: Int
  /// Column, label or tag -> the values it may have.
  private var values: [(key: String, values: [String])] = []
  /// Input tokens, cached or not.
  private var promptOver: Int64?
  private var promptUpTo: Int64?
  /// Local hours of the day, the first included, the second not; over midnight when it is less.
  private var hours: (from: Int, to: Int)?

  init?(_ tree: TextTree, place: String, faults: FaultList) {
    let reader = OptionReader(tree, place: place, known: ["when", "to"], faults: faults)
    line = reader.line
    guard let to = reader.text("to") else {
      reader.complain(reader.line, "needs 'to', the option that takes the requests")
      return nil
    }
    target = to
    guard let when = reader.field("when") else { return }
    guard let map = when.map else {
      reader.complain(when.line, "'when' takes conditions as {step: extract}")
      return
    }
    // Any other name is a tag of the user's own.
    let fields = OptionReader(
      when, place: place + ", when", known: Route.conditions + map.map(\.key), faults: faults)
    for entry in map {
      switch entry.key {
      case "prompt_over": promptOver = fields.number("prompt_over").map(Int64.init)
      case "prompt_up_to": promptUpTo = fields.number("prompt_up_to").map(Int64.init)
      case "hours": readHours(fields)
      default: if let texts = fields.texts(entry.key) { values.append((entry.key, texts)) }
      }
    }
  }

  private mutating func readHours(_ reader: OptionReader) {
    let list = reader.texts("hours")?.compactMap(Int.init) ?? []
    guard list.count == 2, list.allSatisfy({ (0...24).contains($0) }), list[0] != list[1] else {
      reader.complain(
        reader.line(of: "hours"), "'hours' takes two hours of the day, from and to: [22, 6]")
      return
    }
    hours = (list[0], list[1])
  }

  /// Whether it looks at more than what a kind of request has in common.
  var looksAtRequests: Bool { promptOver != nil || promptUpTo != nil || hours != nil }

  func admits(_ kind: History.Kind) -> Bool {
    values.allSatisfy { key, values in values.contains { kind.matches(key, $0) } }
  }

  func admits(_ request: History.Request, in zone: ZoneRules) -> Bool {
    // A bucket's mean prompt stands for its requests.
    let prompt = request.tokens.input / max(1, request.requests ?? 1)
    if let promptOver, prompt <= promptOver { return false }
    if let promptUpTo, prompt > promptUpTo { return false }
    guard let hours else { return true }
    let local = zone.localMicroseconds(request.start)
    let hour = Int(local.dividedRoundingDown(by: WindowedLoad.hour)) % 24
    let ofDay = hour < 0 ? hour + 24 : hour
    return hours.from < hours.to
      ? hours.from <= ofDay && ofDay < hours.to : ofDay >= hours.from || ofDay < hours.to
  }
}

extension History.Kind {
  /// Whether a column, a label or a tag of this name has this value.
  func matches(_ key: String, _ value: String) -> Bool {
    switch key {
    case "model": model == value
    case "provider": provider == value
    case "region": region == value || hasLabel(key, value)
    case "tier": "\(tier)" == value
    default: hasLabel(key, value)
    }
  }
}
