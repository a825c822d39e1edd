import Prices
import Usage

/// Prices a history request by request, each at the moment of its start.
struct HistoryPricer {
  /// What a kind of request is priced as; nil where the option names nothing for it.
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

  func price(_ history: History, _ book: PriceBook) -> PricedHistory {
    var run = Run(self, history, book)
    for request in history.requests { run.add(request) }
    return run.result
  }

  /// One pass over a history.
  fileprivate struct Run {
    private let pricer: HistoryPricer
    private let history: History
    private let book: PriceBook
    private let priceDate: Int64?
    private var kinds: [KindState]
    private var slots: [Slot] = []
    private var ladder: [LengthStep] = []
    /// By slot; nil where nothing is in doubt.
    private var doubtful: [AppliedRates?] = []
    private var uses: [OptionResult.PriceUse] = []
    private var reported: [Int128]
    private var reportedRequests: Int64 = 0
    private var foreignReports: Int64 = 0
    private var left: [OptionResult.Unpriced]
    private var notes: [String] = []
    private var assumptions: [String] = []

    /// What holds for a kind between two moments, as bare numbers: ten million requests are then priced
    /// in half a second.
    private struct KindState {
      var from: Int64 = .max
      var to: Int64 = .min
      /// -1: no price.
      var slot = -1
      /// The input from which on other rates hold; those stand in the ladder.
      var longFrom: Int64 = .max
      var isInDoubt = false
      var reports = false
      var failed = false
    }

    /// One step of a row's rates by the length of the input, and what is charged at it. Rates are the same
    /// for all of it, so that tokens are added up and multiplied once.
    private struct LengthStep {
      var least: Int64
      var rates: TokenRates
      var isAtStandardRate: Bool
      var billed = BilledTokens()
      var requests: Int64 = 0

      /// False where tokens occur that have no rate.
      @inline(__always)
      mutating func add(_ tokens: TokenCounts, _ count: Int64) -> Bool {
        guard let new = rates.billed(tokens) else { return false }
        billed += new
        requests += count
        return true
      }
    }

    /// One kind at one row.
    private struct Slot {
      var kind: Int
      var use: Int
      /// Where its steps stand in the ladder; one at least.
      var steps: Range<Int>
      /// How far below and above the doubtful row may lead; 10^-18 of the currency's unit.
      var below: Int128 = 0
      var above: Int128 = 0
      var tokens: Int64 = 0
      var ofUnknownLength: Int64 = 0
    }

    init(_ pricer: HistoryPricer, _ history: History, _ book: PriceBook) {
      self.pricer = pricer
      self.history = history
      self.book = book
      priceDate = pricer.priceDate?.microseconds
      kinds = history.kinds.map { kind in
        var state = KindState()
        state.reports = pricer.prefersReported && kind.currency == pricer.currency
        state.failed = kind.status == .failed
        return state
      }
      reported = [Int128](repeating: 0, count: kinds.count)
      left = [OptionResult.Unpriced](repeating: .init(), count: kinds.count)
    }

    mutating func add(_ request: History.Request) {
      let kind = request.kind
      let requests = request.requests ?? 0
      if pricer.prefersReported, let cost = request.reportedCost {
        if kinds[kind].reports {
          reported[kind] += cost.picodollars
          reportedRequests += requests
          return
        }
        foreignReports += requests
      }
      let total = request.tokens.total
      // A failed request that used no tokens is charged by nobody, not even a fee.
      if total == 0, kinds[kind].failed { return }
      let moment = priceDate ?? request.start.microseconds
      if moment < kinds[kind].from || moment >= kinds[kind].to {
        find(kind, at: Instant(microseconds: moment))
      }
      let slot = kinds[kind].slot
      guard slot >= 0 else {
        leaveOut(kind, requests, total)
        return
      }
      var place = slots[slot].steps.lowerBound
      if kinds[kind].longFrom < .max {
        if request.width > 0 {
          slots[slot].ofUnknownLength += requests
        } else if request.tokens.input >= kinds[kind].longFrom {
          let input = request.tokens.input
          place = slots[slot].steps.last { ladder[$0].least <= input } ?? place
        }
      }
      guard ladder[place].add(request.tokens, requests) else {
        leaveOut(kind, requests, total)
        return
      }
      slots[slot].tokens &+= total
      if kinds[kind].isInDoubt {
        addDoubt(request, slot, requests, ladder[place].rates)
      }
    }

    private mutating func addDoubt(
      _ request: History.Request, _ slot: Int, _ requests: Int64, _ rates: TokenRates
    ) {
      guard let charge = rates.charge(for: request.tokens, requests: requests),
        let other = doubtful[slot]?.charge(
          for: request.tokens, requests: requests, isBucket: request.width > 0)
      else { return }
      let difference = other.attounits - charge.attounits
      if difference < 0 { slots[slot].below += difference } else { slots[slot].above += difference }
    }

    private mutating func leaveOut(_ kind: Int, _ requests: Int64, _ tokens: Int64) {
      guard tokens > 0 else { return }
      left[kind].requests += requests
      left[kind].tokens &+= tokens
    }
  }
}

