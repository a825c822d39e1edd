import Prices
import Usage

/// A hosted API, charged by tokens.
struct APIOption: HostingOption {
  static let kind = "api"

  let basics: OptionBasics
  /// History's model -> this option's model as `provider/model`; `*` for all others.
  private var models: [String: String] = [:]
  private var ratios: [String: DecimalRange] = [:]
  private var rates: Rates?
  private var priceDate: Instant?
  private var batchShare = ExactDecimal.zero
  private var batchDiscount = ExactDecimal.zero

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
      ratios[model] = OptionReader.range(ratio, "token_ratio: \(model)", reader)
    }
    if let price = reader.map("price") { rates = APIOption.rates(price) }
    if let text = reader.text("price_when"), text != "request" {
      priceDate = Instant(text)
      if priceDate == nil {
        reader.complain(reader.line, "'price_when: \(text)' is not 'request' nor a date")
      }
    }
    if let batch = reader.map("batch") {
      batchShare = batch.decimal("share") ?? .zero
      batchDiscount = batch.decimal("discount") ?? .zero
      if batchShare > .one || batchDiscount > .one {
        batch.complain(batch.line, "'share' and 'discount' are shares from 0 to 1")
      }
      batch.finish()
    }
    if models.isEmpty, rates == nil {
      reader.complain(
        reader.line,
        "needs 'models' (history's model -> priced model, \"*\" for all) or a 'price'")
      return nil
    }
  }

  private static func rates(_ reader: OptionReader) -> Rates {
    var rates = Rates()
    for key in Rates.Key.allCases {
      guard let value = reader.decimal(key.rawValue) else { continue }
      if !rates.set(key, value) {
        reader.complain(
          reader.line, "'\(key.rawValue): \(value)' has more than six digits behind the point")
      }
    }
    reader.finish()
    return rates
  }

  private func target(_ kind: History.Kind) -> (model: String, provider: String)? {
    if models.isEmpty { return (kind.model, kind.provider) }
    return (models[kind.model] ?? models["*"]).map { ($0, "") }
  }

  func cost(of replay: ReplayContext) -> OptionCost {
    let pricer = HistoryPricer(
      target: target, fixedRates: rates, priceDate: priceDate, keepsTier: batchShare.isZero,
      currency: replay.file.currency)
    let result = pricer.price(replay.history, replay.prices)
    let kindRatios = replay.history.kinds.map { ratios[$0.model] ?? ratios["*"] ?? .one }
    let waits = ExactDecimal.one - batchShare * batchDiscount
    var cost = OptionCost()
    cost.take(
      result,
      ratios: kindRatios.map { DecimalRange(low: $0.low * waits, high: $0.high * waits) })
    cost.assumptions.append(contentsOf: assumptions)
    return cost
  }

  private var assumptions: [String] {
    var assumptions: [String] = []
    if ratios.isEmpty {
      assumptions.append("Token counts are taken over: this model's tokenizer is assumed alike.")
    }
    if !batchShare.isZero {
      assumptions.append(
        "A share of \(batchShare) of the tokens waits for batch prices, "
          + "\(batchDiscount) below the others.")
    }
    if let priceDate { assumptions.append("All prices are those of \(priceDate.day).") }
    return assumptions
  }
}
