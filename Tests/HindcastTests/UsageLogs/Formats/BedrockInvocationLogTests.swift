import Foundation
import Testing
import Usage

@testable import UsageLogs

@Suite struct BedrockInvocationLogTests {
  /// A Converse stream with its body, an Anthropic event stream, a throttled call.
  private static let records = [
    #"{"schemaType":"ModelInvocationLog","schemaVersion":"1.0","timestamp":"2026-03-02T10:15:04Z","accountId":"111122223333","identity":{"arn":"arn:aws:sts::111122223333:assumed-role/app-role/billing-bot"},"region":"us-east-1","requestId":"7d1f0a52","operation":"ConverseStream","modelId":"us.anthropic.claude-sonnet-4-5-20250929-v1:0","inferenceRegion":"us-west-2","requestMetadata":{"team":"search"},"input":{"inputBodyJson":{"messages":[]},"inputTokenCount":12,"cacheReadInputTokenCount":4096,"cacheWriteInputTokenCount":297},"output":{"outputBodyJson":{"stopReason":"end_turn","metrics":{"latencyMs":2310},"usage":{"inputTokens":12,"outputTokens":240,"totalTokens":4645,"cacheReadInputTokens":4096,"cacheWriteInputTokens":297,"cacheReadInputTokenCount":4096,"cacheWriteInputTokenCount":297,"cacheDetails":[{"ttl":"5m","inputTokens":297}]}},"outputTokenCount":240}}"#,
    #"{"schemaType":"ModelInvocationLog","schemaVersion":"1.0","timestamp":"2026-03-02T10:15:09Z","accountId":"111122223333","identity":{"arn":"arn:aws:iam::111122223333:user/dev"},"region":"us-east-1","requestId":"b0f5e7de","operation":"InvokeModelWithResponseStream","modelId":"anthropic.claude-3-haiku-20240307-v1:0","input":{"inputBodyJson":{"messages":[]},"inputTokenCount":31},"output":{"outputBodyJson":[{"type":"message_start","message":{"id":"msg_bdrk_01","model":"claude-3-haiku-48k-20240307","usage":{"input_tokens":31,"output_tokens":1}}},{"type":"message_delta","delta":{"stop_reason":"end_turn"},"usage":{"output_tokens":57}},{"type":"message_stop","amazon-bedrock-invocationMetrics":{"inputTokenCount":31,"outputTokenCount":57,"invocationLatency":910,"firstByteLatency":402}},"[DONE]"],"outputTokenCount":57}}"#,
    #"{"schemaType":"ModelInvocationLog","schemaVersion":"1.0","timestamp":"2026-03-02T10:15:11Z","accountId":"111122223333","identity":{"arn":"arn:aws:iam::111122223333:user/dev"},"region":"us-east-1","requestId":"b0f5e7df","operation":"Converse","modelId":"arn:aws:bedrock:us-east-1:111122223333:application-inference-profile/abc123def456","errorCode":"ThrottlingException","input":{"inputBodyJson":{"messages":[]}}}"#,
  ]

  private static func quoted(_ text: String) -> String {
    "\""
      + text.replacingOccurrences(of: "\\", with: "\\\\")
      .replacingOccurrences(of: "\"", with: "\\\"") + "\""
  }

