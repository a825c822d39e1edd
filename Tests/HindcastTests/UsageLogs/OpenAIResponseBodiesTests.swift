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
}
