import Foundation
import Replay
import Reports
import Testing

@testable import UsageLogs

/// Polices the three lists: an entry without its fixture or its line in the documents fails here, with
/// the path to create.
@Suite struct CompletenessTests {
  private func document(_ name: String) throws -> String {
    try String(contentsOf: Program.package.appending(path: "docs/\(name)"), encoding: .utf8)
  }

  private func exists(_ path: String) -> Bool {
    FileManager.default.fileExists(atPath: Program.package.appending(path: path).path)
  }

  @Test(arguments: LogFormats.all.map { $0.facts.name }) func formatIsComplete(name: String) throws
  {
    #expect(exists("fixtures/logs/\(name)"), "create fixtures/logs/\(name)/")
    #expect(exists("fixtures/expected/\(name).json"), "create fixtures/expected/\(name).json")
    #expect(
      try document("formats.md").contains("| `\(name)` |"), "add `\(name)` to docs/formats.md")
  }

  @Test(arguments: HostingOptions.kinds) func optionKindIsComplete(kind: String) throws {
    #expect(
      try document("options.md").contains("## \(kind)"), "add '## \(kind)' to docs/options.md")
    #expect(BuiltInOptions.all.contains { $0.yaml.contains("kind: \(kind)") })
  }

  @Test(arguments: ReportFormats.all.map { $0.name }) func reportFormatWrites(name: String) throws {
    let run = try Program.run([
      "usage", "--by", "model", "--format", name, "--logs",
      Program.package.appending(path: "fixtures/logs/bedrock").path,
    ])
    #expect(run.exit == 0)
    #expect(run.output.contains("amazon.nova-lite-v1:0"), "\(run.output)")
  }

  @Test func namesAreUnique() {
    let formats = LogFormats.all.map { $0.facts.name }
    #expect(Set(formats).count == formats.count)
    #expect(Set(HostingOptions.kinds).count == HostingOptions.kinds.count)
    #expect(Set(BuiltInOptions.all.map(\.name)).count == BuiltInOptions.all.count)
  }

  /// Every format is sure of its own example and surer than any other.
  @Test(arguments: LogFormats.all.map { $0.facts.name }) func recognisesItsExample(
    name: String
  ) throws {
    let format = try #require(LogFormats.named(name))
    let example = Array((format.facts.example + "\n").utf8)
    #expect(LogFormats.detect(Sample(example.span))?.facts.name == name)
  }

  /// One that is surer than it says may never be asked.
  @Test func noFormatIsSurerThanItSays() throws {
    let files = try #require(FileManager.default.enumerator(atPath: FixtureTests.logs.path))
    for case let name as String in files where !name.hasSuffix(".gz") {
      let url = FixtureTests.logs.appending(path: name)
      guard let bytes = try? [UInt8](Data(contentsOf: url)), !bytes.isEmpty else { continue }
      let sample = Sample(bytes.span)
      for format in LogFormats.all {
        let confidence = format.confidence(in: sample)
        #expect(confidence <= format.highestConfidence, "\(format.facts.name) of \(name)")
      }
    }
  }
}
