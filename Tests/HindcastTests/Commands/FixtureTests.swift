import Foundation
import Testing
import UsageLogs

/// Every format's fixture folder against the plan that its files were made from: an oracle that never
/// read the files.
@Suite struct FixtureTests {
  static let logs = Program.package.appending(path: "fixtures/logs")
  static let expected = Program.package.appending(path: "fixtures/expected")

  static let formats = LogFormats.all.map { $0.facts.name }

  struct Expectation {
    var json: [String: Any]

    init(_ name: String) throws {
      let url = FixtureTests.expected.appending(path: "\(name).json")
      let data = try Data(contentsOf: url)
      json = try #require(try JSONSerialization.jsonObject(with: data) as? [String: Any])
    }

    /// Where the usage printed differs from what was planned.
    func differences(_ planned: [String: Any], _ printed: [String: Any]) -> [String] {
      let tolerance = json["tolerance"] as? Double ?? 0
      return planned.compactMap { key, value in
        if key == "reportedCost" {
          let cost = (value as? String).flatMap { Decimal(string: $0) }
          let found = (printed[key] as? String).flatMap { Decimal(string: $0) }
          return cost == found
            ? nil : "\(key): planned \(value), found \(printed[key] ?? "nothing")"
        }
        guard let value = value as? Double, let found = printed[key] as? Double else { return nil }
        return abs(found - value) <= tolerance * value
          ? nil : "\(key): planned \(value), found \(found)"
      }
    }
  }

  private func usage(_ ledger: String, by: String) throws -> [String: Any] {
    try Program.run(["usage", "--ledger", ledger, "--by", by, "--json"]).json
  }

  @Test(arguments: formats) func sumsToItsPlan(format: String) throws {
    let expectation = try Expectation(format)
    let scratch = try Scratch()
    let ledger = scratch.file("ledger.sqlite").path
    let folder = Self.logs.appending(path: format).path
    let ingest = try Program.run(["ingest", "--ledger", ledger, "--json", folder])
    let files = try #require(ingest.json["files"] as? [[String: Any]], "\(ingest.errors)")
    #expect(files.allSatisfy { $0["format"] as? String == format })
    let summary = try usage(ledger, by: "model")
    let totals = try #require(summary["totals"] as? [String: Any])
    let planned = try #require(expectation.json["totals"] as? [String: Any])
    #expect(expectation.differences(planned, totals) == [])
    let models = try #require(expectation.json["byModel"] as? [String: [String: Any]])
    let rows = try #require(summary["rows"] as? [[String: Any]])
    #expect(rows.count == models.count)
    for row in rows {
      let model = row["model"] as? String ?? ""
      let plan = try #require(models[model], "\(model) was not planned")
      #expect(expectation.differences(plan, row) == [], "\(model)")
    }
    // Once more, in the other order: nothing may change.
    let again = try Program.run(
      ["ingest", "--ledger", ledger, "--json"]
        + files.compactMap { $0["path"] as? String }.reversed())
    #expect((again.json["totals"] as? [String: Any])?["requests"] as? Int == 0)
    #expect(try usage(ledger, by: "model")["totals"] as? NSDictionary == totals as NSDictionary)
    #expect(try Program.run(["ledger", "verify", "--ledger", ledger]).exit == 0)
  }

  @Test(arguments: formats) func eachFileAloneSumsToItsPlan(format: String) throws {
    let expectation = try Expectation(format)
    let plans = try #require(expectation.json["files"] as? [String: [String: Any]])
    for (name, plan) in plans {
      let scratch = try Scratch()
      let ledger = scratch.file("ledger.sqlite").path
      let path = Self.logs.appending(path: "\(format)/\(name)").path
      let ingest = try Program.run(["ingest", "--ledger", ledger, "--json", path])
      let totals = try #require(ingest.json["totals"] as? [String: Any], "\(ingest.errors)")
      #expect(totals["skipped"] as? Int == plan["skipped"] as? Int, "\(name)")
      let sums = try #require(try usage(ledger, by: "model")["totals"] as? [String: Any])
      #expect(expectation.differences(plan, sums) == [], "\(name)")
    }
  }

  /// All formats at once, in any order and on one worker or several, give the same ledger.
  @Test func orderAndWorkersDoNotMatter() throws {
    var answers: [NSDictionary] = []
    for arguments in [["--jobs", "1"], ["--jobs", "4"]] {
      for folders in [Self.formats, Self.formats.reversed()] {
        let scratch = try Scratch()
        let ledger = scratch.file("ledger.sqlite").path
        let paths = folders.map { Self.logs.appending(path: $0).path }
        _ = try Program.run(["ingest", "--ledger", ledger, "--json"] + arguments + paths)
        var answer = try usage(ledger, by: "day,model,user,project")
        answer["excluded"] = nil
        answers.append(answer as NSDictionary)
      }
    }
    #expect(Set(answers).count == 1)
    #expect((answers[0]["rows"] as? [Any])?.count ?? 0 > 50)
  }