// MARK: Finding prices

extension HistoryPricer.Run {
  private mutating func find(_ kind: Int, at instant: Instant) {
    kinds[kind].from = .min
    kinds[kind].to = .max
    kinds[kind].slot = -1
    guard let target = pricer.target(history.kinds[kind]) else { return }
    if let fixedRates = pricer.fixedRates {
      open(
        kind,
        [LengthStep(least: 0, rates: TokenRates(fixedRates), isAtStandardRate: false)],
        OptionResult.PriceUse(
          model: target.model, id: "its own price", layer: "user", rule: "option",
          source: "options file", asOf: "", from: "", to: "", status: "", requests: 0, tokens: 0,
          amount: .zero))
      return
    }
    let answer = book.answer(for: target.model, provider: target.provider, at: instant)
    narrow(kind, answer.from, answer.to)
    guard let match = answer.match, let applied = apply(match.period, match, kind, at: instant)
    else { return }
    var other: AppliedRates?
    if let alternative = match.alternative {
      other = apply(alternative, match, kind, at: instant)
      if other != nil { assume(HistoryPricer.doubt(match, alternative)) }
    }
    kinds[kind].isInDoubt = other != nil
    kinds[kind].longFrom = applied.steps.count > 1 ? applied.steps[1].least : .max
    let steps = applied.steps.map {
      LengthStep(least: $0.least, rates: $0.rates, isAtStandardRate: $0.isAtStandardRate)
    }
    open(kind, steps, doubtful: other, HistoryPricer.use(of: match, for: target.model))
  }

  /// A row's rates in the file's currency; nil, with a note, where it cannot be used.
  private mutating func apply(
    _ period: PricePeriod, _ match: PriceMatch, _ kind: Int, at instant: Instant
  ) -> AppliedRates? {
    var rate = ExactDecimal.one
    if period.currency != pricer.currency {
      let known = book.exchangeRate(from: period.currency, into: pricer.currency, at: instant)
      guard let known else {
        note(
          "\(match.id) has a price in \(period.currency), this file counts in \(pricer.currency): "
            + "not converted")
        return nil
      }
      rate = known.rate
      narrow(kind, known.from, known.to)
      assume(
        "1 \(known.currency) counts as \(known.rate) \(known.into) (\(known.source.name)"
          + (known.source.asOf.map { ", \($0)" } ?? "") + ").")
    }
    let attributes = match.attributes(
      PriceAttributes(history.kinds[kind], keepsTier: pricer.keepsTier))
    guard
      let applied = AppliedRates(period, at: instant, for: attributes, inCurrencyOf: rate)
    else {
      note("\(match.id) is priced \(period.unit.rawValue), which the history does not count")
      return nil
    }
    narrow(kind, applied.from, applied.to)
    return applied
  }

  private mutating func narrow(_ kind: Int, _ from: Instant?, _ to: Instant?) {
    if let from { kinds[kind].from = max(kinds[kind].from, from.microseconds) }
    if let to { kinds[kind].to = min(kinds[kind].to, to.microseconds) }
  }

