import Usage

/// Takes off what container runtimes, journals, shippers and process managers put around a line.
///
/// Reads one record after the other, since runtimes cut long lines in pieces. Wrappers may stand in
/// one another in any order; each gives what it knows of time and origin.
struct LineUnwrapper {
  /// The text of a line that could not be read in place.
  var copy: [UInt8] = []
  /// Lines whose text journald hides in its text output (`[100B blob data]`).
  private(set) var hiddenLines = 0

  private var isOpen = false
  private var pieces: [Piece] = []
  /// Whether a `log` text with its line end was seen: then one without is a piece.
  private var dockerKeepsLineEnds = false

  private struct Piece {
    var origin: UInt64
    var time: LineTime
    var bytes: [UInt8]
  }

  /// Of a line in pieces no more is kept: everything that formats read stands in front.
  private static let longestJoined = 256 << 10
  /// Colours stand near the front.
  private static let searchedForEscapes = 1024

  /// The line in `record`, or nil when it is a piece of one that goes on. `isOpen` says that its end has
  /// not been seen: of JSON that breaks off there nothing is told before it is whole.
  mutating func unwrap(_ record: Span<UInt8>, isOpen: Bool = false) -> LogLine? {
    var line = LogLine()
    self.isOpen = isOpen
    return strip(record, 0..<record.count, &line, depth: 0) ? line : nil
  }

  private mutating func strip(
    _ bytes: Span<UInt8>, _ range: Range<Int>, _ line: inout LogLine, depth: Int
  ) -> Bool {
    var i = range.lowerBound
    var end = range.upperBound
    while end > i, bytes[end - 1] <= 0x20, bytes[end - 1] != 0x20 { end -= 1 }
    let searched = min(i + LineUnwrapper.searchedForEscapes, end)
    if depth < 8, bytes.firstIndex(of: 0x1B, from: i, to: searched) < searched {
      return stripCopy(LineUnwrapper.withoutEscapes(bytes, i..<end), &line, depth: depth)
    }
    // More wrappers in one another than anyone has; the limit is against hostile lines.
    for _ in 0..<16 {
      if i < end, bytes[i] == UInt8(ascii: "{"), depth < 8 {
        var inner = line
        guard let json = JSONWrapper(bytes.extracting(i..<end), at: 0, &inner) else {
          if isOpen, i + 1 == end || bytes[i + 1] == UInt8(ascii: "\"") { return false }
          break
        }
        line = inner
        return strip(json, bytes.extracting(i..<end), offset: i, &line, depth: depth)
      }
      switch TextWrappers.take(bytes, &i, end, &line) {
      case .taken: continue
      case .nothing: break
      case .piece(let isLast):
        if !isLast {
          hold(bytes, i..<end, line)
          return false
        }
        guard let joined = join(bytes, i..<end, &line) else { continue }
        return stripCopy(joined, &line, depth: depth)
      }
      break
    }
    if end - i < 32, end - i > 12, bytes[i] == UInt8(ascii: "["),
      bytes.equals(end - 11..<end, "blob data]")
    {
      hiddenLines += 1
    }
    line.text = i..<end
    return true
  }

