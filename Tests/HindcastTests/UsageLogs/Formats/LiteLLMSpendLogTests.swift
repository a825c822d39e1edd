import Testing
import Usage

@testable import UsageLogs

@Suite struct LiteLLMSpendLogTests {
  private static let row = #"""
    {"request_id":"chatcmpl-22","call_type":"acompletion","api_key":"88dc","spend":0.000225,"total_tokens":1530,"prompt_tokens":1500,"completion_tokens":30,"startTime":"2026-01-24 09:20:46.847371","endTime":"2026-01-24 09:20:48.851954","completionStartTime":"2026-01-24 09:20:47.100000","model":"claude-sonnet-4-5","model_group":"sonnet","model_id":"d1","custom_llm_provider":"anthropic","api_base":"","user":"u1","team_id":"t1","organization_id":"","end_user":"","metadata":"{\"usage_object\": {\"prompt_tokens\": 1500, \"completion_tokens\": 30, \"total_tokens\": 1530, \"prompt_tokens_details\": {\"cached_tokens\": 1024}, \"cache_read_input_tokens\": 1024, \"cache_creation_input_tokens\": 400}, \"user_api_key_alias\": \"web\", \"status\": \"success\"}","cache_hit":"None","cache_key":"Cache OFF","request_tags":"[\"prod\"]","session_id":"s1","status":"success","messages":"{}","response":"{}"}
    """#

  /// A row of 100 + 10 tokens with the given pieces of JSON in it.
  private static func row(
    _ pieces: String, id: String = "r1", model: String = "m", prompt: Int = 100
  ) -> String {
    #"{"request_id":"\#(id)","call_type":"acompletion","api_key":"k","spend":0.1,"#
      + #""startTime":"2026-01-24T09:00:00Z","endTime":"2026-01-24T09:00:02Z","model":"\#(model)","#
      + #""prompt_tokens":\#(prompt),"completion_tokens":10,"total_tokens":\#(prompt + 10),"#
      + #""custom_llm_provider":"anthropic"\#(pieces.isEmpty ? "" : "," + pieces)}"#
  }

  @Test func takesCacheReadsAndWritesOutOfThePrompt() throws {
    let reading = try readAll(Self.row)
    let record = try #require(reading.records.first)
    #expect(reading.outcome.format == "litellm")
    #expect(record.tokens.uncachedInput == 76)  // 1,500 - 1,024 - 400
    #expect(record.tokens.cacheRead == 1024)
    #expect(record.tokens.cacheWriteOther == 400)
    #expect(record.tokens.output == 30)
    #expect(record.check == .exact)
    #expect(record.kind.splitKnown)
  }

  @Test func readsTimesCostAndAttribution() throws {
    let reading = try readAll(Self.row)
    let record = try #require(reading.records.first)
    #expect(record.start.description == "2026-01-24T09:20:46.847371Z")
    #expect(record.duration == 2_004_583)
    #expect(record.timeToFirstToken == 252_629)
    #expect(record.reportedCost?.description == "0.000225")
    #expect(reading.currency(record) == "USD")
    #expect(reading.provider(record) == "anthropic")
    #expect(reading.model(record) == "claude-sonnet-4-5")
    #expect(
      reading.labels(record)
        == ["key=web", "tag:model_group=sonnet", "tag=prod", "team=t1", "user=u1"])
    #expect(record.identity == ByteHash.of("chatcmpl-22", seed: IdentityKind.response))
  }

  @Test func readsMetadataAndTagsAsObjectsAlike() throws {
    let plain = Self.row(
      #""metadata":{"usage_object":{"prompt_tokens":100,"cache_read_input_tokens":30,"#
        + #""cache_creation_input_tokens":20,"cache_creation_token_details":"#
        + #"{"ephemeral_1h_input_tokens":15,"ephemeral_5m_input_tokens":5}}},"#
        + #""request_tags":["a","b"],"organization_id":"o","end_user":"e""#)
    let reading = try readAll(plain)
    let record = try #require(reading.records.first)
    #expect(record.tokens.uncachedInput == 50)
    #expect(record.tokens.cacheRead == 30)
    #expect(record.tokens.cacheWrite1h == 15)
    #expect(record.tokens.cacheWrite5m == 5)
    #expect(
      reading.labels(record) == ["key=k", "project=o", "tag:end_user=e", "tag=a", "tag=b"])
  }

  @Test func readsAnArrayOfRows() throws {
    let rows = [Self.row("", id: "a"), Self.row("", id: "b")].joined(separator: ",\n ")
    let reading = try readAll("[\(rows)]")
    #expect(reading.records.count == 2)
    #expect(reading.outcome.skipped == 0)
    #expect(reading.records[0].identity != reading.records[1].identity)
  }

  @Test func takesThePromptAsUncachedWhenTheCacheExceedsIt() throws {
    let reading = try readAll(
      Self.row(#""metadata":{"usage_object":{"prompt_tokens":100,"cache_read_input_tokens":900}}"#))
    #expect(reading.tokens.uncachedInput == 100)
    #expect(reading.tokens.cacheRead == 900)
    #expect(reading.tokens.total == 1010)
  }

  @Test func takesAnthropicsOwnKeysAtTheirMeaning() throws {
    let reading = try readAll(
      Self.row(
        #""metadata":{},"response":{"usage":{"input_tokens":100,"cache_read_input_tokens":30,"#
          + #""cache_creation_input_tokens":0,"output_tokens":10}}"#))
    #expect(reading.tokens.uncachedInput == 100)
    #expect(reading.tokens.cacheRead == 30)
  }

  @Test func readsTheDetailsOfOlderRows() throws {
    let reading = try readAll(
      Self.row(
        #""metadata":"{\"additional_usage_values\":{\"prompt_tokens_details\":null,"#
          + #"\"cache_read_input_tokens\":60,\"cache_creation_input_tokens\":0}}""#))
    let record = try #require(reading.records.first)
    #expect(record.tokens.uncachedInput == 40)
    #expect(record.tokens.cacheRead == 60)
    #expect(record.kind.splitKnown)
  }

  @Test(arguments: ["", #""metadata":"{}""#, #""metadata":"not JSON","response":"{}""#])
  func marksTheSplitUnknownWithoutDetails(pieces: String) throws {
    let reading = try readAll(Self.row(pieces))
    let record = try #require(reading.records.first)
    #expect(!record.kind.splitKnown)
    #expect(record.tokens.uncachedInput == 100)
  }

  @Test func passesOverAnswersFromItsOwnCache() throws {
    let reading = try readAll(
      [
        Self.row(#""cache_hit":"True","request_tags":["x"]"#), Self.row(#""cache_hit":true"#),
        Self.row(#""cache_hit":"False""#),
      ].joined(separator: "\n"))
    #expect(reading.records.count == 1)
    #expect(reading.records.map(reading.labels) == [["key=k"]])
    #expect(reading.outcome.notes == ["answers from LiteLLM's own cache: 2 passed over"])
    #expect(reading.outcome.skipped == 0)
  }

  @Test func keepsFailuresWithoutCostUnderTheirGroup() throws {
    let reading = try readAll(
      #"{"request_id":"f1","call_type":"acompletion","api_key":"k","spend":0.0,"total_tokens":0,"#
        + #""prompt_tokens":0,"completion_tokens":0,"startTime":"2026-01-24 09:00:00","model":"","#
        + #""model_group":"sonnet","status":"failure","metadata":"{}"}"#)
    let record = try #require(reading.records.first)
    #expect(record.kind.status == .failed)
    #expect(record.reportedCost == nil)
    #expect(reading.model(record) == "sonnet")
    #expect(record.tokens.total == 0)
  }

  @Test func knowsBatchesByTheirModelsOrCall() throws {
    let reading = try readAll(
      [
        Self.row(#""metadata":"{\"batch_models\": [\"gpt-5\"]}""#),
        Self.row(#""metadata":{"batch_models":null}"#),
        Self.row(#""call_type":"aretrieve_batch""#),
      ].joined(separator: "\n"))
    #expect(reading.records.map(\.kind.tier) == [.batch, .unknown, .batch])
  }

  @Test func checksTheTotal() throws {
    let reading = try readAll(
      [Self.row(""), Self.row(#""total_tokens":150"#), Self.row(#""total_tokens":90"#)]
        .joined(separator: "\n"))
    #expect(reading.records.map(\.check) == [.exact, .totalLarger, .inclusiveMismatch])
  }

  @Test func readsPayloadsWithEpochTimes() throws {
    let reading = try readAll(
      #"{"id":"chatcmpl-7","trace_id":"t","call_type":"acompletion","response_cost":2.5e-05,"#
        + #""status":"success","custom_llm_provider":"openai","total_tokens":30,"prompt_tokens":10,"#
        + #""completion_tokens":20,"startTime":1769246446.5,"endTime":1769246448.75,"#
        + #""completionStartTime":1769246448.75,"model":"gpt-5","model_group":"big","metadata":{"#
        + #""user_api_key_hash":"h","user_api_key_team_alias":"ml","user_api_key_user_id":"u","#
        + #""user_api_key_org_id":"o","user_agent":"claude-cli/2.1.40 (external)"},"cache_hit":null,"#
        + #""response":{"id":"chatcmpl-7","object":"chat.completion","usage":{"prompt_tokens":10,"#
        + #""completion_tokens":20,"total_tokens":30,"prompt_tokens_details":{"cached_tokens":8}}}}"#
    )
    let record = try #require(reading.records.first)
    #expect(reading.outcome.format == "litellm")
    #expect(record.start.description == "2026-01-24T09:20:46.500000Z")
    #expect(record.duration == 2_250_000)
    #expect(record.timeToFirstToken == nil)
    #expect(record.tokens.uncachedInput == 2)
    #expect(record.tokens.cacheRead == 8)
    #expect(record.reportedCost?.description == "0.000025")
    #expect(
      reading.labels(record) == [
        "application=claude-cli", "key=h", "project=o", "tag:model_group=big", "team=ml", "user=u",
      ])
  }

  @Test func skipsARowWithoutATime() throws {
    let reading = try readAll(
      Self.row("") + "\n" + #"{"request_id":"x","call_type":"acompletion","prompt_tokens":5}"#)
    #expect(reading.records.count == 1)
    #expect(reading.outcome.problems.map(\.reason) == ["has no 'startTime'"])
    #expect(reading.outcome.problems.map(\.line) == [2])
  }

  @Test(
    .enabled(if: CollectedSamples.arePresent, CollectedSamples.absence),
    arguments: ["spend_logs_payload.trimmed.json", "standard_logging_payload.trimmed.json"])
  func readsCollectedSamples(file: String) throws {
    let reading = try readAll(path: CollectedSamples.path("api/litellm/" + file))
    #expect(reading.outcome.format == "litellm")
    #expect(reading.outcome.skipped == 0)
    let record = try #require(reading.records.first)
    #expect(reading.records.count == 1)
    #expect(record.tokens.uncachedInput == 10)
    #expect(record.tokens.output == 20)
    #expect(record.kind.splitKnown)
    #expect(record.reportedCost?.description == "0.000225")
    #expect(record.duration == 4583)
  }

  @Test func leavesOtherFormatsAlone() {
    #expect(
      detectedFormat(
        #"{"id":"chatcmpl-1","object":"chat.completion","created":1767261600,"model":"m","usage":{"prompt_tokens":1}}"#
      ) == "openai")
    #expect(
      detectedFormat(
        #"{"schemaType":"ModelInvocationLog","timestamp":"2026-09-02T10:15:04Z","requestId":"r","modelId":"m","input":{}}"#
      ) == "bedrock")
  }
}
