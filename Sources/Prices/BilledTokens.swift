import Usage

/// Tokens by the rate that charges them, no token under two: what the charges of many requests at one row
/// add up from.
package struct BilledTokens: Sendable, Hashable {
  package var input: Int64 = 0
  package var cacheRead: Int64 = 0
  package var cacheWrite5m: Int64 = 0
  package var cacheWrite1h: Int64 = 0
  package var cacheWriteOther: Int64 = 0
  package var output: Int64 = 0
  // At rates of their own, where a row has them.
  package var audioInput: Int64 = 0
  package var imageInput: Int64 = 0
  package var audioOutput: Int64 = 0
  package var reasoning: Int64 = 0
  /// Whether a sum left its range: the others then say nothing.
  package private(set) var hasOverflown = false

  package init() {}

  package static func += (a: inout BilledTokens, b: BilledTokens) {
    var overflows = a.hasOverflown || b.hasOverflown
    overflows = add(b.input, to: &a.input) || overflows
    overflows = add(b.cacheRead, to: &a.cacheRead) || overflows
    overflows = add(b.cacheWrite5m, to: &a.cacheWrite5m) || overflows
    overflows = add(b.cacheWrite1h, to: &a.cacheWrite1h) || overflows
    overflows = add(b.cacheWriteOther, to: &a.cacheWriteOther) || overflows
    overflows = add(b.output, to: &a.output) || overflows
    overflows = add(b.audioInput, to: &a.audioInput) || overflows
    overflows = add(b.imageInput, to: &a.imageInput) || overflows
    overflows = add(b.audioOutput, to: &a.audioOutput) || overflows
    overflows = add(b.reasoning, to: &a.reasoning) || overflows
    a.hasOverflown = overflows
  }

  @inline(__always)
  private static func add(_ count: Int64, to sum: inout Int64) -> Bool {
    let (new, overflows) = sum.addingReportingOverflow(count)
    sum = new
    return overflows
  }

  /// The same with `factor` times as much input read from a cache, which takes the place of other input
  /// or leaves it; no more than there is.
  package func withCacheReads(times factor: ExactDecimal) -> BilledTokens {
    let unit = ExactDecimal.powerOfTen(factor.scale)
    let wanted = (Int128(cacheRead) * factor.units).dividedHalfToEven(by: unit)
    let more = min(wanted - Int128(cacheRead), Int128(input))
    var copy = self
    copy.cacheRead = Int64(Int128(cacheRead) + more)
    copy.input = Int64(Int128(input) - more)
    return copy
  }

  package var allCacheWrites: Int128 {
    Int128(cacheWrite5m) + Int128(cacheWrite1h) + Int128(cacheWriteOther)
  }
}
