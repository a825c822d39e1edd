import Foundation
import Testing
import Usage

@testable import UsageLogs

/// A field that comes or goes part-way through a file is told, whatever the format.
@Suite struct FieldDriftTests {
  /// A record with and without one field; `#` stands for its number.
  struct Case: Sendable, CustomTestStringConvertible {
    var format: String
    var field: String
    var with: String
    var without: String
    var header: String?
    var testDescription: String { "\(format) \(field)" }
  }

  static let cases = [
    Case(
      format: "bedrock", field: "input.cacheReadInputTokenCount",
      with:
        #"{"schemaType":"ModelInvocationLog","timestamp":"2026-09-01T00:00:00Z","requestId":"r#","modelId":"m","input":{"inputTokenCount":1,"cacheReadInputTokenCount":5},"output":{"outputTokenCount":1}}"#,
      without:
        #"{"schemaType":"ModelInvocationLog","timestamp":"2026-09-01T00:00:00Z","requestId":"r#","modelId":"m","input":{"inputTokenCount":1},"output":{"outputTokenCount":1}}"#
    ),
    Case(
      format: "openai", field: "usage.prompt_tokens_details.cached_tokens",
      with:
        #"{"id":"c#","object":"chat.completion","created":1767261600,"model":"m","usage":{"prompt_tokens":12,"completion_tokens":3,"total_tokens":15,"prompt_tokens_details":{"cached_tokens":4}}}"#,
      without:
        #"{"id":"c#","object":"chat.completion","created":1767261600,"model":"m","usage":{"prompt_tokens":12,"completion_tokens":3,"total_tokens":15}}"#
    ),
    Case(
      format: "litellm", field: "spend",
      with:
        #"{"request_id":"r#","call_type":"acompletion","spend":0.5,"startTime":"2026-01-24 09:20:46","model":"m","custom_llm_provider":"p","prompt_tokens":1,"completion_tokens":1,"total_tokens":2,"status":"success"}"#,
      without:
        #"{"request_id":"r#","call_type":"acompletion","startTime":"2026-01-24 09:20:46","model":"m","custom_llm_provider":"p","prompt_tokens":1,"completion_tokens":1,"total_tokens":2,"status":"success"}"#
    ),
    Case(
      format: "claude-code", field: "requestId",
      with:
        #"{"sessionId":"5f0e","type":"assistant","timestamp":"2026-03-02T10:00:04.870Z","requestId":"q#","message":{"id":"m#","role":"assistant","model":"claude-x","usage":{"input_tokens":4,"output_tokens":4}}}"#,
      without:
        #"{"sessionId":"5f0e","type":"assistant","timestamp":"2026-03-02T10:00:04.870Z","message":{"id":"m#","role":"assistant","model":"claude-x","usage":{"input_tokens":4,"output_tokens":4}}}"#
    ),
    Case(
      format: "mooncake", field: "chat_id",
      with: #"{"chat_id": #, "timestamp": 1, "input_length": 6955, "output_length": 52}"#,
      without: #"{"timestamp": 1, "input_length": 6955, "output_length": 52}"#),
    Case(
      format: "openai-usage-csv", field: "input_cached_tokens",
      with: "1767622400,1767708800,proj_#,5,1,2,3",
      without: "1767622400,1767708800,proj_#,5,1,2,",
      header:
        "start_time,end_time,project_id,num_model_requests,input_tokens,output_tokens,input_cached_tokens"
    ),
    Case(
      format: "vllm", field: "Prefix cache hit rate",
      with: "INFO 09-03 10:00:00 [loggers.py:116] Engine 000: Avg prompt throughput: #.5 tokens/s, "
        + "Avg generation throughput: 20.3 tokens/s, Running: 1 reqs, Waiting: 0 reqs, GPU KV cache "
        + "usage: 2.3%, Prefix cache hit rate: 0.0%",
      without:
        "INFO 09-03 10:00:00 [loggers.py:116] Engine 000: Avg prompt throughput: #.5 tokens/s, "
        + "Avg generation throughput: 20.3 tokens/s, Running: 1 reqs, Waiting: 0 reqs, GPU KV cache "
        + "usage: 2.3%"),
    Case(
      format: "trace-csv", field: "completed", with: "#,3,4,#.5", without: "#,3,4,",
      header: "arrived_at,num_prefill_tokens,num_decode_tokens,completed_at"),
  ]

  /// `runs` says of how many records in turn the field is there or not.
  private func read(_ log: Case, _ runs: [(has: Bool, count: Int)]) throws -> ReadOutcome {
    var lines = log.header.map { [$0] } ?? []
    for (has, count) in runs {
      for _ in 0..<count {
        lines.append((has ? log.with : log.without).replacing("#", with: "\(lines.count)"))
      }
    }
    var settings = ReadSettings()
    settings.format = log.format
    settings.year = 2026
    let outcome = try readAll(lines.joined(separator: "\n") + "\n", settings: settings).outcome
    #expect(outcome.skipped == 0)
    return outcome
  }

  private func first(_ log: Case) -> Int { log.header == nil ? 1 : 2 }

  @Test(arguments: cases) func aFieldThatAppearsIsTold(log: Case) throws {
    let outcome = try read(log, [(false, 40), (true, 9)])
    #expect(
      outcome.fieldChanges
        == [FieldChange(field: log.field, .appears, line: first(log) + 40, recordsWithout: 40)])
  }

  @Test(arguments: cases) func aFieldThatVanishesIsTold(log: Case) throws {
    let outcome = try read(log, [(true, 30), (false, 7)])
    #expect(
      outcome.fieldChanges
        == [FieldChange(field: log.field, .vanishes, line: first(log) + 30, recordsWithout: 7)])
  }

  /// Half of the records have it, from the 41st on.
  @Test(arguments: cases) func aFieldThatAppearsInSomeIsTold(log: Case) throws {
    let outcome = try read(
      log,
      [(false, 40)] + (0..<30).flatMap { _ in [(has: true, count: 1), (has: false, count: 1)] })
    #expect(
      outcome.fieldChanges
        == [FieldChange(field: log.field, .appears, line: first(log) + 40, recordsWithout: 40)])
  }

  /// One in twenty has it: that none of the first 40 does says nothing.
  @Test(arguments: cases) func aRareFieldIsNoChange(log: Case) throws {
    let rare = (0..<10).flatMap { _ in [(has: true, count: 1), (has: false, count: 19)] }
    #expect(try read(log, [(false, 40)] + rare).fieldChanges == [])
    #expect(try read(log, [(false, 60)]).fieldChanges == [])
    #expect(try read(log, [(true, 60)]).fieldChanges == [])
    #expect(try read(log, [(false, 4), (true, 60)]).fieldChanges == [])
  }

  /// What the next file of a portion has is its own affair.
  @Test func everyFileIsLookedAtAlone() throws {
    let scratch = try Scratch()
    let log = Self.cases[0]
    var memory = ReaderMemory()
    for (name, line) in [("a", log.without), ("b", log.with)] {
      let url = try scratch.write(
        name, (0..<50).map { line.replacing("#", with: "\(name)\($0)") + "\n" }.joined())
      let outcome = try UsageReader().read(
        url.path, settings: ReadSettings(), memory: &memory,
        deliver: { batch, _ in
          #expect(batch.records.count == 50)
        })
      #expect(outcome.fieldChanges == [])
    }
  }
}
