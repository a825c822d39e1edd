import Usage

/// What one row or payload of LiteLLM says.
struct LiteLLMRow {
  var id: JSONCursor.Text?
  var start: Instant?
  var end: Instant?
  var firstToken: Instant?
  var model: JSONCursor.Text?
  var group: JSONCursor.Text?
  var provider = NameID.none
  var prompt: Int64?
  var completion: Int64?
  var total: Int64?
  var cost: ExactDecimal?
  var usage = OpenAIUsage()
  /// What versions before `usage_object` kept: the details without the three main counts.
  var olderUsage = OpenAIUsage()
  /// Where the stored answer's value begins.
  var answer: Int?
  var isFromCache = false
  var isFailed = false
  var isBatch = false
  var key = NameID.none
  var keyAlias = NameID.none
  var team = NameID.none
  var teamFallback = NameID.none
  var user = NameID.none
  var userFallback = NameID.none
  var project = NameID.none
  var projectFallback = NameID.none
  var application = NameID.none
  var endUser = NameID.none
  var endUserFallback = NameID.none

  mutating func read(
    _ key: JSONCursor.Text, _ json: inout JSONCursor, sink: inout RecordSink
  ) throws(LineProblem) {
    if json.matches(key, "request_id") {
      if let text = try json.text(), !text.isEmpty { id = text }
    } else if json.matches(key, "id") {
      if let text = try json.text(), !text.isEmpty, id == nil { id = text }
    } else if json.matches(key, "prompt_tokens") {
      prompt = try json.count("prompt_tokens")
    } else if json.matches(key, "completion_tokens") {
      completion = try json.count("completion_tokens")
    } else if json.matches(key, "total_tokens") {
      total = try json.count("total_tokens")
    } else if json.matches(key, "spend") || json.matches(key, "response_cost") {
      cost = try json.decimal("spend") ?? cost
    } else if json.matches(key, "startTime") {
      start = try json.instant()
    } else if json.matches(key, "endTime") {
      end = try json.instant()
    } else if json.matches(key, "completionStartTime") {
      firstToken = try json.instant()
    } else if json.matches(key, "model") {
      if let text = try json.text(), !text.isEmpty { model = text }
    } else if json.matches(key, "model_group") {
      if let text = try json.text(), !text.isEmpty { group = text }
    } else if json.matches(key, "custom_llm_provider") {
      provider = try sink.name(&json, .provider)
    } else if json.matches(key, "status") {
      if let text = try json.text() { isFailed = json.matches(text, "failure") }
    } else if json.matches(key, "cache_hit") {
      isFromCache = try json.flag() ?? false
    } else if json.matches(key, "call_type") {
      if let text = try json.text() {
        isBatch =
          isBatch || json.matches(text, "aretrieve_batch") || json.matches(text, "retrieve_batch")
      }
    } else if json.matches(key, "user") {
      user = try sink.name(&json, .user)
    } else if json.matches(key, "api_key") {
      self.key = try sink.name(&json, .key)
    } else if json.matches(key, "team_id") {
      team = try sink.name(&json, .team)
    } else if json.matches(key, "organization_id") {
      project = try sink.name(&json, .project)
    } else if json.matches(key, "end_user") {
      endUser = try sink.name(&json, .label)
    } else if json.matches(key, "response") {
      _ = try json.peek()
      answer = json.position
      try json.skipValue()
    } else if json.matches(key, "hidden_params") {
      guard try json.enterObject() else { return }
      while let inner = try json.nextKey() { try readBatchModels(inner, &json) }
    } else {
      try json.skipValue()
    }
  }

  mutating func readMetadata(
    _ json: inout JSONCursor, sink: inout RecordSink
  ) throws(LineProblem) {
    guard try json.enterObject() else { return }
    while let key = try json.nextKey() {
      if json.matches(key, "usage_object") {
        let found = try OpenAIUsage(&json)
        if !found.isEmpty { usage = found }
      } else if json.matches(key, "additional_usage_values") {
        olderUsage = try OpenAIUsage(&json)
      } else if json.matches(key, "user_api_key_alias") {
        keyAlias = try sink.name(&json, .key)
      } else if json.matches(key, "user_api_key_hash") || json.matches(key, "user_api_key") {
        let name = try sink.name(&json, .key)
        if self.key == .none { self.key = name }
      } else if json.matches(key, "user_api_key_team_id") {
        let name = try sink.name(&json, .team)
        if name != .none { teamFallback = name }
      } else if json.matches(key, "user_api_key_team_alias") {
        let name = try sink.name(&json, .team)
        if teamFallback == .none { teamFallback = name }
      } else if json.matches(key, "user_api_key_user_id") {
        userFallback = try sink.name(&json, .user)
      } else if json.matches(key, "user_api_key_org_id") {
        projectFallback = try sink.name(&json, .project)
      } else if json.matches(key, "user_api_key_end_user_id") {
        endUserFallback = try sink.name(&json, .label)
      } else if json.matches(key, "user_agent") {
        if let text = try json.text() { readAgent(json, text, sink: &sink) }
      } else if json.matches(key, "status") {
        if let text = try json.text(), json.matches(text, "failure") { isFailed = true }
      } else {
        try readBatchModels(key, &json)
      }
    }
  }

