import Testing
import Usage

@testable import UsageLogs

@Suite struct OpenAIResponseBodiesTests {
  @Test func takesCachedTokensOutOfThePrompt() throws {
    let reading = try readAll(
      #"""
      {"id":"chatcmpl-1","object":"chat.completion","created":1767261600,"model":"gpt-5-mini","usage":{"prompt_tokens":1200,"completion_tokens":300,"total_tokens":1500,"prompt_tokens_details":{"cached_tokens":1000}}}
      """#)
    let record = try #require(reading.records.first)
    #expect(reading.outcome.format == "openai")
    #expect(reading.model(record) == "gpt-5-mini")
    #expect(record.tokens.uncachedInput == 200)
    #expect(record.tokens.cacheRead == 1000)
    #expect(record.tokens.output == 300)
    #expect(record.start.description == "2026-01-01T10:00:00Z")
  }

  @Test func takesTheLargerOfACountUnderTwoNames() throws {
    let reading = try readAll(
      #"{"id":"chatcmpl-1","created":1767261600,"model":"m","usage":{"prompt_tokens":100,"#
        + #""completion_tokens":1,"prompt_tokens_details":{"cached_tokens":70},"#
        + #""cache_read_input_tokens":0}}"#)
    #expect(reading.tokens.cacheRead == 70)
    #expect(reading.tokens.uncachedInput == 30)
  }

  @Test func knowsARequestOfTheGatewaysLog() throws {
    let own = try readAll(
      #"{"id":"chatcmpl-1","object":"chat.completion","created":1767261600,"model":"m","#
        + #""usage":{"prompt_tokens":100,"completion_tokens":1}}"#)
    let gateway = try readAll(
      #"{"request_id":"chatcmpl-1","call_type":"acompletion","spend":0,"model_group":"g","#
        + #""startTime":"2026-01-01 10:00:00","prompt_tokens":100,"completion_tokens":1}"#)
    #expect(gateway.outcome.format == "litellm")
    #expect(own.records.map(\.identity) == gateway.records.map(\.identity))
  }
}
