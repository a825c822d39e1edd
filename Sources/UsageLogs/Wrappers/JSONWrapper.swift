import Usage

/// A log line inside a JSON object: Docker's json-file, journald, Loki, Fluent Bit, Cloud Logging, or a
/// server that was set up to log JSON itself.
struct JSONWrapper {
  /// Where the text stands, still escaped.
  var text: JSONCursor.Text?
  /// journald writes text with control bytes as an array of byte values.
  var byteValues: [UInt8]?
  /// `P` and `F` of the container runtime, where the shipper kept them.
  var isLast: Bool?
  /// Docker's own shape: only `log`, `stream`, `time` and `attrs`.
  var isDocker = true

  /// The keys that hold the text, in the order in which they are preferred.
  private static let textKeys: [StaticString] = [
    "log", "line", "MESSAGE", "message", "msg", "textPayload", "LogMessage", "LogEntry",
  ]
  private static let timeKeys: [StaticString] = [
    "time", "timestamp", "@timestamp", "__REALTIME_TIMESTAMP", "ts", "asctime", "date",
    "TimeGenerated",
  ]
  private static let containerKeys: [StaticString] = [
    "labels", "kubernetes", "container_id", "container_name", "_HOSTNAME", "_SYSTEMD_UNIT",
    "CONTAINER_NAME", "host", "hostname", "pod", "resource",
  ]
  private var rank = Int.max

  /// Reads the object at `start`; nil when it is no JSON or holds no text.
  init?(_ bytes: Span<UInt8>, at start: Int, _ line: inout LogLine) {
    var json = JSONCursor(bytes, at: start)
    do {
      try read(&json, &line)
    } catch {
      return nil
    }
    if text == nil, byteValues == nil { return nil }
  }

  private mutating func read(
    _ json: inout JSONCursor, _ line: inout LogLine
  ) throws(LineProblem) {
    guard try json.enterObject() else { return }
    while let key = try json.nextKey() {
      if let found = JSONWrapper.textKeys.firstIndex(where: { json.matches(key, $0) }) {
        if !json.matches(key, "log") { isDocker = false }
        try readText(&json, rank: found)
        continue
      }
      if JSONWrapper.timeKeys.contains(where: { json.matches(key, $0) }) {
        if !json.matches(key, "time") { isDocker = false }
        try JSONWrapper.readTime(&json, &line)
        continue
      }
      if json.matches(key, "stream") {
        let range = try JSONWrapper.rawValue(&json)
        line.standardStream = json.bytes.hash(range, seed: 7).low
        continue
      }
      if json.matches(key, "attrs") {
        try json.skipValue()
        continue
      }
      isDocker = false
      if json.matches(key, "logtag") {
        if let tag = try json.text(), !tag.isEmpty {
          isLast = json.bytes[tag.range.lowerBound] != UInt8(ascii: "P")
        }
      } else if JSONWrapper.containerKeys.contains(where: { json.matches(key, $0) }) {
        let range = try JSONWrapper.rawValue(&json)
        line.note(container: json.bytes, range)
      } else if json.matches(key, "_PID") {
        let range = try JSONWrapper.rawValue(&json)
        line.note(process: json.bytes, range)
      } else if json.matches(key, "_source") || json.matches(key, "jsonPayload") {
        try read(&json, &line)
      } else {
        try json.skipValue()
      }
    }
  }

  private mutating func readText(_ json: inout JSONCursor, rank found: Int) throws(LineProblem) {
    if try json.peek() == UInt8(ascii: "["), found <= rank {
      guard try json.enterArray() else { return }
      var values: [UInt8] = []
      while try json.nextElement() {
        guard let value = try json.count("MESSAGE"), value < 256 else { throw .notJSON }
        values.append(UInt8(value))
      }
      (byteValues, text, rank) = (values, nil, found)
      return
    }
    guard let value = try json.text(), found < rank else { return }
    (text, byteValues, rank) = (value, nil, found)
  }

  private static func readTime(
    _ json: inout JSONCursor, _ line: inout LogLine
  ) throws(LineProblem) {
    let bytes = json.bytes
    var range: Range<Int>
    switch try json.peek() {
    case UInt8(ascii: "\""):
      guard let value = try json.text() else { return }
      range = value.range
    case UInt8(ascii: "{"), UInt8(ascii: "["): return try json.skipValue()
    default: range = try rawValue(&json)
    }
    if let time = LineTime.iso(bytes, range) {
      line.note(time)
    } else if range.count == 14, let moment = LineTime.monthDayClock(bytes, range.lowerBound) {
      line.note(.yearless(moment))
    } else if let number = JSONCursor.decimal(bytes, range), number.units >= 100_000_000,
      let time = LineTime.epoch(number)
    {
      line.note(time)
    }
  }

  /// The bytes of the value that comes next.
  private static func rawValue(_ json: inout JSONCursor) throws(LineProblem) -> Range<Int> {
    _ = try json.peek()
    let start = json.position
    try json.skipValue()
    return start..<json.position
  }
}
