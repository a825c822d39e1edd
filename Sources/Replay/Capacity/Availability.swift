import Usage

/// How much of the time enough replicas are up, if they fail independently.
package struct Availability: Sendable {
  /// Share of the time, 0...1.
  package var share: Double
  /// Of the period.
  package var hoursDown: Double
  package var each: ExactDecimal
  package var needed: Int
  package var replicas: Int

  /// At least `needed` of `needed + spare` replicas, each up for a share `each` of the time.
  init(each: ExactDecimal, needed: Int128, spare: Int128, hours: Quantity) {
    self.each = each
    self.needed = Int(clamping: needed)
    replicas = Int(clamping: needed + spare)
    let up = each.approximate
    // The chance that exactly k are down, from k = 0 on.
    var term = 1.0
    for _ in 0..<replicas { term *= up }
    var sum = 0.0
    if up > 0 {
      for down in 0...Int(clamping: spare) {
        sum += term
        term *= Double(replicas - down) / Double(down + 1) * (1 - up) / up
      }
    }
    share = min(1, sum)
    hoursDown = (1 - share) * Double(hours.numerator) / Double(hours.denominator)
  }
}
