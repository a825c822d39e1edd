import Usage

/// What a token of each kind costs, in whole picodollars (or picos of the row's currency).
package struct Rates: Sendable, Hashable {
  /// As written, per 1,000,000 tokens and in the order of `Key`.
  package private(set) var written: [Key: ExactDecimal] = [:]
  private var perToken: [Int64?] = [Int64?](repeating: nil, count: Key.allCases.count)

  package enum Key: String, Sendable, CaseIterable {
    case input, output
    case cacheRead = "cache_read"
    case cacheWrite = "cache_write"
    case cacheWrite5m = "cache_write_5m"
    case cacheWrite1h = "cache_write_1h"
    case audioInput = "audio_input"
    case audioOutput = "audio_output"
    /// Per request, not per token.
    case perRequest = "per_request"

    var index: Int { Key.allCases.firstIndex(of: self)! }  // a case is among its cases
  }

  package init() {}

  /// Sets a rate per 1,000,000 tokens (`perRequest`: per request); false when it is negative or finer
  /// than a picodollar a token.
  package mutating func set(_ key: Key, _ rate: ExactDecimal) -> Bool {
    guard !rate.isNegative,
      let units = rate.units(atScale: key == .perRequest ? 12 : 6),
      let value = Int64(exactly: units)
    else { return false }
    written[key] = rate
    perToken[key.index] = value
    return true
  }

  /// The same with the rates of `other` where it has any.
  package func overridden(by other: Rates) -> Rates {
    var result = self
    for (key, rate) in other.written {
      result.written[key] = rate
      result.perToken[key.index] = other.perToken[key.index]
    }
    return result
  }

  /// Every rate times `factor`; nil when one becomes finer than a picodollar a token.
  package func scaled(by factor: ExactDecimal) -> Rates? {
    var result = Rates()
    for (key, rate) in written where !result.set(key, rate * factor) { return nil }
    return result
  }

  private subscript(_ key: Key) -> Int64? { perToken[key.index] }

  /// What these tokens cost, or nil where tokens occur that have no rate.
  ///
  /// A row without a rate for cached tokens gives no discount that we know of: they cost what input
  /// costs. Reasoning is part of the output.
  package func charge(for tokens: TokenCounts, requests: Int64) -> Charge? {
    let input = self[.input]
    let writes = self[.cacheWrite] ?? input
    let audioIn = self[.audioInput] == nil ? 0 : min(tokens.audioInput, tokens.uncachedInput)
    let audioOut = self[.audioOutput] == nil ? 0 : min(tokens.audioOutput, tokens.output)
    var sum: Int128 = 0
    func add(_ count: Int64, _ rate: Int64?) -> Bool {
      guard count != 0 else { return true }
      guard let rate else { return false }
      sum += Int128(count) * Int128(rate)
      return true
    }
    guard add(tokens.uncachedInput - audioIn, input), add(audioIn, self[.audioInput]),
      add(tokens.cacheRead, self[.cacheRead] ?? input),
      add(tokens.cacheWrite5m, self[.cacheWrite5m] ?? writes),
      add(tokens.cacheWrite1h, self[.cacheWrite1h] ?? writes),
      add(tokens.cacheWriteOther, writes), add(tokens.output - audioOut, self[.output]),
      add(audioOut, self[.audioOutput])
    else { return nil }
    let fees = Int128(self[.perRequest] ?? 0) * Int128(requests)
    return Charge(tokens: Money(picodollars: sum), requestFees: Money(picodollars: fees))
  }
}

/// What a row charges.
package struct Charge: Sendable, Hashable {
  package var tokens: Money
  package var requestFees: Money
  /// Whether a batch, flex or priority request is charged at standard rates for want of others.
  package var isAtStandardRate = false

  package init(tokens: Money, requestFees: Money) {
    self.tokens = tokens
    self.requestFees = requestFees
  }
}
