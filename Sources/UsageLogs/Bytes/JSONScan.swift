import CLanes

// Where JSON strings and nested values end, up to 64 bytes a step. Every byte is looked at; what is
// unusual is left to the loops that check byte by byte.
extension Span where Element == UInt8 {
  /// The closing quote of the JSON string whose content begins at `start`; nil when it does not end.
  @inline(__always)
  func closingQuote(from start: Int) -> Int? {
    precondition(start >= 0 && start <= count)
    return unsafe withUnsafeBytes { buffer in
      guard let base = buffer.baseAddress else { return nil }
      let quote = unsafe JSONScan.closingQuote(base, start, buffer.count)
      return quote < buffer.count ? quote : nil
    }
  }

  /// The end of the object or array that begins at `start`; nil when it does not end, nests deeper than
  /// `limit`, or has a backslash outside its strings.
  func nestedEnd(from start: Int, limit: Int) -> Int? {
    precondition(start >= 0 && start <= count)
    return unsafe withUnsafeBytes { buffer in
      guard let base = buffer.baseAddress else { return nil }
      return unsafe JSONScan.nestedEnd(base, start, buffer.count, limit: limit)
    }
  }
}

/// The scans themselves, on bytes in front of `end`; callers have checked `start` against it.
@unsafe
enum JSONScan {
  private static let quote = UInt8(ascii: "\"")
  private static let backslash = UInt8(ascii: "\\")

  /// The closing quote, or `end`.
  @inline(__always)
  static func closingQuote(_ base: UnsafeRawPointer, _ start: Int, _ end: Int) -> Int {
    var i = start
    while i + 16 <= end {
      var hits = unsafe lanes_equal_16(base + i, quote)
      while hits != 0 {
        let hit = i + hits.trailingZeroBitCount
        if unsafe isUnescaped(base, hit, from: start) { return hit }
        hits &= hits - 1
      }
      i += 16
      if i - start >= 96 { return unsafe closingQuoteOfLong(base, i, start, end) }
    }
    while i < end {
      let byte = unsafe base.load(fromByteOffset: i, as: UInt8.self)
      if unsafe byte == quote && isUnescaped(base, i, from: start) {
        return i
      }
      i += 1
    }
    return end
  }

  /// Whether an even number of backslashes stands before the quote at `hit`.
  @inline(__always)
  private static func isUnescaped(_ base: UnsafeRawPointer, _ hit: Int, from start: Int) -> Bool {
    var i = hit
    while i > start, unsafe base.load(fromByteOffset: i - 1, as: UInt8.self) == backslash { i -= 1 }
    return (hit - i) & 1 == 0
  }

  /// The same from `i` on, in a string that began at `start`.
  private static func closingQuoteOfLong(
    _ base: UnsafeRawPointer, _ i: Int, _ start: Int, _ end: Int
  ) -> Int {
    var i = i
    var isEscaped: UInt64 = unsafe isUnescaped(base, i, from: start) ? 0 : 1
    while i + 64 <= end {
      var quotes = unsafe lanes_equal_64(base + i, quote)
      let backslashes = unsafe lanes_equal_64(base + i, backslash)
      if backslashes | isEscaped != 0 { quotes &= unsafe ~lanes_escaped(backslashes, &isEscaped) }
      if quotes != 0 { return i + quotes.trailingZeroBitCount }
      i += 64
    }
    while i < end {
      let byte = unsafe base.load(fromByteOffset: i, as: UInt8.self)
      if isEscaped != 0 {
        isEscaped = 0
      } else if unsafe byte == backslash {
        isEscaped = 1
      } else if unsafe byte == quote {
        return i
      }
      i += 1
    }
    return end
  }

  static func nestedEnd(
    _ base: UnsafeRawPointer, _ start: Int, _ end: Int, limit: Int
  ) -> Int? {
    var pass = lanes_pass()
    var depth = 0
    let whole = start + (end - start) / 64 * 64
    if let found = unsafe nestedEnd(base, start..<whole, &pass, &depth, limit: limit) {
      return found < 0 ? nil : found
    }
    var rest = SIMD64<UInt8>()
    return unsafe withUnsafeMutableBytes(of: &rest) { block in
      unsafe block.copyMemory(from: UnsafeRawBufferPointer(start: base + whole, count: end - whole))
      let found = unsafe nestedEnd(
        UnsafeRawPointer(block.baseAddress!), 0..<64, &pass, &depth, limit: limit)
      guard let found, found >= 0 else { return nil }
      return whole + found
    }
  }

  /// Takes whole blocks of 64 bytes: nil when the value goes on behind them, else where it ends, or -1
  /// for what the caller must look at byte by byte.
  @inline(__always)
  private static func nestedEnd(
    _ base: UnsafeRawPointer, _ blocks: Range<Int>, _ pass: inout lanes_pass, _ depth: inout Int,
    limit: Int
  ) -> Int? {
    var i = blocks.lowerBound
    while true {
      i += unsafe lanes_pass_strings(base + i, (blocks.upperBound - i) / 64, &pass) * 64
      if i == blocks.upperBound { return nil }
      if pass.backslashes != 0 { return -1 }
      var brackets = pass.brackets
      while brackets != 0 {
        let place = i + brackets.trailingZeroBitCount
        let bracket = unsafe base.load(fromByteOffset: place, as: UInt8.self)
        // Without the bit that tells `[` from `{`, and `]` from `}`.
        depth += bracket | 0x20 == UInt8(ascii: "{") ? 1 : -1
        if depth == 0 { return place + 1 }
        if depth > limit { return -1 }
        brackets &= brackets - 1
      }
      i += 64
    }
  }
}
