import CLanes
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

  /// Whether the bytes of `range` are those of `text`.
  @inline(__always)
  func equals(_ range: Range<Int>, _ text: StaticString) -> Bool {
    guard range.count == text.utf8CodeUnitCount else { return false }
    precondition(range.lowerBound >= 0 && range.upperBound <= count)
    return unsafe withUnsafeBufferPointer { buffer in
      guard let base = buffer.baseAddress else { return true }
      return unsafe areEqual(base + range.lowerBound, text.utf8Start, range.count)
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
        return unsafe areEqual(x + range.lowerBound, y + otherRange.lowerBound, range.count)
      }
    }
  }

  /// Whether there is a backslash in `range`; most keys and names are at most 16 bytes long, most ids
  /// shorter than 64.
  @inline(__always)
  func hasBackslash(_ range: Range<Int>) -> Bool {
    let backslash = UInt8(ascii: "\\")
    guard range.count <= 16, range.lowerBound >= 0, range.lowerBound + 16 <= count else {
      if range.count < 64, range.lowerBound >= 0, range.lowerBound + 64 <= count {
        let hits = unsafe withUnsafeBytes { buffer in
          unsafe lanes_equal_64(buffer.baseAddress! + range.lowerBound, backslash)
        }
        return hits & (1 << UInt64(range.count) - 1) != 0
      }
      return firstIndex(of: backslash, from: range.lowerBound, to: range.upperBound)
        < range.upperBound
    }
    let hits = unsafe withUnsafeBytes { buffer in
      unsafe lanes_equal_16(buffer.baseAddress! + range.lowerBound, backslash)
    }
    return hits & (1 << UInt32(range.count) - 1) != 0
  }

  /// Copies the bytes of `range` up to the first that is `byte` to `target`, from `place` on, and
  /// returns how many they are. `target` has room for the whole range.
  func copy(
    _ range: Range<Int>, upTo byte: UInt8, into target: inout [UInt8], at place: Int
  ) -> Int {
    precondition(range.lowerBound >= 0 && range.upperBound <= count)
    precondition(place >= 0 && place + range.count <= target.count)
    return unsafe withUnsafeBytes { source in
      unsafe target.withUnsafeMutableBytes { target in
        var copied = 0
        // Sixteen bytes a step; what a step copies too much is written over by what follows.
        while copied + 16 <= range.count {
          let from = unsafe source.baseAddress! + range.lowerBound + copied
          unsafe target.storeBytes(
            of: from.loadUnaligned(as: SIMD2<UInt64>.self), toByteOffset: place + copied,
            as: SIMD2<UInt64>.self)
          let hits = unsafe lanes_equal_16(from, byte)
          if hits != 0 { return copied + hits.trailingZeroBitCount }
          copied += 16
        }
        while copied < range.count {
          let next = unsafe source[range.lowerBound + copied]
          if next == byte { break }
          unsafe target[place + copied] = next
          copied += 1
        }
        return copied
      }
    }
  }

  /// The eight bytes at `start` as one number, the first byte lowest.
  @inline(__always)
  func word(at start: Int) -> UInt64 {
    precondition(start >= 0 && start + 8 <= count)
    return unsafe withUnsafeBytes { buffer in
      UInt64(littleEndian: unsafe buffer.loadUnaligned(fromByteOffset: start, as: UInt64.self))
    }
  }

  /// The first position of `text`, which is not empty, at or after `start`; nil if there is none.
  func firstIndex(of text: StaticString, from start: Int = 0) -> Int? {
    let length = text.utf8CodeUnitCount
    let first = unsafe text.utf8Start.pointee
    let last = unsafe text.utf8Start[length - 1]
    var i = start
    // Where both ends of the text fit, 64 places a step: `memchr` stops too often at a common letter.
    while i >= 0, i + length + 63 <= count {
      var hits = unsafe withUnsafeBytes { buffer in
        unsafe lanes_equal_64(buffer.baseAddress! + i, first)
          & lanes_equal_64(buffer.baseAddress! + i + length - 1, last)
      }
      while hits != 0 {
        let place = i + hits.trailingZeroBitCount
        if equals(place..<place + length, text) { return place }
        hits &= hits - 1
      }
      i += 64
    }
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
}

extension [UInt8] {
  /// Makes it `size` bytes long: cut, or with zeros behind what there is.
  mutating func resize(to size: Int) {
    if size < count {
      removeLast(count - size)
    } else {
      append(contentsOf: repeatElement(0, count: size - count))
    }
  }

  /// Appends the bytes of `range` in one go.
  mutating func append(_ bytes: Span<UInt8>, _ range: Range<Int>) {
    let part = bytes.extracting(range)
    unsafe part.withUnsafeBufferPointer { unsafe append(contentsOf: $0) }
  }
}

/// Whether `count` bytes at both places are the same: `memcmp` without the call, for the short texts
/// that keys, names and the bytes between values are.
@unsafe @inline(__always)
func areEqual(_ a: UnsafeRawPointer, _ b: UnsafeRawPointer, _ count: Int) -> Bool {
  if count >= 16 {
    // Sixteen bytes a step, the last step overlapping the one before it.
    let last = count - 16
    var difference =
      unsafe a.loadUnaligned(fromByteOffset: last, as: SIMD2<UInt64>.self)
      ^ b.loadUnaligned(fromByteOffset: last, as: SIMD2<UInt64>.self)
    var i = 0
    while i < last {
      unsafe difference |=
        a.loadUnaligned(fromByteOffset: i, as: SIMD2<UInt64>.self)
        ^ b.loadUnaligned(fromByteOffset: i, as: SIMD2<UInt64>.self)
      i += 16
    }
    return difference[0] | difference[1] == 0
  }
  if count >= 8 {
    return unsafe (a.loadUnaligned(as: UInt64.self) ^ b.loadUnaligned(as: UInt64.self))
      | (a.loadUnaligned(fromByteOffset: count - 8, as: UInt64.self)
        ^ b.loadUnaligned(fromByteOffset: count - 8, as: UInt64.self)) == 0
  }
  if count >= 4 {
    return unsafe (a.loadUnaligned(as: UInt32.self) ^ b.loadUnaligned(as: UInt32.self))
      | (a.loadUnaligned(fromByteOffset: count - 4, as: UInt32.self)
        ^ b.loadUnaligned(fromByteOffset: count - 4, as: UInt32.self)) == 0
  }
  for i in 0..<count
  where unsafe a.load(fromByteOffset: i, as: UInt8.self)
    != b.load(fromByteOffset: i, as: UInt8.self)
  {
    return false
  }
  return true
}
