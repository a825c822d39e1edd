import Foundation
import Testing

@testable import Replay

/// Functions that replay writes itself, against the C library's.
@Suite struct MathematicsTests {
  @Test func logarithmAndExponentialAgreeWithTheLibrary() {
    for i in -400...400 {
      let x = Foundation.exp(Double(i) * 1.7) * 1.37
      guard x.isNormal else { continue }
      #expect(abs(logarithm(x) - Foundation.log(x)) <= 1e-15 * max(1, abs(Foundation.log(x))))
      let y = Double(i) * 1.7
      guard abs(y) < 700 else { continue }
      #expect(abs(exponential(y) / Foundation.exp(y) - 1) < 1e-14)
    }
    #expect(exponential(800) == .infinity && exponential(-800) == 0)
  }

  /// Mean and variance of a Gamma draw are its shape.
  @Test(arguments: [0.1, 0.7, 1, 4]) func gammaDrawsHaveTheirMoments(shape: Double) {
    var random = SplitMix64(1)
    let draws = (0..<200_000).map { _ in random.gamma(shape: shape) }
    let mean = draws.reduce(0, +) / Double(draws.count)
    let variance = draws.map { ($0 - mean) * ($0 - mean) }.reduce(0, +) / Double(draws.count)
    #expect(abs(mean / shape - 1) < 0.03)
    #expect(abs(variance / shape - 1) < 0.08)
  }

  /// Nearest rank: with n times the p-th percentile is the ceil(p n / 100)-th smallest.
  @Test func selectsByNearestRank() {
    var random = SplitMix64(2)
    for count in [1, 2, 10, 99, 1000, 4567] {
      let values = (0..<count).map { _ in Float(random.unit() * random.unit() * 100) }
      let sorted = values.sorted()
      let found = PercentileSelection.select([50, 95, 99, 100], count: count) { values[$0] }
      for (percent, value) in zip([50, 95, 99, 100], found) {
        #expect(value == Double(sorted[(percent * count + 99) / 100 - 1]))
      }
    }
    #expect(PercentileSelection.select([50], count: 3) { _ in nil } == [])
  }

  /// Every value comes back within half a bin, from nanoseconds to years.
  @Test func binsAreRightWithinTheirError() {
    var random = SplitMix64(3)
    for count in [1, 3, 100, 5000] {
      var bins = TimeBins()
      var values: [Float] = []
      for _ in 0..<count {
        values.append(Float(exponential(random.unit() * 50 - 25)))
        bins.add(values[values.count - 1])
      }
      values.sort()
      let found = bins.percentiles([1, 50, 50, 99, 100])
      #expect(found.count == 5)
      for (percent, found) in zip([1, 50, 50, 99, 100], found) {
        let value = Double(values[max(1, (percent * count + 99) / 100) - 1])
        #expect(abs(found / value - 1) <= TimeBins.error)
      }
    }
    #expect(TimeBins().percentiles([50]) == [])
  }
}
