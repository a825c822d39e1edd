import Usage

/// Claude Code's session files: one line an event, an answer repeated on a line for each of its blocks.
///
/// The repeats carry growing counts; resumed, forked and compacted sessions copy lines into new files;
/// subagent files replay a parent's answers under new request ids. Identity sorts all of them out.
struct ClaudeCodeSession: LogFormat {
  static let facts = FormatFacts(
    name: "claude-code",
    title: "Claude Code session files",
    origin: "~/.claude/projects/FOLDER/SESSION.jsonl and the subagents folders beside it",
    identity:
      "message.id with requestId, over all files; message.id alone where requestId is missing and "
      + "for sidechain lines, which give way to an original; the copy with the largest output stays",
    cannotTell:
      "when a request began (the time is that of the written answer); its duration; the user; which "
      + "of several passes of one answer was the largest, so that context-length prices see their sum",
    example: #"""
      {"sessionId":"5f0e","type":"assistant","timestamp":"2026-03-02T10:00:04.870Z","requestId":"req_01A","message":{"id":"msg_01A","role":"assistant","model":"claude-sonnet-4-6","usage":{"input_tokens":4,"cache_creation_input_tokens":1200,"cache_read_input_tokens":30000,"output_tokens":412}}}
      """#,
    layout: .json,
    signature: ["type", "timestamp", "sessionId", "uuid", "message.content"])

  static let highestConfidence = 97

  static func confidence(in sample: Sample) -> Int {
    var best = 0
    for document in sample.documents {
      let type = document.values["type"] ?? ""
      let isSession =
        document.has("sessionId") && (document.has("uuid") || document.has("leafUuid"))
      let hasUsage =
        document.has("message.usage.input_tokens") || document.has("message.usage.output_tokens")
      if hasUsage, type == "assistant" || document.has("sessionId") || document.has("requestId") {
        return 97
      }
      if document.has("isSidechain"), isSession { return 97 }
      if type == "summary", document.has("leafUuid") { best = max(best, 95) }
      if type == "file-history-snapshot", document.has("snapshot") { best = max(best, 95) }
      if type == "queue-operation", document.has("sessionId") { best = max(best, 95) }
      // Too little to outbid another format, enough to say what the file looks like. Qwen Code's
      // messages have `parts`.
      if type == "user" || type == "assistant", document.has("uuid"), document.has("timestamp"),
        document.has("message.content")
      {
        best = max(best, 50)
      }
    }
    return best
  }

  static let reliedFields = [
    "requestId", "message.id", "message.model", "message.usage.input_tokens",
    "message.usage.output_tokens", "message.usage.cache_read_input_tokens",
    "message.usage.cache_creation_input_tokens", "sessionId", "cwd",
  ]

  init(settings: ReadSettings) {}

  private var anthropic = NameID.none
  private var bedrock = NameID.none
  private var vertex = NameID.none
  private var application = NameID.none
  private var branchTag = NameID.none
  private var speedTag = NameID.none
  private var fast = NameID.none
  private var dollars = NameID.none
  private var withoutUsage = 0
  private var synthetic = 0
  private var declined = 0

  mutating func read(
    _ record: Span<UInt8>, into sink: inout RecordSink
  ) throws(LineProblem) {
    var json = JSONCursor(record)
    var line = Line()
    guard try json.enterObject() else { throw .notJSON }
    while let key = try json.nextKey() {
      if json.matches(key, "message") {
        try line.readMessage(&json, sink: &sink)
      } else if json.matches(key, "timestamp") {
        line.time = try json.text()
      } else if json.matches(key, "requestId") {
        line.requestID = try json.text()
      } else if json.matches(key, "uuid") {
        line.uuid = try json.text()
      } else if json.matches(key, "sessionId") {
        line.session = try json.text()
      } else if json.matches(key, "cwd") {
        line.folder = try json.text()
      } else if json.matches(key, "gitBranch") {
        line.branch = try json.text()
      } else if json.matches(key, "isSidechain") {
        line.isSidechain = try json.flag() ?? false
      } else if json.matches(key, "isApiErrorMessage") {
        line.isError = try json.flag() ?? false
      } else if json.matches(key, "costUSD") {
        line.cost = try json.decimal("costUSD")
      } else {
        try json.skipValue()
      }
    }
    try json.expectEnd()
    guard let usage = line.usage else {
      withoutUsage += 1
      return
    }
    if let model = line.model, json.matches(model, "<synthetic>") {
      synthetic += 1
      return
    }
    if application == .none { prepareNames(&sink) }
    try emit(line, usage, json, into: &sink)
  }

  mutating func finish(into sink: inout RecordSink) {
    sink.passOver("lines without usage (prompts, tool results, events)", count: withoutUsage)
    sink.passOver("messages that Claude Code wrote itself (model <synthetic>)", count: synthetic)
    if declined > 0 {
      sink.notes.append(
        "\(declined) answers hold a declined attempt beside a fallback; both are counted, the declined "
          + "one may not have been billed")
    }
  }

  private mutating func prepareNames(_ sink: inout RecordSink) {
    anthropic = sink.intern("anthropic")
    bedrock = sink.intern("bedrock")
    vertex = sink.intern("vertex_ai")
    application = sink.intern("claude-code")
    branchTag = sink.intern("branch")
    speedTag = sink.intern("speed")
    fast = sink.intern("fast")
    dollars = sink.intern("USD")
  }

  private mutating func emit(
    _ line: Line, _ usage: AnthropicUsage, _ json: borrowing JSONCursor,
    into sink: inout RecordSink
  ) throws(LineProblem) {
    sink.noteFields(line.fields(usage))
    guard let time = line.time else { throw .missing("timestamp") }
    var record = UsageRecord()
    record.start = try Timestamp.iso(json.bytes, time.range, zone: .utc)
    if let model = line.model { record.kind.model = sink.name(json, model, .model) }
    record.kind.provider = provider(of: line, json)
    record.tokens = usage.tokens
    record.reportedTotal = usage.total
    record.check = usage.check
    record.kind.tier = usage.tier
    record.kind.region = usage.geography
    if line.isError, record.tokens.total == 0 { record.kind.status = .failed }
    if let cost = line.cost, let money = Money(cost) {
      record.reportedCost = money
      record.kind.currency = dollars
    }
    record.precedence = line.isSidechain ? .replay : .largestOutput
    (record.identity, record.looseIdentity) = identities(of: line, json.bytes)

    var iterations = Iterations()
    if let start = usage.iterations {
      try iterations.add(json.bytes, at: start, sink: &sink)
      if iterations.hasFallback { declined += 1 }
    }
    // A gateway may have summed all entries already: what stands under an entry's own model goes.
    if iterations.others.total > 0, iterations.all.isSameUsage(as: record.tokens) {
      record.tokens = iterations.messages
    }
    record.kind.labels = labels(line, usage, step: .none, json, &sink)
    sink.emit(record)
    guard iterations.otherCount > 0, let start = usage.iterations else { return }
    try emitIterations(of: record, line, usage, json, at: start, into: &sink)
  }

  /// The calls that one answer made beside its own: compaction, an adviser, a fallback. Billed, and not
  /// in the answer's own counts (pydantic-ai issue 5065, LiteLLM issue 27060).
  private func emitIterations(
    of answer: UsageRecord, _ line: Line, _ usage: AnthropicUsage,
    _ json: borrowing JSONCursor, at start: Int, into sink: inout RecordSink
  ) throws(LineProblem) {
    var cursor = JSONCursor(json.bytes, at: start)
    var index: Int64 = 0
    guard try cursor.enterArray() else { return }
    while try cursor.nextElement() {
      index += 1
      let entry = try Iteration(&cursor, sink: &sink)
      if entry.isMessage { continue }
      var record = answer
      record.identity = ByteHash.combine(answer.identity, index)
      if answer.looseIdentity != .none {
        record.looseIdentity = ByteHash.combine(answer.looseIdentity, index)
      }
      if entry.model != .none { record.kind.model = entry.model }
      record.tokens = entry.usage.tokens
      record.check = entry.usage.check
      record.reportedTotal = nil
      record.reportedCost = nil
      record.kind.currency = .none
      record.kind.labels = labels(line, usage, step: entry.type, json, &sink)
      sink.emit(record)
    }
  }

  private func labels(
    _ line: Line, _ usage: AnthropicUsage, step: NameID, _ json: borrowing JSONCursor,
    _ sink: inout RecordSink
  ) -> LabelSetID {
    sink.label(.application, application)
    if let folder = line.folder, !folder.isEmpty {
      sink.label(.project, sink.name(json, folder, .project))
    }
    if let session = line.session, !session.isEmpty {
      sink.label(.session, sink.name(json, session, .session))
    }
    sink.label(.step, step)
    if let branch = line.branch, !branch.isEmpty {
      sink.tag(branchTag, sink.name(json, branch, .label))
    }
    if usage.isFast { sink.tag(speedTag, fast) }
    return sink.finishLabels()
  }

  /// Who ran the model, where the ids tell; `none` for gateways and imitators.
  private func provider(of line: Line, _ json: borrowing JSONCursor) -> NameID {
    if let id = line.id {
      if json.starts(id, with: "msg_bdrk_") { return bedrock }
      if json.starts(id, with: "msg_vrtx_") { return vertex }
      guard json.starts(id, with: "msg") else { return .none }
    }
    guard let model = line.model, json.starts(model, with: "claude") else { return .none }
    return anthropic
  }

  /// The full and the loose identity; both are the same where only the loose one is known.
  private func identities(of line: Line, _ bytes: Span<UInt8>) -> (Fingerprint, Fingerprint) {
    let request = line.requestID.flatMap { text in
      text.isEmpty ? nil : bytes.hash(ofText: text.range, seed: IdentityKind.response)
    }
    guard let id = line.id, !id.isEmpty else {
      if let request { return (request, .none) }
      let own =
        line.uuid.map { bytes.hash(ofText: $0.range, seed: IdentityKind.response) }
        ?? bytes.hash(0..<bytes.count, seed: IdentityKind.response)
      return (own, .none)
    }
    let loose = bytes.hash(ofText: id.range, seed: IdentityKind.response)
    guard let request, !line.isSidechain else { return (loose, loose) }
    return (ByteHash.combine(loose, request), loose)
  }

  /// What one line says, its texts still in place.
  private struct Line {
    var time: JSONCursor.Text?
    var requestID: JSONCursor.Text?
    var uuid: JSONCursor.Text?
    var session: JSONCursor.Text?
    var folder: JSONCursor.Text?
    var branch: JSONCursor.Text?
    var id: JSONCursor.Text?
    var model: JSONCursor.Text?
    var usage: AnthropicUsage?
    var cost: ExactDecimal?
    var isSidechain = false
    var isError = false

    /// In the order of `reliedFields`.
    func fields(_ usage: AnthropicUsage) -> PresentFields {
      var fields = PresentFields()
      fields.note(requestID != nil)
      fields.note(id != nil)
      fields.note(model != nil)
      fields.note(usage.input != nil)
      fields.note(usage.output != nil)
      fields.note(usage.cacheRead != nil)
      fields.note(usage.cacheWrite != nil)
      fields.note(session != nil)
      fields.note(folder != nil)
      return fields
    }

    mutating func readMessage(
      _ json: inout JSONCursor, sink: inout RecordSink
    ) throws(LineProblem) {
      guard try json.enterObject() else { return }
      while let key = try json.nextKey() {
        if json.matches(key, "id") {
          id = try json.text()
        } else if json.matches(key, "model") {
          model = try json.text()
        } else if json.matches(key, "usage"), try json.peek() == UInt8(ascii: "{") {
          usage = try AnthropicUsage(&json, sink: &sink)
        } else {
          try json.skipValue()
        }
      }
    }
  }

  /// One entry of `usage.iterations`.
  private struct Iteration {
    var type = NameID.none
    var model = NameID.none
    var usage = AnthropicUsage()
    var isMessage = true
    var isFallback = false

    init(_ json: inout JSONCursor, sink: inout RecordSink) throws(LineProblem) {
      guard try json.enterObject() else { return }
      while let key = try json.nextKey() {
        if json.matches(key, "type") {
          guard let text = try json.text(), !text.isEmpty else { continue }
          isMessage = json.matches(text, "message")
          isFallback = json.matches(text, "fallback_message")
          if !isMessage { type = sink.name(json, text, .label) }
        } else if json.matches(key, "model") {
          model = try sink.name(&json, .model)
        } else {
          try usage.read(key, &json, sink: &sink)
        }
      }
    }
  }

  /// The sums over `usage.iterations`.
  private struct Iterations {
    var messages = TokenCounts()
    var others = TokenCounts()
    var otherCount = 0
    var messageCount = 0
    var fallbackCount = 0

    var hasFallback: Bool { fallbackCount > 0 && messageCount > 0 }
    var all: TokenCounts {
      var sum = messages
      sum += others
      return sum
    }

    mutating func add(
      _ bytes: Span<UInt8>, at start: Int, sink: inout RecordSink
    ) throws(LineProblem) {
      var json = JSONCursor(bytes, at: start)
      guard try json.enterArray() else { return }
      while try json.nextElement() {
        let entry = try Iteration(&json, sink: &sink)
        if entry.isMessage {
          messages += entry.usage.tokens
          messageCount += 1
        } else {
          others += entry.usage.tokens
          otherCount += 1
          if entry.isFallback { fallbackCount += 1 }
        }
      }
    }
  }
}

extension TokenCounts {
  /// Whether both count the same input, cache and output, whatever they know of cache lifetimes.
  fileprivate func isSameUsage(as other: TokenCounts) -> Bool {
    uncachedInput == other.uncachedInput && cacheRead == other.cacheRead
      && input == other.input && output == other.output
  }
}