  private mutating func strip(
    _ json: JSONWrapper, _ object: Span<UInt8>, offset: Int, _ line: inout LogLine, depth: Int
  ) -> Bool {
    var copied: [UInt8]?
    if let values = json.byteValues {
      copied = values
    } else if let text = json.text {
      let cursor = JSONCursor(object)
      let raw = text.range
      let endsInLineEnd =
        raw.count >= 2 && object.equals(raw.upperBound - 2..<raw.upperBound, "\\n")
      if endsInLineEnd { dockerKeepsLineEnds = dockerKeepsLineEnds || json.isDocker }
      let isPiece =
        json.isLast.map { !$0 }
        ?? (json.isDocker && !endsInLineEnd && (dockerKeepsLineEnds || raw.count >= 16_000))
      let origin = LineUnwrapper.origin(line)
      let isAwaited = pieces.contains { $0.origin == origin }
      if isPiece || isAwaited && (json.isDocker || json.isLast != nil) {
        let bytes = cursor.unescapedBytes(text)
        if isPiece {
          hold(bytes.span, 0..<bytes.count, line)
          return false
        }
        copied = join(bytes.span, 0..<bytes.count, &line)
      } else if cursor.isEscaped(text) {
        // Only the line end is escaped: read in place.
        let first = object.firstIndex(
          of: UInt8(ascii: "\\"), from: raw.lowerBound, to: raw.upperBound)
        if endsInLineEnd, first == raw.upperBound - 2 {
          return stripInPlace(
            object.extracting(raw.lowerBound..<raw.upperBound - 2), offset + raw.lowerBound, &line,
            depth: depth)
        }
        copied = cursor.unescapedBytes(text)
      } else {
        return stripInPlace(
          object.extracting(raw), offset + raw.lowerBound, &line, depth: depth)
      }
    }
    return stripCopy(copied ?? [], &line, depth: depth)
  }

  private mutating func stripInPlace(
    _ part: Span<UInt8>, _ offset: Int, _ line: inout LogLine, depth: Int
  ) -> Bool {
    guard strip(part, 0..<part.count, &line, depth: depth + 1) else { return false }
    if line.isCopied { return true }
    line.text = line.text.lowerBound + offset..<line.text.upperBound + offset
    return true
  }

  private mutating func stripCopy(_ bytes: [UInt8], _ line: inout LogLine, depth: Int) -> Bool {
    guard strip(bytes.span, 0..<bytes.count, &line, depth: depth + 1) else { return false }
    if !line.isCopied {
      line.isCopied = true
      copy = bytes
    }
    return true
  }

  // MARK: Pieces

  private static func origin(_ line: LogLine) -> UInt64 {
    LogLine.mix(LogLine.mix(line.container, line.process), line.standardStream)
  }

  private mutating func hold(_ bytes: Span<UInt8>, _ range: Range<Int>, _ line: LogLine) {
    let origin = LineUnwrapper.origin(line)
    var index = pieces.firstIndex { $0.origin == origin }
    if index == nil {
      pieces.append(Piece(origin: origin, time: line.time, bytes: []))
      index = pieces.count - 1
    }
    guard let index else { return }
    let room = LineUnwrapper.longestJoined - pieces[index].bytes.count
    let kept = range.lowerBound..<range.lowerBound + min(range.count, max(0, room))
    pieces[index].bytes.append(bytes, kept)
  }

  /// The pieces held for this origin with the last one behind them, the time that of the first.
  private mutating func join(
    _ bytes: Span<UInt8>, _ range: Range<Int>, _ line: inout LogLine
  ) -> [UInt8]? {
    let origin = LineUnwrapper.origin(line)
    guard let index = pieces.firstIndex(where: { $0.origin == origin }) else { return nil }
    hold(bytes, range, line)
    let piece = pieces.remove(at: index)
    if piece.time.rank > 0 { line.time = piece.time }
    return piece.bytes
  }

  // MARK: Colours

  /// Without terminal sequences: ESC, `[`, parameters, a final letter.
  private static func withoutEscapes(_ bytes: Span<UInt8>, _ range: Range<Int>) -> [UInt8] {
    var plain: [UInt8] = []
    plain.reserveCapacity(range.count)
    var i = range.lowerBound
    while i < range.upperBound {
      let escape = bytes.firstIndex(of: 0x1B, from: i, to: range.upperBound)
      plain.append(bytes, i..<escape)
      i = escape
      if i == range.upperBound { break }
      i += 1
      guard i < range.upperBound, bytes[i] == UInt8(ascii: "[") else { continue }
      i += 1
      while i < range.upperBound, !(0x40...0x7E).contains(bytes[i]) { i += 1 }
      i += 1
    }
    return plain
  }
}
