import Usage

/// The `usage` object of OpenAI-style answers, in all the dialects that share its keys.
///
/// OpenAI counts cached tokens inside the prompt and reasoning inside the completion. Where a dialect
/// does not, its own extra keys, its total, or the model's name tells.
struct OpenAIUsage {
  var prompt: Int64?
  var completion: Int64?
  var total: Int64?
  var cached: Int64?
  var cacheWrite: Int64?
  var write5m: Int64?
  var write1h: Int64?
  var reasoning: Int64?
  var audioInput: Int64?
  var audioOutput: Int64?
  var imageInput: Int64?
  var cost: ExactDecimal?
  /// Microseconds.
  var duration: Int64?
  var timeToFirstToken: Int64?
  var isDeepSeek = false
  var isMistral = false
  private var hasInputTokens = false
  private var hasPromptTokens = false
  private var hasCacheReadInput = false

  /// Whether these are Anthropic's own keys, whose `input_tokens` leave the cache out.
  var isAnthropic: Bool { hasInputTokens && !hasPromptTokens && hasCacheReadInput }

  var isEmpty: Bool { prompt == nil && completion == nil && total == nil }

  init() {}

  /// Reads the object that comes next; empty when it is `null` or something else.
  init(_ json: inout JSONCursor) throws(LineProblem) {
    guard try json.enterObject() else { return }
    while let key = try json.nextKey() {
      if json.matches(key, "input_tokens") {
        hasInputTokens = true
        prompt = try json.count("input_tokens") ?? prompt
      } else if json.matches(key, "prompt_tokens") {
        hasPromptTokens = true
        prompt = try json.count("prompt_tokens") ?? prompt
      } else if json.matches(key, "completion_tokens") || json.matches(key, "output_tokens") {
        completion = try json.count("completion_tokens") ?? completion
      } else if json.matches(key, "total_tokens") {
        total = try json.count("total_tokens")
      } else if json.matches(key, "prompt_tokens_details")
        || json.matches(key, "input_tokens_details") || json.matches(key, "input_token_details")
      {
        try readInputDetails(&json)
      } else if json.matches(key, "completion_tokens_details")
        || json.matches(key, "output_tokens_details") || json.matches(key, "output_token_details")
      {
        try readOutputDetails(&json)
      } else if json.matches(key, "prompt_cache_hit_tokens") {
        isDeepSeek = true
        cached = larger(cached, try json.count("prompt_cache_hit_tokens"))
      } else if json.matches(key, "num_cached_tokens") {
        isMistral = true
        cached = larger(cached, try json.count("num_cached_tokens"))
      } else if json.matches(key, "cached_tokens") {
        cached = larger(cached, try json.count("cached_tokens"))
      } else if json.matches(key, "cache_read_input_tokens") {
        hasCacheReadInput = true
        cached = larger(cached, try json.count("cache_read_input_tokens"))
      } else if json.matches(key, "cache_creation_input_tokens") {
        cacheWrite = larger(cacheWrite, try json.count("cache_creation_input_tokens"))
      } else if json.matches(key, "cache_creation")
        || json.matches(key, "cache_creation_token_details")
      {
        try readWriteSplit(&json)
      } else if json.matches(key, "cost") {
        cost = try json.decimal("cost")
      } else if json.matches(key, "total_time") {
        duration = try json.decimal("total_time").flatMap(microseconds)
      } else if json.matches(key, "prompt_time") || json.matches(key, "queue_time") {
        if let part = try json.decimal("prompt_time").flatMap(microseconds) {
          timeToFirstToken = (timeToFirstToken ?? 0) &+ part
        }
      } else {
        try json.skipValue()
      }
    }
  }

  private mutating func readInputDetails(_ json: inout JSONCursor) throws(LineProblem) {
    guard try json.enterObject() else { return }
    while let key = try json.nextKey() {
      if json.matches(key, "cached_tokens") {
        cached = larger(cached, try json.count("cached_tokens"))
      } else if json.matches(key, "cache_write_tokens")
        || json.matches(key, "cache_creation_tokens")
      {
        cacheWrite = larger(cacheWrite, try json.count("cache_write_tokens"))
      } else if json.matches(key, "cache_creation_token_details") {
        try readWriteSplit(&json)
      } else if json.matches(key, "audio_tokens") {
        audioInput = try json.count("audio_tokens")
      } else if json.matches(key, "image_tokens") {
        imageInput = try json.count("image_tokens")
      } else {
        try json.skipValue()
      }
    }
  }

