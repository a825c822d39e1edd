import Usage

extension Span where Element == UInt8 {
  /// A hash for tables of names, which compare the bytes afterwards: the length and three words.
  @inline(__always)
  func tableHash(_ range: Range<Int>) -> UInt64 {
    precondition(range.lowerBound >= 0 && range.upperBound <= count)
    return unsafe withUnsafeBytes { buffer in
      unsafe ByteHash.ofName(
        UnsafeRawBufferPointer(rebasing: buffer[range.lowerBound..<range.upperBound]))
    }
  }

  /// A hash for tables of longer texts, which may differ anywhere: every byte counts.
  @inline(__always)
  func runHash(_ range: Range<Int>) -> UInt64 {
    precondition(range.lowerBound >= 0 && range.upperBound <= count)
    return unsafe withUnsafeBytes { buffer in
      unsafe ByteHash.ofRun(
        UnsafeRawBufferPointer(rebasing: buffer[range.lowerBound..<range.upperBound]))
    }
  }

  /// A 128-bit hash of `range`. `seed` keeps the identities of different kinds apart.
  @inline(__always)
  func hash(_ range: Range<Int>, seed: UInt64) -> Fingerprint {
    precondition(range.lowerBound >= 0 && range.upperBound <= count)
    return unsafe withUnsafeBytes { buffer in
      unsafe ByteHash.of(UnsafeRawBufferPointer(rebasing: buffer[range]), seed: seed)
    }
  }
}

