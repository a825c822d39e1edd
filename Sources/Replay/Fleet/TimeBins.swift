/// Times counted in bins whose width is a share of the time: percentiles of any number of them in little
/// memory, 16 KiB for each doubling of the time that occurs.
///
/// The bits of floats from 0 on are in the order of the floats, so that a bin is what they have in common
/// without the last of them.
struct TimeBins: Sendable {
  private(set) var count = 0
  private(set) var sum = 0.0
  /// By octave, the exponent of a float: where its bins begin; -1 where it has none.
  private var begins = [Int](repeating: -1, count: 256)
  private var bins: [UInt32] = []

  private static let bits = 12
  private static let dropped = 23 - bits
  /// By which share a percentile may differ from the exact one at most: half a bin.
  static let error = 1 / Double(2 << bits)

  /// `value` is 0 or more.
  @inline(__always)
  mutating func add(_ value: Float) {
    let bits = value.bitPattern
    let octave = Int(bits >> 23)
    if begins[octave] < 0 { begin(octave) }
    bins[begins[octave] &+ Int(bits & 0x7F_FFFF) >> TimeBins.dropped] &+= 1
    count &+= 1
    sum += Double(value)
  }

  @inline(never)
  private mutating func begin(_ octave: Int) {
    begins[octave] = bins.count
    bins.append(contentsOf: repeatElement(0, count: 1 << TimeBins.bits))
  }

  /// The middles of the bins of these percentiles, which ascend; empty where there was no value.
  func percentiles(_ percents: [Double]) -> [Double] {
    guard count > 0 else { return [] }
    var ranks = percents.map { PercentileSelection.rank($0, of: count) }[...]
    var found: [Double] = []
    var below = 0
    for octave in begins.indices where begins[octave] >= 0 {
      for bin in 0..<1 << TimeBins.bits {
        below += Int(bins[begins[octave] + bin])
        while let rank = ranks.first, rank <= below {
          let bits = UInt32(octave) << 23 | UInt32(bin) << TimeBins.dropped
          found.append(Double(Float(bitPattern: bits | 1 << (TimeBins.dropped - 1))))
          ranks.removeFirst()
        }
        if ranks.isEmpty { return found }
      }
    }
    return found
  }
}
