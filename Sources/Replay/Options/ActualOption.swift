import Prices
import Usage

/// The history as it was: what the sources reported, else the price book at each request's time.
struct ActualOption: HostingOption {
  static let kind = "actual"

  let basics: OptionBasics

  init?(_ reader: OptionReader) {
    basics = OptionBasics(reader, name: reader.text("name") ?? "")
  }

  func cost(of replay: ReplayContext) -> OptionCost {
    let pricer = HistoryPricer(
      target: { ($0.model, $0.provider) }, prefersReported: true, currency: replay.file.currency)
    let result = pricer.price(replay.history, replay.prices)
    var cost = OptionCost()
    cost.take(result, ratios: nil)
    if result.reportedRequests > 0 {
      cost.assumptions.append(
        "The cost of \(result.reportedRequests) requests is what their source reported; the other "
          + "\(result.pricedRequests) are priced from the book at their own time.")
    } else {
      cost.assumptions.append(
        "No source reported a cost: requests are priced from the book at their own time.")
    }
    return cost
  }
}

extension OptionCost {
  /// Takes over what pricing a history came to; `ratios` scales each kind's tokens.
  mutating func take(_ result: HistoryPricer.Result, ratios: [DecimalRange]?) {
    var tokens = Amount()
    for (kind, money) in result.tokens.enumerated() {
      tokens += ratios.map { Amount(money).scaled(by: $0[kind]) } ?? Amount(money)
    }
    let fees = result.requestFees.reduce(Money.zero, +)
    lines.add(.apiTokens, tokens, "tokens x price, request by request")
    lines.add(.requestFees, Amount(fees), fees == .zero ? "" : "requests x fee")
    unpriced = result.unpriced
    pricesUsed = result.uses
    if result.pricedRequests == 0, result.reportedRequests == 0, result.unpriced.tokens > 0 {
      isPriced = false
      let models = result.unpriced.models.joined(separator: ", ")
      reasons.append("not offered: no price is known for \(models)")
    }
    if result.atStandardRate > 0 {
      assumptions.append(
        "\(result.atStandardRate) batch, flex or priority requests are charged at standard rates: "
          + "the price book has no others for them.")
    }
  }
}
