import Foundation
import Testing

/// The folders of fixtures/cases: a `command`, and what it must print and return.
///
/// A case is written as a user would write it: `command` holds one line `hindcast ...` a command, run
/// one after the other in an empty folder in which `fixtures` is this one. `stdout`, `stderr` and
/// `exit` (0 when absent) belong to the last command.
@Suite struct CommandCaseTests {
  static let folder = Program.package.appending(path: "fixtures/cases")

  static let names =
    ((try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []).filter {
      !$0.hasPrefix(".")
    }.sorted()

  @Test(arguments: names) func printsWhatItShould(name: String) throws {
    let folder = Self.folder.appending(path: name)
    func text(_ file: String) -> String? {
      try? String(contentsOf: folder.appending(path: file), encoding: .utf8)
    }
    let commands = try #require(text("command"), "fixtures/cases/\(name) has no file 'command'")
      .split(separator: "\n").filter { !$0.hasPrefix("#") }
    let scratch = try Scratch()
    try FileManager.default.createSymbolicLink(
      at: scratch.file("fixtures"), withDestinationURL: Program.package.appending(path: "fixtures"))
    var run: Program.Run?
    for command in commands {
      run = try Shell.run(String(command), in: scratch.folder)
    }
    let last = try #require(run)
    if let expected = text("stdout").map(Program.withoutBookVersion) {
      #expect(Program.withoutBookVersion(last.output) == expected)
    }
    if let expected = text("stderr") { #expect(last.errors == expected) }
    let code = Int32(text("exit")?.trimmingCharacters(in: .whitespacesAndNewlines) ?? "0")
    #expect(last.exit == code, "\(last.errors)")
  }

  @Test func thereAreCases() { #expect(Self.names.count >= 10) }
}

/// Just enough of a shell for the cases and the README: words, double and single quotes.
enum Shell {
  static func run(_ line: String, in folder: URL) throws -> Program.Run {
    var words = split(line)
    #expect(words.first == "hindcast", "a case runs hindcast: \(line)")
    words.removeFirst()
    return try Program.run(words, in: folder)
  }

  static func split(_ line: String) -> [String] {
    var words: [String] = []
    var word = ""
    var quote: Character?
    var isWord = false
    for character in line {
      if let open = quote {
        if character == open { quote = nil } else { word.append(character) }
      } else if character == "\"" || character == "'" {
        quote = character
        isWord = true
      } else if character == " " {
        if isWord { words.append(word) }
        word = ""
        isWord = false
      } else {
        word.append(character)
        isWord = true
      }
    }
    if isWord { words.append(word) }
    return words
  }
}
