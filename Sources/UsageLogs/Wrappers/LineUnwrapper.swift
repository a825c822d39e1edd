import Usage

/// A server's own line, taken out of what container runtimes and log shippers put around it.
struct UnwrappedLine {
  var text: Substring
  /// The outermost time with a year and a zone.
  var time: Instant?
  /// The outermost time of day with a date but no zone: Docker Desktop writes the host's clock.
  var localTime: Int64?
  /// Container, pod or service: what the line belongs to.
  var container = ""
  /// The process inside it.
  var process = ""
}

/// Takes wrappers off a line, one after the other, until none is left: ANSI colour, container runtimes,
/// journald, Kubernetes, Loki, Fluent Bit, Docker Desktop, compose, Ray and process tags.
enum LineUnwrapper {
  static func unwrap(_ line: String) -> UnwrappedLine {
    var result = UnwrappedLine(text: Substring(withoutColor(line)))
    // A handful of wrappers can lie around each other, never dozens.
    for _ in 0..<12 {
      let before = result.text.utf8.count
      for wrapper in wrappers where wrapper(&result) { break }
      if result.text.utf8.count == before { break }
    }
    while let last = result.text.last, last.isNewline || last == " " { result.text.removeLast() }
    return result
  }

  private static let wrappers: [@Sendable (inout UnwrappedLine) -> Bool] = [
    json, containerRuntime, epochTab, dockerDesktop, journald, kubectl, loki, compose, process,
    bareTime,
  ]

  /// What a Kubernetes container runtime wrote: it cuts long lines, and another stream's lines can
  /// stand between the pieces. `head` is the wrapper of a line that is whole.
  static func piece(
    _ line: Substring
  ) -> (stream: String, isPartial: Bool, head: String, text: String)? {
    guard let (_, rest) = leadingTime(line) else { return nil }
    let parts = rest.split(separator: " ", maxSplits: 2, omittingEmptySubsequences: false)
    guard parts.count == 3, parts[0] == "stdout" || parts[0] == "stderr",
      let tag = parts[1].first, tag == "F" || tag == "P"
    else { return nil }
    let time = line.prefix { $0 != " " }
    return (String(parts[0]), tag == "P", "\(time) \(parts[0]) F ", String(parts[2]))
  }

  private static func withoutColor(_ line: String) -> String {
    guard line.utf8.contains(0x1B) else { return line }
    var result: [UInt8] = []
    var isEscape = false
    for byte in line.utf8 {
      if byte == 0x1B {
        isEscape = true
      } else if isEscape {
        // Ends with its first letter; the opening bracket is none.
        if (65...90).contains(byte) || (97...122).contains(byte) { isEscape = false }
      } else {
        result.append(byte)
      }
    }
    return String(decoding: result, as: UTF8.self)
  }

  // MARK: Wrappers

  /// Docker's json-file, Fluent Bit, journald's JSON, Loki's jsonl, JSON-configured loggers: the line
  /// is a text in an object.
  private static func json(_ line: inout UnwrappedLine) -> Bool {
    guard line.text.first == "{" else { return false }
    let bytes = Array(line.text.utf8)
    var cursor = JSONCursor(bytes.span)
    var text: String?
    var time: Instant?
    do {
      guard try cursor.enterObject() else { return false }
      while let key = try cursor.nextKey() {
        switch cursor.unescaped(key) {
        case "log", "message", "MESSAGE", "line", "msg":
          if try cursor.peek() == UInt8(ascii: "[") {
            text = try byteList(&cursor)
          } else if let value = try cursor.text() {
            text = cursor.unescaped(value)
          }
        case "time", "timestamp", "ts":
          if let value = try cursor.text() {
            time = Instant(cursor.unescaped(value))
          }
        case "__REALTIME_TIMESTAMP":
          if let value = try cursor.text() {
            time = Int64(cursor.unescaped(value)).map { Instant(microseconds: $0) }
          }
        case "_SYSTEMD_UNIT", "container_name", "pod_name":
          if let value = try cursor.text() { line.container = cursor.unescaped(value) }
        default: try cursor.skipValue()
        }
      }
    } catch {
      return false
    }
    guard let text else { return false }
    line.text = Substring(text.trimmingBlanks.split(separator: "\n").first ?? "")
    line.time = line.time ?? time
    return true
  }

  /// journald writes messages with control bytes as a list of byte values.
  private static func byteList(_ cursor: inout JSONCursor) throws(LineProblem) -> String {
    var bytes: [UInt8] = []
    guard try cursor.enterArray() else { return "" }
    while try cursor.nextElement() {
      if let value = try cursor.count("MESSAGE"), value < 256 { bytes.append(UInt8(value)) }
    }
    return withoutColor(String(decoding: bytes, as: UTF8.self))
  }

  /// Kubernetes: `2016-10-06T00:17:09.669794202Z stdout F message`.
  private static func containerRuntime(_ line: inout UnwrappedLine) -> Bool {
    guard let (time, rest) = leadingTime(line.text),
      rest.hasPrefix("stdout ") || rest.hasPrefix("stderr ")
    else { return false }
    let parts = rest.split(separator: " ", maxSplits: 2, omittingEmptySubsequences: false)
    guard parts.count == 3, let tag = parts[1].first, tag == "F" || tag == "P" else { return false }
    line.time = line.time ?? time
    line.text = parts[2]
    return true
  }