  private mutating func note(_ text: String) { if !notes.contains(text) { notes.append(text) } }

  private mutating func assume(_ text: String) {
    if !assumptions.contains(text) { assumptions.append(text) }
  }

  private mutating func open(
    _ kind: Int, _ steps: [LengthStep], doubtful other: AppliedRates? = nil,
    _ new: OptionResult.PriceUse
  ) {
    let known = uses.firstIndex {
      $0.model == new.model && $0.id == new.id && $0.from == new.from && $0.layer == new.layer
    }
    if known == nil { uses.append(new) }
    kinds[kind].slot = slots.count
    let first = ladder.count
    ladder += steps
    slots.append(
      Slot(kind: kind, use: known ?? uses.count - 1, steps: first..<ladder.count))
    doubtful.append(other)
  }
}

extension HistoryPricer {
  static func use(of match: PriceMatch, for model: String) -> OptionResult.PriceUse {
    let source = match.period.source
    return OptionResult.PriceUse(
      model: model, id: match.id, layer: match.layer.rawValue, rule: match.rule.rawValue,
      source: [source.name, source.reference].filter { !$0.isEmpty }.joined(separator: " "),
      asOf: source.asOf?.description ?? "", from: match.period.from.map(day) ?? "",
      to: match.period.to.map(day) ?? "", status: match.period.status.rawValue, requests: 0,
      tokens: 0, amount: .zero)
  }

  fileprivate static func doubt(_ match: PriceMatch, _ other: PricePeriod) -> String {
    let later = [match.period, other].first { $0.bracket != nil }
    guard let bracket = later?.bracket else {
      return
        "\(match.id): an announced price went unconfirmed; low and high cover it and the one before."
    }
    return
      "\(match.id): its price changed on an unknown day from \(bracket.after) to \(bracket.upTo); "
      + "low and high cover both prices in between."
  }

  private static func day(_ instant: Instant) -> String {
    let text = instant.description
    return text.hasSuffix("T00:00:00Z") ? String(text.prefix(10)) : text
  }
}

// MARK: The result

extension HistoryPricer.Run {
  fileprivate var result: PricedHistory {
    var rows = uses
    for slot in slots { rows[slot.use].tokens &+= slot.tokens }
    let parts = slots.flatMap { slot in
      slot.steps.map { place in
        let step = ladder[place]
        let isFirst = place == slot.steps.lowerBound
        return PricedHistory.Part(
          kind: slot.kind, use: slot.use, rates: step.rates, billed: step.billed,
          requests: step.requests, below: isFirst ? slot.below : 0,
          above: isFirst ? slot.above : 0, isAtStandardRate: step.isAtStandardRate)
      }
    }
    var result = PricedHistory(
      parts: parts, reported: reported.map(Money.init(picodollars:)), rows: rows,
      unpricedTokens: left.map(\.tokens), pricedTokens: pricedTokens)
    result.ofUnknownLength = slots.reduce(0) { $0 + $1.ofUnknownLength }
    result.reportedRequests = reportedRequests
    result.foreignReports = foreignReports
    result.unpriced = unpriced
    result.notes = notes
    result.assumptions = assumptions
    return result
  }

  /// By kind.
  private var pricedTokens: [Int64] {
    slots.reduce(into: [Int64](repeating: 0, count: history.kinds.count)) {
      $0[$1.kind] &+= $1.tokens
    }
  }

  private var unpriced: OptionResult.Unpriced {
    var all = OptionResult.Unpriced()
    for (kind, left) in zip(history.kinds, left) where left.tokens > 0 {
      all.requests += left.requests
      all.tokens &+= left.tokens
      let name = kind.model.isEmpty ? "(no model given)" : kind.model
      if !all.models.contains(name) { all.models.append(name) }
      if pricer.target(kind) == nil, !all.notConfigured.contains(name) {
        all.notConfigured.append(name)
      }
    }
    all.models.sort()
    all.notConfigured.sort()
    return all
  }
}
