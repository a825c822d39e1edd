import Prices
import Usage

/// A history under two price books: what changed, by model and day, and nothing else.
package struct Repricing: Sendable {
  package struct Side: Sendable {
    package var prices: PriceBook.Identity
    package var total = Money.zero
    package var unpriced = OptionResult.Unpriced()
  }

  package struct Change: Sendable {
    package var day: Day
    package var provider: String
    package var model: String
    package var requests: Int64
    package var tokens: Int64
    /// Nil: no price.
    package var before: Money?
    package var after: Money?
    /// The rows that priced it: `openai/gpt-4o from 2024-12-01`.
    package var rowsBefore: [String]
    package var rowsAfter: [String]
  }

  package var period: Period
  package var currency: String
  package var before: Side
  package var after: Side
  /// By day, then by model.
  package var changes: [Change] = []
  /// Requests whose source reported a cost, which `actual` takes instead of either book.
  package var reportedRequests: Int64 = 0
  package var skippedLines: Int

  /// Prices every request from both books, whatever its source reported.
  package init(
    _ history: History, before: PriceBook, after: PriceBook, currency: String = "USD"
  ) {
    period = history.period
    skippedLines = history.skippedLines
    self.currency = currency
    self.before = Side(prices: before.identity)
    self.after = Side(prices: after.identity)
    var requests = history.requests[...]
    while let first = requests.first {
      let day = period.zone.day(of: first.start)
      let next = requests.firstIndex { period.zone.day(of: $0.start) != day } ?? requests.endIndex
      add(history, requests[..<next], on: day, before, after)
      requests = requests[next...]
    }
    self.before.unpriced.models.sort()
    self.after.unpriced.models.sort()
  }

  private mutating func add(
    _ history: History, _ requests: Slice<History.Requests>, on day: Day, _ old: PriceBook,
    _ new: PriceBook
  ) {
    var part = history
    part.requests = History.Requests(requests)
    let pricer = HistoryPricer(target: { ($0.model, $0.provider) }, currency: currency)
    let results = [pricer.price(part, old), pricer.price(part, new)]
    for (result, side) in zip(results, [\Repricing.before, \Repricing.after]) {
      self[keyPath: side].unpriced.add(result.unpriced)
    }
    var models: [ModelKey: Sums] = [:]
    for request in requests {
      let kind = history.kinds[request.kind]
      models[ModelKey(kind), default: Sums()].add(request)
      if request.reportedCost != nil { reportedRequests += request.requests ?? 0 }
    }
    for kind in history.kinds.indices {
      let key = ModelKey(history.kinds[kind])
      guard models[key] != nil else { continue }
      models[key]?.before.add(results[0], kind)
      models[key]?.after.add(results[1], kind)
    }
    for (key, sums) in models.sorted(by: { $0.key < $1.key }) {
      before.total += sums.before.amount
      after.total += sums.after.amount
      guard sums.before != sums.after else { continue }
      changes.append(
        Change(
          day: day, provider: key.provider, model: key.model, requests: sums.requests,
          tokens: sums.tokens, before: sums.before.known, after: sums.after.known,
          rowsBefore: Repricing.rows(results[0], key.model),
          rowsAfter: Repricing.rows(results[1], key.model)))
    }
  }

  private static func rows(_ result: PricedHistory, _ model: String) -> [String] {
    result.uses.filter { $0.model == model }.map { use in
      "\(use.id) \(use.from.isEmpty ? "from an unknown start" : "from \(use.from)") (\(use.layer))"
    }
  }

  private struct ModelKey: Hashable, Comparable {
    var model: String
    var provider: String

    init(_ kind: History.Kind) {
      model = kind.model
      provider = kind.provider
    }

    static func < (a: ModelKey, b: ModelKey) -> Bool {
      (a.model, a.provider) < (b.model, b.provider)
    }
  }

  private struct Sums {
    var requests: Int64 = 0
    var tokens: Int64 = 0
    var before = Cost()
    var after = Cost()

    mutating func add(_ request: History.Request) {
      requests += request.requests ?? 0
      tokens &+= request.tokens.total
    }
  }

  private struct Cost: Equatable {
    var amount = Money.zero
    var unpricedTokens: Int64 = 0
    var pricedTokens: Int64 = 0

    /// Nil where nothing had a price.
    var known: Money? { pricedTokens == 0 && unpricedTokens > 0 ? nil : amount }

    mutating func add(_ result: PricedHistory, _ kind: Int) {
      amount += (result.tokens[kind]?.middle ?? .zero) + (result.requestFees[kind]?.middle ?? .zero)
      unpricedTokens &+= result.unpricedTokens[kind]
      pricedTokens &+= result.pricedTokens[kind]
    }
  }
}

extension OptionResult.Unpriced {
  fileprivate mutating func add(_ other: OptionResult.Unpriced) {
    requests += other.requests
    tokens &+= other.tokens
    for model in other.models where !models.contains(model) { models.append(model) }
  }
}
