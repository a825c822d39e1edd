import Usage

/// What a start-up line tells of model and version.
struct VLLMStart {
  var model: String?
  /// A served name wins over a model's own, and that over the path that weights load from.
  var rank = 0
  /// Major and minor; nil when it is not told or is a development build without a release number.
  var version: (major: Int, minor: Int)?
  /// Whether a server begins with this line; the others only tell more of it.
  var beginsServer = true

  /// Reads the message at `start`; nil when it is no start-up line.
  init?(_ bytes: Span<UInt8>, at start: Int) {
    let message = bytes.extracting(start...)
    guard message.count > 8 else { return nil }
    switch message[0] {
    case UInt8(ascii: "I"): readInitializing(message)
    case UInt8(ascii: "v"): readServerVersion(message)
    case UInt8(ascii: "n"), UInt8(ascii: "a"): readArguments(message)
    case UInt8(ascii: "S"):
      guard message.hasPrefix("Starting to load model ") else { return nil }
      let end = message.firstIndex(of: "...", from: 23) ?? message.count
      setModel(message.text(23..<end), rank: 1)
      beginsServer = false
    case 0x20, 0xE2: readLogo(message)
    default: return nil
    }
    if model == nil, version == nil, rank == 0 { return nil }
  }

  /// `Initializing a V1 LLM engine (v0.9.1) with config: model='…', … served_model_name=…, …`.
  private mutating func readInitializing(_ message: Span<UInt8>) {
    guard message.hasPrefix("Initializing a"),
      let open = message.firstIndex(of: "LLM engine (v"), open < 40
    else { return }
    rank = 1
    readVersion(message, at: open + 13)
    readNames(message, served: "served_model_name=", model: "model='")
  }

  /// `vLLM server version 0.18.0, serving model /models/x` and `vLLM API server version 0.8.5`.
  private mutating func readServerVersion(_ message: Span<UInt8>) {
    guard message.hasPrefix("vLLM "), let version = message.firstIndex(of: "server version "),
      version < 12
    else { return }
    rank = 1
    readVersion(message, at: version + 15)
    if let serving = message.firstIndex(of: ", serving model ") {
      setModel(message.text(serving + 16..<message.count).trimmingBlanks, rank: 2)
    }
  }

  /// `non-default args: {'model': '…', 'served_model_name': ['…']}` and `args: Namespace(model='…')`.
  private mutating func readArguments(_ message: Span<UInt8>) {
    if message.hasPrefix("non-default args: ") {
      rank = 1
      readNames(message, served: "'served_model_name': ", model: "'model': '")
      if model == nil { readNames(message, served: "", model: "'model_tag': '") }
    } else if message.hasPrefix("args: Namespace(") {
      rank = 1
      readNames(message, served: "served_model_name=", model: " model='")
      if model == nil { readNames(message, served: "", model: "(model='") }
    }
  }

  /// Rows of the start-up picture end in `version 0.19.2` and `model   Org/Name`.
  private mutating func readLogo(_ message: Span<UInt8>) {
    var end = message.count
    while end > 0, message[end - 1] <= 0x20 { end -= 1 }
    var value = end
    while value > 0, message[value - 1] > 0x20 { value -= 1 }
    var key = value
    while key > 0, message[key - 1] == 0x20 { key -= 1 }
    guard message.extracting(0..<value).contains("\u{2588}") else { return }
    if key >= 8, message.equals(key - 8..<key, " version") {
      rank = 1
      readVersion(message, at: value)
    } else if key >= 6, message.equals(key - 6..<key, " model") {
      setModel(message.text(value..<end), rank: 2)
    }
  }

  private mutating func readNames(
    _ message: Span<UInt8>, served: StaticString, model key: StaticString
  ) {
    if served.utf8CodeUnitCount > 0, let hit = message.firstIndex(of: served) {
      var i = hit + served.utf8CodeUnitCount
      if i < message.count, message[i] == UInt8(ascii: "[") { i += 1 }
      if i < message.count, message[i] == UInt8(ascii: "'") || message[i] == UInt8(ascii: "\"") {
        setModel(
          message.text(i + 1..<VLLMStart.end(of: message, from: i + 1, at: message[i])), rank: 3)
      } else {
        let end = VLLMStart.end(of: message, from: i, at: UInt8(ascii: ","))
        let name = message.text(i..<end)
        if name != "None", !name.hasPrefix("]") { setModel(name, rank: 3) }
      }
    }
    if model == nil, let hit = message.firstIndex(of: key) {
      let start = hit + key.utf8CodeUnitCount
      setModel(
        message.text(start..<VLLMStart.end(of: message, from: start, at: UInt8(ascii: "'"))),
        rank: 2)
    }
  }

  private static func end(of message: Span<UInt8>, from start: Int, at byte: UInt8) -> Int {
    message.firstIndex(of: byte, from: start, to: message.count)
  }

  private mutating func setModel(_ text: String, rank: Int) {
    let name = ServerModelName.of(text)
    guard !name.isEmpty, rank > self.rank || model == nil else { return }
    (model, self.rank) = (name, rank)
  }

  private mutating func readVersion(_ message: Span<UInt8>, at start: Int) {
    var i = start
    guard i < message.count, Timestamp.digit(message[i]) != nil else { return }
    let major = VLLMStatistics.integer(message, &i)
    guard i < message.count, message[i] == UInt8(ascii: ".") else { return }
    i += 1
    let minor = VLLMStatistics.integer(message, &i)
    // Builds from a checkout without tags call themselves 0.1.dev1234.
    if major > 0 || minor >= 2 { version = (major, minor) }
  }
}