  /// The ways in which such records reach people's disks.
  private static let wrapped: [(name: String, text: String)] = [
    ("lines", records.joined(separator: "\n")),
    ("one array", "[" + records.joined(separator: ",") + "]"),
    (
      "a log group's export",
      records.enumerated().map { "2026-03-02T10:15:1\($0.offset).123Z \($0.element)" }
        .joined(separator: "\n")
    ),
    (
      "filter-log-events",
      #"{"events":["#
        + records.map { #"{"timestamp":1772446504000,"message":\#(quoted($0)),"eventId":"1"}"# }
        .joined(separator: ",") + #"],"nextToken":"x"}"#
    ),
    (
      "a subscription without line ends",
      #"{"messageType":"CONTROL_MESSAGE","logEvents":[{"id":"","timestamp":1,"message":"CWL CONTROL MESSAGE: Checking health of destination Firehose."}]}"#
        + records.map {
          #"{"messageType":"DATA_MESSAGE","logGroup":"g","logEvents":[{"id":"1","timestamp":1772446504000,"message":\#(quoted($0))}]}"#
        }.joined()
    ),
    (
      "Logs Insights with parsed messages",
      "["
        + records.map { #"{"@timestamp":"2026-03-02 10:15:04.000","@message":\#($0)}"# }
        .joined(separator: ",\n") + "]"
    ),
    (
      "Logs Insights with messages as text",
      "["
        + records.map { #"{"@timestamp":"2026-03-02 10:15:04.000","@message":\#(quoted($0))}"# }
        .joined(separator: ",") + "]"
    ),
  ]

  @Test(arguments: wrapped.indices) func comesToTheSame(index: Int) throws {
    let (name, text) = Self.wrapped[index]
    let reading = try readAll(text)
    #expect(reading.outcome.format == "bedrock", "\(name)")
    #expect(reading.outcome.skipped == 0, "\(name): \(reading.reasons)")
    try #require(reading.records.count == 3, "\(name)")
    let (converse, stream, throttled) = (
      reading.records[0], reading.records[1], reading.records[2]
    )
    // 12 + 240 + 4096 + 297 = 4645, the total that the body states.
    #expect(converse.tokens.uncachedInput == 12 && converse.tokens.output == 240)
    #expect(converse.tokens.cacheRead == 4096 && converse.tokens.cacheWrite5m == 297)
    #expect(converse.tokens.cacheWriteOther == 0)
    #expect(converse.check == .exact && converse.duration == 2_310_000)
    #expect(reading.region(converse) == "us-west-2")
    #expect(
      reading.labels(converse) == [
        "project=111122223333", "tag:team=search",
        "user=arn:aws:sts::111122223333:assumed-role/app-role/billing-bot",
      ])
    // The start's one output token is provisional, and the body's model an alias.
    #expect(stream.tokens.uncachedInput == 31 && stream.tokens.output == 57)
    #expect(reading.model(stream) == "anthropic.claude-3-haiku-20240307-v1:0")
    #expect(stream.duration == 910_000 && stream.timeToFirstToken == 402_000)
    #expect(throttled.kind.status == .failed && throttled.tokens.total == 0)
    #expect(throttled.start.description == "2026-03-02T10:15:11Z")
  }

  /// Callers are known again by account, ARN and region together; what one line adds of its own stays
  /// on that line.
  @Test func callersAreToldApart() throws {
    let callers = [
      ("1", "role/a", #""us-east-1""#, ""), ("1", "role/b", #""us-east-1""#, ""),
      ("2", "role/a", #""us-east-1""#, ""), ("1", "role/a", #""eu-west-1""#, ""),
      ("1", "role/a", #""us-east-1""#, #","inferenceRegion":"us-west-2""#),
      ("1", "role/a", #""us-east-1""#, #","requestMetadata":{"team":"search"}"#),
      ("1", "role\\u002fa", #""us-east-1""#, ""), ("1", "", #""us-east-1""#, ""),
      ("1", "role/a", "null", ""),
    ]
    let expected = [
      ("us-east-1", ["project=1", "user=role/a"]), ("us-east-1", ["project=1", "user=role/b"]),
      ("us-east-1", ["project=2", "user=role/a"]), ("eu-west-1", ["project=1", "user=role/a"]),
      ("us-west-2", ["project=1", "user=role/a"]),
      ("us-east-1", ["project=1", "tag:team=search", "user=role/a"]),
      ("us-east-1", ["project=1", "user=role/a"]), ("us-east-1", ["project=1"]),
      ("", ["project=1", "user=role/a"]),
    ]
    let order = (0..<270).map { ($0 * 7 + $0 / 9) % callers.count }
    let lines = order.enumerated().map { number, caller in
      let (account, arn, region, rest) = callers[caller]
      return #"{"schemaType":"ModelInvocationLog","timestamp":"2026-03-02T10:15:04Z","#
        + #""accountId":"\#(account)","identity":{"arn":"\#(arn)"},"region":\#(region),"#
        + #""requestId":"\#(number)","modelId":"m"\#(rest),"input":{"inputTokenCount":1}}"#
    }
    var settings = ReadSettings()
    for tags in [[], [(name: "env", value: "prod")]] {
      settings.tags = tags
      let reading = try readAll(lines.joined(separator: "\n"), settings: settings)
      try #require(reading.records.count == order.count)
      for (record, caller) in zip(reading.records, order) {
        let labels = expected[caller].1 + tags.map { "tag:\($0.name)=\($0.value)" }
        #expect(reading.region(record) == expected[caller].0)
        #expect(reading.labels(record) == labels.sorted())
      }
    }
  }

  @Test func aMapNamesAnOpaqueProfile() throws {
    var settings = ReadSettings()
    settings.modelMap[
      "arn:aws:bedrock:us-east-1:111122223333:application-inference-profile/abc123def456"] =
      "anthropic.claude-3-haiku-20240307-v1:0"
    let reading = try readAll(Self.records[2], settings: settings)
    #expect(
      reading.records.map(reading.model) == ["anthropic.claude-3-haiku-20240307-v1:0"])
  }

  @Test func provisionedThroughputIsATier() throws {
    let line = Self.records[1].replacing(
      "anthropic.claude-3-haiku-20240307-v1:0",
      with: "arn:aws:bedrock:us-east-1:1:provisioned-model/abc")
    #expect(try readAll(line).records.map(\.kind.tier) == [.provisioned])
  }
}
