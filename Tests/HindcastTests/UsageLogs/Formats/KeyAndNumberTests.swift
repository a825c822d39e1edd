import Foundation
import Testing
import Usage

@testable import UsageLogs

/// Keys and numbers in every shape that JSON allows, in every format of JSON: nothing is silently lost.
@Suite struct KeyAndNumberTests {
  /// JSON whose members keep their order and their spelling.
  indirect enum Tree: Sendable {
    case object([Member])
    case array([Tree])
    /// A text, number or word as it stands in the file.
    case scalar(String)

    struct Member: Sendable {
      var key: String
      var value: Tree
    }

    init(_ text: String) throws {
      var rest = Substring(text)
      self = try Tree.read(&rest)
    }

    private static func read(_ rest: inout Substring) throws -> Tree {
      switch rest.first {
      case "{":
        rest.removeFirst()
        var members: [Member] = []
        while rest.first != "}" {
          guard case .scalar(let key) = try read(&rest) else { throw CocoaError(.coderReadCorrupt) }
          rest.removeFirst()
          members.append(Member(key: String(key.dropFirst().dropLast()), value: try read(&rest)))
          if rest.first == "," { rest.removeFirst() }
        }
        rest.removeFirst()
        return .object(members)
      case "[":
        rest.removeFirst()
        var elements: [Tree] = []
        while rest.first != "]" {
          elements.append(try read(&rest))
          if rest.first == "," { rest.removeFirst() }
        }
        rest.removeFirst()
        return .array(elements)
      case "\"":
        let end = try #require(rest.dropFirst().firstIndex(of: "\""))
        defer { rest = rest[rest.index(after: end)...] }
        return .scalar(String(rest[...end]))
      default:
        let end = rest.firstIndex { ",}]".contains($0) } ?? rest.endIndex
        defer { rest = rest[end...] }
        return .scalar(String(rest[..<end]))
      }
    }

    func text(colon: String = ":", comma: String = ",") -> String {
      switch self {
      case .scalar(let text): text
      case .array(let elements):
        "[" + elements.map { $0.text(colon: colon, comma: comma) }.joined(separator: comma) + "]"
      case .object(let members):
        "{"
          + members.map { "\"\($0.key)\"" + colon + $0.value.text(colon: colon, comma: comma) }
          .joined(separator: comma) + "}"
      }
    }

    /// With the members of every object changed, the innermost first.
    func changed(_ change: ([Member]) -> [Member]) -> Tree {
      switch self {
      case .scalar: self
      case .array(let elements): .array(elements.map { $0.changed(change) })
      case .object(let members):
        .object(change(members.map { Member(key: $0.key, value: $0.value.changed(change)) }))
      }
    }

    /// Each without one member, at whatever depth.
    var withOneMemberLess: [Tree] {
      switch self {
      case .scalar: []
      case .array(let elements):
        elements.indices.flatMap { i in
          elements[i].withOneMemberLess.map { less in
            var rest = elements
            rest[i] = less
            return .array(rest)
          }
        }
      case .object(let members):
        members.indices.flatMap { i -> [Tree] in
          var rest = members
          rest.remove(at: i)
          return [.object(rest)]
            + members[i].value.withOneMemberLess.map { less in
              var rest = members
              rest[i].value = less
              return .object(rest)
            }
        }
      }
    }
  }

  /// One record of a format; `ID`, `IN` and `OUT` stand for its identity and its counts.
  struct Template: Sendable, CustomTestStringConvertible {
    var format: String
    var record: String
    var testDescription: String { format }

    func filled(_ id: Int, _ input: String, _ output: String) -> String {
      record.replacing("ID", with: "\(id)").replacing("IN", with: input)
        .replacing("OUT", with: output)
    }
  }

