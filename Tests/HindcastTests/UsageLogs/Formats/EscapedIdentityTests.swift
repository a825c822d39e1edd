import Testing
import Usage

@testable import UsageLogs

/// JSON lets a text be written in several ways; a request's id is what it says, not how.
@Suite struct EscapedIdentityTests {
  /// One id, as JSON writers in PHP, Python and others spell it.
  private static let spellings = [
    #"gen-a/é-😀"#, #"gen-a\/é-😀"#, #"gen-a/\u00e9-\ud83d\ude00"#,
    #"\u0067en-a\/\u00E9-\uD83D\uDE00"#,
  ]

  private func read(_ lines: [String], as format: String) throws -> Reading {
    var settings = ReadSettings()
    settings.format = format
    return try readAll(lines.joined(separator: "\n"), settings: settings)
  }

  private func line(_ format: String, id: String) throws -> String {
    let template = try #require(KeyAndNumberTests.templates.first { $0.format == format })
    return template.record.replacing("ID", with: id).replacing("IN", with: "1")
      .replacing("OUT", with: "2")
  }

  @Test(arguments: ["bedrock", "openai", "litellm", "claude-code", "openai-usage"])
  func anIdIsTheSameHoweverItIsWritten(format: String) throws {
    let reading = try read(Self.spellings.map { try line(format, id: $0) }, as: format)
    #expect(reading.records.count == Self.spellings.count)
    #expect(Set(reading.records.map(\.identity)).count == 1)
    #expect(Set(reading.records.map(\.looseIdentity)).count == 1)
    // The backslash that stands for itself, and ids that look alike.
    let others = [#"gen-a\\/é-😀"#, #"gen-a\\u00e9-😀"#, #"gen-ae-😀"#, #"gen-a/é-😁"#]
    let different = try read(
      (others + [Self.spellings[0]]).map { try line(format, id: $0) }, as: format)
    #expect(Set(different.records.map(\.identity)).count == 5)
  }

  /// Where other ids are missing.
  @Test func aLineOfASessionIsKnownByItsOwnId() throws {
    let lines = try Self.spellings.map { spelling in
      try line("claude-code", id: "").replacing(
        #""requestId":"q""#, with: #""uuid":"\#(spelling)""#
      )
      .replacing(#""id":"msg_","#, with: "")
    }
    let reading = try read(lines, as: "claude-code")
    #expect(reading.records.count == Self.spellings.count)
    #expect(Set(reading.records.map(\.identity)).count == 1)
  }

  @Test func aGatewayThatEscapesLogsTheSameRequest() throws {
    let gateway = try read([try line("litellm", id: #"\/1"#)], as: "litellm")
    let own = try read(
      [try line("openai", id: "x").replacing("chatcmpl-x", with: "r/1")], as: "openai")
    #expect(gateway.records.map(\.identity) == own.records.map(\.identity))
  }
}
