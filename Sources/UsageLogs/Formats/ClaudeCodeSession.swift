import Usage

/// Claude Code session files, main sessions and subagents.
///
/// One answer of the API stands on several lines, one a content block, each repeating the usage; the
/// early ones carry a provisional output count. Resumed and forked sessions copy history into new
/// files, and subagents replay their parent's answers under new request ids.
struct ClaudeCodeSession: LogFormat {
  static let facts = FormatFacts(
    name: "claude-code",
    title: "Claude Code session",
    origin: "~/.claude/projects/FOLDER/SESSION.jsonl and the subagents/ folders beside it",
    identity:
      "message.id with requestId; message.id alone where requestId is missing; a subagent's replay "
      + "gives way to the original; of several copies the one with the largest output stays",
    cannotTell: "who the user was; usage that was pruned from the folder (about 30 days are kept)",
    example: #"""
      {"type":"assistant","isSidechain":false,"cwd":"/p/app","sessionId":"5f0e","timestamp":"2026-03-02T10:00:04.870Z","requestId":"req_01A","message":{"id":"msg_01A","model":"claude-sonnet-4-6","usage":{"input_tokens":4,"cache_creation_input_tokens":1200,"cache_read_input_tokens":30000,"output_tokens":412}}}
      """#,
    layout: .json,
    signature: ["type", "sessionId", "uuid", "parentUuid", "message", "timestamp"])

  static func confidence(in sample: Sample) -> Int {
    if sample.hasDocument(with: "message.usage", "sessionId", "timestamp") { return 97 }
    if sample.hasDocument(with: "message.usage", "requestId", "timestamp") { return 95 }
    // Tools that borrowed the line's frame write other messages into it.
    if sample.hasDocument(with: "sessionId", "parentUuid", "uuid", "message.content") { return 90 }
    // Minimal files of older versions: the usage of an assistant message and a time.
    return sample.documents.contains {
      $0.has("message.usage") && $0.has("timestamp") && !$0.has("object")
    } ? 85 : 0
  }

  init(settings: ReadSettings) {}

  private enum Path: Int, CaseIterable {
    case timestamp, requestId, sessionId, cwd, gitBranch, isSidechain, isApiErrorMessage, costUSD
    case messageID, model, usage

    var name: String {
      switch self {
      case .messageID: "message.id"
      case .model: "message.model"
      case .usage: "message.usage"
      default: "\(self)"
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
    guard self[.usage].kind == .nested else { return }
    let model = sink.name(bytes, self[.model], .model)
    if sink.text(model) == "<synthetic>" {
      sink.passOver("messages that Claude Code wrote itself")
      return
    }
    guard let time = self[.timestamp].text else { throw .missing("timestamp") }
    guard let id = self[.messageID].text, !id.isEmpty else { throw .missing("message.id") }
    var json = JSONCursor(bytes, at: self[.usage].start)
    let usage = try AnthropicUsage(&json)
    var record = UsageRecord()
    record.start = try stamps.iso(bytes, time.range, zone: .utc)
    record.model = model
    record.provider = sink.intern(provider(bytes, id.range))
    record.region = usage.region.map { sink.intern($0) } ?? .none
    record.tier = usage.tier
    usage.fill(&record)
    let isError = isTrue(bytes, self[.isApiErrorMessage])
    if isError, record.tokens.total == 0 { record.status = .failed }
    if self[.costUSD].kind == .scalar,
      let cost = JSONCursor.decimal(bytes, self[.costUSD].range).flatMap(Money.init)
    {
      record.reportedCost = cost
      record.currency = sink.intern("USD")
    }
    record.looseIdentity = bytes.hash(id.range, seed: IdentityKind.claudeMessage)
    let isReplay = isTrue(bytes, self[.isSidechain])
    if let request = self[.requestId].text, !request.isEmpty, !isReplay {
      record.identity = ByteHash.combine(
        record.looseIdentity, bytes.hash(request.range, seed: IdentityKind.claudeMessage))
    } else {
      record.identity = record.looseIdentity
    }
    if isReplay { record.precedence = .replay }
    record.labels = labels(bytes, &sink)
    sink.emit(record)
    for (index, iteration) in usage.otherIterations.enumerated() {
      emit(iteration, number: Int64(index + 1), beside: record, &sink)
    }
  }

  /// Compaction and advisor calls are billed beside the message and are not in its counts.
  private func emit(
    _ iteration: AnthropicUsage.Iteration, number: Int64, beside record: UsageRecord,
    _ sink: inout RecordSink
  ) {
    var extra = record
    extra.tokens = TokenCounts()
    extra.check = .noTotal
    iteration.usage.fill(&extra)
    extra.reportedCost = nil
    extra.identity = ByteHash.combine(record.identity, number)
    extra.looseIdentity = ByteHash.combine(record.looseIdentity, number)
    if record.identity == record.looseIdentity { extra.identity = extra.looseIdentity }
    if let model = iteration.model { extra.model = sink.intern(model, .model) }
    sink.emit(extra)
  }

  private func labels(_ bytes: Span<UInt8>, _ sink: inout RecordSink) -> LabelSetID {
    sink.label(.application, "claude-code")
    sink.label(.project, sink.name(bytes, self[.cwd], .project))
    sink.label(.session, sink.name(bytes, self[.sessionId], .label))
    sink.tag(sink.intern("branch"), sink.name(bytes, self[.gitBranch], .label))
    return sink.finishLabels()
  }

  private func isTrue(_ bytes: Span<UInt8>, _ field: JSONField) -> Bool {
    field.kind == .scalar && bytes.equals(field.range, "true")
  }

  /// Where the answer came from, by the form of its id.
  private func provider(_ bytes: Span<UInt8>, _ id: Range<Int>) -> String {
    let text = bytes.extracting(id)
    if text.hasPrefix("msg_bdrk_") { return "bedrock" }
    if text.hasPrefix("msg_vrtx_") { return "google" }
    return text.hasPrefix("msg_") ? "anthropic" : ""
  }
}
