import Testing
import Usage

@testable import UsageLogs

@Suite struct ClaudeCodeSessionTests {
  /// Two snapshots of one streamed answer, then a subagent's replay of it under another request id.
  private static let replayed = #"""
    {"parentUuid":"u0","isSidechain":false,"userType":"external","cwd":"/p/app","sessionId":"5f0e","version":"2.1.40","gitBranch":"main","type":"assistant","uuid":"u1","timestamp":"2026-03-02T10:00:01.120Z","requestId":"req_01A","message":{"id":"msg_01A","type":"message","role":"assistant","model":"claude-sonnet-4-6","content":[{"type":"thinking","thinking":""}],"stop_reason":null,"usage":{"input_tokens":4,"cache_creation_input_tokens":1200,"cache_read_input_tokens":30000,"cache_creation":{"ephemeral_5m_input_tokens":0,"ephemeral_1h_input_tokens":1200},"output_tokens":3,"service_tier":"standard"}}}
    {"parentUuid":"u1","isSidechain":false,"userType":"external","cwd":"/p/app","sessionId":"5f0e","version":"2.1.40","gitBranch":"main","type":"assistant","uuid":"u2","timestamp":"2026-03-02T10:00:04.870Z","requestId":"req_01A","message":{"id":"msg_01A","type":"message","role":"assistant","model":"claude-sonnet-4-6","content":[{"type":"tool_use","id":"toolu_1","name":"Read","input":{}}],"stop_reason":"tool_use","usage":{"input_tokens":4,"cache_creation_input_tokens":1200,"cache_read_input_tokens":30000,"cache_creation":{"ephemeral_5m_input_tokens":0,"ephemeral_1h_input_tokens":1200},"output_tokens":412,"service_tier":"standard"}}}
    {"parentUuid":"u2","isSidechain":true,"userType":"external","cwd":"/p/app","sessionId":"5f0e","type":"assistant","uuid":"s9","timestamp":"2026-03-02T10:00:05.000Z","requestId":"req_01Z","message":{"id":"msg_01A","role":"assistant","model":"claude-sonnet-4-6","content":[],"usage":{"input_tokens":4,"cache_creation_input_tokens":1200,"cache_read_input_tokens":30000,"output_tokens":412}}}
    """#

  /// One line with the given pieces of JSON in it.
  private static func line(
    id: String = #""id":"msg_1","#, request: String = #""requestId":"req_1","#,
    model: String = "claude-opus-4-8", outer: String = "", usage: String
  ) -> String {
    #"{"type":"assistant","sessionId":"s",\#(outer)\#(request)"timestamp":"2026-03-02T10:00:00Z","#
      + #""message":{\#(id)"model":"\#(model)","usage":{\#(usage)}}}"#
  }

  @Test func knowsSnapshotsAndReplaysOfOneAnswer() throws {
    let reading = try readAll(Self.replayed)
    #expect(reading.outcome.format == "claude-code")
    #expect(reading.outcome.skipped == 0)
    try #require(reading.records.count == 3)
    let (first, second, replay) = (reading.records[0], reading.records[1], reading.records[2])
    #expect(first.identity == second.identity)
    #expect(first.identity != first.looseIdentity)
    #expect(first.looseIdentity == second.looseIdentity)
    #expect(replay.identity == first.looseIdentity)
    #expect(replay.looseIdentity == first.looseIdentity)
    #expect(first.precedence == .largestOutput)
    #expect(second.precedence == .largestOutput)
    #expect(replay.precedence == .replay)
  }

  @Test func keepsTheBucketsApart() throws {
    let reading = try readAll(Self.replayed)
    try #require(reading.records.count == 3)
    let tokens = reading.records[1].tokens
    #expect(tokens.uncachedInput == 4)
    #expect(tokens.cacheRead == 30000)
    #expect(tokens.cacheWrite5m == 0)
    #expect(tokens.cacheWrite1h == 1200)
    #expect(tokens.cacheWriteOther == 0)
    #expect(tokens.output == 412)
    // The replay does not repeat the split.
    #expect(reading.records[2].tokens.cacheWriteOther == 1200)
    #expect(reading.records[2].tokens.cacheWrite1h == 0)
  }

  @Test func labelsFolderSessionAndBranch() throws {
    let reading = try readAll(Self.replayed)
    let record = try #require(reading.records.first)
    #expect(
      reading.labels(record)
        == ["application=claude-code", "project=/p/app", "session=5f0e", "tag:branch=main"])
    #expect(reading.provider(record) == "anthropic")
    #expect(record.kind.tier == .standard)
    #expect(record.start.description == "2026-03-02T10:00:01.120000Z")
    #expect(record.check == .noTotal)
  }

  @Test func distinguishesRequestsOfOneMessage() throws {
    let usage = #""input_tokens":1,"output_tokens":2"#
    let reading = try readAll(
      [
        Self.line(usage: usage), Self.line(request: #""requestId":"req_2","#, usage: usage),
        Self.line(request: "", usage: usage),
      ].joined(separator: "\n"))
    try #require(reading.records.count == 3)
    #expect(reading.records[0].identity != reading.records[1].identity)
    #expect(reading.records[0].looseIdentity == reading.records[1].looseIdentity)
    #expect(reading.records[2].identity == reading.records[0].looseIdentity)
    #expect(reading.records[2].identity == reading.records[2].looseIdentity)
  }

  @Test func passesOverWhatIsNoAnswer() throws {
    let reading = try readAll(
      [
        #"{"type":"summary","summary":"Fix","leafUuid":"u9"}"#,
        #"{"type":"user","uuid":"a","sessionId":"s","message":{"role":"user","content":"hi"},"#
          + #""toolUseResult":{"usage":{"input_tokens":900,"output_tokens":900}}}"#,
        Self.line(model: "<synthetic>", usage: #""input_tokens":0,"output_tokens":0"#),
        Self.line(usage: #""input_tokens":5,"output_tokens":6"#),
      ].joined(separator: "\n"))
    #expect(reading.outcome.skipped == 0)
    #expect(reading.records.count == 1)
    #expect(reading.tokens.total == 11)
    #expect(
      reading.outcome.notes == [
        "lines without usage (prompts, tool results, events): 2 passed over",
        "messages that Claude Code wrote itself (model <synthetic>): 1 passed over",
      ])
  }

  @Test func countsCompactionAndAdvisersUnderTheirOwnModel() throws {
    let message = #"{"type":"message","input_tokens":180,"output_tokens":8}"#
    let advice =
      #"{"type":"advisor_message","model":"claude-opus-4-8","input_tokens":2518,"output_tokens":22}"#
    let compaction =
      #"{"type":"compaction","input_tokens":100,"output_tokens":82,"cache_creation_input_tokens":"#
      + #"55096,"cache_creation":{"ephemeral_5m_input_tokens":96,"ephemeral_1h_input_tokens":55000}}"#
    let reading = try readAll(
      Self.line(
        model: "claude-sonnet-5", outer: #""costUSD":0.5,"#,
        usage: #""input_tokens":180,"output_tokens":8,"#
          + #""iterations":[\#(compaction),\#(message),\#(advice)]"#))
    try #require(reading.records.count == 3)
    let (own, compacted, advised) = (reading.records[0], reading.records[1], reading.records[2])
    #expect(own.tokens.total == 188)
    #expect(reading.model(own) == "claude-sonnet-5")
    #expect(reading.model(compacted) == "claude-sonnet-5")
    #expect(compacted.tokens.cacheWrite5m == 96)
    #expect(compacted.tokens.cacheWrite1h == 55000)
    #expect(compacted.tokens.total == 55278)  // 100 + 96 + 55,000 + 82
    #expect(reading.labels(compacted).contains("step=compaction"))
    #expect(reading.model(advised) == "claude-opus-4-8")
    #expect(advised.tokens.total == 2540)
    #expect(reading.labels(advised).contains("step=advisor_message"))
    #expect(Set([own.identity, compacted.identity, advised.identity]).count == 3)
    #expect(own.reportedCost == Money(picodollars: 500_000_000_000))
    #expect(compacted.reportedCost == nil)
  }

  @Test func leavesMessageIterationsInTheirAnswer() throws {
    let entry = #"{"type":"message","input_tokens":10,"output_tokens":1}"#
    let reading = try readAll(
      Self.line(usage: #""input_tokens":20,"output_tokens":2,"iterations":[\#(entry),\#(entry)]"#))
    #expect(reading.records.count == 1)
    #expect(reading.tokens.total == 22)
  }

  @Test func takesIterationsOutOfATotalThatHoldsThem() throws {
    let reading = try readAll(
      Self.line(
        usage: #""input_tokens":110,"output_tokens":7,"iterations":["#
          + #"{"type":"message","input_tokens":10,"output_tokens":2},"#
          + #"{"type":"compaction","input_tokens":100,"output_tokens":5}]"#))
    #expect(reading.records.count == 2)
    #expect(reading.tokens.total == 117)
  }

  @Test func givesCopiesOfAnIterationOneLooseIdentity() throws {
    let usage =
      #""input_tokens":1,"output_tokens":1,"iterations":["#
      + #"{"type":"compaction","input_tokens":100,"output_tokens":5}]"#
    let reading = try readAll(
      Self.line(usage: usage) + "\n" + Self.line(outer: #""isSidechain":true,"#, usage: usage))
    try #require(reading.records.count == 4)
    #expect(reading.records[1].identity != reading.records[1].looseIdentity)
    #expect(reading.records[3].identity == reading.records[1].looseIdentity)
    #expect(reading.records[3].precedence == .replay)
  }

  @Test func flagsASplitLargerThanItsCount() throws {
    let reading = try readAll(
      Self.line(
        usage: #""input_tokens":1,"output_tokens":1,"cache_creation_input_tokens":100,"#
          + #""cache_creation":{"ephemeral_5m_input_tokens":80,"ephemeral_1h_input_tokens":30}"#))
    let record = try #require(reading.records.first)
    #expect(record.check == .inclusiveMismatch)
    #expect(record.tokens.cacheWrite5m == 80)
    #expect(record.tokens.cacheWrite1h == 20)
  }

  @Test func readsTierGeographyThinkingAndCost() throws {
    let reading = try readAll(
      Self.line(
        outer: #""costUSD":0.0123,"#,
        usage: #""input_tokens":1,"output_tokens":50,"output_tokens_details":"#
          + #"{"thinking_tokens":30},"service_tier":"priority","inference_geo":"us""#)
        + "\n"
        + Self.line(usage: #""input_tokens":1,"output_tokens":1,"inference_geo":"not_available""#))
    try #require(reading.records.count == 2)
    let record = reading.records[0]
    #expect(record.kind.tier == .priority)
    #expect(reading.region(record) == "us")
    #expect(record.tokens.reasoning == 30)
    #expect(record.tokens.output == 50)
    #expect(record.reportedCost?.description == "0.0123")
    #expect(reading.currency(record) == "USD")
    #expect(reading.region(reading.records[1]) == "")
  }

  @Test func countsAnErrorAsAFailedRequest() throws {
    let reading = try readAll(
      Self.line(
        outer: #""isApiErrorMessage":true,"#, usage: #""input_tokens":0,"output_tokens":0"#))
    #expect(reading.records.map(\.kind.status) == [.failed])
  }

  @Test(arguments: [
    ("msg_bdrk_01", "us.anthropic.claude-opus-4", "bedrock"),
    ("msg_vrtx_01", "claude-opus-4-8", "vertex_ai"), ("chatcmpl-9", "claude-opus-4-8", ""),
    ("msg_01", "kimi-k2", ""), ("msg_01", "claude-opus-4-8", "anthropic"),
  ])
  func tellsTheProviderByTheID(id: String, model: String, provider: String) throws {
    let reading = try readAll(
      Self.line(id: #""id":"\#(id)","#, model: model, usage: #""input_tokens":1,"output_tokens":1"#)
    )
    #expect(reading.records.map(reading.provider) == [provider])
  }

  /// The prompt of OpenAI's keys holds the cached tokens; Anthropic's `input_tokens` do not.
  @Test(arguments: [
    #""input_tokens":null,"output_tokens":null,"prompt_tokens":100,"completion_tokens":7,"cached_tokens":40"#,
    #""input_tokens":100,"output_tokens":7,"prompt_tokens":100,"cached_tokens":40,"cache_read_input_tokens":0"#,
    #""input_tokens":60,"output_tokens":7,"prompt_tokens":100,"cache_read_input_tokens":40"#,
    #""input_tokens":60,"output_tokens":7,"cache_read_input_tokens":40,"cache_creation_input_tokens":null"#,
  ])
  func readsImitatorsUsage(usage: String) throws {
    let reading = try readAll(Self.line(id: #""id":"chatcmpl-1","#, model: "glm-5", usage: usage))
    #expect(reading.tokens.uncachedInput == 60)
    #expect(reading.tokens.cacheRead == 40)
    #expect(reading.tokens.output == 7)
  }

  @Test func isKnownByLinesThatHoldNoUsage() {
    #expect(
      detectedFormat(#"{"type":"summary","summary":"Fix","leafUuid":"u9"}"#) == "claude-code")
    #expect(
      detectedFormat(
        #"{"parentUuid":null,"isSidechain":false,"sessionId":"s","type":"user","uuid":"a"}"#)
        == "claude-code")
    // An event of Anthropic's own stream is not a session.
    #expect(
      detectedFormat(
        #"{"type":"message_start","message":{"id":"msg_1","usage":{"input_tokens":1}}}"#) == nil)
  }

  @Test(
    .enabled(if: CollectedSamples.arePresent, CollectedSamples.absence),
    arguments: [
      // 100+10+25+50 + 200+20+50+75 + 300+40+0+125
      ("ccusage-project-alpha-chat.jsonl", 3, 995, [String]()),
      // 50+15+5+25 + 80+25+10+35
      ("ccusage-project-beta-chat.jsonl", 2, 245, []),
      ("ccusage-test-transcript.jsonl", 0, 0, ["has no 'timestamp'", "has no 'timestamp'"]),
      // Its counts stand where no real file has them.
      ("tokscale-conversation.jsonl", 0, 0, []),
    ])
  func readsCollectedSamples(
    file: String, records: Int, tokens: Int64, problems: [String]
  ) throws {
    let reading = try readAll(path: CollectedSamples.path("api/claude-code/" + file))
    #expect(reading.outcome.format == "claude-code")
    #expect(reading.records.count == records)
    #expect(reading.tokens.total == tokens)
    #expect(reading.outcome.problems.map(\.reason) == problems)
  }
}
