import Foundation
import Testing
import Usage

@testable import UsageLogs

/// Keys and numbers in every shape that JSON allows: nothing is silently lost.
@Suite struct KeyAndNumberTests {
  private static let head =
    #""schemaType":"ModelInvocationLog","timestamp":"2026-09-01T00:00:00Z","requestId":"r1","#
    + #""modelId":"m","#

  /// One Bedrock line on its own, and behind a thousand common ones, where shapes are remembered.
  private func tokens(_ line: String) throws -> (alone: TokenCounts?, behind: TokenCounts?, Int) {
    let common = (0..<1000).map { id in
      "{\(Self.head.replacing("r1", with: "c\(id)"))"
        + #""input":{"inputTokenCount":1},"output":{"outputTokenCount":1}}"#
    }
    let alone = try readAll(line + "\n", settings: bedrock)
    let behind = try readAll((common + [line, ""]).joined(separator: "\n"), settings: bedrock)
    #expect(behind.records.count + behind.outcome.skipped == 1001)
    let last = behind.outcome.skipped == 0 ? behind.records.last?.tokens : nil
    return (alone.records.first?.tokens, last, alone.outcome.skipped)
  }

  private var bedrock: ReadSettings {
    var settings = ReadSettings()
    settings.format = "bedrock"
    return settings
  }

  @Test(arguments: [
    // Late, extra and reordered keys.
    #"{"new":{"a":[1,{"b":"}"}]},\#(head)"input":{"inputTokenCount":12},"output":{"outputTokenCount":34},"z":null}"#,
    #"{"output":{"outputTokenCount":34},"input":{"x":0,"inputTokenCount":12},\#(head)"t":1}"#,
    // A duplicated key: the last one counts, as JSON parsers have it.
    #"{\#(head)"input":{"inputTokenCount":99},"input":{"inputTokenCount":12},"output":{"outputTokenCount":34}}"#,
    #"{\#(head)"input":{"inputTokenCount":1,"inputTokenCount":12},"output":{"outputTokenCount":34}}"#,
    // Escapes in keys and in texts.
    #"{\#(head)"\u0069nput":{"input\u0054okenCount":12},"outp\u0075t":{"outputTokenCount":34}}"#,
    // Null beside the rest.
    #"{\#(head)"errorCode":null,"input":{"cacheReadInputTokenCount":null,"inputTokenCount":12},"output":{"outputTokenCount":34}}"#,
    // White space wherever it may stand.
    "{ \(head) \"input\" : { \"inputTokenCount\" :\t12 } , \"output\" : {\"outputTokenCount\": 34\t} } ",
    // Numbers: with a fraction of zeros, an exponent, in quotes.
    #"{\#(head)"input":{"inputTokenCount":12.0},"output":{"outputTokenCount":34.000}}"#,
    #"{\#(head)"input":{"inputTokenCount":1.2e1},"output":{"outputTokenCount":340E-1}}"#,
    #"{\#(head)"input":{"inputTokenCount":"12"},"output":{"outputTokenCount":0.34e+2}}"#,
  ]) func saysTheSame(line: String) throws {
    let found = try tokens(line)
    for tokens in [found.alone, found.behind] {
      #expect(tokens?.uncachedInput == 12)
      #expect(tokens?.output == 34)
    }
  }

  /// What is no count is skipped and counted, not taken for 0.
  @Test(arguments: [
    "-1", "1.5", "1e-1", "12x", "{}", "[12]", "9223372036854775808", "true", "0x10", #""many""#,
  ]) func whatIsNoCountIsSkipped(number: String) throws {
    let line =
      "{\(Self.head)" + #""input":{"inputTokenCount":\#(number)},"output":{"outputTokenCount":1}}"#
    let found = try tokens(line)
    #expect(found.alone == nil)
    #expect(found.behind == nil)
    #expect(found.2 == 1)
  }

  @Test func theLargestCountIsKept() throws {
    let found = try tokens(
      "{\(Self.head)"
        + #""input":{"inputTokenCount":9223372036854775807},"output":{"outputTokenCount":0}}"#)
    #expect(found.alone?.uncachedInput == .max)
    #expect(found.behind?.uncachedInput == .max)
  }

  /// A line without what identifies or dates it is skipped and counted.
  @Test(arguments: ["timestamp", "modelId"]) func aMissingKeyIsNamed(key: String) throws {
    let line = "{\(Self.head)\"input\":{\"inputTokenCount\":1}}".replacing(key, with: "other")
    let reading = try readAll(line + "\n", settings: bedrock)
    #expect(reading.records.isEmpty)
    #expect(reading.reasons == ["has no '\(key)'"])
  }
}
