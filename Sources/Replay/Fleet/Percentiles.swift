/// Nearest-rank percentiles of many times, in two passes whatever their number.
///
/// The bits of floats from 0 on are in the order of the floats, so that a count by their upper half
/// finds the neighbourhood of each percentile and a count by their lower half the value itself.
struct PercentileSelection {
  private(set) var count = 0
  private var upper = [UInt32](repeating: 0, count: 1 << 16)

  /// The values at these percents of `count` times; `value` is nil for those that do not count. Empty
  /// when none does.
  static func select(
    _ percents: [Double], count: Int, value: (Int) -> Float?
  ) -> [Double] {
    var selection = PercentileSelection()
    for i in 0..<count {
      guard let value = value(i) else { continue }
      selection.upper[Int(value.bitPattern >> 16)] += 1
      selection.count += 1
    }
    guard selection.count > 0 else { return [] }
    // Where each percentile lies: upper half, and rank inside it.
    let places = percents.map { selection.place(rank($0, of: selection.count)) }
    let wanted = Set(places.map(\.half))
    var table = [Int](repeating: -1, count: 1 << 16)
    var counters = [UInt32](repeating: 0, count: wanted.count << 16)
    for (i, half) in wanted.sorted().enumerated() { table[half] = i << 16 }
    for i in 0..<count {
      guard let value = value(i) else { continue }
      let base = table[Int(value.bitPattern >> 16)]
      if base >= 0 { counters[base + Int(value.bitPattern & 0xFFFF)] += 1 }
    }
    return places.map { place in
      var left = place.rank
      var low = 0
      let base = table[place.half]
      while left > Int(counters[base + low]) {
        left -= Int(counters[base + low])
        low += 1
      }
      return Double(Float(bitPattern: UInt32(place.half) << 16 | UInt32(low)))
    }
  }

  /// 1...count.
  private static func rank(_ percent: Double, of count: Int) -> Int {
    let exact = percent * Double(count) / 100
    return min(max(1, Int((exact - 1e-9).rounded(.up))), count)
  }

  private func place(_ rank: Int) -> (half: Int, rank: Int) {
    var left = rank
    var half = 0
    while left > Int(upper[half]) {
      left -= Int(upper[half])
      half += 1
    }
    return (half, left)
  }
}
