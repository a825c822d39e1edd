/// A line that holds several JSON objects one after the other, or a row and a table's header, as files
/// without a last line end give when they are put together (`cat *.gz`).
enum JoinedLine {
  /// Where the line's objects stand, each with the text in front of it (a time, `data: `): from the
  /// beginning of one to that of the next. The last may be cut off. One piece, the line, when no whole
  /// object is followed by another one, or when it is not known what stands between them. An object that was
  /// torn and the whole one behind it are two.
  static func pieces(of line: Span<UInt8>) -> [Range<Int>] {
    var pieces: [Range<Int>] = []
    var start = 0
    var object = line.firstIndex(of: UInt8(ascii: "{"), from: 0, to: line.count)
    let lead = line.extracting(0..<object)
    while object < line.count {
      var cursor = JSONCursor(line, at: object)
      // A cut or hopelessly deep object takes the rest, or all up to a whole one; reading it tells which.
      guard (try? cursor.skipValue()) != nil else {
        guard let whole = wholeObject(behindTorn: object, in: line) else { break }
        pieces.append(start..<whole)
        (start, object) = (whole, whole)
        continue
      }
      let next = firstVisible(in: line, from: cursor.position)
      if next == line.count { break }
      guard let following = objectBehindLead(lead, in: line, from: next) else {
        return [0..<line.count]
      }
      pieces.append(start..<withoutLineEnd(line, start..<next))
      start = next
      object = following
    }
    pieces.append(start..<line.count)
    return pieces
  }

  /// Where the first whole object begins behind one that was torn when its writer died, and that begins
  /// with the same key: with it ends the line, or another object follows.
  private static func wholeObject(behindTorn torn: Int, in line: Span<UInt8>) -> Int? {
    let quote = UInt8(ascii: "\"")
    let opening = line.firstIndex(of: quote, from: torn, to: line.count)
    guard opening < line.count else { return nil }
    let closing = line.firstIndex(of: quote, from: opening + 1, to: line.count)
    guard closing < line.count else { return nil }
    let length = closing + 1 - torn
    var start = closing
    // Each may be read to the line's end.
    for _ in 0..<mostStarts {
      repeat {
        start = line.firstIndex(of: UInt8(ascii: "{"), from: start + 1, to: line.count)
        if start + length > line.count { return nil }
      } while !line.equals(start..<start + length, line, torn..<torn + length)
      var cursor = JSONCursor(line, at: start)
      guard (try? cursor.skipValue()) != nil else { continue }
      let next = firstVisible(in: line, from: cursor.position)
      if next == line.count || line[next] == UInt8(ascii: "{") { return start }
    }
    return nil
  }

  /// How many places in a torn object are tried.
  private static let mostStarts = 50

  /// The row and the header that was put behind it; one piece when it is not this header.
  static func pieces(ofRow row: Span<UInt8>, header: [UInt8]) -> [Range<Int>] {
    let start = row.count - header.count
    guard start > 0, !header.isEmpty,
      row.equals(start..<row.count, header.span, 0..<header.count)
    else { return [0..<row.count] }
    return [0..<start, start..<row.count]
  }

  /// Where the last piece of a line begins whose end is not there yet; nil when there is one piece.
  static func wholePieces(of line: Span<UInt8>) -> Int? {
    pieces(of: line).last.flatMap { $0.lowerBound > 0 ? $0.lowerBound : nil }
  }

  /// Where the object begins whose text in front, from `start` on, is that of the line's first object;
  /// the line's end when it is cut off before it or is a field of an event stream. Nil for other text.
  private static func objectBehindLead(
    _ lead: Span<UInt8>, in line: Span<UInt8>, from start: Int
  ) -> Int? {
    if firstVisible(in: lead, from: 0) == lead.count {
      return line[start] == UInt8(ascii: "{") ? start : nil
    }
    let rest = line.extracting(start..<line.count)
    if lead.hasPrefix("data:"),
      rest.hasPrefix("event:") || rest.hasPrefix("id:") || rest.hasPrefix(":")
        || rest.hasPrefix("retry:") || rest.hasPrefix("data: [DONE]")
    {
      return line.count
    }
    // Times differ in their digits, and in how many of them stand behind the point.
    var i = start
    var j = 0
    while true {
      while i < line.count, isOfNumber(line[i]) { i += 1 }
      while j < lead.count, isOfNumber(lead[j]) { j += 1 }
      if i == line.count { return line.count }
      if j == lead.count { return line[i] == UInt8(ascii: "{") ? i : nil }
      guard line[i] == lead[j] else { return nil }
      i += 1
      j += 1
    }
  }

  private static func isOfNumber(_ byte: UInt8) -> Bool {
    byte <= 0x20 || byte == UInt8(ascii: ".") || Timestamp.digit(byte) != nil
  }

  private static func firstVisible(in line: Span<UInt8>, from start: Int) -> Int {
    var i = start
    while i < line.count, line[i] <= 0x20 { i += 1 }
    return i
  }

  /// As a line is cut, so that the piece has the identity that it has as a line.
  private static func withoutLineEnd(_ line: Span<UInt8>, _ piece: Range<Int>) -> Int {
    var end = piece.upperBound
    while end > piece.lowerBound, line[end - 1] == 0x0D { end -= 1 }
    return end
  }
}
