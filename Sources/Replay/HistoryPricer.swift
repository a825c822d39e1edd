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
    /// Why some of the history has no price, beside that there is none. Plain sentences.
    var notes: [String] = []
  }

  /// The match that a kind had last; good while requests stay inside its time.
  private struct Cached {
    var match: PriceMatch?
    /// Instead of the match, where they say it all: ten million requests are then priced in a second.
    var flat: FlatRates?
    var flatIsAtStandardRate = false
    var from: Int64 = .max
    var to: Int64 = .min
    var use = -1
  }

  /// What one price row was used for, as bare numbers.
  private struct UseSums {
    var requests: Int64 = 0
    var tokens: Int64 = 0
    var amount = Money.zero
  }

  func price(_ history: History, _ book: PriceBook) -> Result {
    let zero = [Money](repeating: .zero, count: history.kinds.count)
    var result = Result(tokens: zero, requestFees: zero)
    var cache = [Cached](repeating: Cached(), count: history.kinds.count)
    let targets = history.kinds.map(target)
    let failed = history.kinds.map { $0.status == .failed }
    var unpricedModels: [String] = []
    var uses: [UseSums] = []
    var pricedRequests: Int64 = 0
    var atStandardRate: Int64 = 0
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
      // A failed request that used no tokens is charged by nobody, not even a fee.
      if failed[kind], request.tokens.total == 0 { continue }
      let instant = priceDate ?? request.start
      if instant.microseconds < cache[kind].from || instant.microseconds >= cache[kind].to {
        let tier = keepsTier ? history.kinds[kind].tier : .standard
        cache[kind] = find(targets[kind], at: instant, tier, book, &result)
      }
      let requests = request.requests ?? 0
      var charge: Charge?
      if let flat = cache[kind].flat {
        charge = flat.charge(for: request.tokens, requests: requests)
        charge?.isAtStandardRate = cache[kind].flatIsAtStandardRate
      } else if let fixedRates {
        charge =
          targets[kind] == nil ? nil : fixedRates.charge(for: request.tokens, requests: requests)
      } else {
        charge = cache[kind].match?.period.charge(
          for: request.tokens, requests: requests, isBucket: request.width > 0,
          at: instant, tier: keepsTier ? history.kinds[kind].tier : .standard)
      }
      guard let charge else {
        leaveOut(request)
        continue
      }
      result.tokens[kind] += charge.tokens
      result.requestFees[kind] += charge.requestFees
      pricedRequests += requests
      if charge.isAtStandardRate { atStandardRate += requests }
      let use = cache[kind].use
      if use >= uses.count {
        uses += [UseSums](repeating: UseSums(), count: use + 1 - uses.count)
      }
      if use >= 0 {
        uses[use].requests += requests
        uses[use].tokens += request.tokens.total
        uses[use].amount += charge.tokens + charge.requestFees
      }
    }
    result.pricedRequests = pricedRequests
    result.atStandardRate = atStandardRate
    for (use, sums) in uses.enumerated() {
      result.uses[use].requests = sums.requests
      result.uses[use].tokens = sums.tokens
      result.uses[use].amount = sums.amount
    }
    result.unpriced.models = unpricedModels.sorted()
    result.uses.removeAll { $0.requests == 0 && $0.tokens == 0 }
    return result
  }

  private func find(
    _ target: (model: String, provider: String)?, at instant: Instant, _ tier: ServiceTier,
    _ book: PriceBook, _ result: inout Result
  ) -> Cached {
    var cached = Cached()
    cached.from = .min
    cached.to = .max
    guard let target else { return cached }
    if let fixedRates {
      cached.flat = fixedRates.flat
      cached.use = use(
        OptionResult.PriceUse(
          model: target.model, id: "price of the option", layer: "user", rule: "option",
          source: "options file", asOf: "", from: "", to: "", requests: 0, tokens: 0, amount: .zero),
        &result)
      return cached
    }
    let answer = book.answer(for: target.model, provider: target.provider, at: instant)
    cached.from = answer.from?.microseconds ?? .min
    cached.to = answer.to?.microseconds ?? .max
    guard let match = answer.match else { return cached }
    guard match.period.currency == currency else {
      let note =
        "\(match.id) has a price in \(match.period.currency), this file counts in \(currency): "
        + "not converted"
      if !result.notes.contains(note) { result.notes.append(note) }
      return cached
    }
    cached.match = match
    if let flat = match.period.flatRates(for: tier) {
      cached.flat = flat.rates
      cached.flatIsAtStandardRate = flat.isAtStandardRate
    }
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