  /// Without a ledger the same numbers come out, and nothing is written.
  @Test func logsGiveTheSameWithoutLedger() throws {
    let scratch = try Scratch()
    let ledger = scratch.file("ledger.sqlite").path
    _ = try Program.run(["ingest", "--ledger", ledger, Self.logs.path])
    let kept = try usage(ledger, by: "day,model")
    let shot = try Program.run(
      ["usage", "--by", "day,model", "--json", "--logs", Self.logs.path], in: scratch.folder)
    #expect(shot.json as NSDictionary == kept as NSDictionary)
    #expect(!FileManager.default.fileExists(atPath: scratch.file("hindcast.sqlite").path))
  }
}

/// One way of going wrong in each file of fixtures/bad, and what must come of it.
@Suite struct BadInputTests {
  static let folder = Program.package.appending(path: "fixtures/bad")

  static let files: [String] = {
    let data = try? Data(contentsOf: FixtureTests.expected.appending(path: "bad.json"))
    let json = data.flatMap { try? JSONSerialization.jsonObject(with: $0) } as? [String: Any]
    return (json?["files"] as? [String: Any])?.keys.sorted() ?? []
  }()

  @Test(arguments: files) func isReportedAndNothingIsLost(name: String) throws {
    let data = try Data(contentsOf: FixtureTests.expected.appending(path: "bad.json"))
    let json = try #require(JSONSerialization.jsonObject(with: data) as? [String: Any])
    let plans = try #require(json["files"] as? [String: [String: Any]])
    let plan = try #require(plans[name])
    let scratch = try Scratch()
    let ledger = scratch.file("ledger.sqlite").path
    let run = try Program.run([
      "ingest", "--ledger", ledger, "--json", Self.folder.appending(path: name).path,
    ])
    let file = try #require((run.json["files"] as? [[String: Any]])?.first, "\(run.errors)")
    let status = try #require(file["status"] as? String)
    if let allowed = plan["status"] as? [String] { #expect(allowed.contains(status), "\(file)") }
    let requests = try #require(file["requests"] as? Int)
    let skipped = try #require(file["skipped"] as? Int)
    if let planned = plan["requests"] as? Int { #expect(requests == planned, "\(file)") }
    if let planned = plan["skipped"] as? Int { #expect(skipped == planned, "\(file)") }
    if let range = plan["requestsBetween"] as? [Int] {
      #expect((range[0]...range[1]).contains(requests), "\(file)")
    }
    if let sum = plan["requestsPlusSkipped"] as? Int { #expect(requests + skipped == sum) }
    if let tokens = plan["tokens"] as? [String: Int], requests > 0 {
      let usage = try Program.run(["usage", "--ledger", ledger, "--json"]).json
      let totals = try #require(usage["totals"] as? [String: Any])
      for (key, value) in tokens { #expect(totals[key] as? Int == value, "\(key)") }
    }
    // Whatever is not plainly fine says why.
    if status != "ingested" {
      #expect((file["notes"] as? [String])?.isEmpty == false, "\(file)")
      #expect(run.exit == (status == "partial" ? 2 : 1))
    } else if skipped > 0 {
      #expect((file["problems"] as? [Any])?.isEmpty == false)
      #expect(run.exit == 2)
    }
  }

  @Test func everyMisspeltOptionIsNamed() throws {
    let path = Self.folder.appending(path: "options-misspelt.yaml").path
    let run = try Program.run(["options", "check", path])
    #expect(run.exit == 1)
    #expect(run.errors.contains("did you mean"))
    #expect(run.errors.split(separator: "\n").count >= 10, "\(run.errors)")
  }

  /// Two lines around one of 40 MiB, which is more than the longest record.
  @Test func aLineOfAnyLengthIsSkippedAndCounted() throws {
    let scratch = try Scratch()
    func line(_ id: Int, _ padding: Int) -> String {
      #"{"schemaType":"ModelInvocationLog","timestamp":"2026-09-01T00:00:0\#(id)Z","#
        + #""requestId":"r\#(id)","modelId":"m","body":""# + String(repeating: "x", count: padding)
        + #"","input":{"inputTokenCount":1},"output":{"outputTokenCount":1}}"# + "\n"
    }
    let log = try scratch.write("long.json", line(1, 10) + line(2, 40 << 20) + line(3, 10))
    let run = try Program.run([
      "ingest", "--ledger", scratch.file("l.sqlite").path, "--json", log.path,
    ])
    let file = try #require((run.json["files"] as? [[String: Any]])?.first)
    #expect(file["requests"] as? Int == 2)
    #expect(file["skipped"] as? Int == 1)
    let problem = try #require((file["problems"] as? [[String: Any]])?.first)
    #expect(problem["line"] as? Int == 2)
    #expect((problem["reason"] as? String)?.contains("longer than") == true)
  }

  @Test func theRestOfTheWorkIsDone() throws {
    let scratch = try Scratch()
    let good = FixtureTests.logs.appending(path: "bedrock/2026-09-30.json").path
    let run = try Program.run([
      "ingest", "--ledger", scratch.file("l.sqlite").path, "--json", "no-such-file", good,
      Self.folder.appending(path: "binary.json").path,
    ])
    #expect(run.exit == 2)
    #expect((run.json["totals"] as? [String: Any])?["requests"] as? Int == 8)
    let files = try #require(run.json["files"] as? [[String: Any]])
    #expect(files.count == 3)
  }
}
