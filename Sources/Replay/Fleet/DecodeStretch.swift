/// Iterations that only decode, with the same sequences: the j-th, from 0 on, takes `first + rise x j`
/// seconds, for `limit` iterations at least.
struct DecodeStretch {
  var first: Double
  var rise: Double
  var limit: Int

  /// What the first `m` iterations take.
  @inline(__always)
  func seconds(_ m: Int) -> Double {
    let m = Double(m)
    return m * first + rise * (m * (m - 1) / 2)
  }

  /// The fewest iterations that take `left` seconds or more, up to `most`.
  @inline(__always)
  func turns(atLeast left: Double, most: Int) -> Int {
    // As if no iteration took longer than the first, and the first correction for it.
    let even = left / first
    let bend = rise / first * even / 2
    var guess = even * (1 - bend)
    if bend > 0.02 {
      let q = first - rise / 2
      guess = (-q + (q * q + 2 * rise * left).squareRoot()) / rise
    }
    var m = guess < Double(most) ? max(1, Int(guess)) : most
    // The next whole number, save for rounding, which may be one off either way.
    while m > 1, seconds(m &- 1) >= left { m &-= 1 }
    while m < most, seconds(m) < left { m &+= 1 }
    return m
  }
}
