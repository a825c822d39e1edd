import Prices
import Usage

/// The history as it was: what the sources reported, else the price book at each request's time.
struct ActualOption: HostingOption {
  static let kind = "actual"
  static let fields = ["slo"]

  let basics: OptionBasics
  /// What the observed times are held against.
  let limits: ObservedLimits?
  private var priceChange = PriceChange()

  init?(_ reader: OptionReader) {
    limits = ObservedLimits(reader)
    basics = OptionBasics(reader, name: reader.text("name") ?? "")
  }

  func cost(of replay: ReplayContext) -> OptionCost {
    let pricer = HistoryPricer(
      target: { ($0.model, $0.provider) }, prefersReported: true, currency: replay.file.currency)
    let result = replay.once("prices") { pricer.price(replay.history, replay.prices) }
      .changed(by: priceChange)
    var cost = OptionCost()
    cost.take([result], ratios: nil)
    if result.reportedRequests > 0 {
      cost.assumptions.append(
        "The cost of \(counted(result.reportedRequests, "request")) is what the source reported"
          + (result.pricedRequests == 0
            ? "."
            : "; \(counted(result.pricedRequests, "request")) without are priced from the book at "
              + "their own time."))
    } else {
      cost.assumptions.append(
        "No source reported a cost: requests are priced from the book at their own time.")
    }
    return cost
  }

  func inputs(_ cost: OptionCost) -> [OptionInput<ActualOption>] {
    PriceChange.inputs(cost, \.priceChange)
  }
}

extension OptionCost {
  /// Takes over what pricing a history came to, at one price or at a low, a middle and a high one;
  /// `ratios` scales each kind's tokens.
  mutating func take(_ results: [PricedHistory], ratios: [DecimalRange]?) {
    let (low, result, high) = (results[0], results[results.count / 2], results[results.count - 1])
    var fees: Amount? = Amount()
    for kind in result.tokens.indices {
      let tokens = Amount(low.tokens[kind], result.tokens[kind], high.tokens[kind])
      lines.add(
        .apiTokens,
        ratios.map { ratios in tokens.flatMap { $0.scaled(by: ratios[kind]) } } ?? tokens,
        "tokens x price, request by request")
      if let fee = Amount(
        low.requestFees[kind], result.requestFees[kind], high.requestFees[kind])
      {
        fees? += fee
      }
    }
    lines.add(.requestFees, fees, fees?.high == .zero ? "" : "requests x fee")
    unpriced = result.unpriced
    pricesUsed = result.uses
    charged = (result.charge, result.billed)
    if result.pricedRequests == 0, result.reportedRequests == 0, result.unpriced.tokens > 0 {
      isPriced = false
      let unpriced = result.unpriced
      let unknown = unpriced.models.filter { !unpriced.notConfigured.contains($0) }
      if result.notes.isEmpty, !unknown.isEmpty {
        reasons.append("not offered: no price is known for \(unknown.joined(separator: ", "))")
      }
      if !unpriced.notConfigured.isEmpty {
        reasons.append(
          "not offered: the option names no price for "
            + unpriced.notConfigured.joined(separator: ", "))
      }
    }
    reasons += result.notes
    assumptions += result.assumptions
    if result.atStandardRate > 0 {
      assumptions.append(
        "\(counted(result.atStandardRate, "batch, flex or priority request")) charged at standard rates: "
          + "the price book has no others for them.")
    }
    if result.ofUnknownLength > 0 {
      assumptions.append(
        "\(counted(result.ofUnknownLength, "request")) added up in buckets: charged as short ones, "
          + "though long ones cost more here.")
    }
    if result.foreignReports > 0 {
      assumptions.append(
        "\(counted(result.foreignReports, "request")) with a cost reported in another currency: priced "
          + "from the book.")
    }
  }
}

extension Amount {
  /// From the low end of the first to the high end of the last; nil when one is not known.
  fileprivate init?(_ low: Amount?, _ middle: Amount?, _ high: Amount?) {
    guard let low, let middle, let high else { return nil }
    self.init([min(low.low, high.low), middle.middle, max(low.high, high.high)])
  }
}
