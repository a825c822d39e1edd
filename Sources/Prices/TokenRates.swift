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

  /// Nil where tokens occur that have no rate.
  ///
  /// One request of up to 2^63 tokens of each kind stays within 128 bits: 6 x 2^63 x 10^18 < 2^127.
  package func charge(for tokens: TokenCounts, requests: Int64) -> Charge? {
    if hasKinds, tokens.audioInput | tokens.imageInput | tokens.audioOutput | tokens.reasoning != 0
    {
      return chargeByKind(for: tokens, requests: requests)
    }
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
    if tokens.cacheWrite5m | tokens.cacheWrite1h | tokens.cacheWriteOther != 0 {
      sum += Int128(tokens.cacheWrite5m) * Int128(cacheWrite5m)
      sum += Int128(tokens.cacheWrite1h) * Int128(cacheWrite1h)
      sum += Int128(tokens.cacheWriteOther) * Int128(cacheWriteOther)
    }
    return Charge(attounits: sum, requestFees: fees(requests))
  }

  private func fees(_ requests: Int64) -> Money {
    perRequest == 0 ? .zero : Money(picodollars: Int128(perRequest) * Int128(requests))
  }

  /// Takes audio, image and reasoning tokens out of the counts that they are part of.
  private func chargeByKind(for tokens: TokenCounts, requests: Int64) -> Charge? {
    var rest = tokens
    var sum: Int128 = 0
    func move(_ count: Int64, from part: WritableKeyPath<TokenCounts, Int64>, at rate: Int64) {
      guard rate >= 0 else { return }
      let moved = min(count, rest[keyPath: part])
      rest[keyPath: part] -= moved
      sum += Int128(moved) * Int128(rate)
    }
    move(tokens.audioInput, from: \.uncachedInput, at: audioInput)
    move(tokens.imageInput, from: \.uncachedInput, at: imageInput)
    move(tokens.audioOutput, from: \.output, at: audioOutput)
    move(tokens.reasoning, from: \.output, at: reasoning)
    rest.audioInput = 0
    rest.imageInput = 0
    rest.audioOutput = 0
    rest.reasoning = 0
    guard var charge = charge(for: rest, requests: requests) else { return nil }
    charge.attounits += sum
    return charge
  }
}
