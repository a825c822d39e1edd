import Glibc
import Usage

// The few operations on bytes for which the C library is several times faster than a checked loop.
// Every one of them checks its range first, so no call can read outside the span.
extension Span where Element == UInt8 {
  /// The first position of `byte` in `start..<end`, or `end`.
  @inline(__always)
  func firstIndex(of byte: UInt8, from start: Int, to end: Int) -> Int {
    precondition(start >= 0 && start <= end && end <= count)
    return unsafe withUnsafeBufferPointer { buffer in
      guard start < end, let base = buffer.baseAddress,
        let hit = unsafe memchr(base + start, Int32(byte), end - start)
      else { return end }
      return unsafe UnsafeRawPointer(hit) - UnsafeRawPointer(base)
    }
  }

  /// The closing quote of the JSON string whose content begins at `start`; nil when it does not end.
  ///
  /// Eight bytes a step: names and ids are too short for `memchr` to pay (lean set: 760 -> 430 ns a
  /// record). `memchr` takes over in long texts.
  @inline(__always)
  func closingQuote(from start: Int) -> Int? {
    precondition(start >= 0 && start <= count)
    return unsafe withUnsafeBytes { buffer in
      var i = start
      let ones: UInt64 = 0x0101_0101_0101_0101
      while i + 8 <= buffer.count {
        let word = unsafe buffer.loadUnaligned(fromByteOffset: i, as: UInt64.self)
        let quotes = word ^ (ones &* 0x22)
        // A byte that became zero shows in its top bit; the lowest such bit is exact.
        let hits = (quotes &- ones) & ~quotes & (ones &* 0x80)
        if hits == 0 {
          i += 8
          if i - start < 64 { continue }
          guard let hit = unsafe memchr(buffer.baseAddress! + i, 0x22, buffer.count - i) else {
            return nil
          }
          i = unsafe UnsafeRawPointer(hit) - buffer.baseAddress!
        } else {
          i += hits.trailingZeroBitCount >> 3
        }
        if unsafe Self.isUnescaped(buffer, i, from: start) { return i }
        i += 1
      }
      while i < buffer.count {
        if unsafe buffer[i] == 0x22, unsafe Self.isUnescaped(buffer, i, from: start) { return i }
        i += 1
      }
      return nil
    }
  }

  /// Whether an even number of backslashes stands before the quote at `quote`.
  @unsafe @inline(__always)
  private static func isUnescaped(
    _ buffer: UnsafeRawBufferPointer, _ quote: Int, from start: Int
  ) -> Bool {
    var i = quote
    while i > start, unsafe buffer[i - 1] == 0x5C { i -= 1 }
    return (quote - i) & 1 == 0
  }

  /// Whether the bytes of `range` are those of `text`.
  @inline(__always)
  func equals(_ range: Range<Int>, _ text: StaticString) -> Bool {
    guard range.count == text.utf8CodeUnitCount else { return false }
    precondition(range.lowerBound >= 0 && range.upperBound <= count)
    return unsafe withUnsafeBufferPointer { buffer in
      guard let base = buffer.baseAddress else { return true }
      return unsafe memcmp(base + range.lowerBound, text.utf8Start, range.count) == 0
    }
  }

  /// Whether the bytes of `range` are those of `other`.
  @inline(__always)
  func equals(_ range: Range<Int>, _ other: Span<UInt8>, _ otherRange: Range<Int>) -> Bool {
    guard range.count == otherRange.count else { return false }
    precondition(range.lowerBound >= 0 && range.upperBound <= count)
    precondition(otherRange.lowerBound >= 0 && otherRange.upperBound <= other.count)
    return unsafe withUnsafeBufferPointer { a in
      unsafe other.withUnsafeBufferPointer { b in
        guard let x = a.baseAddress, let y = b.baseAddress else { return true }
        return unsafe memcmp(x + range.lowerBound, y + otherRange.lowerBound, range.count) == 0
      }
    }
  }

