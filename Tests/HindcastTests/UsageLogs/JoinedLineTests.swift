import Foundation
import Testing
import Usage

@testable import UsageLogs

/// Lines that hold several records: files without a last line end, put together.
@Suite struct JoinedLineTests {
  typealias Template = KeyAndNumberTests.Template

  private func read(
    _ lines: [String], as format: String, _ lineEnd: String = "\n"
  ) throws -> Reading {
    var settings = ReadSettings()
    settings.format = format
    return try readAll(lines.joined(separator: lineEnd), settings: settings)
  }

  /// What the ledger tells requests apart by, and what it adds up.
  private func said(_ reading: Reading) -> ArraySlice<String> {
    ArraySlice(reading.records.map { "\($0.identity) \($0.start) \($0.tokens)" })
  }

  private func objects(_ template: Template) -> [String] {
    (0..<10).map { template.filled($0, "\($0 + 1)", "\(($0 + 1) * 100)") }
  }

  @Test(arguments: KeyAndNumberTests.templates)
  func objectsOnOneLineAreReadLikeLines(template: Template) throws {
    let all = objects(template)
    let apart = try read(all, as: template.format)
    #expect(apart.records.count == 10)
    for lines in [
      [all[0], all[1...].joined()], [all[0] + all[1], all[2], all[3...9].joined()],
      [all[0], all[1] + "\r" + all[2] + "\r", all[3...].joined()],
    ] {
      let joined = try read(lines, as: template.format)
      #expect(said(joined) == said(apart))
      #expect(joined.outcome.skipped == 0)
    }
    // NUL bytes are what a crash leaves of blocks that were never written.
    for joint in [" \t ", "\0\0"] {
      let spaced = try read([all[0], all[1...].joined(separator: joint)], as: template.format)
      #expect(spaced.records.map(\.tokens) == apart.records.map(\.tokens))
      #expect(spaced.outcome.skipped == 0)
    }
  }

