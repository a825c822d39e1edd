import Usage

/// Rates as bare numbers: what pricing a long history computes with.
///
/// Per token in 10^-18 of the currency's unit (`Rates.mostDigits` behind the point of a price per
/// 1,000,000); -1 where there is no rate.
package struct TokenRates: Sendable, Hashable {
  private var input: Int64
  private var output: Int64
  private var cacheRead: Int64
  private var cacheWrite5m: Int64
  private var cacheWrite1h: Int64
  private var cacheWriteOther: Int64
  /// Picodollars.
  private var perRequest: Int64
  // Of tokens that are counted inside the others; -1: like the others.
  private var audioInput: Int64
  private var imageInput: Int64
  private var audioOutput: Int64
  private var reasoning: Int64
  private var hasKinds: Bool

  /// A row without a rate for cached tokens gives no discount that we know of: they cost what input
  /// costs. Cache writes of an unknown lifetime cost what the short ones do.
  package init(_ rates: Rates) {
    func perToken(_ key: Rates.Key) -> Int64? {
      rates[key].flatMap { $0.units(atScale: Rates.mostDigits) }.flatMap { Int64(exactly: $0) }
    }
    input = perToken(.input) ?? -1
    output = perToken(.output) ?? -1
    cacheRead = perToken(.cacheRead) ?? input
    let writes = perToken(.cacheWrite)
    cacheWrite5m = perToken(.cacheWrite5m) ?? writes ?? input
    cacheWrite1h = perToken(.cacheWrite1h) ?? writes ?? input
    cacheWriteOther = writes ?? cacheWrite5m
    perRequest = perToken(.perRequest) ?? 0
    audioInput = perToken(.audioInput) ?? -1
    imageInput = perToken(.imageInput) ?? -1
    audioOutput = perToken(.audioOutput) ?? -1
    reasoning = perToken(.reasoning) ?? -1
    hasKinds = max(audioInput, imageInput, audioOutput, reasoning) >= 0
  }

  /// For rows that charge by the request alone.
  package static func requestsOnly(_ rates: Rates) -> TokenRates {
    var free = rates
    _ = free.set(.input, .zero) && free.set(.output, .zero)
    return TokenRates(free)
  }

  /// Whether plain input has a rate.
  package var chargesInput: Bool { input >= 0 }

  /// Nil where tokens occur that have no rate.
  package func charge(for tokens: TokenCounts, requests: Int64) -> Charge? {
    billed(tokens).map { charge(for: $0, requests: requests) }
  }

  /// The tokens by the rate that charges each; nil where tokens occur that have none.
  package func billed(_ tokens: TokenCounts) -> BilledTokens? {
    var billed = BilledTokens()
    var rest = tokens
    if hasKinds, tokens.audioInput | tokens.imageInput | tokens.audioOutput | tokens.reasoning != 0
    {
      billed.audioInput = take(tokens.audioInput, from: &rest.uncachedInput, at: audioInput)
      billed.imageInput = take(tokens.imageInput, from: &rest.uncachedInput, at: imageInput)
      billed.audioOutput = take(tokens.audioOutput, from: &rest.output, at: audioOutput)
      billed.reasoning = take(tokens.reasoning, from: &rest.output, at: reasoning)
    }
    let missing =
      (rest.uncachedInput != 0 && input < 0) || (rest.output != 0 && output < 0)
      || (rest.cacheRead != 0 && cacheRead < 0)
      || (rest.cacheWrite5m != 0 && cacheWrite5m < 0)
      || (rest.cacheWrite1h != 0 && cacheWrite1h < 0)
      || (rest.cacheWriteOther != 0 && cacheWriteOther < 0)
    if missing { return nil }
    billed.input = rest.uncachedInput
    billed.output = rest.output
    billed.cacheRead = rest.cacheRead
    billed.cacheWrite5m = rest.cacheWrite5m
    billed.cacheWrite1h = rest.cacheWrite1h
    billed.cacheWriteOther = rest.cacheWriteOther
    return billed
  }

  /// Tokens that are counted inside `part` and have a rate of their own leave it.
  private func take(_ count: Int64, from part: inout Int64, at rate: Int64) -> Int64 {
    guard rate >= 0 else { return 0 }
    let taken = min(count, part)
    part -= taken
    return taken
  }

  /// Ten kinds of up to 2^63 tokens at rates below 10^18 stay within 128 bits: 10 x 2^63 x 10^18 < 2^127.
  /// Where there is no rate there are no tokens.
  package func charge(for billed: BilledTokens, requests: Int64) -> Charge {
    func of(_ tokens: Int64, _ rate: Int64) -> Int128 { Int128(tokens) * Int128(rate) }
    var charge = Charge()
    charge.input =
      of(billed.input, input) + of(billed.audioInput, audioInput)
      + of(billed.imageInput, imageInput)
    charge.output =
      of(billed.output, output) + of(billed.audioOutput, audioOutput)
      + of(billed.reasoning, reasoning)
    charge.cacheRead = of(billed.cacheRead, cacheRead)
    charge.cacheWrite =
      of(billed.cacheWrite5m, cacheWrite5m) + of(billed.cacheWrite1h, cacheWrite1h)
      + of(billed.cacheWriteOther, cacheWriteOther)
    if perRequest != 0 {
      charge.requestFees = Money(picodollars: Int128(perRequest) * Int128(requests))
    }
    return charge
  }
}
