import Usage

/// Prices of one row by what they are for, as written.
package struct Rates: Sendable, Hashable {
  /// Per unit of the row, mostly 1,000,000 tokens.
  package private(set) var written: [Key: ExactDecimal] = [:]

  package enum Key: String, Sendable, CaseIterable {
    case input, output
    case cacheRead = "cache_read"
    case cacheWrite = "cache_write"
    case cacheWrite5m = "cache_write_5m"
    case cacheWrite1h = "cache_write_1h"
    case cacheWrite12h = "cache_write_12h"
    case reasoning
    case audioInput = "audio_input"
    case audioOutput = "audio_output"
    case audioCacheRead = "audio_cache_read"
    case imageInput = "image_input"
    case imageOutput = "image_output"
    case imageCacheRead = "image_cache_read"
    case videoInput = "video_input"
    /// Per single request, whatever the unit of the row.
    case perRequest = "per_request"
  }

  package init() {}

  package subscript(_ key: Key) -> ExactDecimal? { written[key] }

  /// Digits behind the point of a price of 1,000,000 tokens: a token's then counts whole attodollars
  /// (10^-18). Public catalogues use 6, and a periodic 1/12 for OpenRouter's cache writes
  /// (genai-prices 0.2.3, 2026-11-26).
  package static let mostDigits = 12
  /// Per unit. Sums of 64-bit token counts at rates below it cannot leave 128 bits.
  package static let largest = 1_000_000

  /// False when the rate is negative, above `largest`, or finer than `mostDigits`.
  package mutating func set(_ key: Key, _ rate: ExactDecimal) -> Bool {
    guard !rate.isNegative, rate.scale <= Rates.mostDigits,
      rate <= ExactDecimal(units: Int128(Rates.largest))
    else { return false }
    written[key] = rate
    return true
  }

  /// The same with the rates of `other` where it has any.
  package func overridden(by other: Rates) -> Rates {
    var result = self
    result.written.merge(other.written) { $1 }
    return result
  }

  /// Every rate times `factor`, a product finer than `mostDigits` rounded half to even: once, on the
  /// rate, so that charges still add up. Nil beyond `largest`.
  package func scaled(by factor: ExactDecimal) -> Rates? {
    var result = Rates()
    for (key, rate) in written {
      var product = rate * factor
      if product.scale > Rates.mostDigits {
        let unit = ExactDecimal.powerOfTen(product.scale - Rates.mostDigits)
        product =
          ExactDecimal(
            units: product.units.dividedHalfToEven(by: unit), scale: Rates.mostDigits
          ).reduced
      }
      guard result.set(key, product) else { return nil }
    }
    return result
  }
}

extension Rates {
  /// What these tokens cost, or nil where tokens occur that have no rate.
  package func charge(for tokens: TokenCounts, requests: Int64) -> Charge? {
    TokenRates(self).charge(for: tokens, requests: requests)
  }
}

/// What a row charges, by what it charges for.
///
/// Tokens exactly, in 10^-18 of the currency's unit, so that charges of any parts add up to the whole's.
package struct Charge: Sendable, Hashable {
  /// Beside caches; sound and pictures at their own rates are part of it.
  package var input: Int128 = 0
  package var cacheRead: Int128 = 0
  package var cacheWrite: Int128 = 0
  package var output: Int128 = 0
  package var requestFees = Money.zero

  package init() {}

  /// All tokens'.
  package var attounits: Int128 { input + cacheRead + cacheWrite + output }
  package var tokens: Money { Money(attounits: attounits) }
}

extension Money {
  /// Rounded half to even to whole picodollars; exact for prices of up to six digits per 1,000,000.
  package init(attounits: Int128) { self.init(picodollars: attounits, dividedBy: 1_000_000) }
}
