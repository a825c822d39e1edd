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

  /// Ollama draws the number of its ids from 999: time and model tell its answers apart.
  @Test func ollamasIdsComeAgain() throws {
    func answer(_ created: Int, _ model: String, fingerprint: String = "fp_ollama") -> String {
      #"{"id":"chatcmpl-187","object":"chat.completion","created":\#(created),"model":"\#(model)","#
        + #""system_fingerprint":"\#(fingerprint)","#
        + #""usage":{"prompt_tokens":10,"completion_tokens":5,"total_tokens":15}}"#
    }
    func identities(_ lines: [String]) throws -> Int {
      Set(try readAll(lines.joined(separator: "\n")).records.map(\.identity)).count
    }
    let ollama = [
      answer(1_767_261_600, "llama3.2"), answer(1_767_261_601, "llama3.2"),
      answer(1_767_261_600, "qwen3"), answer(1_767_261_600, "llama3.2"),
    ]
    #expect(try identities(ollama) == 3)
    let other = [
      answer(1_767_261_600, "m", fingerprint: "fp_1"),
      answer(1_767_261_601, "m", fingerprint: "fp_1"),
    ]
    #expect(try identities(other) == 1)
  }

  /// What one answer of a dialect must come to.
  struct Dialect: CustomTestStringConvertible {
    var name: String
    /// The answer without its braces, id and time.
    var answer: String
    var provider = ""
    /// Uncached input, cache read, cache write, output.
    var tokens: [Int64]
    var splitKnown = true
    var check = TotalCheck.exact

    var testDescription: String { name }
  }

  static let dialects = [
    Dialect(
      name: "Gemini: thoughts are in the total alone",
      answer:
        #""model":"gemini-2.5-pro","usage":{"prompt_tokens":35,"completion_tokens":12,"total_tokens":109}"#,
      provider: "google", tokens: [35, 0, 0, 74], splitKnown: false, check: .totalLarger),
    Dialect(
      name: "xAI: reasoning stands beside the completion",
      answer:
        #""model":"grok-4","usage":{"prompt_tokens":30,"completion_tokens":10,"total_tokens":90,"prompt_tokens_details":{"cached_tokens":5},"completion_tokens_details":{"reasoning_tokens":50}}"#,
      provider: "xai", tokens: [25, 5, 0, 60]),
    Dialect(
      name: "OpenRouter: the same model with reasoning inside",
      answer:
        #""model":"x-ai/grok-4","usage":{"prompt_tokens":30,"completion_tokens":60,"total_tokens":90,"cost":0.0012,"prompt_tokens_details":{"cached_tokens":0},"completion_tokens_details":{"reasoning_tokens":50}}"#,
      provider: "openrouter", tokens: [30, 0, 0, 60]),
    Dialect(
      name: "DeepSeek: hits and misses",
      answer:
        #""model":"deepseek-chat","usage":{"prompt_tokens":100,"completion_tokens":10,"total_tokens":110,"prompt_cache_hit_tokens":64,"prompt_cache_miss_tokens":36}"#,
      provider: "deepseek", tokens: [36, 64, 0, 10]),
    Dialect(
      name: "Mistral",
      answer:
        #""model":"mistral-large","usage":{"prompt_tokens":100,"completion_tokens":10,"total_tokens":110,"num_cached_tokens":64}"#,
      provider: "mistral", tokens: [36, 64, 0, 10]),
    Dialect(
      name: "Moonshot",
      answer:
        #""model":"kimi-k2","usage":{"prompt_tokens":100,"completion_tokens":10,"total_tokens":110,"cached_tokens":64}"#,
      provider: "moonshot", tokens: [36, 64, 0, 10]),
    Dialect(
      name: "Groq: a stream's usage stands apart",
      answer:
        #""object":"chat.completion.chunk","model":"llama-3.3-70b-versatile","choices":[],"x_groq":{"id":"req_1","usage":{"queue_time":0.05,"prompt_tokens":100,"prompt_time":0.01,"completion_tokens":10,"total_tokens":110,"total_time":0.21}}"#,
      provider: "groq", tokens: [100, 0, 0, 10], splitKnown: false),
    Dialect(
      name: "vLLM: details are null unless enabled",
      answer:
        #""model":"mine","usage":{"prompt_tokens":100,"completion_tokens":10,"total_tokens":110,"prompt_tokens_details":null}"#,
      tokens: [100, 0, 0, 10], splitKnown: false),
    Dialect(
      name: "Anthropic's compatible endpoint: details are empty",
      answer:
        #""model":"claude-sonnet-4-6","usage":{"prompt_tokens":100,"completion_tokens":10,"total_tokens":110,"prompt_tokens_details":{}}"#,
      provider: "anthropic", tokens: [100, 0, 0, 10], splitKnown: false),
    Dialect(
      name: "cache writes are unadjusted and can exceed the prompt",
      answer:
        #""model":"gpt-5.6","usage":{"prompt_tokens":100,"completion_tokens":10,"total_tokens":110,"prompt_tokens_details":{"cached_tokens":50,"cache_write_tokens":80}}"#,
      provider: "openai", tokens: [0, 50, 80, 10], check: .inclusiveMismatch),
    Dialect(
      name: "embeddings have no cache",
      answer:
        #""object":"list","model":"text-embedding-3-small","usage":{"prompt_tokens":8,"total_tokens":8}"#,
      provider: "openai", tokens: [8, 0, 0, 0]),
  ]

  /// Section 2.7 of the format reference, looked up 2026-09: the same keys, another meaning.
  @Test(arguments: dialects) func readsEachDialect(dialect: Dialect) throws {
    let reading = try readAll(#"{"id":"a","created":1767261600,\#(dialect.answer)}"#)
    let record = try #require(reading.records.first)
    #expect(reading.provider(record) == dialect.provider)
    let tokens = record.tokens
    #expect(
      [tokens.uncachedInput, tokens.cacheRead, tokens.cacheWriteOther, tokens.output]
        == dialect.tokens)
    #expect(record.kind.splitKnown == dialect.splitKnown)
    #expect(record.check == dialect.check)
  }

  @Test func eventsOfAStreamAreNoRequests() throws {
    let reading = try readAll(
      #"""
      event: response.created
      data: {"type":"response.created","response":{"id":"resp_1","object":"response","created_at":1767261600,"status":"in_progress","model":"gpt-5","usage":null}}

      event: response.output_text.delta
      data: {"type":"response.output_text.delta","item_id":"msg_1","delta":"Hi"}

      event: response.completed
      data: {"type":"response.completed","response":{"id":"resp_1","object":"response","created_at":1767261600.5,"status":"completed","model":"gpt-5","usage":{"input_tokens":10,"input_tokens_details":{"cached_tokens":4},"output_tokens":5,"total_tokens":15}}}

      data: [DONE]
      """#)
    #expect(reading.records.count == 1)
    #expect(reading.tokens.total == 15 && reading.tokens.cacheRead == 4)
    #expect(reading.outcome.skipped == 0, "\(reading.reasons)")
  }

  /// An application's line around the answer, its own names before and behind it.
  @Test func theAnswersOwnWordsWin() throws {
    let answer =
      #""response":{"id":"chatcmpl-1","object":"chat.completion","created":1767261600,"model":"gpt-4o-2024-08-06","usage":{"prompt_tokens":10,"completion_tokens":5,"total_tokens":15}}"#
    let around = #""id":"line-7","model":"gpt-4o","status":"failed","provider":"azure""#
    for line in ["{\(around),\(answer)}", "{\(answer),\(around)}"] {
      let reading = try readAll(line)
      let record = try #require(reading.records.first)
      #expect(reading.model(record) == "gpt-4o-2024-08-06")
      #expect(reading.provider(record) == "azure")
      #expect(record.kind.status == .succeeded)
      let bare = try readAll(
        #"{"id":"chatcmpl-1","created":1767261600,"model":"m","usage":{"prompt_tokens":1}}"#)
      #expect(record.identity == bare.records.first?.identity)
    }
  }

  private static let batch = #"""
    {"id":"batch_req_1","custom_id":"row-17","response":{"status_code":200,"request_id":"9f3c","body":{"id":"chatcmpl-B1","object":"chat.completion","created":1767262000,"model":"gpt-5-mini","usage":{"prompt_tokens":80,"completion_tokens":20,"total_tokens":100}}},"error":null}
    {"id":"batch_req_2","custom_id":"row-18","response":null,"error":{"code":"batch_expired","message":"x"}}
    {"id":"batch_req_3","custom_id":"row-19","response":{"status_code":400,"request_id":"9f3d","body":{"error":{"message":"x"}}},"error":null}
    {"id":"batch_req_4","custom_id":"row-20","response":{"status_code":200,"request_id":"9f3e","body":{"object":"list","data":[],"model":"text-embedding-3-small","usage":{"prompt_tokens":8,"total_tokens":8}}},"error":null}
    """#

  @Test func batchOutputWithoutTimesNeedsOne() throws {
    let without = try readAll(Self.batch)
    #expect(without.records.map(\.kind.tier) == [.batch])
    #expect(without.reasons == ["has no 'created' nor another time: give --start INSTANT"])
    #expect(
      without.outcome.notes == [
        "failed Batch requests without a time (--start INSTANT counts them): 2 passed over"
      ])
    var settings = ReadSettings()
    settings.start = Instant("2026-01-05T00:00:00Z")
    let with = try readAll(Self.batch, settings: settings)
    #expect(with.records.map(\.kind.status) == [.succeeded, .failed, .failed, .succeeded])
    #expect(with.tokens.total == 108)
    #expect(Set(with.records.map(\.identity)).count == 4)
  }

  /// Its usage sums up what the lines of its output say.
  @Test func aBatchObjectIsNoRequest() throws {
    let job =
      #"{"id":"batch_1","object":"batch","created_at":1767262000,"model":"gpt-5-mini","usage":{"input_tokens":80,"output_tokens":20,"total_tokens":100}}"#
    let reading = try readAll(Self.batch.split(separator: "\n")[0] + "\n" + job)
    #expect(reading.tokens.total == 100)
    #expect(
      reading.outcome.notes == [
        "Batch objects (their usage is the sum of their output's): 1 passed over"
      ])
  }

  @Test func aBatchsFileOfErrorsIsKnown() {
    let errors = Self.batch.split(separator: "\n")[1...2].joined(separator: "\n")
    #expect(detectedFormat(errors) == "openai")
  }

  @Test func realtimeAnswersTakeTheModelGiven() throws {
    var settings = ReadSettings()
    settings.model = "gpt-realtime"
    let reading = try readAll(
      #"""
      {"type":"session.created","event_id":"e0","timestamp":"2026-01-01T00:00:00Z","session":{"object":"realtime.session"}}
      {"type":"response.done","event_id":"e1","timestamp":"2026-01-01T00:00:00Z","response":{"object":"realtime.response","id":"resp_rt","status":"completed","usage":{"total_tokens":253,"input_tokens":132,"output_tokens":121,"input_token_details":{"text_tokens":119,"audio_tokens":13,"cached_tokens":64},"output_token_details":{"text_tokens":30,"audio_tokens":91}}}}
      """#, settings: settings)
    let record = try #require(reading.records.first)
    #expect(reading.records.count == 1 && reading.outcome.skipped == 0)
    #expect(reading.model(record) == "gpt-realtime")
    #expect(record.tokens.uncachedInput == 68 && record.tokens.cacheRead == 64)
    #expect(record.tokens.audioInput == 13 && record.tokens.audioOutput == 91)
  }
}
