import Usage

/// OpenAI-style answers that an application or proxy wrote down: Chat Completions, Responses,
/// Embeddings, stream events and Batch output, from OpenAI and the many servers that speak like it.
struct OpenAIResponseBodies: LogFormat {
  static let facts = FormatFacts(
    name: "openai",
    title:
      "OpenAI-style response bodies (Chat Completions, Responses, Batch output, stream events)",
    origin:
      "an application's or proxy's own log, an answer a line; a Batch output file; a recorded event "
      + "stream",
    identity:
      "the answer's id (chatcmpl-..., resp_...), with time and model where it is one of Ollama's 999, "
      + "else the whole line, of which equal ones of a file each count; the copy with the largest output "
      + "stays",
    cannotTell:
      "the tokens of streams recorded without usage; the cache split of answers without cached_tokens "
      + "(marked); the time of Batch output other than chats and Responses (give --start)",
    example: #"""
      {"id":"chatcmpl-Aa1","object":"chat.completion","created":1767261600,"model":"gpt-5-mini","usage":{"prompt_tokens":1200,"completion_tokens":300,"total_tokens":1500}}
      """#,
    layout: .json,
    signature: ["id", "object", "created", "model", "usage"])

  static let highestConfidence = 90

  static func confidence(in sample: Sample) -> Int {
    for document in sample.documents {
      for prefix in ["", "response.", "response.body.", "body."] {
        guard let object = document.values[prefix + "object"] else { continue }
        if objects.contains(object) { return 90 }
        if object == "list", document.has(prefix + "usage") { return 80 }
      }
      // Compatible servers leave `object` out; their usage has the same keys.
      if document.has("usage.prompt_tokens") || document.has("usage.completion_tokens"),
        document.has("model")
      {
        return 60
      }
      // A Batch's file of errors has no answer at all.
      if document.has("custom_id"),
        document.has("response.body") || document.has("response") && document.has("error")
      {
        return 85
      }
    }
    return 0
  }

  private static let objects: Set<String> = [
    "chat.completion", "chat.completion.chunk", "text_completion", "response", "realtime.response",
    "embedding",
  ]

  static let reliedFields = [
    "id", "created", "model", "usage.prompt_tokens", "usage.completion_tokens",
    "usage.total_tokens", "usage.prompt_tokens_details.cached_tokens", "service_tier",
  ]

  init(settings: ReadSettings) {
    fallbackStart = settings.start
    fallbackModel = settings.model
  }

  private let fallbackStart: Instant?
  /// Realtime answers name no model; their session does.
  private let fallbackModel: String?

  mutating func read(
    _ record: Span<UInt8>, into sink: inout RecordSink
  ) throws(LineProblem) {
    var start = 0
    if record[0] != UInt8(ascii: "{") {
      if record.hasPrefix("event:") || record[0] == UInt8(ascii: ":") || record.hasPrefix("id:") {
        return
      }
      start = record.firstIndex(of: UInt8(ascii: "{"), from: 0, to: record.count)
      guard start < record.count else {
        if record.hasPrefix("data: [DONE]") { return }
        throw .notJSON
      }
    }
    var json = JSONCursor(record, at: start)
    var answer = Answer()
    try answer.read(&json, sink: &sink, depth: 0)
    try json.expectEnd()
    try emit(answer, of: record, sink: &sink)
  }

  private func emit(
    _ answer: Answer, of bytes: Span<UInt8>, sink: inout RecordSink
  ) throws(LineProblem) {
    if answer.isBatchJob {
      sink.discardLabels()
      return sink.passOver("Batch objects (their usage is the sum of their output's)")
    }
    if answer.isStreamPart || (answer.usage.isEmpty && answer.status == .pending) {
      sink.discardLabels()
      sink.passOver(
        answer.isStreamPart ? "stream events without usage" : "answers that were not finished yet")
      return
    }
    sink.noteFields(answer.fields)
    guard let start = answer.created ?? answer.loggedAt ?? fallbackStart else {
      if answer.isBatch, answer.status == .failed {
        sink.discardLabels()
        return sink.passOver("failed Batch requests without a time (--start INSTANT counts them)")
      }
      throw .badRow("has no 'created' nor another time: give --start INSTANT")
    }
    if answer.usage.isEmpty, answer.status == .done { throw .missing("usage") }
    var record = UsageRecord()
    record.start = start
    record.kind.model = answer.model
    if record.kind.model == .none, let fallbackModel {
      record.kind.model = sink.intern(fallbackModel, .model)
    }
    record.kind.tier = answer.isBatch ? .batch : answer.tier
    record.kind.status =
      answer.status == .failed ? .failed : answer.status == .cancelled ? .cancelled : .succeeded
    if let completed = answer.completed, completed >= start {
      record.duration = completed.microseconds - start.microseconds
    }
    let provider = answer.provider(sink.text(record.kind.model), bytes, sink)
    record.kind.provider = sink.intern(provider)
    answer.usage.fill(&record, hidden: answer.hiddenOutput(provider: provider))
    if record.reportedCost != nil { record.kind.currency = sink.intern("USD") }
    record.kind.labels = sink.finishLabels()
    record.identity =
      answer.id.map { bytes.hash(ofText: $0, seed: IdentityKind.response) }
      ?? sink.identity(ofLine: bytes, 0..<bytes.count, seed: IdentityKind.response)
    if let id = answer.id, OpenAIResponseBodies.isDrawn(bytes, id) {
      let model = ByteHash.of(sink.text(record.kind.model))
      record.identity = ByteHash.combine(
        ByteHash.combine(record.identity, start.microseconds), model)
    }
    sink.emit(record)
  }

  /// Whether an id is one that Ollama draws anew for each answer, `chatcmpl-` and a number below 999
  /// (its middleware/openai.go, read 2026-11-27): of some forty answers two have the same.
  private static func isDrawn(_ bytes: Span<UInt8>, _ id: Range<Int>) -> Bool {
    let number = id.dropFirst("chatcmpl-".utf8.count)
    return (1...3).contains(number.count) && bytes.extracting(id).hasPrefix("chatcmpl-")
      && number.allSatisfy { Timestamp.digit(bytes[$0]) != nil }
      && bytes.firstIndex(of: "\"fp_ollama\"") != nil
  }

  /// One answer, however deep in the line it stands.
  private struct Answer {
    enum Status { case done, pending, failed, cancelled }

    var id: Range<Int>?
    var created: Instant?
    var completed: Instant?
    /// The log line's own time, for answers that carry none.
    var loggedAt: Instant?
    var model = NameID.none
    var usage = OpenAIUsage()
    var tier = ServiceTier.unknown
    var status = Status.done
    var isStreamPart = false
    var isBatch = false
    /// The Batch itself, whose usage sums up that of its lines.
    var isBatchJob = false
    var isGroq = false
    var isAzure = false
    /// In the answer: whom OpenRouter routed to. Around it: whom the application called.
    var namedProvider = NameID.none

    mutating func read(
      _ json: inout JSONCursor, sink: inout RecordSink, depth: Int
    ) throws(LineProblem) {
      guard try json.enterObject() else { throw .notJSON }
      var inner: Int?
      var hasType = false
      var hasObject = false
      while let key = try json.nextKey() {
        if json.matches(key, "id") {
          if let text = try json.text(), !text.isEmpty { id = text.range }
        } else if json.matches(key, "type") {
          hasType = true
          try json.skipValue()
        } else if json.matches(key, "object") {
          hasObject = true
          if let text = try json.text() {
            isStreamPart = json.matches(text, "chat.completion.chunk")
            isBatchJob = json.matches(text, "batch")
          }
        } else if json.matches(key, "created") || json.matches(key, "created_at") {
          created = try json.instant() ?? created
        } else if json.matches(key, "completed_at") {
          completed = try json.instant() ?? completed
        } else if json.matches(key, "timestamp") || json.matches(key, "time")
          || json.matches(key, "ts") || json.matches(key, "@timestamp")
        {
          loggedAt = try json.instant() ?? loggedAt
        } else if json.matches(key, "model") {
          let name = try sink.name(&json, .model)
          if name != .none { model = name }
        } else if json.matches(key, "usage") {
          let found = try OpenAIUsage(&json)
          if !found.isEmpty { usage = found }
        } else if json.matches(key, "x_groq") {
          try readGroq(&json)
        } else if json.matches(key, "service_tier") {
          if let text = try json.text() { tier = ServiceTier(openAI: json.unescaped(text)) ?? tier }
        } else if json.matches(key, "status") {
          if let text = try json.text() { readStatus(json.unescaped(text)) }
        } else if json.matches(key, "error") {
          if try json.peek() == UInt8(ascii: "{"), status == .done { status = .failed }
          try json.skipValue()
        } else if json.matches(key, "user") || json.matches(key, "safety_identifier") {
          sink.label(.user, try sink.name(&json, .user))
        } else if json.matches(key, "metadata") {
          try readMetadata(&json, sink: &sink)
        } else if json.matches(key, "provider") {
          namedProvider = try sink.name(&json, .provider)
        } else if json.matches(key, "prompt_filter_results") {
          isAzure = true
          try json.skipValue()
        } else if json.matches(key, "custom_id") {
          isBatch = true
          try json.skipValue()
        } else if depth < 3,
          json.matches(key, "response") || inner == nil && json.matches(key, "body")
        {
          if try json.peek() == UInt8(ascii: "{") { inner = json.position }
          try json.skipValue()
        } else {
          try json.skipValue()
        }
      }
      if let inner {
        // The answer's own id, model and state are inside and win over those of the container, wherever
        // in the line they stand.
        id = nil
        status = .done
        var nested = JSONCursor(json.bytes, at: inner)
        return try read(&nested, sink: &sink, depth: depth + 1)
      }
      // `response.output_text.delta` and its like, and the Realtime API's many events.
      if hasType, !hasObject, usage.isEmpty, status == .done { isStreamPart = true }
      if isStreamPart, !usage.isEmpty { isStreamPart = false }
    }

    /// In the order of `reliedFields`.
    var fields: PresentFields {
      var fields = PresentFields()
      fields.note(id != nil)
      fields.note(created != nil)
      fields.note(model != .none)
      fields.note(usage.prompt != nil)
      fields.note(usage.completion != nil)
      fields.note(usage.total != nil)
      fields.note(usage.cached != nil)
      fields.note(tier != .unknown)
      return fields
    }

    private mutating func readStatus(_ text: String) {
      switch text {
      case "failed": status = .failed
      case "cancelled": status = .cancelled
      case "in_progress", "queued": status = .pending
      default: break
      }
    }

    private mutating func readGroq(_ json: inout JSONCursor) throws(LineProblem) {
      isGroq = true
      guard try json.enterObject() else { return }
      while let key = try json.nextKey() {
        guard json.matches(key, "usage") else {
          try json.skipValue()
          continue
        }
        let found = try OpenAIUsage(&json)
        if !found.isEmpty { usage = found }
      }
    }

    private func readMetadata(
      _ json: inout JSONCursor, sink: inout RecordSink
    ) throws(LineProblem) {
      guard try json.enterObject() else { return }
      while let key = try json.nextKey() {
        let name = sink.name(json, key, .tagName)
        sink.tag(name, try sink.name(&json, .label))
      }
    }

    func provider(_ model: String, _ bytes: Span<UInt8>, _ sink: borrowing RecordSink) -> String {
      let isRouted = id.map { bytes.extracting($0).hasPrefix("gen-") } ?? false
      if isRouted || usage.cost != nil || model.hasPrefix("openrouter/") { return "openrouter" }
      if namedProvider != .none { return sink.text(namedProvider) }
      if isGroq || usage.duration != nil { return "groq" }
      if isAzure { return "azure" }
      if usage.isDeepSeek { return "deepseek" }
      if usage.isMistral { return "mistral" }
      let name = model.lowercased()
      for (prefix, provider) in Answer.firstParties where name.hasPrefix(prefix) { return provider }
      return ""
    }

    func hiddenOutput(provider: String) -> OpenAIUsage.HiddenOutput {
      switch provider {
      case "google": .inTotalOnly
      case "xai": .reasoningBeside
      default: .none
      }
    }

    /// Names that one company alone serves under its own API.
    private static let firstParties = [
      ("gpt-", "openai"), ("o1", "openai"), ("o3", "openai"), ("o4", "openai"),
      ("chatgpt-", "openai"), ("text-embedding-", "openai"), ("gemini-", "google"),
      ("models/gemini-", "google"), ("grok-", "xai"), ("deepseek-", "deepseek"),
      ("mistral-", "mistral"), ("codestral-", "mistral"), ("kimi-", "moonshot"),
      ("moonshot-", "moonshot"), ("claude-", "anthropic"),
    ]
  }
}

extension ServiceTier {
  /// The tier as OpenAI names it in an answer; nil for `auto`, which is a wish and not a tier.
  init?(openAI name: String) {
    switch name {
    case "default", "standard": self = .standard
    case "flex": self = .flex
    case "priority", "fast", "ultrafast": self = .priority
    case "scale": self = .provisioned
    case "batch": self = .batch
    default: return nil
    }
  }
}
