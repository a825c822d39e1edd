import Usage

/// AWS Bedrock model invocation logs: as S3 delivers them, or wrapped by CloudWatch Logs.
///
/// Top-level counts are disjoint: `inputTokenCount` leaves cache reads and writes out (seen in real
/// logs: 2 beside 95,500 cache reads). The body is opened only for what the top level lacks: the
/// lifetime split of cache writes, the total to check against, the latency.
struct BedrockInvocationLog: LogFormat {
  static let facts = FormatFacts(
    name: "bedrock",
    title: "AWS Bedrock model invocation log",
    origin:
      "S3 prefix AWSLogs/ACCOUNT/BedrockModelInvocationLogs/REGION/YYYY/MM/DD/HH, or a CloudWatch "
      + "Logs export or subscription of it",
    identity: "requestId; without one, the whole line; equal ones of a file each count",
    cannotTell:
      "the service tier; the model behind an application inference profile (give --model-map); the "
      + "lifetime of cache writes when bodies are not logged",
    example: #"""
      {"schemaType":"ModelInvocationLog","timestamp":"2026-09-02T10:15:04Z","accountId":"111122223333","region":"us-east-1","requestId":"7d1f0a52-6a0e-4a58-9c1d-0b7f4c0f9a11","operation":"Converse","modelId":"anthropic.claude-3-haiku-20240307-v1:0","input":{"inputTokenCount":12},"output":{"outputTokenCount":240}}
      """#,
    layout: .json,
    signature: ["schemaType", "timestamp", "requestId", "modelId", "input"])

  static func confidence(in sample: Sample) -> Int {
    sample.contains("ModelInvocationLog") && !sample.documents.isEmpty ? 95 : 0
  }

  init(settings: ReadSettings) {}

  /// All that it remembers holds for the next file.
  mutating func beginFile(_ settings: ReadSettings) {}

  private var provider = NameID.none
  /// By account, ARN and region, which stand side by side.
  private var origins = RunMemo(unset: Origin())
  /// By model number: provisioned throughput shows in the model's ARN alone.
  private var tiers: [ServiceTier?] = []

  mutating func read(
    _ record: Span<UInt8>, into sink: inout RecordSink
  ) throws(LineProblem) {
    var start = 0
    if record[0] != UInt8(ascii: "{") {
      // A CloudWatch export puts a time stamp before each object.
      start = record.firstIndex(of: UInt8(ascii: "{"), from: 0, to: record.count)
      guard start < record.count else { throw .notJSON }
    }
    try readObject(record, at: start, into: &sink)
  }

  /// The values read from every record, by their paths.
  private enum Path: Int, CaseIterable {
    case timestamp, requestId, modelId, region, inferenceRegion, accountId, arn, metadata, errorCode
    case input, cacheRead, cacheWrite, output, body, logEvents, events, messageType, queried

    var name: String {
      switch self {
      case .arn: "identity.arn"
      case .metadata: "requestMetadata"
      case .input: "input.inputTokenCount"
      case .cacheRead: "input.cacheReadInputTokenCount"
      case .cacheWrite: "input.cacheWriteInputTokenCount"
      case .output: "output.outputTokenCount"
      case .body: "output.outputBodyJson"
      case .queried: "@message"
      default: "\(self)"
      }
    }
  }

  private var stamps = TimestampReader()
  private var extractor = FieldExtractor(paths: Path.allCases.map(\.name))

  static let reliedFields = Path.allCases.map(\.name)

  /// Those that wrap records or tell of failures come and go as they like.
  private static var relied: UInt64 {
    (1 << Path.errorCode.rawValue | 1 << Path.inferenceRegion.rawValue
      | 1 << Path.logEvents.rawValue | 1 << Path.events.rawValue
      | 1 << Path.messageType.rawValue | 1 << Path.queried.rawValue) ^ UInt64.max
  }

  private subscript(path: Path) -> JSONField { extractor[path.rawValue] }

  private mutating func readObject(
    _ bytes: Span<UInt8>, at start: Int, into sink: inout RecordSink
  ) throws(LineProblem) {
    if provider == .none { provider = sink.intern("bedrock") }
    try extractor.extract(bytes, from: start)
    if self[.messageType].kind != .absent || self[.logEvents].kind != .absent
      || self[.events].kind != .absent || self[.queried].kind != .absent
    {
      return try readEnvelope(bytes, into: &sink)
    }
    sink.noteFields(
      PresentFields(bits: extractor.presence.bits & BedrockInvocationLog.relied))
    guard let time = self[.timestamp].text else { throw .missing("timestamp") }
    guard self[.modelId].isText else { throw .missing("modelId") }
    let moment = try stamps.iso(bytes, time.range, zone: .utc)
    let model = sink.name(bytes, self[.modelId], .model)
    let tier = tier(of: model, sink)
    let identity =
      self[.requestId].isText
      ? bytes.hash(ofText: self[.requestId].range, seed: IdentityKind.bedrock)
      : sink.identity(ofLine: bytes, start..<bytes.count, seed: IdentityKind.bedrock)
    let origin = try origin(bytes, into: &sink)
    let input = try JSONCursor.count(bytes, self[.input], "inputTokenCount")
    let output = try JSONCursor.count(bytes, self[.output], "outputTokenCount")
    let cacheRead = try JSONCursor.count(bytes, self[.cacheRead], "cacheReadInputTokenCount")
    let written = try JSONCursor.count(bytes, self[.cacheWrite], "cacheWriteInputTokenCount")
    var record = PlainRecord(identity: identity, start: moment)
    record.kind.provider = provider
    record.kind.model = model
    record.kind.tier = tier
    if self[.errorCode].isText, !self[.errorCode].range.isEmpty { record.kind.status = .failed }
    record.kind.region = origin.region
    record.kind.labels = origin.labels
    guard self[.body].kind == .nested else {
      record.uncachedInput = input ?? 0
      record.output = output ?? 0
      record.cacheRead = cacheRead ?? 0
      record.cacheWriteOther = written ?? 0
      return sink.emit(record)
    }
    let body = try readBody(bytes)
    record.uncachedInput = input ?? body.input ?? 0
    record.output = output ?? body.output ?? 0
    record.cacheRead = cacheRead ?? body.cacheRead ?? 0
    record.cacheWriteOther = written ?? body.cacheWrite ?? 0
    var whole = UsageRecord(record)
    body.complete(&whole)
    sink.emit(whole)
  }

  /// Where a request came from.
  private struct Origin {
    var region = NameID.none
    var labels = LabelSetID.none
  }

  @inline(__always)
  private mutating func origin(
    _ bytes: Span<UInt8>, into sink: inout RecordSink
  ) throws(LineProblem) -> Origin {
    let ran = self[.inferenceRegion].isText ? self[.inferenceRegion] : self[.region]
    guard self[.metadata].kind != .nested,
      let run = RunMemo<Origin>.run(bytes, self[.accountId], self[.arn], ran)
    else { return try newOrigin(bytes, ran, into: &sink) }
    if let known = origins.value(of: bytes, run) { return known }
    let origin = try newOrigin(bytes, ran, into: &sink)
    origins.remember(bytes, run, as: origin)
    return origin
  }

  private func newOrigin(
    _ bytes: Span<UInt8>, _ ran: JSONField, into sink: inout RecordSink
  ) throws(LineProblem) -> Origin {
    let region = sink.name(bytes, ran, .region)
    sink.label(.project, sink.name(bytes, self[.accountId], .project))
    sink.label(.user, sink.name(bytes, self[.arn], .user))
    if self[.metadata].kind == .nested { try readMetadata(bytes, into: &sink) }
    return Origin(region: region, labels: sink.finishLabels())
  }

  private func readMetadata(
    _ bytes: Span<UInt8>, into sink: inout RecordSink
  ) throws(LineProblem) {
    var json = JSONCursor(bytes, at: self[.metadata].start)
    guard try json.enterObject() else { return }
    while let name = try json.nextKey() {
      let tag = sink.name(json, name, .tagName)
      sink.tag(tag, try sink.name(&json, .label))
    }
  }

  private func readBody(_ bytes: Span<UInt8>) throws(LineProblem) -> Body {
    var body = Body()
    var json = JSONCursor(bytes, at: self[.body].start)
    try body.read(&json, depth: 0)
    return body
  }

  @inline(__always)
  private mutating func tier(of model: NameID, _ sink: borrowing RecordSink) -> ServiceTier {
    let index = Int(model.number)
    if index < tiers.count, let tier = tiers[index] { return tier }
    while tiers.count <= index { tiers.append(nil) }
    let tier: ServiceTier =
      sink.text(model).contains(":provisioned-model/") ? .provisioned : .unknown
    tiers[index] = tier
    return tier
  }

  /// What CloudWatch puts around records: subscriptions and `filter-log-events` pages hold several,
  /// a row of a Logs Insights query one.
  private mutating func readEnvelope(
    _ bytes: Span<UInt8>, into sink: inout RecordSink
  ) throws(LineProblem) {
    let kind = self[.messageType]
    if kind.isText, bytes.equals(kind.range, "CONTROL_MESSAGE") {
      return sink.passOver("control messages of CloudWatch")
    }
    let events = self[.logEvents].kind == .absent ? self[.events] : self[.logEvents]
    if events.kind == .nested { return try readEvents(bytes, events.start, into: &sink) }
    let message = self[.queried]
    if message.kind == .nested {
      try readObject(bytes.extracting(message.range), at: 0, into: &sink)
    } else if let text = message.text {
      let inner = JSONCursor(bytes).unescapedBytes(text)
      try readObject(inner.span, at: 0, into: &sink)
    }
  }

  /// The records inside a CloudWatch envelope, each a JSON text in a JSON string.
  private mutating func readEvents(
    _ bytes: Span<UInt8>, _ start: Int, into sink: inout RecordSink
  ) throws(LineProblem) {
    var json = JSONCursor(bytes, at: start)
    guard try json.enterArray() else { return }
    while try json.nextElement() {
      guard try json.enterObject() else { continue }
      while let key = try json.nextKey() {
        guard json.matches(key, "message") else {
          try json.skipValue()
          continue
        }
        guard let text = try json.text() else { continue }
        let inner = json.unescapedBytes(text)
        do {
          try readObject(inner.span, at: 0, into: &sink)
        } catch {
          sink.skip(error)
        }
      }
    }
  }

  /// What a model's own answer says: Converse, Anthropic, Nova, Llama and Titan shapes, one object or
  /// the list of a stream's events.
  private struct Body {
    var input: Int64?
    var output: Int64?
    var cacheRead: Int64?
    var cacheWrite: Int64?
    var write5m: Int64?
    var write1h: Int64?
    var total: Int64?
    /// Microseconds.
    var latency: Int64?
    var firstByte: Int64?

    mutating func read(_ json: inout JSONCursor, depth: Int) throws(LineProblem) {
      if try json.peek() == UInt8(ascii: "[") {
        guard depth == 0, try json.enterArray() else { return try json.skipValue() }
        while try json.nextElement() { try read(&json, depth: 1) }
        return
      }
      guard try json.enterObject() else { return }
      while let key = try json.nextKey() {
        if json.matches(key, "usage") || json.matches(key, "amazon-bedrock-invocationMetrics") {
          try readUsage(&json)
        } else if json.matches(key, "metrics") {
          try readUsage(&json)
        } else if json.matches(key, "message"), depth < 2 {
          try read(&json, depth: 2)
        } else if json.matches(key, "prompt_token_count")
          || json.matches(key, "inputTextTokenCount")
        {
          input = try json.count("prompt_token_count") ?? input
        } else if json.matches(key, "generation_token_count") {
          output = try json.count("generation_token_count") ?? output
        } else {
          try json.skipValue()
        }
      }
    }

    /// Adds what only the body tells to a record that has its counts.
    func complete(_ record: inout UsageRecord) {
      record.tokens.setCacheWrites(
        record.tokens.cacheWriteOther, fiveMinutes: write5m, oneHour: write1h)
      record.duration = latency
      record.timeToFirstToken = firstByte
      guard let total else { return }
      record.reportedTotal = total
      record.check =
        total == record.tokens.total
        ? .exact : total > record.tokens.total ? .totalLarger : .inclusiveMismatch
    }

    /// A stream's later events repeat or complete the earlier ones: the last value of a field stays.
    private mutating func readUsage(_ json: inout JSONCursor) throws(LineProblem) {
      guard try json.enterObject() else { return }
      while let key = try json.nextKey() {
        if json.matches(key, "inputTokens") || json.matches(key, "input_tokens")
          || json.matches(key, "inputTokenCount")
        {
          input = try json.count("input_tokens") ?? input
        } else if json.matches(key, "outputTokens") || json.matches(key, "output_tokens")
          || json.matches(key, "outputTokenCount")
        {
          output = try json.count("output_tokens") ?? output
        } else if json.matches(key, "totalTokens") {
          total = try json.count("totalTokens") ?? total
        } else if json.matches(key, "cacheReadInputTokens")
          || json.matches(key, "cacheReadInputTokenCount")
          || json.matches(key, "cache_read_input_tokens")
        {
          cacheRead = try json.count("cacheReadInputTokens") ?? cacheRead
        } else if json.matches(key, "cacheWriteInputTokens")
          || json.matches(key, "cacheWriteInputTokenCount")
          || json.matches(key, "cache_creation_input_tokens")
        {
          cacheWrite = try json.count("cacheWriteInputTokens") ?? cacheWrite
        } else if json.matches(key, "cache_creation") {
          guard try json.enterObject() else { continue }
          while let inner = try json.nextKey() {
            if json.matches(inner, "ephemeral_5m_input_tokens") {
              write5m = try json.count("ephemeral_5m_input_tokens") ?? write5m
            } else if json.matches(inner, "ephemeral_1h_input_tokens") {
              write1h = try json.count("ephemeral_1h_input_tokens") ?? write1h
            } else {
              try json.skipValue()
            }
          }
        } else if json.matches(key, "cacheDetails") {
          try readCacheDetails(&json)
        } else if json.matches(key, "latencyMs") || json.matches(key, "invocationLatency") {
          latency = try json.count("latencyMs").map { $0.multipliedSaturating(by: 1000) } ?? latency
        } else if json.matches(key, "firstByteLatency") {
          firstByte =
            try json.count("firstByteLatency").map { $0.multipliedSaturating(by: 1000) }
            ?? firstByte
        } else {
          try json.skipValue()
        }
      }
    }

    private mutating func readCacheDetails(_ json: inout JSONCursor) throws(LineProblem) {
      guard try json.enterArray() else { return }
      while try json.nextElement() {
        guard try json.enterObject() else { continue }
        var isHour = false
        var isFiveMinutes = false
        var tokens: Int64 = 0
        while let key = try json.nextKey() {
          if json.matches(key, "ttl") {
            guard let text = try json.text() else { continue }
            isHour = json.matches(text, "1h")
            isFiveMinutes = json.matches(text, "5m")
          } else if json.matches(key, "inputTokens") {
            tokens = try json.count("inputTokens") ?? 0
          } else {
            try json.skipValue()
          }
        }
        if isHour { write1h = (write1h ?? 0) &+ tokens }
        if isFiveMinutes { write5m = (write5m ?? 0) &+ tokens }
      }
    }
  }
}
