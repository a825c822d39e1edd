import Usage

/// The first bytes of a file, looked at closely enough to tell its format.
package struct Sample: Sendable {
  /// Plain bytes without a byte order mark, at most about one block.
  let bytes: [UInt8]
  /// The first JSON objects, wherever they stand: on lines, in an array, pretty-printed. Of those that
  /// show the same, the first.
  let documents: [Document]
  /// How many were looked at.
  let documentCount: Int
  /// The first line's cells in lower case when the content is not JSON; else empty.
  let header: [String]
  /// Whether the first line holds exactly one complete JSON object.
  let hasObjectPerLine: Bool
  /// Whether the content begins as JSON logs do: with a brace or bracket, as an event stream, or with
  /// a time before the first object. Other text may hold JSON somewhere and still be none.
  let beginsAsJSON: Bool

  /// The keys of one object and of the objects directly in it (`usage.prompt_tokens`), with the
  /// content of those that name a kind of object; of others an empty text.
  struct Document: Sendable {
    var values: [String: String]

    /// Keys whose content tells formats apart, wherever they stand.
    fileprivate static func isTelling(_ json: borrowing JSONCursor, _ key: JSONCursor.Text) -> Bool
    {
      json.matches(key, "type") || json.matches(key, "object")
    }

    func has(_ key: String) -> Bool { values[key] != nil }
  }

  init(_ bytes: Span<UInt8>) {
    var documents = KnownDocuments()
    self.init(bytes, &documents)
  }

  /// Texts of keys are made once for all samples that share what is known.
  init(_ bytes: Span<UInt8>, _ known: inout KnownDocuments) {
    var copy: [UInt8] = []
    copy.append(bytes, 0..<bytes.count)
    self.bytes = copy
    let span = copy.span
    var start = 0
    while start < span.count, span[start] <= 0x20 || span[start] == UInt8(ascii: "[") { start += 1 }
    // Text that leads up to JSON on every line: a time stamp, or `data: ` of a recorded event stream.
    let lineEnd = span.firstIndex(of: 0x0A, from: min(start, span.count), to: span.count)
    let isJSON = start < span.count && span[start] == UInt8(ascii: "{")
    (documents, documentCount) = Sample.documents(span, &known)
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

  /// The documents of samples so far, by a hash of all that tells them apart.
  struct KnownDocuments: Sendable {
    fileprivate var documents: [UInt64: Document] = [:]

    fileprivate mutating func remember(_ document: Document, _ evidence: UInt64) {
      if documents.count == 256 { documents = [:] }
      documents[evidence] = document
    }
  }

  private static let documentsLookedAt = 24

  private static func documents(
    _ bytes: Span<UInt8>, _ known: inout KnownDocuments
  ) -> ([Document], count: Int) {
    var found: [Document] = []
    var seen: [UInt64] = []
    var count = 0
    var i = 0
    while count < documentsLookedAt {
      i = bytes.firstIndex(of: UInt8(ascii: "{"), from: i, to: bytes.count)
      if i == bytes.count { break }
      // Most objects show what the one before did: then their keys need not be made into texts.
      var cursor = JSONCursor(bytes, at: i)
      var evidence: UInt64 = 0
      let isSound = (try? mix(&cursor, depth: 0, into: &evidence)) != nil
      if isSound, seen.contains(evidence) {
        count += 1
        i = cursor.position
        continue
      }
      if isSound, let document = known.documents[evidence] {
        found.append(document)
        seen.append(evidence)
        count += 1
        i = cursor.position
        continue
      }
      cursor = JSONCursor(bytes, at: i)
      var document = Document(values: [:])
      do {
        try read(&cursor, prefix: "", depth: 0, into: &document)
        found.append(document)
        seen.append(evidence)
        if isSound { known.remember(document, evidence) }
        count += 1
        i = cursor.position
      } catch {
        // A torn last object of the sample still tells its first keys.
        if error == .endsEarly, !document.values.isEmpty {
          found.append(document)
          count += 1
        }
        i = bytes.firstIndex(of: 0x0A, from: i, to: bytes.count)
      }
    }
    return (found, count)
  }

  /// A hash of all that `read` takes from an object.
  private static func mix(
    _ cursor: inout JSONCursor, depth: Int, into evidence: inout UInt64
  ) throws(LineProblem) {
    func mix(_ value: UInt64) {
      evidence = (evidence ^ value) &* 0x9E37_79B9_7F4A_7C15
      evidence ^= evidence >> 32
    }
    guard try cursor.enterObject() else { return }
    while let key = try cursor.nextKey() {
      mix(cursor.bytes.runHash(key.range))
      switch try cursor.peek() {
      case UInt8(ascii: "{") where depth < 2:
        mix(1)
        try Sample.mix(&cursor, depth: depth + 1, into: &evidence)
        mix(2)
      case UInt8(ascii: "\""):
        guard let text = try cursor.text() else { continue }
        if Document.isTelling(cursor, key) { mix(cursor.bytes.runHash(text.range)) }
      default:
        try cursor.skipValue()
      }
    }
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
          let isTold = Document.isTelling(cursor, key) && text.range.count <= 64
          document.values[name] = isTold ? cursor.unescaped(text) : ""
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