  private mutating func readOutputDetails(_ json: inout JSONCursor) throws(LineProblem) {
    guard try json.enterObject() else { return }
    while let key = try json.nextKey() {
      if json.matches(key, "reasoning_tokens") {
        reasoning = try json.count("reasoning_tokens")
      } else if json.matches(key, "audio_tokens") {
        audioOutput = try json.count("audio_tokens")
      } else {
        try json.skipValue()
      }
    }
  }

  private mutating func readWriteSplit(_ json: inout JSONCursor) throws(LineProblem) {
    guard try json.enterObject() else { return }
    while let key = try json.nextKey() {
      if json.matches(key, "ephemeral_5m_input_tokens") {
        write5m = try json.count("ephemeral_5m_input_tokens") ?? write5m
      } else if json.matches(key, "ephemeral_1h_input_tokens") {
        write1h = try json.count("ephemeral_1h_input_tokens") ?? write1h
      } else {
        try json.skipValue()
      }
    }
  }

  /// One count often stands under two names, one of them left at 0: the larger is meant.
  private func larger(_ a: Int64?, _ b: Int64?) -> Int64? {
    guard let a, let b else { return a ?? b }
    return max(a, b)
  }

  /// What the servers of some models leave out of `completion_tokens`.
  enum HiddenOutput {
    case none
    /// Gemini's OpenAI-compatible endpoint: thoughts are in the total alone.
    case inTotalOnly
    /// xAI: reasoning stands beside the completion.
    case reasoningBeside
  }

  /// Writes the disjoint buckets and the verdict into `record`.
  func fill(_ record: inout UsageRecord, hidden: HiddenOutput) {
    let prompt = prompt ?? 0
    var output = completion ?? 0
    let cached = cached ?? 0
    let written = cacheWrite ?? (write5m ?? 0) &+ (write1h ?? 0)
    let plain = prompt &- cached &- written
    record.check = .noTotal
    record.reportedTotal = total
    if let total {
      let listed = prompt.addingSaturating(output)
      record.check = total == listed ? .exact : total > listed ? .totalLarger : .inclusiveMismatch
      if total > listed {
        if let reasoning, reasoning > 0, listed.addingSaturating(reasoning) == total {
          output = output.addingSaturating(reasoning)
          if hidden == .reasoningBeside { record.check = .exact }
        } else if hidden == .inTotalOnly {
          output = total &- prompt
        }
      }
    } else if hidden == .reasoningBeside {
      output = output.addingSaturating(reasoning ?? 0)
    }
    // Embeddings have no completion and no cache; of the rest, servers that leave `cached_tokens` out do
    // not say that there were none.
    record.kind.splitKnown = prompt == 0 || completion == nil || self.cached != nil
    // The chat dialect's cache writes are documented as unadjusted: the parts can exceed the whole.
    if plain < 0 { record.check = .inclusiveMismatch }
    record.tokens.uncachedInput = max(0, plain)
    record.tokens.cacheRead = cached
    record.tokens.setCacheWrites(written, fiveMinutes: write5m, oneHour: write1h)
    record.tokens.output = output
    record.tokens.reasoning = min(reasoning ?? 0, output)
    record.tokens.audioInput = audioInput ?? 0
    record.tokens.audioOutput = audioOutput ?? 0
    record.tokens.imageInput = imageInput ?? 0
    record.duration = duration ?? record.duration
    record.timeToFirstToken = timeToFirstToken ?? record.timeToFirstToken
    if let cost { record.reportedCost = Money(cost) }
  }
}

/// Seconds as a decimal to whole microseconds, rounded half to even; nil beyond Int64.
func microseconds(_ seconds: ExactDecimal) -> Int64? {
  if let exact = seconds.units(atScale: 6) { return Int64(exactly: exact) }
  guard seconds.scale > 6 else { return nil }
  return Int64(
    exactly: seconds.units.dividedHalfToEven(by: ExactDecimal.powerOfTen(seconds.scale - 6)))
}

extension Int64 {
  func addingSaturating(_ other: Int64) -> Int64 {
    let (value, overflow) = addingReportingOverflow(other)
    return overflow ? (other > 0 ? .max : .min) : value
  }
}
