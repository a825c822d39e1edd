import Usage

/// The `usage` object of Anthropic's Messages API, and of the servers that imitate it.
///
/// Anthropic's counts are disjoint: `input_tokens` leaves cache reads and writes out. Imitators add
/// OpenAI's keys, whose prompt includes them; then the sums tell which meaning a line has.
struct AnthropicUsage {
  var input: Int64?
  var output: Int64?
  var cacheRead: Int64?
  var cacheWrite: Int64?
  var write5m: Int64?
  var write1h: Int64?
  var thinking: Int64?
  // OpenAI's keys.
  var prompt: Int64?
  var completion: Int64?
  var cached: Int64?
  var total: Int64?
  var tier = ServiceTier.unknown
  var geography = NameID.none
  var isFast = false
  /// Where the array of `iterations` begins.
  var iterations: Int?

  init() {}

  /// Reads the object that comes next; without counts when it is `null` or something else.
  init(_ json: inout JSONCursor, sink: inout RecordSink) throws(LineProblem) {
    guard try json.enterObject() else { return }
    while let key = try json.nextKey() {
      try read(key, &json, sink: &sink)
    }
  }

  /// Reads the value of one key of the object.
  mutating func read(
    _ key: JSONCursor.Text, _ json: inout JSONCursor, sink: inout RecordSink
  ) throws(LineProblem) {
    if json.matches(key, "input_tokens") {
      input = try json.count("input_tokens")
    } else if json.matches(key, "output_tokens") {
      output = try json.count("output_tokens")
    } else if json.matches(key, "cache_read_input_tokens") {
      cacheRead = try json.count("cache_read_input_tokens")
    } else if json.matches(key, "cache_creation_input_tokens") {
      cacheWrite = try json.count("cache_creation_input_tokens")
    } else if json.matches(key, "cache_creation") {
      try readWriteSplit(&json)
    } else if json.matches(key, "service_tier") {
      if let text = try json.text() { tier = AnthropicUsage.tier(json, text) }
    } else if json.matches(key, "inference_geo") {
      if let text = try json.text(), !text.isEmpty, !json.matches(text, "not_available") {
        geography = sink.name(json, text, .region)
      }
    } else if json.matches(key, "iterations") {
      if try json.peek() == UInt8(ascii: "[") { iterations = json.position }
      try json.skipValue()
    } else if json.matches(key, "output_tokens_details") {
      guard try json.enterObject() else { return }
      while let inner = try json.nextKey() {
        if json.matches(inner, "thinking_tokens") || json.matches(inner, "reasoning_tokens") {
          thinking = try json.count("thinking_tokens")
        } else {
          try json.skipValue()
        }
      }
    } else if json.matches(key, "speed") {
      if let text = try json.text() { isFast = json.matches(text, "fast") }
    } else if json.matches(key, "prompt_tokens") {
      prompt = try json.count("prompt_tokens")
    } else if json.matches(key, "completion_tokens") {
      completion = try json.count("completion_tokens")
    } else if json.matches(key, "cached_tokens") {
      cached = try json.count("cached_tokens")
    } else if json.matches(key, "prompt_tokens_details") {
      guard try json.enterObject() else { return }
      while let inner = try json.nextKey() {
        if json.matches(inner, "cached_tokens") {
          cached = try json.count("cached_tokens") ?? cached
        } else {
          try json.skipValue()
        }
      }
    } else if json.matches(key, "total_tokens") {
      total = try json.count("total_tokens")
    } else {
      try json.skipValue()
    }
  }

  private mutating func readWriteSplit(_ json: inout JSONCursor) throws(LineProblem) {
    guard try json.enterObject() else { return }
    while let key = try json.nextKey() {
      if json.matches(key, "ephemeral_5m_input_tokens") {
        write5m = try json.count("ephemeral_5m_input_tokens")
      } else if json.matches(key, "ephemeral_1h_input_tokens") {
        write1h = try json.count("ephemeral_1h_input_tokens")
      } else {
        try json.skipValue()
      }
    }
  }

  private static func tier(_ json: borrowing JSONCursor, _ text: JSONCursor.Text) -> ServiceTier {
    if json.matches(text, "standard") { return .standard }
    if json.matches(text, "priority") { return .priority }
    if json.matches(text, "batch") { return .batch }
    if json.matches(text, "flex") { return .flex }
    return .unknown
  }

  /// Cache writes that the split lists.
  private var splitWrites: Int64 { (write5m ?? 0).addingSaturating(write1h ?? 0) }

  /// The disjoint buckets.
  var tokens: TokenCounts {
    var tokens = TokenCounts()
    let written = cacheWrite ?? splitWrites
    tokens.cacheRead = max(cacheRead ?? 0, cached ?? 0)
    tokens.uncachedInput = uncachedInput(cacheRead: tokens.cacheRead, written: written)
    tokens.setCacheWrites(written, fiveMinutes: write5m, oneHour: write1h)
    tokens.output = output ?? completion ?? 0
    tokens.reasoning = min(thinking ?? 0, tokens.output)
    return tokens
  }

  private func uncachedInput(cacheRead: Int64, written: Int64) -> Int64 {
    guard let prompt else { return input ?? 0 }
    let inCache = cacheRead.addingSaturating(written)
    // An `input_tokens` other than the prompt has Anthropic's meaning: without the cache.
    if let input, input > 0, input != prompt { return input }
    return max(0, prompt - inCache)
  }

  /// Whether the parts contradict each other or the total beside them.
  var check: TotalCheck {
    if let cacheWrite, splitWrites > cacheWrite { return .inclusiveMismatch }
    guard let total else { return .noTotal }
    let listed = tokens.total
    return total == listed ? .exact : total > listed ? .totalLarger : .inclusiveMismatch
  }
}
