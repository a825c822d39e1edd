import Usage

/// LiteLLM's spend logs (rows of `LiteLLM_SpendLogs`) and the `StandardLoggingPayload` objects that its
/// callbacks write to buckets.
///
/// `prompt_tokens` has had three meanings for models with a prompt cache; cache counts stand only in
/// `metadata` or in the answer, never in the row's own columns.
struct LiteLLMSpendLog: LogFormat {
  static let facts = FormatFacts(
    name: "litellm",
    title: "LiteLLM spend logs and logging payloads",
    origin:
      "the proxy's /spend/logs, a sink of its LiteLLM_SpendLogs rows, or objects written by the S3, "
      + "GCS, Azure and generic callbacks",
    identity:
      "request_id (id in payloads), mostly the provider's own answer id; else the whole row",
    cannotTell:
      "the cache split of rows without usage details (marked); the service tier other than batch; "
      + "the region",
    example: #"""
      {"request_id":"chatcmpl-22","call_type":"acompletion","spend":0.000225,"total_tokens":1530,"prompt_tokens":1500,"completion_tokens":30,"startTime":"2026-01-24 09:20:46.847371","endTime":"2026-01-24 09:20:48.851954","model":"claude-sonnet-4-5","model_group":"sonnet","custom_llm_provider":"anthropic","metadata":"{\"usage_object\": {\"prompt_tokens\": 1500, \"cache_read_input_tokens\": 1024}}","cache_hit":"None","status":"success"}
      """#,
    layout: .json,
    signature: [
      "request_id", "call_type", "spend", "startTime", "prompt_tokens", "model_group",
      "custom_llm_provider",
    ])

  static func confidence(in sample: Sample) -> Int {
    for document in sample.documents where document.has("call_type") {
      guard document.has("startTime") || document.has("prompt_tokens") else { continue }
      let isRow =
        document.has("request_id") && document.has("spend")
        && (document.has("model_group") || document.has("custom_llm_provider")
          || document.has("cache_hit") || document.has("api_key"))
      let isPayload =
        document.has("id") && document.has("response_cost")
        && (document.has("custom_llm_provider") || document.has("hidden_params")
          || document.has("model_group") || document.has("model_map_information"))
      if isRow || isPayload { return 98 }
    }
    return 0
  }

  static let reliedFields = [
    "request_id", "startTime", "model", "custom_llm_provider", "prompt_tokens",
    "completion_tokens", "total_tokens", "spend", "metadata.usage_object",
  ]

  init(settings: ReadSettings) {}

  /// Where JSON inside a JSON string is unescaped to, row after row.
  private var scratch: [UInt8] = []
  private var groupTag = NameID.none
  private var endUserTag = NameID.none
  private var dollars = NameID.none

  mutating func read(
    _ record: Span<UInt8>, into sink: inout RecordSink
  ) throws(LineProblem) {
    var json = JSONCursor(record)
    var row = Row()
    var metadata: JSONCursor.Text?
    var tags: JSONCursor.Text?
    guard try json.enterObject() else { throw .notJSON }
    while let key = try json.nextKey() {
      if json.matches(key, "metadata") {
        if try json.peek() == UInt8(ascii: "\"") {
          metadata = try json.text()
        } else {
          try row.readMetadata(&json, sink: &sink)
        }
      } else if json.matches(key, "request_tags") {
        if try json.peek() == UInt8(ascii: "\"") {
          tags = try json.text()
        } else {
          try row.readTags(&json, sink: &sink)
        }
      } else {
        try row.read(key, &json, sink: &sink)
      }
    }
    try json.expectEnd()
    if row.isFromCache {
      sink.discardLabels()
      sink.passOver("answers from LiteLLM's own cache")
      return
    }
    if let metadata, metadata.range.count > 2 {
      json.unescape(metadata, into: &scratch)
      try LiteLLMSpendLog.readingText { () throws(LineProblem) in
        var inner = JSONCursor(scratch.span)
        try row.readMetadata(&inner, sink: &sink)
      }
    }
    if let tags, tags.range.count > 2 {
      json.unescape(tags, into: &scratch)
      try LiteLLMSpendLog.readingText { () throws(LineProblem) in
        var inner = JSONCursor(scratch.span)
        try row.readTags(&inner, sink: &sink)
      }
    }
    try readAnswer(&row, record)
    try emit(row, of: record, json, into: &sink)
  }

  /// A row stays sound when a JSON text inside one of its strings is torn or is no JSON.
  private static func readingText(
    _ body: () throws(LineProblem) -> Void
  ) throws(LineProblem) {
    do {
      try body()
    } catch {
      guard error == .notJSON || error == .endsEarly || error == .tooDeep else { throw error }
    }
  }

  /// Opens the stored answer for rows whose metadata has no usage.
  private mutating func readAnswer(
    _ row: inout Row, _ bytes: Span<UInt8>
  ) throws(LineProblem) {
    guard !row.hasDetails, let start = row.answer else { return }
    var json = JSONCursor(bytes, at: start)
    if try json.peek() == UInt8(ascii: "{") {
      try row.readAnswer(&json)
    } else if let text = try json.text(), text.range.count > 2 {
      json.unescape(text, into: &scratch)
      try LiteLLMSpendLog.readingText { () throws(LineProblem) in
        var inner = JSONCursor(scratch.span)
        try row.readAnswer(&inner)
      }
    }
  }

  private mutating func emit(
    _ row: Row, of bytes: Span<UInt8>, _ json: borrowing JSONCursor,
    into sink: inout RecordSink
  ) throws(LineProblem) {
    sink.noteFields(row.fields)
    guard let start = row.start else { throw .missing("startTime") }
    if groupTag == .none {
      groupTag = sink.intern("model_group")
      endUserTag = sink.intern("end_user")
      dollars = sink.intern("USD")
    }
    var record = UsageRecord()
    record.start = start
    if let end = row.end, end >= start {
      record.duration = end.microseconds - start.microseconds
      // An answer that was not streamed carries its end here.
      if let first = row.firstToken, first >= start, first < end {
        record.timeToFirstToken = first.microseconds - start.microseconds
      }
    }
    record.provider = row.provider
    if let model = row.model ?? row.group { record.model = sink.name(json, model, .model) }
    record.status = row.isFailed ? .failed : .succeeded
    record.tier = row.isBatch ? .batch : .unknown
    row.fill(&record)
    if !row.isFailed, let cost = row.cost, let money = Money(cost) {
      record.reportedCost = money
      record.currency = dollars
    }
    sink.label(.key, row.keyAlias != .none ? row.keyAlias : row.key)
    sink.label(.team, row.team != .none ? row.team : row.teamFallback)
    sink.label(.user, row.user != .none ? row.user : row.userFallback)
    sink.label(.project, row.project != .none ? row.project : row.projectFallback)
    sink.label(.application, row.application)
    sink.tag(endUserTag, row.endUser != .none ? row.endUser : row.endUserFallback)
    if let group = row.group { sink.tag(groupTag, sink.name(json, group, .label)) }
    record.labels = sink.finishLabels()
    record.identity = bytes.hash(
      row.id?.range ?? 0..<bytes.count, seed: IdentityKind.response)
    sink.emit(record)
  }

  /// What one row or payload says.
  private struct Row {
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

    /// In the order of `reliedFields`.
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
      record.tokens.cacheWrite5m = min(write5m, written)
      record.tokens.cacheWrite1h = min(write1h, written - record.tokens.cacheWrite5m)
      record.tokens.cacheWriteOther =
        written - record.tokens.cacheWrite5m - record.tokens.cacheWrite1h
      record.tokens.output = output
      record.tokens.reasoning = min(usage.reasoning ?? 0, output)
      record.tokens.audioInput = usage.audioInput ?? 0
      record.tokens.audioOutput = usage.audioOutput ?? 0
      record.tokens.imageInput = usage.imageInput ?? 0
      record.splitKnown = prompt == 0 || hasDetails
      guard let total = total ?? usage.total else { return }
      record.reportedTotal = total
      let listed = prompt.addingSaturating(output)
      record.check =
        total == listed || total == record.tokens.total
        ? .exact : total > listed ? .totalLarger : .inclusiveMismatch
    }
  }
}
