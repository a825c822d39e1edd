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
      "request_id (id in payloads), mostly the provider's own answer id; else the whole row, of which equal "
      + "ones of a file each count",
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

  static let highestConfidence = 98

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
    var row = LiteLLMRow()
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
    _ row: inout LiteLLMRow, _ bytes: Span<UInt8>
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
    _ row: LiteLLMRow, of bytes: Span<UInt8>, _ json: borrowing JSONCursor,
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
    record.kind.provider = row.provider
    if let model = row.model ?? row.group { record.kind.model = sink.name(json, model, .model) }
    record.kind.status = row.isFailed ? .failed : .succeeded
    record.kind.tier = row.isBatch ? .batch : .unknown
    row.fill(&record)
    if !row.isFailed, let cost = row.cost, let money = Money(cost) {
      record.reportedCost = money
      record.kind.currency = dollars
    }
    sink.label(.key, row.keyAlias != .none ? row.keyAlias : row.key)
    sink.label(.team, row.team != .none ? row.team : row.teamFallback)
    sink.label(.user, row.user != .none ? row.user : row.userFallback)
    sink.label(.project, row.project != .none ? row.project : row.projectFallback)
    sink.label(.application, row.application)
    sink.tag(endUserTag, row.endUser != .none ? row.endUser : row.endUserFallback)
    if let group = row.group { sink.tag(groupTag, sink.name(json, group, .label)) }
    record.kind.labels = sink.finishLabels()
    record.identity =
      row.id.map { bytes.hash(ofText: $0.range, seed: IdentityKind.response) }
      ?? sink.identity(ofLine: bytes, 0..<bytes.count, seed: IdentityKind.response)
    sink.emit(record)
  }
}
