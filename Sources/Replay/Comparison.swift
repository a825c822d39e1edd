import Prices
import Usage

/// A history against every option: what `replay` prints.
package struct Comparison: Sendable {
  package var period: Period
  package var history: UsageSums
  package var skippedLines: Int
  /// Mean rate over the whole period.
  package var averageTokensPerSecond: ExactDecimal
  /// Nil when the options file names no baseline that exists.
  package var baseline: String?
  /// How fast providers were by their own logs.
  package var observed: [ObservedService]
  /// In the order of the options file.
  package var options: [OptionResult]
  /// Every ordered pair of options whose totals are known, dearer over cheaper.
  package var ratios: [Ratio]
  /// What the numbers leave out. Plain sentences.
  package var excluded: [String]
  /// The price book, and the user's files over it.
  package var prices: PriceBook.Identity

  package struct Ratio: Sendable {
    package var dearer: String
    package var cheaper: String
    /// Two digits, rounded half to even.
    package var times: ExactDecimal
    /// What `cheaper` costs at the volume at which `dearer` costs the given budget; nil without one.
    package var budgetBecomes: Money?
  }
}
