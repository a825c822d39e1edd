/// Nearest-rank percentiles of many times, in two passes over them whatever their number.
///
/// The bits of floats from 0 on are in the order of the floats, so that a count by their upper half
/// finds the neighbourhood of each percentile and a count by their lower half the value itself.
struct PercentileSelection {
  private(set) var count = 0
  private(set) var sum = 0.0
  private var upper = [UInt32](repeating: 0, count: 1 << 16)
  /// By upper half: where its counts by lower half begin; -1 for those not wanted, which are most.
  private var begins: [Int32] = []
  private var lower: [UInt32] = []
  private var places: [(half: Int, rank: Int)] = []

  /// The first pass.
  @inline(__always)
  mutating func add(_ value: Float) {
    upper[Int(value.bitPattern >> 16)] &+= 1
    count &+= 1
    sum += Double(value)
  }

  /// Ends the first pass: these percents are looked for.
  mutating func look(for percents: [Double]) {
    guard count > 0 else { return }
    places = percents.map { place(PercentileSelection.rank($0, of: count)) }
    let wanted = Set(places.map(\.half)).sorted()
    begins = [Int32](repeating: -1, count: 1 << 16)
    lower = [UInt32](repeating: 0, count: wanted.count << 16)
    for (i, half) in wanted.enumerated() { begins[half] = Int32(i << 16) }
  }

  /// The second pass, over the same values.
  @inline(__always)
  mutating func find(_ value: Float) {
    let bits = value.bitPattern
    let begin = begins[Int(bits >> 16)]
    if begin >= 0 { lower[Int(begin) | Int(bits & 0xFFFF)] &+= 1 }
  }

  /// What was looked for, in the same order; empty where there was no value.
  var found: [Double] {
    places.map { place in
      var left = place.rank
      var low = Int(begins[place.half])
      while left > Int(lower[low]) {
        left -= Int(lower[low])
        low += 1
      }
      return Double(Float(bitPattern: UInt32(place.half) << 16 | UInt32(low & 0xFFFF)))
    }
  }

  /// 1...count.
  static func rank(_ percent: Double, of count: Int) -> Int {
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
