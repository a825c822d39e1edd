import Usage

extension Span where Element == UInt8 {
  /// The hash of what a JSON string says, however it is escaped; `text` is between its quotes.
  @inline(__always)
  func hash(ofText text: Range<Int>, seed: UInt64) -> Fingerprint {
    hasBackslash(text) ? hash(ofEscaped: text, seed: seed) : hash(text, seed: seed)
  }

  @inline(never)
  private func hash(ofEscaped text: Range<Int>, seed: UInt64) -> Fingerprint {
    let plain = JSONCursor(self).unescapedBytes(JSONCursor.Text(range: text))
    return plain.span.hash(0..<plain.count, seed: seed)
  }
}

/// Strings with their escapes resolved.
extension JSONCursor {
  /// A string's content with its escapes resolved; a lone surrogate becomes U+FFFD.
  func unescaped(_ text: Text) -> String {
    guard isEscaped(text) else { return bytes.text(text.range) }
    let plain = unescapedBytes(text)
    return plain.span.text(0..<plain.count)
  }

  /// The bytes of a string with its escapes resolved: JSON inside JSON is read from these.
  func unescapedBytes(_ text: Text) -> [UInt8] {
    var result: [UInt8] = []
    unescape(text, into: &result)
    return result
  }

  /// Puts the bytes of a string with its escapes resolved into `result`, whose old content goes and
  /// whose memory stays: for a format that does it on every line.
  func unescape(_ text: Text, into result: inout [UInt8]) {
    let end = text.range.upperBound
    var i = text.range.lowerBound
    // Only `\u` without digits is shorter than what it becomes: two bytes, and U+FFFD has three.
    result.resize(to: text.range.count + text.range.count / 2 + 1)
    var count = 0
    while true {
      let plain = bytes.copy(i..<end, upTo: UInt8(ascii: "\\"), into: &result, at: count)
      i += plain
      count += plain
      guard i < end else { break }
      guard i + 1 < end else {
        // A lone backslash at the end stays.
        result[count] = bytes[i]
        count += 1
        break
      }
      i += 2
      switch bytes[i - 1] {
      case UInt8(ascii: "n"): result[count] = 0x0A
      case UInt8(ascii: "t"): result[count] = 0x09
      case UInt8(ascii: "r"): result[count] = 0x0D
      case UInt8(ascii: "b"): result[count] = 0x08
      case UInt8(ascii: "f"): result[count] = 0x0C
      case UInt8(ascii: "u"):
        for byte in String(Character(escapedScalar(&i, end))).utf8 {
          result[count] = byte
          count += 1
        }
        continue
      default: result[count] = bytes[i - 1]
      }
      count += 1
    }
    result.resize(to: count)
  }

  /// The scalar whose four hexadecimal digits begin at `i`, together with its low surrogate.
  private func escapedScalar(_ i: inout Int, _ end: Int) -> Unicode.Scalar {
    let replacement: Unicode.Scalar = "\u{FFFD}"
    guard let high = hexadecimal(i, end) else { return replacement }
    i += 4
    if let scalar = Unicode.Scalar(high) { return scalar }
    guard high < 0xDC00, i + 6 <= end, bytes[i] == UInt8(ascii: "\\"),
      bytes[i + 1] == UInt8(ascii: "u"), let low = hexadecimal(i + 2, end),
      (0xDC00...0xDFFF).contains(low)
    else { return replacement }
    i += 6
    return Unicode.Scalar(0x10000 + (high - 0xD800) << 10 + (low - 0xDC00)) ?? replacement
  }

  private func hexadecimal(_ start: Int, _ end: Int) -> UInt32? {
    guard start + 4 <= end else { return nil }
    var value: UInt32 = 0
    for i in start..<start + 4 {
      let byte = bytes[i]
      switch byte {
      case UInt8(ascii: "0")...UInt8(ascii: "9"): value = value << 4 | UInt32(byte - 0x30)
      case UInt8(ascii: "a")...UInt8(ascii: "f"): value = value << 4 | UInt32(byte - 0x57)
      case UInt8(ascii: "A")...UInt8(ascii: "F"): value = value << 4 | UInt32(byte - 0x37)
      default: return nil
      }
    }
    return value
  }
}