  /// A file that grows by the rest of an object and a line has what it had.
  @Test(arguments: KeyAndNumberTests.templates)
  func theHalfBehindAnObjectIsSkipped(template: Template) throws {
    let all = objects(template)
    let half = String(all[2].prefix(all[2].utf8.count / 2))
    let young = try read([all[0], all[1] + half], as: template.format)
    #expect(said(young) == said(try read(all, as: template.format)).prefix(2))
    #expect(
      young.outcome.problems == [
        LineNote(
          line: 2, byte: all[0].utf8.count + 1 + all[1].utf8.count,
          reason: LineProblem.endsEarly.reason)
      ])
    let grown = try read([all[0], all[1] + all[2], all[3]], as: template.format)
    #expect(said(grown) == said(try read(all, as: template.format)).prefix(4))
  }

  @Test(arguments: KeyAndNumberTests.templates)
  func aLineBrokenOtherwiseIsOneSkippedLine(template: Template) throws {
    let all = objects(template)
    for joint in [",", " and ", "}", "1", "\"", "["] {
      let reading = try read([all[0], all[1] + joint + all[2], all[3]], as: template.format)
      #expect(reading.records.count == 2, "\(joint)")
      #expect(reading.outcome.skipped == 1, "\(joint)")
      #expect(reading.outcome.problems.first?.byte == all[0].utf8.count + 1, "\(joint)")
    }
  }

  /// A writer died, and one that began anew wrote on behind what the first had got to.
  @Test(arguments: KeyAndNumberTests.templates)
  func whatStandsBehindATornObjectCounts(template: Template) throws {
    let all = objects(template)
    for length in stride(from: 20, to: all[1].utf8.count, by: 7) {
      let torn = String(all[1].prefix(length))
      let apart = said(try read([all[0], torn, all[2], all[3]], as: template.format))
      #expect(apart.count == 3)
      let reading = try read([all[0], torn + all[2], all[3]], as: template.format)
      #expect(said(reading) == apart, "\(torn)")
      #expect(reading.outcome.skipped == 1, "\(torn)")
      #expect(reading.outcome.problems.first?.byte == all[0].utf8.count + 1)
      let joined = try read([all[0], torn + all[2] + all[3]], as: template.format)
      #expect(said(joined) == apart, "\(torn)")
    }
  }

  /// Of the first key alone nothing can be told.
  @Test(arguments: KeyAndNumberTests.templates)
  func aTornBeginningIsOneSkippedLine(template: Template) throws {
    let all = objects(template)
    for length in 1..<8 {
      let torn = String(all[1].prefix(length))
      for line in [torn, torn + "\"", "x" + torn] {
        let reading = try read([all[0], line, all[2]], as: template.format)
        #expect(reading.records.count == 2, "\(line)")
        #expect(reading.outcome.skipped == 1, "\(line)")
      }
    }
  }

  /// What looks like many beginnings takes no longer than it must: half a megabyte of them.
  @Test(.timeLimit(.minutes(1)), arguments: ["{\"id\":", "{\"id\":[],\"a\":[{},", "{\"id\":\""])
  func aTornObjectOfNestedOnes(beginning: String) throws {
    let template = try #require(KeyAndNumberTests.templates.first { $0.format == "openai" })
    let all = objects(template)
    let torn = String(repeating: beginning, count: 70_000)
    let reading = try read([all[0], torn, all[1]], as: "openai")
    #expect(reading.records.count == 2)
    #expect(reading.outcome.skipped == 1)
  }

  /// Times differ in their digits; the log's own clock stands on every line.
  @Test(
    arguments: [
      ("bedrock", "2026-09-01T00:00:0D.12DZ "), ("openai", "2026-09-01T00:00:0D.DZ stdout F "),
      ("openai", "2026-09-01T00:00:0DZ "), ("openai", "data: "), ("openai", "data:"),
    ]) func textInFrontOfEveryObject(format: String, lead: String) throws
  {
    let template = try #require(KeyAndNumberTests.templates.first { $0.format == format })
    let all = objects(template).enumerated().map { i, object in
      lead.replacing("D", with: "\(i)").replacing(".0Z", with: "Z") + object
    }
    let apart = try read(all, as: format)
    let joined = try read(
      [all[0], all[1...4].joined(), all[5...].joined(separator: " ")], as: format)
    #expect(apart.records.count == 10)
    #expect(said(joined).count == 10)
    #expect(said(joined).prefix(5) == said(apart).prefix(5))
    #expect(joined.outcome.skipped == 0)
    let cut = try read([all[0], all[1] + lead.prefix(4)], as: format)
    #expect(cut.records.count == 2)
    let other = try read([all[0], all[1] + " then " + all[2]], as: format)
    #expect(other.records.count == 1)
    #expect(other.outcome.skipped == 1)
  }

  /// Recorded streams end in `[DONE]` or in an event, and begin with one.
  @Test func eventStreamsPutTogether() throws {
    let template = try #require(KeyAndNumberTests.templates.first { $0.format == "openai" })
    let all = objects(template)
    for joint in ["data: [DONE]", "\n\ndata: [DONE]", "event: response.created\n", ": ping\n"] {
      let text = "data: " + all[0] + joint + "data: " + all[1] + "\n"
      let reading = try readAll(text)
      #expect(reading.outcome.format == "openai")
      #expect(reading.records.count == 2, "\(joint)")
      #expect(reading.outcome.skipped == 0, "\(joint)")
    }
  }

  /// A line as long as many files is read part by part; no record of it is too long.
  @Test(arguments: KeyAndNumberTests.templates)
  func aLineThatOutgrowsMemory(template: Template) throws {
    let scratch = try Scratch()
    let long = #"{"prompt":"\#(String(repeating: "x", count: 600))","#
    let all = (0..<4000).map { long + template.filled($0, "1", "2").dropFirst() }
    let half = long
    let path = scratch.file("joined.jsonl").path
    try Data((all[0] + "\n" + all[1...].joined() + "\n" + half).utf8)
      .write(to: URL(filePath: path))
    var settings = ReadSettings()
    settings.format = template.format
    var reader = UsageReader()
    reader.longestRecord = 300_000
    var reading = Reading()
    reading.outcome = try reader.read(path, settings: settings) { batch, _ in reading.take(batch) }
    #expect(reading.records.count == all.count)
    #expect(Set(reading.records.map(\.identity)).count == all.count)
    let byte = all.joined().utf8.count + 2
    #expect(
      reading.outcome.problems == [
        LineNote(line: 3, byte: byte, reason: LineProblem.endsEarly.reason)
      ])
  }

  /// Tables put together: the header stands behind the last row, whose last cell may be empty.
  @Test(arguments: ["\n", "\r\n"]) func tablesPutTogether(lineEnd: String) throws {
    let header = "arrived_at,num_prefill_tokens,num_decode_tokens"
    let trace = [header, "0.5,374,44", "4.25,396,109"]
    let apart = try read(trace + trace, as: "trace-csv", lineEnd)
    let joined = try read(
      trace.dropLast() + [trace[2] + header] + trace.dropFirst(), as: "trace-csv", lineEnd)
    #expect(joined.records.map(\.tokens.output) == [44, 109, 44, 109])
    #expect(joined.outcome.skipped == 0)
    #expect(joined.records.count == apart.records.count)

    let columns = "start_time,end_time,model,input_tokens,output_tokens,batch"
    let export = [columns, "1759622400,1759708800,m,10,5,FALSE", "1759708800,1759795200,,,,"]
    for last in [1, 2] {
      let file = Array(export[...last])
      let both = try read(
        file.dropLast() + [file[last] + columns, "1759795200,1759881600,m,7,1,FALSE"],
        as: "openai-usage-csv", lineEnd)
      #expect(both.records.map(\.tokens.input) == [10, 7])
      #expect(both.outcome.skipped == 0)
    }
    let other = try read(
      trace.dropLast() + [trace[2] + "a,b,c"] + trace.dropFirst(), as: "trace-csv", lineEnd)
    #expect(other.records.count == 3)
    #expect(other.outcome.problems.map(\.line) == [3])
  }

  /// The others on its line count, and its place is its own.
  @Test func oneBadObjectOfSeveral() throws {
    let template = try #require(KeyAndNumberTests.templates.first { $0.format == "openai" })
    let all = objects(template)
    let bad = template.filled(3, "-5", "1")
    let reading = try read([all[0], all[1] + bad + all[2], all[3]], as: "openai")
    #expect(reading.records.map(\.tokens.output) == [100, 200, 300, 400])
    #expect(
      reading.outcome.problems == [
        LineNote(
          line: 2, byte: all[0].utf8.count + 1 + all[1].utf8.count,
          reason: "'prompt_tokens' is negative")
      ])
    let first = try read([all[0], bad + all[1]], as: "openai")
    #expect(first.records.map(\.tokens.output) == [100, 200])
    #expect(first.outcome.skipped == 1)
  }
}
