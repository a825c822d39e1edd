import Prices
import Usage

/// The history as it was: what the sources reported, else the price book at each request's time.
struct ActualOption: HostingOption {
  static let kind = "actual"
  static let fields = ["slo"]

  let basics: OptionBasics
  /// What the observed times are held against.
  let limits: ObservedLimits?

  init?(_ reader: OptionReader) {
    limits = ObservedLimits(reader)
    basics = OptionBasics(reader, name: reader.text("name") ?? "")
  }

  func cost(of replay: ReplayContext) -> OptionCost {
    let pricer = HistoryPricer(
      target: { ($0.model, $0.provider) }, prefersReported: true, currency: replay.file.currency)
    let result = pricer.price(replay.history, replay.prices)
    var cost = OptionCost()
    cost.take([result], ratios: nil)
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
  /// Takes over what pricing a history came to, at one price or at a low, a middle and a high one;
  /// `ratios` scales each kind's tokens.
  mutating func take(_ results: [HistoryPricer.Result], ratios: [DecimalRange]?) {
    let (low, result, high) = (results[0], results[results.count / 2], results[results.count - 1])
    var fees = Amount()
    for kind in result.tokens.indices {
      let tokens = Amount([low.tokens[kind], result.tokens[kind], high.tokens[kind]])
      lines.add(
        .apiTokens,
        ratios.map { ratios in tokens.flatMap { $0.scaled(by: ratios[kind]) } } ?? tokens,
        "tokens x price, request by request")
      if let fee = Amount([low.requestFees[kind], result.requestFees[kind], high.requestFees[kind]])
      {
        fees += fee
      }
    }
    lines.add(.requestFees, fees, fees.high == .zero ? "" : "requests x fee")
    unpriced = result.unpriced
    pricesUsed = result.uses
    if result.pricedRequests == 0, result.reportedRequests == 0, result.unpriced.tokens > 0 {
      isPriced = false
      let models = result.unpriced.models.joined(separator: ", ")
      if result.notes.isEmpty { reasons.append("not offered: no price is known for \(models)") }
    }
    reasons += result.notes
    if result.atStandardRate > 0 {
      assumptions.append(
        "\(result.atStandardRate) batch, flex or priority requests are charged at standard rates: "
          + "the price book has no others for them.")
    }
  }
}
