import Usage

/// The first bytes of a file, looked at closely enough to tell its format.
package struct Sample: Sendable {
  /// Plain bytes without a byte order mark, at most about one block.
  let bytes: [UInt8]
  /// The first JSON objects, wherever they stand: on lines, in an array, pretty-printed.
  let documents: [Document]
  /// The first line's cells in lower case when the content is not JSON; else empty.
  let header: [String]
  /// Whether the first line holds exactly one complete JSON object.
  let hasObjectPerLine: Bool
  /// Whether the content begins as JSON logs do: with a brace or bracket, as an event stream, or with
  /// a time before the first object. Other text may hold JSON somewhere and still be none.
  let beginsAsJSON: Bool

  /// The keys of one object and of the objects directly in it (`usage.prompt_tokens`), with the
  /// content of short strings.
  struct Document: Sendable {
    var values: [String: String]

    func has(_ key: String) -> Bool { values[key] != nil }
  }

  init(_ bytes: Span<UInt8>) {
    var copy: [UInt8] = []
    copy.append(bytes, 0..<bytes.count)
    self.bytes = copy
    let span = copy.span
    var start = 0
    while start < span.count, span[start] <= 0x20 || span[start] == UInt8(ascii: "[") { start += 1 }
    // Text that leads up to JSON on every line: a time stamp, or `data: ` of a recorded event stream.
    let lineEnd = span.firstIndex(of: 0x0A, from: min(start, span.count), to: span.count)
    let isJSON = start < span.count && span[start] == UInt8(ascii: "{")
    documents = Sample.documents(span)
    let line = span.extracting(min(start, lineEnd)..<lineEnd)
    beginsAsJSON =
      isJSON || line.hasPrefix("data:") || line.hasPrefix("event:") || line.hasPrefix(":")
      || (line.count > 40 && Timestamp.digit(line[0]) != nil
        && line.extracting(0..<40).contains(" {"))
    hasObjectPerLine = !isJSON || Sample.isOneObject(span, 0..<lineEnd)
    if isJSON {
      header = []
    } else {
      header = CSVCursor.cells(span.extracting(0..<lineEnd)).map {
        $0.lowercased().trimmingBlanks
      }
    }
  }

  /// Whether an object among the first ones has all these keys.
  func hasDocument(with keys: String...) -> Bool {
    documents.contains { document in keys.allSatisfy(document.has) }
  }

  func contains(_ text: StaticString) -> Bool { bytes.span.contains(text) }

  /// Slow: for the one sentence about a file that nobody knows.
  func contains(_ text: String) -> Bool {
    let text = Array(text.utf8)
    guard let first = text.first else { return true }
    let span = bytes.span
    var i = 0
    while i + text.count <= span.count {
      i = span.firstIndex(of: first, from: i, to: span.count)
      guard i + text.count <= span.count else { return false }
      if span.equals(i..<i + text.count, text.span, 0..<text.count) { return true }
      i += 1
    }
    return false
  }

  private static let documentsLookedAt = 24

  private static func documents(_ bytes: Span<UInt8>) -> [Document] {
    var found: [Document] = []
    var i = 0
    while found.count < documentsLookedAt {
      i = bytes.firstIndex(of: UInt8(ascii: "{"), from: i, to: bytes.count)
      if i == bytes.count { break }
      var cursor = JSONCursor(bytes, at: i)
      var document = Document(values: [:])
      do {
        try read(&cursor, prefix: "", depth: 0, into: &document)
        found.append(document)
        i = cursor.position
      } catch {
        // A torn last object of the sample still tells its first keys.
        if error == .endsEarly, !document.values.isEmpty { found.append(document) }
        i = bytes.firstIndex(of: 0x0A, from: i, to: bytes.count)
      }
    }
    return found
  }

  private static func read(
    _ cursor: inout JSONCursor, prefix: String, depth: Int, into document: inout Document
  ) throws(LineProblem) {
    guard try cursor.enterObject() else { return }
    while let key = try cursor.nextKey() {
      let name = prefix + cursor.unescaped(key)
      switch try cursor.peek() {
      case UInt8(ascii: "{") where depth < 2:
        document.values[name] = ""
        try read(&cursor, prefix: name + ".", depth: depth + 1, into: &document)
      case UInt8(ascii: "\""):
        if let text = try cursor.text() {
          document.values[name] = text.range.count <= 64 ? cursor.unescaped(text) : ""
        }
      default:
        document.values[name] = ""
        try cursor.skipValue()
      }
    }
  }

  private static func isOneObject(_ bytes: Span<UInt8>, _ line: Range<Int>) -> Bool {
    var cursor = JSONCursor(bytes.extracting(line))
    do {
      guard try cursor.peek() == UInt8(ascii: "{") else { return false }
      try cursor.skipValue()
      try cursor.expectEnd()
      return true
    } catch {
      return false
    }
  }
}

extension String {
  /// Without blanks at either end.
  var trimmingBlanks: String {
    var text = Substring(self)
    while let first = text.first, first == " " || first == "\t" || first == "\r" {
      text.removeFirst()
    }
    while let last = text.last, last == " " || last == "\t" || last == "\r" { text.removeLast() }
    return String(text)
  }
}
