import Prices
import Usage

/// Prices a history request by request, each at its own moment.
struct HistoryPricer {
  /// What a kind of request is priced as; nil where it is not offered.
  var target: (History.Kind) -> (model: String, provider: String)?
  /// A price that holds for everything, instead of the book.
  var fixedRates: Rates?
  /// A moment that prices are taken at, instead of each request's own.
  var priceDate: Instant?
  /// Whether the service tier of the history is kept.
  var keepsTier = true
  /// Whether the cost that a source reported counts before any price.
  var prefersReported = false
  var currency = "USD"

  struct Result {
    /// By kind, so that a tokenizer's ratio can be applied.
    var tokens: [Money]
    var requestFees: [Money]
    var unpriced = OptionResult.Unpriced()
    var uses: [OptionResult.PriceUse] = []
    var pricedRequests: Int64 = 0
    var reportedRequests: Int64 = 0
    var atStandardRate: Int64 = 0
    var unknownContext: Int64 = 0
  }

  /// The match that a kind had last; good while requests stay inside its time.
  private struct Cached {
    var match: PriceMatch?
    var from: Int64 = .max
    var to: Int64 = .min
    var use = -1
  }

  func price(_ history: History, _ book: PriceBook) -> Result {
    let zero = [Money](repeating: .zero, count: history.kinds.count)
    var result = Result(tokens: zero, requestFees: zero)
    var cache = [Cached](repeating: Cached(), count: history.kinds.count)
    let targets = history.kinds.map(target)
    var unpricedModels: [String] = []
    func leaveOut(_ request: History.Request) {
      guard request.tokens.total > 0 else { return }
      result.unpriced.requests += request.requests ?? 0
      result.unpriced.tokens += request.tokens.total
      let model = history.kinds[request.kind].model
      let name = model.isEmpty ? "(no model given)" : model
      if !unpricedModels.contains(name) { unpricedModels.append(name) }
    }
    for request in history.requests {
      let kind = request.kind
      if prefersReported, let cost = request.reportedCost, history.kinds[kind].currency == currency
      {
        result.tokens[kind] += cost
        result.reportedRequests += request.requests ?? 0
        continue
      }
      let instant = priceDate ?? request.start
      if instant.microseconds < cache[kind].from || instant.microseconds >= cache[kind].to {
        cache[kind] = find(targets[kind], at: instant, book, &result)
      }
      let charge: Charge?
      if let fixedRates {
        charge =
          targets[kind] == nil
          ? nil : fixedRates.charge(for: request.tokens, requests: request.requests ?? 0)
      } else {
        charge = cache[kind].match?.period.charge(
          for: request.tokens, requests: request.requests ?? 0, isBucket: request.width > 0,
          at: instant, tier: keepsTier ? history.kinds[kind].tier : .standard)
      }
      guard let charge else {
        leaveOut(request)
        continue
      }
      result.tokens[kind] += charge.tokens
      result.requestFees[kind] += charge.requestFees
      result.pricedRequests += request.requests ?? 0
      if charge.isAtStandardRate { result.atStandardRate += request.requests ?? 0 }
      let use = cache[kind].use
      if use >= 0 {
        result.uses[use].requests += request.requests ?? 0
        result.uses[use].tokens += request.tokens.total
        result.uses[use].amount += charge.tokens + charge.requestFees
      }
    }
    result.unpriced.models = unpricedModels.sorted()
    result.uses.removeAll { $0.requests == 0 && $0.tokens == 0 }
    return result
  }

  private func find(
    _ target: (model: String, provider: String)?, at instant: Instant, _ book: PriceBook,
    _ result: inout Result
  ) -> Cached {
    var cached = Cached()
    cached.from = .min
    cached.to = .max
    guard let target else { return cached }
    if fixedRates != nil {
      cached.use = use(
        OptionResult.PriceUse(
          model: target.model, id: "price of the option", layer: "user", rule: "option",
          source: "options file", asOf: "", from: "", to: "", requests: 0, tokens: 0, amount: .zero),
        &result)
      return cached
    }
    guard let match = book.match(model: target.model, provider: target.provider, at: instant) else {
      // Looked up again for each request: a price may begin later.
      cached.from = instant.microseconds
      cached.to = instant.microseconds + 1
      return cached
    }
    cached.match = match
    cached.from = match.validFrom?.microseconds ?? .min
    cached.to = match.validTo?.microseconds ?? .max
    let source = match.period.source
    cached.use = use(
      OptionResult.PriceUse(
        model: target.model, id: match.id, layer: match.layer.rawValue, rule: match.rule.rawValue,
        source: [source.name, source.reference].filter { !$0.isEmpty }.joined(separator: " "),
        asOf: source.asOf?.description ?? "",
        from: match.period.from.map(HistoryPricer.day) ?? "",
        to: match.period.to.map(HistoryPricer.day) ?? "", requests: 0, tokens: 0, amount: .zero),
      &result)
    return cached
  }

  private static func day(_ instant: Instant) -> String {
    let text = instant.description
    return text.hasSuffix("T00:00:00Z") ? String(text.prefix(10)) : text
  }

  private func use(_ new: OptionResult.PriceUse, _ result: inout Result) -> Int {
    let known = result.uses.firstIndex {
      $0.model == new.model && $0.id == new.id && $0.from == new.from && $0.layer == new.layer
    }
    if let known { return known }
    result.uses.append(new)
    return result.uses.count - 1
  }
}
