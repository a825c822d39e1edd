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

  fileprivate subscript(_ key: Key) -> Int64? { perToken[key.index] }

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

/// The rates of a row without special cases, as bare numbers: pricing a long history takes nothing
/// else. Per token in whole picodollars; -1 where there is none.
package struct FlatRates: Sendable, Hashable {
  fileprivate var input: Int64
  fileprivate var output: Int64
  fileprivate var cacheRead: Int64
  fileprivate var cacheWrite5m: Int64
  fileprivate var cacheWrite1h: Int64
  fileprivate var cacheWriteOther: Int64
  fileprivate var perRequest: Int64

  /// As `Rates.charge`.
  package func charge(for tokens: TokenCounts, requests: Int64) -> Charge? {
    // A rate of -1 counts only where there are tokens.
    let missing =
      (tokens.uncachedInput != 0 && input < 0) || (tokens.output != 0 && output < 0)
      || (tokens.cacheRead != 0 && cacheRead < 0)
      || (tokens.cacheWrite5m != 0 && cacheWrite5m < 0)
      || (tokens.cacheWrite1h != 0 && cacheWrite1h < 0)
      || (tokens.cacheWriteOther != 0 && cacheWriteOther < 0)
    if missing { return nil }
    var sum = Int128(tokens.uncachedInput) * Int128(input)
    sum += Int128(tokens.output) * Int128(output)
    sum += Int128(tokens.cacheRead) * Int128(cacheRead)
    sum += Int128(tokens.cacheWrite5m) * Int128(cacheWrite5m)
    sum += Int128(tokens.cacheWrite1h) * Int128(cacheWrite1h)
    sum += Int128(tokens.cacheWriteOther) * Int128(cacheWriteOther)
    let fees = Int128(perRequest) * Int128(requests)
    return Charge(tokens: Money(picodollars: sum), requestFees: Money(picodollars: fees))
  }
}

extension Rates {
  /// Nil where the kind of the tokens, and not only their number, decides.
  package var flat: FlatRates? {
    guard self[.audioInput] == nil, self[.audioOutput] == nil else { return nil }
    let input = self[.input] ?? -1
    let writes = self[.cacheWrite] ?? input
    return FlatRates(
      input: input, output: self[.output] ?? -1, cacheRead: self[.cacheRead] ?? input,
      cacheWrite5m: self[.cacheWrite5m] ?? writes, cacheWrite1h: self[.cacheWrite1h] ?? writes,
      cacheWriteOther: writes, perRequest: self[.perRequest] ?? 0)
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