  /// `1779264164496<TAB>2026-05-20T08:02:44.496Z<TAB>message`.
  private static func epochTab(_ line: inout UnwrappedLine) -> Bool {
    let parts = line.text.split(separator: "\t", maxSplits: 2, omittingEmptySubsequences: false)
    guard parts.count == 3, parts[0].count == 13, let milliseconds = Int64(parts[0]) else {
      return false
    }
    line.time = line.time ?? Instant(microseconds: milliseconds * 1000)
    line.text = parts[2]
    return true
  }

  /// `2026-04-19 12:18:36.268 | message`, on the host's clock.
  private static func dockerDesktop(_ line: inout UnwrappedLine) -> Bool {
    let text = line.text
    guard text.count > 26, text.dropFirst(23).hasPrefix(" | "),
      let local = Instant(String(text.prefix(23)).replacingBlank + "Z")
    else { return false }
    line.localTime = line.localTime ?? local.microseconds
    line.text = text.dropFirst(26)
    return true
  }

  /// `Sep 22 23:46:42 host unit[361]: message`, or with an ISO time.
  private static func journald(_ line: inout UnwrappedLine) -> Bool {
    var rest: Substring
    var time: Instant?
    if let (stamp, behind) = leadingTime(line.text) {
      time = stamp
      rest = behind
    } else {
      let head = line.text.prefix(16)
      guard head.count == 16, head.last == " ", head.dropFirst(7).first?.isASCIIDigit == true,
        monthNames.contains(String(head.prefix(3)))
      else { return false }
      rest = line.text.dropFirst(16)
    }
    let words = rest.split(separator: " ", maxSplits: 2, omittingEmptySubsequences: false)
    guard words.count == 3, words[1].hasSuffix("]:"), let bracket = words[1].firstIndex(of: "[")
    else { return false }
    line.time = line.time ?? time
    line.container = String(words[1][..<bracket])
    line.text = words[2]
    return true
  }

  private static let monthNames: Set<String> = [
    "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
  ]

  /// `[pod/vllm-0/server] message`.
  private static func kubectl(_ line: inout UnwrappedLine) -> Bool {
    guard line.text.hasPrefix("[pod/"), let end = line.text.firstIndex(of: "]") else {
      return false
    }
    line.container = String(line.text[..<end].dropFirst(5))
    line.text = line.text[line.text.index(after: end)...].drop { $0 == " " }
    return true
  }

  /// `2018-06-25T12:52:09Z {app="vllm"} message`.
  private static func loki(_ line: inout UnwrappedLine) -> Bool {
    guard let (time, rest) = leadingTime(line.text), rest.first == "{",
      let end = rest.firstIndex(of: "}"), rest[..<end].contains("=\"")
    else { return false }
    line.time = line.time ?? time
    line.container = String(rest[..<end].dropFirst())
    line.text = rest[rest.index(after: end)...].drop { $0 == " " }
    return true
  }

  /// `vllm-1  | message`.
  private static func compose(_ line: inout UnwrappedLine) -> Bool {
    guard let bar = line.text.firstIndex(of: "|"),
      line.text.distance(from: line.text.startIndex, to: bar) < 64
    else { return false }
    let name = line.text[..<bar]
    let trimmed = String(name).trimmingBlanks
    guard name.last == " ", let first = trimmed.first, first.isLetter || first.isASCIIDigit,
      trimmed.allSatisfy({ $0.isLetter || $0.isASCIIDigit || "_.-".contains($0) })
    else { return false }
    line.container = trimmed
    line.text = line.text[line.text.index(after: bar)...].drop { $0 == " " }
    return true
  }

  /// `(APIServer pid=1) message`, `(ServeReplica:default:LLM pid=62683, ip=10.0.0.2) message`.
  private static func process(_ line: inout UnwrappedLine) -> Bool {
    guard line.text.first == "(", let end = line.text.firstIndex(of: ")"),
      line.text[..<end].contains(" pid=") || line.text[..<end].contains("(pid=")
    else { return false }
    line.process += String(line.text[..<end].dropFirst()) + ";"
    line.text = line.text[line.text.index(after: end)...].drop { $0 == " " }
    return true
  }

  /// `docker logs -t`, `kubectl logs --timestamps`.
  private static func bareTime(_ line: inout UnwrappedLine) -> Bool {
    guard let (time, rest) = leadingTime(line.text) else { return false }
    line.time = line.time ?? time
    line.text = rest
    return true
  }

  /// An RFC 3339 time with a zone at the start of the text, and what follows the blank behind it.
  private static func leadingTime(_ text: Substring) -> (Instant, Substring)? {
    guard let first = text.utf8.first, (48...57).contains(first),
      let blank = text.prefix(48).firstIndex(of: " "),
      let time = Instant(String(text[..<blank]))
    else { return nil }
    guard text[..<blank].utf8.count > 10 else { return nil }
    return (time, text[text.index(after: blank)...])
  }
}

extension String {
  /// A date and a time with a blank between them, made RFC 3339.
  fileprivate var replacingBlank: String {
    String(map { $0 == " " ? "T" : $0 })
  }
}