  /// The first position of `text`, which is not empty, at or after `start`; nil if there is none.
  func firstIndex(of text: StaticString, from start: Int = 0) -> Int? {
    let length = text.utf8CodeUnitCount
    let first = unsafe text.utf8Start.pointee
    var i = start
    while i + length <= count {
      i = firstIndex(of: first, from: i, to: count - length + 1)
      if i + length > count { return nil }
      if equals(i..<i + length, text) { return i }
      i += 1
    }
    return nil
  }

  func contains(_ text: StaticString) -> Bool { firstIndex(of: text) != nil }

  func hasPrefix(_ text: StaticString) -> Bool {
    count >= text.utf8CodeUnitCount && equals(0..<text.utf8CodeUnitCount, text)
  }

  /// The text of `range`; bytes that are not UTF-8 become U+FFFD.
  func text(_ range: Range<Int>) -> String {
    let part = extracting(range)
    return unsafe part.withUnsafeBufferPointer { unsafe String(decoding: $0, as: UTF8.self) }
  }

  /// A hash for tables of names, which compare the bytes afterwards: the length and three words.
  @inline(__always)
  func tableHash(_ range: Range<Int>) -> UInt64 {
    precondition(range.lowerBound >= 0 && range.upperBound <= count)
    return unsafe withUnsafeBytes { buffer in
      let start = range.lowerBound
      let length = range.count
      var state = UInt64(length) &* 0x9E37_79B9_7F4A_7C15
      guard length >= 8 else {
        for i in range { state = (state ^ UInt64(unsafe buffer[i])) &* 0xD6E8_FEB8_6659_FD93 }
        return state ^ state >> 32
      }
      let a = unsafe buffer.loadUnaligned(fromByteOffset: start, as: UInt64.self)
      let b = unsafe buffer.loadUnaligned(
        fromByteOffset: start + (length - 8) / 2, as: UInt64.self)
      let c = unsafe buffer.loadUnaligned(fromByteOffset: start + length - 8, as: UInt64.self)
      state = (state ^ a) &* 0xD6E8_FEB8_6659_FD93
      state = (state ^ state >> 32 ^ b) &* 0xD6E8_FEB8_6659_FD93
      state = (state ^ state >> 32 ^ c) &* 0xD6E8_FEB8_6659_FD93
      return state ^ state >> 32
    }
  }

  /// A 128-bit hash of `range`. `seed` keeps the identities of different kinds apart.
  ///
  /// Two multiply-fold lanes over 16 bytes a step with constants from the digits of pi, in the manner
  /// of wyhash (Wang Yi, public domain, 2019). Not for input chosen by an attacker.
  func hash(_ range: Range<Int>, seed: UInt64) -> Fingerprint {
    precondition(range.lowerBound >= 0 && range.upperBound <= count)
    return unsafe withUnsafeBufferPointer { buffer in
      unsafe ByteHash.of(
        UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer(buffer)[range]), seed: seed)
    }
  }
}

extension [UInt8] {
  /// Appends the bytes of `range` in one go.
  mutating func append(_ bytes: Span<UInt8>, _ range: Range<Int>) {
    let part = bytes.extracting(range)
    unsafe part.withUnsafeBufferPointer { unsafe append(contentsOf: $0) }
  }
}

/// The hash behind identities, content digests and name look-ups.
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

  @unsafe
  fileprivate static func of(_ bytes: UnsafeRawBufferPointer, seed: UInt64) -> Fingerprint {
    var state = Fingerprint(high: seed ^ k2, low: seed &+ k1)
    var i = 0
    while i + 16 <= bytes.count {
      unsafe step(
        &state, bytes.loadUnaligned(fromByteOffset: i, as: UInt64.self),
        bytes.loadUnaligned(fromByteOffset: i + 8, as: UInt64.self))
      i += 16
    }
    if i < bytes.count {
      var tail: (UInt64, UInt64) = (0, 0)
      unsafe withUnsafeMutableBytes(of: &tail) { target in
        unsafe target.copyMemory(from: UnsafeRawBufferPointer(rebasing: bytes[i...]))
      }
      step(&state, UInt64(littleEndian: tail.0), UInt64(littleEndian: tail.1))
    }
    return finish(state, length: UInt64(bytes.count))
  }
}
