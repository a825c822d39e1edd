import Foundation
import Testing

/// The commands of the README, and of the page on the articles, print what they say.
///
/// Lines after `$ hindcast ...` in a `console` block are its output; a line `...` leaves the rest out.
@Suite struct ReadmeTests {
  struct Example {
    var command: String
    var output: [String]
  }

  private func examples(_ page: String) throws -> [Example] {
    let text = try String(contentsOf: Program.package.appending(path: page), encoding: .utf8)
    var examples: [Example] = []
    var isInside = false
    for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
      if line.hasPrefix("```") {
        isInside = line == "```console"
      } else if isInside, line.hasPrefix("$ ") {
        examples.append(Example(command: String(line.dropFirst(2)), output: []))
      } else if isInside {
        examples[examples.count - 1].output.append(Program.withoutBookVersion(String(line)))
      }
    }
    return examples
  }

  @Test(arguments: [("README.md", 5), ("docs/seeds.md", 4)])
  func commandsPrintWhatItSays(page: String, least: Int) throws {
    let scratch = try Scratch()
    try FileManager.default.createSymbolicLink(
      at: scratch.file("fixtures"), withDestinationURL: Program.package.appending(path: "fixtures"))
    let examples = try examples(page)
    #expect(examples.count >= least)
    for example in examples {
      let run = try Shell.run(example.command, in: scratch.folder)
      #expect(run.exit == 0 || run.exit == 2, "\(example.command): \(run.errors)")
      var printed = Program.withoutBookVersion(run.output).split(
        separator: "\n", omittingEmptySubsequences: false
      ).map(
        String.init)
      if printed.last == "" { printed.removeLast() }
      var expected = example.output
      if expected.last == "..." {
        expected.removeLast()
        printed = Array(printed.prefix(expected.count))
      }
      #expect(printed == expected, "\(example.command)")
    }
  }
}
