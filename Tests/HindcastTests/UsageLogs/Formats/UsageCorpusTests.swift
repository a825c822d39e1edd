import Foundation
import Testing
import Usage

@testable import UsageLogs

/// 786 usage objects that real providers sent (pydantic/genai-prices, MIT), each in an answer of the
/// format it belongs to. What must come out is counted here from the objects' own keys.
@Suite(.enabled(if: CollectedSamples.arePresent, CollectedSamples.absence))
struct UsageCorpusTests {
  private static func usages() throws -> [[String: Any]] {
    let text = try String(
      contentsOfFile: CollectedSamples.path("api/provider-usage-objects.ndjson"), encoding: .utf8)
    return try text.split(separator: "\n").compactMap { line in
      let json = try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any]
      guard var body = json?["body"] as? [String: Any], body["usage"] is [String: Any] else {
        return nil
      }
      body["file"] = nil
      return body
    }
  }

  private static func count(_ usage: Any?, _ path: String) -> Int64 {
    var value = usage
    for key in path.split(separator: ".") { value = (value as? [String: Any])?[String(key)] }
    return (value as? NSNumber)?.int64Value ?? 0
  }

  private static func line(_ object: [String: Any]) throws -> String {
    String(decoding: try JSONSerialization.data(withJSONObject: object), as: UTF8.self)
  }

  /// OpenAI's two dialects and their look-alikes: prompt and completion hold everything, but for
  /// Gemini's hidden thoughts.
  @Test func promptAndCompletionAddUp() throws {
    let answers = try Self.usages().filter {
      let usage = $0["usage"] as? [String: Any]
      return usage?["prompt_tokens"] != nil || usage?["input_tokens_details"] != nil
    }
    try #require(answers.count == 330)
    let lines = try answers.enumerated().map { index, answer in
      var answer = answer
      answer["id"] = "answer-\(index)"
      answer["object"] = "chat.completion"
      answer["created"] = 1_767_261_600 + index
      return try Self.line(answer)
    }
    let reading = try readAll(lines.joined(separator: "\n"))
    try #require(reading.records.count == 330)
    #expect(reading.outcome.checks == [.exact: 329, .totalLarger: 1])
    for (record, answer) in zip(reading.records, answers) {
      let usage = answer["usage"]
      let prompt = Self.count(usage, "prompt_tokens") + Self.count(usage, "input_tokens")
      let total = Self.count(usage, "total_tokens")
      #expect(record.tokens.input == prompt, "\(answer)")
      #expect(record.tokens.output == total - prompt, "\(answer)")
      let cached =
        [
          "prompt_tokens_details.cached_tokens", "input_tokens_details.cached_tokens",
          "num_cached_tokens", "cached_tokens", "prompt_cache_hit_tokens",
        ].map { Self.count(usage, $0) }.max() ?? 0
      #expect(record.tokens.cacheRead == cached, "\(answer)")
    }
  }

  /// Converse: four disjoint counts, whose twins repeat them.
  @Test func convertsCountsThatAreDisjoint() throws {
    let bodies = try Self.usages().filter { ($0["usage"] as? [String: Any])?["inputTokens"] != nil }
    try #require(bodies.count > 100)
    let lines = try bodies.enumerated().map { index, body in
      try Self.line([
        "schemaType": "ModelInvocationLog", "timestamp": "2026-03-02T10:15:04Z",
        "requestId": "r\(index)", "modelId": "m", "input": ["inputBodyJson": [String: Any]()],
        "output": ["outputBodyJson": ["usage": body["usage"]]],
      ])
    }
    let reading = try readAll(lines.joined(separator: "\n"))
    try #require(reading.records.count == bodies.count)
    #expect(reading.outcome.checks == [.exact: bodies.count])
    for (record, body) in zip(reading.records, bodies) {
      let usage = body["usage"]
      #expect(record.tokens.uncachedInput == Self.count(usage, "inputTokens"))
      #expect(record.tokens.cacheRead == Self.count(usage, "cacheReadInputTokens"))
      #expect(record.tokens.output == Self.count(usage, "outputTokens"))
      #expect(record.tokens.total == Self.count(usage, "totalTokens"))
    }
  }

  /// Messages: disjoint counts, the split of writes a part of them, other iterations beside them.
  @Test func countsIterationsBesideTheAnswer() throws {
    let messages = try Self.usages().filter {
      let usage = $0["usage"] as? [String: Any]
      return usage?["cache_read_input_tokens"] != nil && usage?["input_tokens_details"] == nil
        && usage?["prompt_tokens"] == nil
    }
    try #require(messages.count > 100)
    let lines = try messages.enumerated().map { index, message in
      try Self.line([
        "type": "assistant", "sessionId": "s", "uuid": "u\(index)", "requestId": "q\(index)",
        "timestamp": "2026-03-02T10:00:00Z",
        "message": [
          "id": "msg_\(index)", "model": message["model"] ?? "m", "usage": message["usage"],
        ],
      ])
    }
    var expected = TokenCounts()
    for message in messages {
      let usage = message["usage"] as? [String: Any] ?? [:]
      let iterations = usage["iterations"] as? [[String: Any]] ?? []
      for part in [usage] + iterations.filter({ $0["type"] as? String != "message" }) {
        expected.uncachedInput += Self.count(part, "input_tokens")
        expected.cacheRead += Self.count(part, "cache_read_input_tokens")
        expected.cacheWrite5m += Self.count(part, "cache_creation_input_tokens")
        expected.output += Self.count(part, "output_tokens")
      }
    }
    let found = try readAll(lines.joined(separator: "\n")).tokens
    #expect(found.uncachedInput == expected.uncachedInput)
    #expect(found.cacheRead == expected.cacheRead)
    #expect(
      found.cacheWrite5m + found.cacheWrite1h + found.cacheWriteOther == expected.cacheWrite5m)
    #expect(found.output == expected.output)
  }
}
