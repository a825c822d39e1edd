import Prices
import Usage

/// A history at its prices: what is charged for, row by row, what that comes to, and what has no price.
struct PricedHistory: Sendable {
  /// Everything of one kind of request at one step of one row: the same rates.
  struct Part: Sendable {
    var kind: Int
    /// Index into `rows`.
    var use: Int
    var rates: TokenRates
    var billed: BilledTokens
    var requests: Int64
    /// How far below and above a doubtful row may lead; 10^-18 of the currency's unit.
    var below: Int128
    var above: Int128
    var isAtStandardRate: Bool
  }

  let parts: [Part]
  /// By kind: what sources reported as their cost.
  private let reported: [Money]
  private let rows: [OptionResult.PriceUse]
  let unpricedTokens: [Int64]
  let pricedTokens: [Int64]

  // What it comes to. By kind, so that a tokenizer's ratio can be applied; low and high differ where it is
  // not known on which day a price changed; nil beyond exact reach.
  private(set) var tokens: [Amount?]
  private(set) var requestFees: [Amount?]
  /// What all that is charged for, reported cost aside.
  private(set) var charge = Charge()
  private(set) var billed = BilledTokens()
  private(set) var uses: [OptionResult.PriceUse]

  var unpriced = OptionResult.Unpriced()
  var pricedRequests: Int64 { parts.reduce(0) { $0 + $1.requests } }
  var reportedRequests: Int64 = 0
  /// Cost reported in another currency than the file's, which counts for nothing.
  var foreignReports: Int64 = 0
  var atStandardRate: Int64 { parts.reduce(0) { $0 + ($1.isAtStandardRate ? $1.requests : 0) } }
  /// Requests inside buckets whose price depends on the length of each, which buckets do not tell.
  var ofUnknownLength: Int64 = 0
  /// Why some of the history has no price, beside that there is none. Plain sentences.
  var notes: [String] = []
  /// What doubtful or converted prices rest on. Plain sentences.
  var assumptions: [String] = []

  /// `rows` carry the tokens of their requests already.
  init(
    parts: [Part], reported: [Money], rows: [OptionResult.PriceUse], unpricedTokens: [Int64],
    pricedTokens: [Int64]
  ) {
    self.parts = parts
    self.reported = reported
    self.rows = rows
    self.unpricedTokens = unpricedTokens
    self.pricedTokens = pricedTokens
    tokens = []
    requestFees = []
    uses = []
    addUp(PriceChange())
  }

  func changed(by change: PriceChange) -> PricedHistory {
    guard !change.isNone else { return self }
    var copy = self
    copy.addUp(change)
    return copy
  }

  private mutating func addUp(_ change: PriceChange) {
    var sums = [(low: Int128, middle: Int128, high: Int128)](
      repeating: (0, 0, 0), count: reported.count)
    var fees = [Money](repeating: .zero, count: reported.count)
    var units = [Int128](repeating: 0, count: rows.count)
    var isExact = true
    func add(_ value: Int128, to sum: inout Int128) {
      let (new, overflows) = sum.addingReportingOverflow(value)
      sum = new
      if overflows { isExact = false }
    }
    uses = rows
    charge = Charge()
    billed = BilledTokens()
    for part in parts {
      let (billed, one) = change.applied(to: part)
      self.billed += billed
      add(one.input, to: &charge.input)
      add(one.cacheRead, to: &charge.cacheRead)
      add(one.cacheWrite, to: &charge.cacheWrite)
      add(one.output, to: &charge.output)
      charge.requestFees += one.requestFees
      add(one.attounits + part.below, to: &sums[part.kind].low)
      add(one.attounits, to: &sums[part.kind].middle)
      add(one.attounits + part.above, to: &sums[part.kind].high)
      add(one.attounits, to: &units[part.use])
      fees[part.kind] += one.requestFees
      uses[part.use].requests += part.requests
      uses[part.use].amount += one.requestFees
    }
    isExact = isExact && !billed.hasOverflown
    for use in uses.indices { uses[use].amount += Money(attounits: units[use]) }
    uses.removeAll { $0.requests == 0 && $0.tokens == 0 }
    requestFees = fees.map { Amount($0) }
    tokens = zip(sums, reported).map { sums, reported in
      isExact
        ? Amount([sums.low, sums.middle, sums.high].map { Money(attounits: $0) + reported }) : nil
    }
  }
}