  /// `claude-cli` of `claude-cli/2.1.40 (external, cli)`: versions would split the sums.
  private mutating func readAgent(
    _ json: borrowing JSONCursor, _ text: JSONCursor.Text, sink: inout RecordSink
  ) {
    let slash = json.bytes.firstIndex(
      of: UInt8(ascii: "/"), from: text.range.lowerBound, to: text.range.upperBound)
    let product = JSONCursor.Text(
      range: text.range.lowerBound..<slash)
    if !product.isEmpty { application = sink.name(json, product, .label) }
  }

  private mutating func readBatchModels(
    _ key: JSONCursor.Text, _ json: inout JSONCursor
  ) throws(LineProblem) {
    guard json.matches(key, "batch_models") else { return try json.skipValue() }
    guard try json.enterArray() else { return }
    while try json.nextElement() {
      isBatch = true
      try json.skipValue()
    }
  }

  func readTags(
    _ json: inout JSONCursor, sink: inout RecordSink
  ) throws(LineProblem) {
    guard try json.enterArray() else { return }
    while try json.nextElement() { sink.tag(.none, try sink.name(&json, .label)) }
  }

  mutating func readAnswer(_ json: inout JSONCursor) throws(LineProblem) {
    guard try json.enterObject() else { return }
    while let key = try json.nextKey() {
      if json.matches(key, "usage") {
        let found = try OpenAIUsage(&json)
        if !found.isEmpty { usage = found }
      } else {
        try json.skipValue()
      }
    }
  }

  /// In the order of `LiteLLMSpendLog.reliedFields`.
  var fields: PresentFields {
    var fields = PresentFields()
    fields.note(id != nil)
    fields.note(start != nil)
    fields.note(model != nil)
    fields.note(provider != .none)
    fields.note(prompt != nil)
    fields.note(completion != nil)
    fields.note(total != nil)
    fields.note(cost != nil)
    fields.note(hasDetails)
    return fields
  }

  /// Whether the row tells how much of the prompt came from a cache, be it nothing.
  var hasDetails: Bool {
    !usage.isEmpty || olderUsage.cached != nil || olderUsage.cacheWrite != nil
  }

  /// Writes the disjoint buckets and the verdict into `record`.
  func fill(_ record: inout UsageRecord) {
    let prompt = prompt ?? usage.prompt ?? 0
    let output = completion ?? usage.completion ?? 0
    let cached = usage.cached ?? olderUsage.cached ?? 0
    let write5m = usage.write5m ?? olderUsage.write5m ?? 0
    let write1h = usage.write1h ?? olderUsage.write1h ?? 0
    let written =
      usage.cacheWrite ?? olderUsage.cacheWrite ?? write5m.addingSaturating(write1h)
    let inCache = cached.addingSaturating(written)
    if usage.isAnthropic {
      record.tokens.uncachedInput = usage.prompt ?? prompt
    } else {
      // Old versions left the cache out of the prompt: then it can exceed the prompt.
      record.tokens.uncachedInput = inCache > prompt ? prompt : prompt - inCache
    }
    record.tokens.cacheRead = cached
    record.tokens.setCacheWrites(written, fiveMinutes: write5m, oneHour: write1h)
    record.tokens.output = output
    record.tokens.reasoning = min(usage.reasoning ?? 0, output)
    record.tokens.audioInput = usage.audioInput ?? 0
    record.tokens.audioOutput = usage.audioOutput ?? 0
    record.tokens.imageInput = usage.imageInput ?? 0
    record.kind.splitKnown = prompt == 0 || hasDetails
    guard let total = total ?? usage.total else { return }
    record.reportedTotal = total
    let listed = prompt.addingSaturating(output)
    record.check =
      total == listed || total == record.tokens.total
      ? .exact : total > listed ? .totalLarger : .inclusiveMismatch
  }
}