/// The hash behind identities, content digests and name look-ups.
///
/// Multiply-fold steps over 16 bytes with constants from the digits of pi, in the manner of wyhash
/// (Wang Yi, public domain, 2019): two folds a step, so that every byte reaches 128 bits of state. Long
/// input goes through four such states, 64 bytes a step, whose multiplications overlap. Not for input
/// chosen by an attacker.
package struct ByteHash {
  private static let k0: UInt64 = 0x243F_6A88_85A3_08D3
  private static let k1: UInt64 = 0x1319_8A2E_0370_7345
  private static let k2: UInt64 = 0xA409_3822_299F_31D1
  private static let k3: UInt64 = 0x082E_FA98_EC4E_6C89

  @inline(__always)
  private static func fold(_ a: UInt64, _ b: UInt64) -> UInt64 {
    let product = a.multipliedFullWidth(by: b)
    return product.high ^ product.low
  }

  @inline(__always)
  private static func step(_ state: inout Fingerprint, _ a: UInt64, _ b: UInt64) {
    let high = fold(state.high ^ a ^ k0, b ^ k1)
    let low = fold(state.low &+ b ^ k2, a ^ k3)
    state.high = high ^ (state.low << 23 | state.low >> 41)
    state.low = low ^ (high << 29 | high >> 35)
  }

  @inline(__always)
  private static func finish(_ state: Fingerprint, length: UInt64) -> Fingerprint {
    var state = state
    step(&state, length, k0)
    step(&state, k3, length ^ state.high)
    // Compared by fields: `==` of another module's type is a call in the middle of the hot path.
    return state.high == 0 && state.low == 0 ? Fingerprint(high: 0, low: 1) : state
  }

  /// Mixes two fingerprints into one: a running digest, or an identity of several parts.
  package static func combine(_ a: Fingerprint, _ b: Fingerprint) -> Fingerprint {
    var state = a
    step(&state, b.high, b.low)
    return finish(state, length: 16)
  }

  package static func combine(_ a: Fingerprint, _ number: Int64) -> Fingerprint {
    combine(a, Fingerprint(high: UInt64(bitPattern: number), low: k2))
  }

  package static func of(_ text: String, seed: UInt64 = 0) -> Fingerprint {
    Array(text.utf8).span.hash(0..<text.utf8.count, seed: seed)
  }

  @unsafe @inline(__always)
  private static func word(_ bytes: UnsafeRawBufferPointer, _ i: Int) -> UInt64 {
    UInt64(littleEndian: unsafe bytes.loadUnaligned(fromByteOffset: i, as: UInt64.self))
  }

  @unsafe
  static func of(_ bytes: UnsafeRawBufferPointer, seed: UInt64) -> Fingerprint {
    let count = bytes.count
    var state = Fingerprint(high: seed ^ k2, low: seed &+ k1)
    var i = 0
    if count >= 256 { i = unsafe takeLong(bytes, &state) }
    while i + 16 <= count {
      unsafe step(&state, word(bytes, i), word(bytes, i + 8))
      i += 16
    }
    if i < count {
      let (a, b) = unsafe tail(bytes, i)
      step(&state, a, b)
    }
    return finish(state, length: UInt64(count))
  }

  /// Takes the whole 64-byte blocks of `bytes` into `state` and returns where they end.
  @unsafe
  private static func takeLong(
    _ bytes: UnsafeRawBufferPointer, _ state: inout Fingerprint
  ) -> Int {
    var one = state
    var two = Fingerprint(high: state.high ^ k1, low: state.low &+ k0)
    var three = Fingerprint(high: state.high ^ k3, low: state.low &+ k1)
    var four = Fingerprint(high: state.high &+ k0, low: state.low ^ k3)
    var i = 0
    while i + 64 <= bytes.count {
      unsafe step(&one, word(bytes, i), word(bytes, i + 8))
      unsafe step(&two, word(bytes, i + 16), word(bytes, i + 24))
      unsafe step(&three, word(bytes, i + 32), word(bytes, i + 40))
      unsafe step(&four, word(bytes, i + 48), word(bytes, i + 56))
      i += 64
    }
    step(&one, two.high, two.low)
    step(&one, three.high, three.low)
    step(&one, four.high, four.low)
    state = one
    return i
  }

  /// The last 1 to 15 bytes, from `start` on, filled up with zeros.
  @unsafe @inline(__always)
  private static func tail(_ bytes: UnsafeRawBufferPointer, _ start: Int) -> (UInt64, UInt64) {
    let count = bytes.count - start
    if bytes.count >= 8, count <= 8 {
      // A word that ends with the bytes, the ones before them shifted out.
      return unsafe (word(bytes, bytes.count - 8) >> UInt64(64 - 8 * count), 0)
    }
    if count > 8 {
      return unsafe (
        word(bytes, start), word(bytes, bytes.count - 8) >> UInt64(128 - 8 * count)
      )
    }
    var low: UInt64 = 0
    for i in 0..<count { low |= UInt64(unsafe bytes[start + i]) << UInt64(8 * i) }
    return (low, 0)
  }

  @unsafe @inline(__always)
  fileprivate static func ofName(_ bytes: UnsafeRawBufferPointer) -> UInt64 {
    let count = bytes.count
    if count >= 8 {
      return unsafe fold(word(bytes, 0) ^ k0, word(bytes, count - 8) ^ k1)
        ^ fold(word(bytes, (count - 8) / 2) ^ k2, UInt64(count) ^ k3)
    }
    var low: UInt64 = 0
    for i in 0..<count { low |= UInt64(unsafe bytes[i]) << UInt64(8 * i) }
    return fold(low ^ k0, UInt64(count) ^ k1)
  }

  /// Folds of 16 bytes each that do not wait for each other; the last one may overlap the one before.
  @unsafe @inline(__always)
  fileprivate static func ofRun(_ bytes: UnsafeRawBufferPointer) -> UInt64 {
    let last = bytes.count - 16
    guard last >= 0 else { return unsafe ofName(bytes) }
    var hash = unsafe fold(word(bytes, last) ^ k0, word(bytes, last + 8) ^ k1)
    var key = UInt64(bytes.count) ^ k2
    var i = 0
    while i < last {
      unsafe hash ^= fold(word(bytes, i) ^ key, word(bytes, i + 8) ^ k3)
      key &+= k0
      i += 16
    }
    return hash
  }
}