/// Prices that differ by a factor from what they are, to see what hangs on them.
struct PriceChange: Sendable, Hashable {
  var input = ExactDecimal.one
  var cacheRead = ExactDecimal.one
  var cacheWrite = ExactDecimal.one
  var output = ExactDecimal.one
  var request = ExactDecimal.one
  /// Of the tokens that are read from a cache.
  var cachedShare = ExactDecimal.one

  var isNone: Bool { self == PriceChange() }

  /// The doubt about a row stays as wide as it is.
  fileprivate func applied(to part: PricedHistory.Part) -> (BilledTokens, Charge) {
    let billed =
      cachedShare == .one || !part.rates.chargesInput
      ? part.billed : part.billed.withCacheReads(times: cachedShare)
    var charge = part.rates.charge(for: billed, requests: part.requests)
    charge.input = PriceChange.scaled(charge.input, input)
    charge.cacheRead = PriceChange.scaled(charge.cacheRead, cacheRead)
    charge.cacheWrite = PriceChange.scaled(charge.cacheWrite, cacheWrite)
    charge.output = PriceChange.scaled(charge.output, output)
    charge.requestFees = charge.requestFees.scaled(by: request)
    return (billed, charge)
  }

  /// Beyond 128 bits it stays as it is: such an amount cannot be priced anyway.
  private static func scaled(_ attounits: Int128, _ factor: ExactDecimal) -> Int128 {
    factor == .one
      ? attounits
      : exactQuotient([attounits, factor.units], over: [ExactDecimal.powerOfTen(factor.scale)])
        ?? attounits
  }
}

extension PriceChange {
  /// What an option pays for tokens, as means over its history: prices may differ by model, day and length.
  static func inputs<Option>(
    _ cost: OptionCost, _ path: WritableKeyPath<Option, PriceChange>
  ) -> [OptionInput<Option>] {
    guard let (charge, tokens) = cost.charged else { return [] }
    let kinds: [(String, Int128, Int128, WritableKeyPath<PriceChange, ExactDecimal>)] = [
      (
        "input price", charge.input,
        Int128(tokens.input) + Int128(tokens.audioInput) + Int128(tokens.imageInput), \.input
      ),
      ("cached-input price", charge.cacheRead, Int128(tokens.cacheRead), \.cacheRead),
      ("cache-write price", charge.cacheWrite, tokens.allCacheWrites, \.cacheWrite),
      (
        "output price", charge.output,
        Int128(tokens.output) + Int128(tokens.audioOutput) + Int128(tokens.reasoning), \.output
      ),
    ]
    var inputs = kinds.compactMap { name, attounits, tokens, part -> OptionInput<Option>? in
      guard attounits > 0, tokens > 0,
        let mean = exactQuotient([attounits], over: [tokens, 1_000_000])
      else { return nil }
      return OptionInput(
        name: name, unit: "per 1M tokens", value: ExactDecimal(units: mean, scale: 6).reduced
      ) { $0[keyPath: path.appending(path: part)] = $1 }
    }
    if charge.requestFees > .zero {
      inputs.append(
        OptionInput(name: "request fee", unit: "times", value: .one) {
          $0[keyPath: path].request = $1
        })
    }
    return inputs
  }

  /// Whether as much of the input comes from a cache here as it did in the history: no one knows.
  static func cachedShare<Option>(
    _ cost: OptionCost, _ path: WritableKeyPath<Option, PriceChange>
  ) -> [OptionInput<Option>] {
    guard let tokens = cost.charged?.tokens, tokens.cacheRead > 0 else { return [] }
    let input = Int128(tokens.input) + Int128(tokens.cacheRead) + tokens.allCacheWrites
    guard let share = exactQuotient([Int128(tokens.cacheRead), 1_000_000], over: [input]) else {
      return []
    }
    return [
      OptionInput(
        name: "cached share", unit: "",
        value: ExactDecimal(units: share, scale: 6).reduced,
        most: ExactDecimal(
          units: exactQuotient(
            [Int128(tokens.cacheRead) + Int128(tokens.input), 1_000_000], over: [input]) ?? 0,
          scale: 6
        ).reduced
      ) { $0[keyPath: path].cachedShare = $1 }
    ]
  }
}
