import Usage

/// The `usage` object of Anthropic's Messages API: input, cache reads and cache writes stand beside
/// each other; the output includes thinking.
struct AnthropicUsage {
  var input: Int64?
  var output: Int64?
  var cacheRead: Int64?
  var cacheWrite: Int64?
  var write5m: Int64?
  var write1h: Int64?
  var thinking: Int64?
  var region: String?
  var tier = ServiceTier.unknown
  /// Calls inside this answer that its own counts leave out (compaction, advisor).
  var otherIterations: [Iteration] = []
  /// A third-party endpoint's OpenAI-style counts, where cached tokens are part of the prompt.
  private var prompt: Int64?
  private var cachedInPrompt: Int64?

  struct Iteration {
    var usage: AnthropicUsage
    /// Nil: the answer's own.
    var model: String?
  }

  init() {}

  /// Reads the object that comes next.
  init(_ json: inout JSONCursor) throws(LineProblem) {
    guard try json.enterObject() else { return }
    while let key = try json.nextKey() {
      if try readCount(key, &json) { continue }
      if json.matches(key, "service_tier") {
        if let text = try json.text() { tier = ServiceTier(openAI: json.unescaped(text)) ?? tier }
      } else if json.matches(key, "inference_geo") {
        if let text = try json.text(), !text.isEmpty {
          let name = json.unescaped(text)
          region = name == "not_available" ? nil : name
        }
      } else if json.matches(key, "iterations") {
        try readIterations(&json)
      } else {
        try json.skipValue()
      }
    }
  }

  private mutating func readCount(
    _ key: JSONCursor.Text, _ json: inout JSONCursor
  ) throws(LineProblem) -> Bool {
    if json.matches(key, "input_tokens") {
      input = try json.count("input_tokens")
    } else if json.matches(key, "output_tokens") || json.matches(key, "completion_tokens") {
      output = try json.count("output_tokens") ?? output
    } else if json.matches(key, "cache_read_input_tokens") {
      cacheRead = try json.count("cache_read_input_tokens")
    } else if json.matches(key, "cache_creation_input_tokens") {
      cacheWrite = try json.count("cache_creation_input_tokens")
    } else if json.matches(key, "cache_creation") {
      guard try json.enterObject() else { return true }
      while let inner = try json.nextKey() {
        if json.matches(inner, "ephemeral_5m_input_tokens") {
          write5m = try json.count("ephemeral_5m_input_tokens")
        } else if json.matches(inner, "ephemeral_1h_input_tokens") {
          write1h = try json.count("ephemeral_1h_input_tokens")
        } else {
          try json.skipValue()
        }
      }
    } else if json.matches(key, "output_tokens_details") {
      guard try json.enterObject() else { return true }
      while let inner = try json.nextKey() {
        if json.matches(inner, "thinking_tokens") {
          thinking = try json.count("thinking_tokens")
        } else {
          try json.skipValue()
        }
      }
    } else if json.matches(key, "prompt_tokens") {
      prompt = try json.count("prompt_tokens")
    } else if json.matches(key, "cached_tokens") {
      cachedInPrompt = try json.count("cached_tokens")
    } else {
      return false
    }
    return true
  }

  private mutating func readIterations(_ json: inout JSONCursor) throws(LineProblem) {
    guard try json.enterArray() else { return }
    while try json.nextElement() {
      var iteration = Iteration(usage: AnthropicUsage())
      var isMessage = true
      guard try json.enterObject() else { continue }
      while let key = try json.nextKey() {
        if try iteration.usage.readCount(key, &json) { continue }
        if json.matches(key, "type") {
          if let text = try json.text() { isMessage = json.matches(text, "message") }
        } else if json.matches(key, "model") {
          if let text = try json.text(), !text.isEmpty { iteration.model = json.unescaped(text) }
        } else {
          try json.skipValue()
        }
      }
      if !isMessage { otherIterations.append(iteration) }
    }
  }

  /// Writes the disjoint buckets into `record`.
  func fill(_ record: inout UsageRecord) {
    let written = cacheWrite ?? (write5m ?? 0) &+ (write1h ?? 0)
    record.tokens.cacheRead = cacheRead ?? 0
    record.tokens.cacheWrite5m = min(write5m ?? 0, written)
    record.tokens.cacheWrite1h = min(write1h ?? 0, written &- record.tokens.cacheWrite5m)
    record.tokens.cacheWriteOther =
      written &- record.tokens.cacheWrite5m &- record.tokens.cacheWrite1h
    record.tokens.output = output ?? 0
    record.tokens.reasoning = min(thinking ?? 0, record.tokens.output)
    if let input {
      record.tokens.uncachedInput = input
    } else if let prompt {
      let cached = cachedInPrompt ?? 0
      record.tokens.uncachedInput = max(0, prompt &- cached)
      record.tokens.cacheRead = cached
      if cached > prompt { record.check = .inclusiveMismatch }
    }
    if (write5m ?? 0).addingSaturating(write1h ?? 0) > written { record.check = .inclusiveMismatch }
  }
}