  static let templates = [
    Template(
      format: "bedrock",
      record:
        #"{"schemaType":"ModelInvocationLog","timestamp":"2026-09-01T00:00:00Z","requestId":"rID","modelId":"m","input":{"inputTokenCount":IN},"output":{"outputTokenCount":OUT}}"#
    ),
    Template(
      format: "openai",
      record:
        #"{"id":"chatcmpl-ID","object":"chat.completion","created":1767261600,"model":"gpt-5-mini","usage":{"prompt_tokens":IN,"completion_tokens":OUT}}"#
    ),
    Template(
      format: "litellm",
      record:
        #"{"request_id":"rID","call_type":"acompletion","spend":0.5,"prompt_tokens":IN,"completion_tokens":OUT,"startTime":"2026-01-24 09:20:46.847371","model":"m","custom_llm_provider":"openai","metadata":{"usage_object":{"prompt_tokens":IN,"completion_tokens":OUT}},"status":"success"}"#
    ),
    Template(
      format: "claude-code",
      record:
        #"{"sessionId":"5f0e","type":"assistant","timestamp":"2026-03-02T10:00:04.870Z","requestId":"qID","message":{"id":"msg_ID","role":"assistant","model":"claude-sonnet-4-6","usage":{"input_tokens":IN,"output_tokens":OUT}}}"#
    ),
    Template(
      format: "openai-usage",
      record:
        #"{"object":"page","data":[{"object":"bucket","start_time":1767225600,"end_time":1767312000,"results":[{"object":"organization.usage.completions.result","input_tokens":IN,"output_tokens":OUT,"num_model_requests":5,"model":"m-ID"}]}],"has_more":false,"next_page":null}"#
    ),
    Template(
      format: "mooncake", record: #"{"timestamp":ID,"input_length":IN,"output_length":OUT}"#),
  ]

  /// Every format of JSON has a template here.
  @Test func noFormatIsForgotten() {
    let formats = LogFormats.all.map { $0.facts }.filter { $0.layout == .json }.map(\.name)
    #expect(Set(Self.templates.map(\.format)) == Set(formats))
  }

  /// What a line says on its own, and behind a thousand common ones, where shapes are remembered.
  private func read(_ line: String, _ template: Template) throws -> (
    alone: Reading, behind: Reading
  ) {
    var settings = ReadSettings()
    settings.format = template.format
    let common = (1000..<2000).map { template.filled($0, "1", "1") }
    let alone = try readAll(line + "\n", settings: settings)
    let behind = try readAll((common + [line, ""]).joined(separator: "\n"), settings: settings)
    return (alone, behind)
  }

  private func expectCounts(_ line: String, _ template: Template, _ what: String) throws {
    let found = try read(line, template)
    for (reading, others) in [(found.alone, 0), (found.behind, 1000)] {
      #expect(reading.outcome.skipped == 0, "\(what)")
      #expect(reading.records.count == others + 1, "\(what)")
      #expect(reading.records.last?.tokens.uncachedInput == 12, "\(what)")
      #expect(reading.records.last?.tokens.output == 34, "\(what)")
    }
  }

  @Test(arguments: templates) func keysInEveryShapeSayTheSame(template: Template) throws {
    typealias Member = Tree.Member
    let tree = try Tree(template.filled(7, "12", "34"))
    let junk = Member(
      key: "new", value: try Tree(#"{"a":[1,{"b":"}"},null,true],"c":"[{"}"#))
    let null = Member(key: "none", value: .scalar("null"))
    try expectCounts(tree.text(), template, "as it is")
    try expectCounts(tree.changed { $0.reversed() }.text(), template, "reordered")
    try expectCounts(tree.changed { [junk] + $0 }.text(), template, "extra keys before")
    try expectCounts(tree.changed { $0 + [junk, null] }.text(), template, "extra keys behind")
    // As JSON parsers have it, the last one counts.
    let doubled = tree.changed { members in
      members.flatMap { member -> [Member] in
        guard case .scalar(let text) = member.value, Int(text) != nil else { return [member] }
        return [Member(key: member.key, value: .scalar("99")), member]
      }
    }
    try expectCounts(doubled.text(), template, "doubled numbers")
    let escaped = tree.changed { members in
      members.map { member in
        let first = member.key.unicodeScalars.first!.value
        let code = "\\u00" + String(first, radix: 16)
        return Member(key: code + member.key.dropFirst(), value: member.value)
      }
    }
    try expectCounts(escaped.text(), template, "escaped keys")
    try expectCounts(tree.text(colon: " :\t", comma: " , "), template, "blanks")
  }

  @Test(arguments: templates) func numbersInEveryShapeSayTheSame(template: Template) throws {
    for (input, output) in [
      ("12.0", "34.000"), ("1.2e1", "340E-1"), ("\"12\"", "0.34e+2"), ("120e-1", "\"34\""),
    ] {
      try expectCounts(template.filled(7, input, output), template, "\(input) and \(output)")
    }
  }

  /// What is no count is skipped and counted, not taken for 0.
  @Test(arguments: templates) func whatIsNoCountIsSkipped(template: Template) throws {
    for number in [
      "-1", "1.5", "1e-1", "{}", "[12]", "9223372036854775808", "true", #""many""#,
    ] {
      let found = try read(template.filled(7, number, "1"), template)
      #expect(found.alone.records.isEmpty, "\(number)")
      #expect(found.alone.outcome.skipped == 1, "\(number)")
      #expect(found.behind.records.count == 1000, "\(number)")
      #expect(found.behind.outcome.skipped == 1, "\(number)")
    }
  }

  @Test(arguments: templates) func theLargestCountIsKept(template: Template) throws {
    let found = try read(template.filled(7, "1000000000000000", "0"), template)
    #expect(found.alone.records.last?.tokens.uncachedInput == 1_000_000_000_000_000)
    #expect(found.behind.records.last?.tokens.uncachedInput == 1_000_000_000_000_000)
  }

  /// Two of the largest 64-bit numbers have a negative sum.
  @Test(arguments: templates) func aCountThatCannotBeTrueIsSkipped(template: Template) throws {
    for number in [
      "9223372036854775807", "1000000000000001", "999999999999999999", "1000000000000001.0",
      "1e16", #""1000000000000001""#, "99999999999999999999999999999999999999999999",
    ] {
      let found = try read(template.filled(7, "1", number), template)
      for (reading, others) in [(found.alone, 0), (found.behind, 1000)] {
        #expect(reading.records.count == others, "\(number)")
        #expect(reading.outcome.skipped == 1, "\(number)")
        #expect(
          reading.reasons.first?.hasSuffix(
            "' is more than 1,000,000,000,000,000, which no count can be") == true, "\(number)")
      }
    }
  }

  /// Whatever is missing: the record counts, is skipped, or is passed over in words.
  @Test(arguments: templates) func aMissingKeyIsNeverLost(template: Template) throws {
    for less in try Tree(template.filled(7, "12", "34")).withOneMemberLess {
      var settings = ReadSettings()
      settings.format = template.format
      let reading = try readAll(less.text() + "\n", settings: settings)
      #expect(
        reading.records.count + reading.outcome.skipped == 1
          || reading.outcome.notes.contains { $0.contains("passed over") }, "\(less.text())")
    }
  }

  /// A line without what identifies or dates it is skipped and says why.
  @Test(arguments: ["timestamp", "modelId"]) func aMissingKeyIsNamed(key: String) throws {
    let line = Self.templates[0].filled(7, "1", "1").replacing(key, with: "other")
    let reading = try read(line, Self.templates[0]).alone
    #expect(reading.records.isEmpty)
    #expect(reading.reasons == ["has no '\(key)'"])
  }
}
