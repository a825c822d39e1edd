import Prices
import Usage

/// A hosted API, charged by tokens.
struct APIOption: HostingOption {
  static let kind = "api"
  static let fields = ["models", "token_ratio", "price", "price_when", "batch", "limits"]

  let basics: OptionBasics
  /// History's model -> this option's model as `provider/model`; `*` for all others.
  private var models: [String: String] = [:]
  private var ratios: [String: DecimalRange] = [:]
  /// One for all, or low, middle and high.
  private var rates: [Rates] = []
  private var priceDate: Instant?
  private var batchShare = DecimalRange.zero
  private var batchDiscount = DecimalRange.zero
  private var limits: RateLimits?
  private var priceChange = PriceChange()

  init?(_ reader: OptionReader) {
    basics = OptionBasics(reader, name: reader.text("name") ?? "")
    for (model, target) in reader.pairs("models") ?? [] {
      guard let text = target.text else {
        reader.complain(target.line, "'models: \(model)' names no model")
        continue
      }
      models[model] = text
    }
    for (model, ratio) in reader.pairs("token_ratio") ?? [] {
      ratios[model] = OptionReader.range(
        ratio, "token_ratio: \(model)", reader, atMost: 1000)
    }
    let keys = APIOption.rateKeys.map(\.rawValue)
    if let price = reader.map("price", known: keys) { rates = APIOption.rates(price) }
    if let text = reader.text("price_when"), text != "request" {
      priceDate = Instant(text)
      if priceDate == nil {
        reader.complain(
          reader.line(of: "price_when"), "'price_when: \(text)' is not 'request' nor a date")
      }
    }
    if let batch = reader.map("batch", known: ["share", "discount"]) {
      batchShare = batch.range("share", atMost: 1) ?? .zero
      batchDiscount = batch.range("discount", atMost: 1) ?? .zero
    }
    limits = RateLimits(reader)
    if models.isEmpty, reader.field("price") == nil {
      reader.complain(
        reader.line,
        "needs 'models' (history's model -> priced model, \"*\" for all) or a 'price'")
    }
  }

  /// A history tells no audio prices apart that one price for everything could name.
  private static let rateKeys: [Rates.Key] = [
    .input, .output, .cacheRead, .cacheWrite, .cacheWrite5m, .cacheWrite1h, .perRequest,
  ]

  private static func rates(_ reader: OptionReader) -> [Rates] {
    var points = [Rates(), Rates(), Rates()]
    var isRange = false
    for key in rateKeys {
      guard let value = reader.range(key.rawValue, atMost: 1_000_000) else { continue }
      isRange = isRange || value.isRange
      // Within what a rate can be: an option's numbers have nine digits behind the point at most.
      for i in points.indices { _ = points[i].set(key, value.points[i]) }
    }
    for key in ["input", "output"] where reader.field(key) == nil {
      reader.complain(reader.line, "needs '\(key)', per 1,000,000 tokens")
    }
    return isRange ? points : [points[1]]
  }

  private func target(_ kind: History.Kind) -> (model: String, provider: String)? {
    if models.isEmpty { return (kind.model, kind.provider) }
    return (models[kind.model] ?? models["*"]).map { ($0, "") }
  }

  func cost(of replay: ReplayContext) -> OptionCost {
    var cost = price(replay.history, replay)
    if let limits {
      replay.once("limits") { limits.outcome(of: replay.history) }.note(in: &cost)
    }
    if limits != nil, !ratios.isEmpty {
      cost.assumptions.append("Limits are held against the history's own tokens.")
    }
    return cost
  }

  /// What a history costs here.
  func price(_ history: History, _ replay: ReplayContext) -> OptionCost {
    let points: [Rates?] = rates.isEmpty ? [nil] : rates
    let results = replay.once("prices") {
      points.map { rates in
        HistoryPricer(
          target: target, fixedRates: rates, priceDate: priceDate,
          keepsTier: batchShare == .zero, currency: replay.file.currency
        ).price(history, replay.prices)
      }
    }.map { $0.changed(by: priceChange) }
    // What is left of a price when this share of the tokens waits.
    let waits = zip(batchShare.points, batchDiscount.points).map { ExactDecimal.one - $0 * $1 }
    let kindRatios = history.kinds.map { kind -> DecimalRange in
      let ratio = ratios[kind.model] ?? ratios["*"] ?? .one
      return DecimalRange(low: ratio.low * waits[2], high: ratio.high * waits[0])
    }
    var cost = OptionCost()
    cost.take(results, ratios: kindRatios)
    cost.assumptions.append(contentsOf: assumptions)
    return cost
  }

  func inputs(_ cost: OptionCost) -> [OptionInput<APIOption>] {
    let ratio = OptionInput<APIOption>(
      name: "tokenizer ratio", unit: "",
      value: (ratios["*"] ?? ratios.values.first ?? .one).middle
    ) { option, factor in
      if option.ratios["*"] == nil { option.ratios["*"] = .one }
      option.ratios = option.ratios.mapValues { $0.scaled(by: factor) }
    }
    let batch = [
      OptionInput("batch share", "", \.batchShare, of: self, most: .one),
      OptionInput("batch discount", "", \.batchDiscount, of: self, most: .one),
    ].compactMap(\.self)
    return PriceChange.inputs(cost, \.priceChange)
      + PriceChange.cachedShare(cost, \.priceChange) + [ratio] + batch
  }

  private var assumptions: [String] {
    var assumptions: [String] = []
    if ratios.isEmpty {
      assumptions.append("Token counts are taken over: this model's tokenizer is assumed alike.")
    }
    if batchShare != .zero {
      assumptions.append(
        "A share of \(batchShare) of the tokens waits for batch prices, "
          + "\(batchDiscount) below the others.")
    }
    let ranges = [batchShare, batchDiscount] + ratios.values
    if rates.count > 1 || ranges.contains(where: \.isRange) {
      assumptions.append("The total is taken at the middle of each range.")
    }
    if let priceDate { assumptions.append("All prices are those of \(priceDate.day).") }
    return assumptions
  }
}
