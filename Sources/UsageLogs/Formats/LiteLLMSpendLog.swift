import Usage

/// LiteLLM's spend logs (the proxy's table) and its standard logging payload (what it sends to
/// buckets and callbacks).
struct LiteLLMSpendLog: LogFormat {
  static let facts = FormatFacts(
    name: "litellm",
    title: "LiteLLM spend log or standard logging payload",
    origin:
      "the LiteLLM_SpendLogs table as JSON, the /spend/logs page, or objects from LiteLLM's S3, GCS "
      + "and generic callbacks",
    identity: "request_id or id, which is the provider's answer id where there is one",
    cannotTell: "the cache split of rows written before LiteLLM kept the usage object",
    example: #"""
      {"request_id":"chatcmpl-22","call_type":"acompletion","spend":0.000225,"total_tokens":1530,"prompt_tokens":1500,"completion_tokens":30,"startTime":"2026-01-24 09:20:46.847371","endTime":"2026-01-24 09:20:48.851954","model":"claude-sonnet-4-5","custom_llm_provider":"anthropic","user":"u1","metadata":"{}","status":"success"}
      """#,
    layout: .json,
    signature: [
      "call_type", "startTime", "prompt_tokens", "completion_tokens", "model", "metadata",
    ])

  static func confidence(in sample: Sample) -> Int {
    sample.documents.contains { document in
      document.has("call_type") && document.has("startTime")
        && (document.has("spend") || document.has("response_cost"))
    } ? 97 : 0
  }

  init(settings: ReadSettings) {}

  private enum Path: Int, CaseIterable {
    case requestID, id, callType, startTime, endTime, completionStart, spend, responseCost
    case totalTokens, promptTokens, completionTokens, model, modelGroup, provider, user, apiKey
    case team, organization, endUser, tags, metadata, cacheHit, status, responseUsage

    var name: String {
      switch self {
      case .requestID: "request_id"
      case .id: "id"
      case .callType: "call_type"
      case .startTime: "startTime"
      case .endTime: "endTime"
      case .completionStart: "completionStartTime"
      case .spend: "spend"
      case .responseCost: "response_cost"
      case .totalTokens: "total_tokens"
      case .promptTokens: "prompt_tokens"
      case .completionTokens: "completion_tokens"
      case .model: "model"
      case .modelGroup: "model_group"
      case .provider: "custom_llm_provider"
      case .user: "user"
      case .apiKey: "api_key"
      case .team: "team_id"
      case .organization: "organization_id"
      case .endUser: "end_user"
      case .tags: "request_tags"
      case .metadata: "metadata"
      case .cacheHit: "cache_hit"
      case .status: "status"
      case .responseUsage: "response.usage"
      }
    }
  }

  private var extractor = FieldExtractor(paths: Path.allCases.map(\.name))
  private var stamps = TimestampReader()

  private subscript(path: Path) -> JSONField { extractor.fields[path.rawValue] }

  mutating func read(
    _ bytes: Span<UInt8>, into sink: inout RecordSink
  ) throws(LineProblem) {
    try extractor.extract(bytes, from: 0)
    if isWord(bytes, self[.cacheHit], "True") || isWord(bytes, self[.cacheHit], "true") {
      sink.passOver("answers from LiteLLM's own cache, which made no call,")
      return
    }
    guard let start = try time(bytes, self[.startTime]) else { throw .missing("startTime") }
    let details = try readMetadata(bytes, &sink)
    var record = UsageRecord()
    record.start = start
    if let end = try time(bytes, self[.endTime]), end >= start {
      record.duration = end.microseconds - start.microseconds
    }
    if let first = try time(bytes, self[.completionStart]), first >= start {
      record.timeToFirstToken = first.microseconds - start.microseconds
    }
    record.provider = sink.name(bytes, self[.provider], .provider)
    record.model = sink.name(bytes, self[.model], .model)
    let group = sink.name(bytes, self[.modelGroup], .model)
    if record.model == .none { record.model = group }
    if isWord(bytes, self[.status], "failure") { record.status = .failed }
    if details.isBatch || isWord(bytes, self[.callType], "aretrieve_batch") {
      record.tier = .batch
    }
    try fillTokens(of: &record, bytes, details)
    try fillCost(of: &record, bytes, &sink)
    let id = self[.requestID].isText ? self[.requestID] : self[.id]
    record.identity =
      id.isText && !id.range.isEmpty
      ? bytes.hash(id.range, seed: IdentityKind.response)
      : bytes.hash(0..<bytes.count, seed: IdentityKind.response)
    try addLabels(bytes, details, group, &sink)
    record.labels = sink.finishLabels()
    sink.emit(record)
  }

  /// `prompt_tokens` includes cached tokens in present versions; in older ones, and for some
  /// pass-through calls, it does not: then the cache counts do not fit into it.
  private func fillTokens(
    of record: inout UsageRecord, _ bytes: Span<UInt8>, _ details: Details
  ) throws(LineProblem) {
    var usage = details.usage
    if usage.isEmpty, self[.responseUsage].kind == .nested {
      var json = JSONCursor(bytes, at: self[.responseUsage].start)
      usage = try OpenAIUsage(&json)
    }
    record.splitKnown = !usage.isEmpty || usage.cached != nil || record.status == .failed
    let prompt = try JSONCursor.count(bytes, self[.promptTokens], "prompt_tokens")
    usage.completion =
      try JSONCursor.count(bytes, self[.completionTokens], "completion_tokens") ?? usage.completion
    let total = try JSONCursor.count(bytes, self[.totalTokens], "total_tokens")
    let written = usage.cacheWrite ?? (usage.write5m ?? 0).addingSaturating(usage.write1h ?? 0)
    let cached = (usage.cached ?? 0).addingSaturating(written)
    let listed = prompt ?? usage.prompt ?? 0
    let isExclusive = cached > listed
    usage.prompt = isExclusive ? listed.addingSaturating(cached) : listed
    usage.total = nil
    usage.fill(&record, hidden: .none)
    guard let total else { return }
    record.reportedTotal = total
    let parts = listed.addingSaturating(usage.completion ?? 0)
    record.check =
      total == parts || total == record.tokens.total
      ? .exact : total > parts ? .totalLarger : .inclusiveMismatch
  }

  private func fillCost(
    of record: inout UsageRecord, _ bytes: Span<UInt8>, _ sink: inout RecordSink
  ) throws(LineProblem) {
    let field = self[.spend].kind == .absent ? self[.responseCost] : self[.spend]
    guard field.kind == .scalar || field.kind == .text, record.status != .failed else { return }
    guard !field.range.isEmpty, !bytes.equals(field.range, "null") else { return }
    guard let cost = JSONCursor.decimal(bytes, field.range) else { throw .notANumber("spend") }
    record.reportedCost = Money(cost)
    record.currency = sink.intern("USD")
  }

  private func addLabels(
    _ bytes: Span<UInt8>, _ details: Details, _ group: NameID, _ sink: inout RecordSink
  ) throws(LineProblem) {
    let user = sink.name(bytes, self[.user], .user)
    sink.label(.user, user == .none ? details.user : user)
    let key = details.keyAlias
    sink.label(.key, key == .none ? sink.name(bytes, self[.apiKey], .key) : key)
    let team = sink.name(bytes, self[.team], .project)
    sink.label(.team, details.teamAlias == .none ? team : details.teamAlias)
    sink.label(.project, sink.name(bytes, self[.organization], .project))
    sink.tag(sink.intern("model_group"), group)
    sink.tag(sink.intern("end_user"), sink.name(bytes, self[.endUser], .label))
    // A list, or the text of a list in older exports.
    if self[.tags].kind == .nested {
      var json = JSONCursor(bytes, at: self[.tags].start)
      try addTags(&json, &sink)
    } else if let text = self[.tags].text, !text.isEmpty {
      let inner = JSONCursor(bytes).unescapedBytes(text)
      var json = JSONCursor(inner.span)
      // Text that is no list is one tag.
      if (try? json.peek()) == UInt8(ascii: "[") {
        try addTags(&json, &sink)
      } else {
        sink.tag(.none, sink.name(bytes, self[.tags], .label))
      }
    }
  }

  private func addTags(
    _ json: inout JSONCursor, _ sink: inout RecordSink
  ) throws(LineProblem) {
    guard try json.enterArray() else { return }
    while try json.nextElement() { sink.tag(.none, try sink.name(&json, .label)) }
  }

  // MARK: Metadata

  /// What is wanted of `metadata`.
  private struct Details {
    var usage = OpenAIUsage()
    var keyAlias = NameID.none
    var teamAlias = NameID.none
    var user = NameID.none
    var isBatch = false

    mutating func read(
      _ json: inout JSONCursor, _ sink: inout RecordSink
    ) throws(LineProblem) {
      guard try json.enterObject() else { return }
      while let key = try json.nextKey() {
        if json.matches(key, "usage_object") {
          let found = try OpenAIUsage(&json)
          if !found.isEmpty { usage = found }
        } else if json.matches(key, "additional_usage_values") {
          let found = try OpenAIUsage(&json)
          if usage.isEmpty {
            usage.cached = found.cached
            usage.cacheWrite = found.cacheWrite
          }
        } else if json.matches(key, "user_api_key_alias") {
          keyAlias = try sink.name(&json, .key)
        } else if json.matches(key, "user_api_key_team_alias") {
          teamAlias = try sink.name(&json, .project)
        } else if json.matches(key, "user_api_key_user_id") {
          user = try sink.name(&json, .user)
        } else if json.matches(key, "batch_models") {
          isBatch = try json.peek() == UInt8(ascii: "[")
          try json.skipValue()
        } else {
          try json.skipValue()
        }
      }
    }
  }

  /// The metadata object, or the text of it: some sinks write JSON inside JSON.
  private func readMetadata(
    _ bytes: Span<UInt8>, _ sink: inout RecordSink
  ) throws(LineProblem) -> Details {
    var details = Details()
    if self[.metadata].kind == .nested {
      var json = JSONCursor(bytes, at: self[.metadata].start)
      try details.read(&json, &sink)
    } else if let text = self[.metadata].text, !text.isEmpty {
      let inner = JSONCursor(bytes).unescapedBytes(text)
      var json = JSONCursor(inner.span)
      try details.read(&json, &sink)
    }
    return details
  }

  // MARK: Values

  /// Text without a zone is UTC; a number is seconds since 1970.
  private mutating func time(
    _ bytes: Span<UInt8>, _ field: JSONField
  ) throws(LineProblem) -> Instant? {
    switch field.kind {
    case .text:
      if field.range.isEmpty { return nil }
      return try stamps.iso(bytes, field.range, zone: .utc)
    case .scalar:
      guard !bytes.equals(field.range, "null") else { return nil }
      guard let microseconds = JSONCursor.decimal(bytes, field.range).flatMap(microseconds) else {
        throw .badTime
      }
      return Instant(microseconds: microseconds)
    default: return nil
    }
  }

  private func isWord(_ bytes: Span<UInt8>, _ field: JSONField, _ word: StaticString) -> Bool {
    (field.kind == .text || field.kind == .scalar) && bytes.equals(field.range, word)
  }
}
