import Usage

/// How a stream is cut into records.
package enum Framing: Sendable {
  /// A record a line.
  case lines
  /// JSON objects that follow each other in any layout: pretty-printed, without line ends, or as the
  /// elements of one array.
  case objects
  /// CSV rows; a quoted cell may hold line ends.
  case rows

  static func of(_ layout: FormatFacts.Layout, sample: Sample) -> Framing {
    switch layout {
    case .lines: .lines
    case .csv: .rows
    case .json: sample.hasObjectPerLine ? .lines : .objects
    }
  }

  /// The next complete record's range, `position` moved behind it; nil when more bytes are needed.
  @inline(__always)
  func next(
    in block: Span<UInt8>, from position: inout Int, atEnd: Bool, sink: inout RecordSink
  ) -> Range<Int>? {
    switch self {
    case .lines: nextLine(in: block, from: &position, atEnd: atEnd, sink: &sink)
    case .objects: nextObject(in: block, from: &position, atEnd: atEnd, sink: &sink)
    case .rows: nextRow(in: block, from: &position, atEnd: atEnd, sink: &sink)
    }
  }

  @inline(__always)
  private func nextLine(
    in block: Span<UInt8>, from position: inout Int, atEnd: Bool, sink: inout RecordSink
  ) -> Range<Int>? {
    while position < block.count {
      let start = position
      let newline = block.firstIndex(of: 0x0A, from: start, to: block.count)
      guard newline < block.count || atEnd else { return nil }
      position = min(newline + 1, block.count)
      sink.startLine(at: start, isOpen: newline == block.count)
      var end = newline
      while end > start, block[end - 1] == 0x0D { end -= 1 }
      // Blanks at the end stay: a line that a container runtime cut in two may end in one.
      var last = end
      while last > start, block[last - 1] <= 0x20 { last -= 1 }
      if last > start { return start..<end }
    }
    return nil
  }

  private func nextRow(
    in block: Span<UInt8>, from position: inout Int, atEnd: Bool, sink: inout RecordSink
  ) -> Range<Int>? {
    while position < block.count {
      let start = position
      guard let end = CSVCursor.rowEnd(block, from: start) ?? (atEnd ? block.count : nil) else {
        return nil
      }
      position = min(end + 1, block.count)
      sink.startLine(at: start)
      sink.noteRow(block, start..<end)
      sink.countLines(in: block, start..<end)
      if end > start, !(end == start + 1 && block[start] == 0x0D) { return start..<end }
    }
    return nil
  }

  private func nextObject(
    in block: Span<UInt8>, from position: inout Int, atEnd: Bool, sink: inout RecordSink
  ) -> Range<Int>? {
    while position < block.count {
      let start = position
      let byte = block[start]
      if byte == 0x0A { sink.startLine(at: start + 1) }
      if byte <= 0x20 || byte == UInt8(ascii: ",") || byte == UInt8(ascii: "[")
        || byte == UInt8(ascii: "]")
      {
        position += 1
        continue
      }
      sink.startRecord(at: start)
      guard byte == UInt8(ascii: "{") else {
        let newline = block.firstIndex(of: 0x0A, from: start, to: block.count)
        guard newline < block.count || atEnd else { return nil }
        sink.skip(.notJSON)
        position = newline
        continue
      }
      var cursor = JSONCursor(block, at: start)
      do {
        try cursor.skipValue()
      } catch {
        guard error != .endsEarly || atEnd else { return nil }
        sink.skip(error)
        position = block.firstIndex(of: 0x0A, from: start, to: block.count)
        continue
      }
      position = cursor.position
      sink.countLines(in: block, start..<position)
      return start..<position
    }
    return nil
  }
}
