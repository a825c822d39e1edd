import ArgumentParser
import Foundation
import Replay
import Reports
import Usage

/// Options to replay against.
struct OptionsCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "options", abstract: "List, show, start and check hosting options.",
    subcommands: [List.self, Show.self, Start.self, Check.self, FitCommand.self])

  struct List: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "List the built-in options and option sets.")

    @OptionGroup var output: OutputOptions

    func run() throws {
      let table = Table(
        columns: [.init("option", name: "name"), .init("what it is", name: "summary")],
        rows: BuiltInOptions.all.map { [.text($0.name), .text($0.summary)] })
      let sets = Table(
        columns: [.init("option set", name: "name"), .init("what it compares", name: "summary")],
        rows: OptionSets.all.map { [.text($0.name), .text($0.summary)] })
      try output.write(
        Report(
          document: Document(
            title: "Built-in options",
            sections: [Document.Section(table: table), Document.Section(table: sets)]),
          json: .object([
            .init("schemaVersion", .integer(1)),
            .init(
              "options",
              .array(
                BuiltInOptions.all.map {
                  .object([
                    .init("name", .string($0.name)), .init("summary", .string($0.summary)),
                  ])
                })),
            .init(
              "sets",
              .array(
                OptionSets.all.map {
                  .object([
                    .init("name", .string($0.name)), .init("summary", .string($0.summary)),
                  ])
                })),
          ]),
          data: table))
    }
  }

  struct Show: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Print a built-in option or option set as an options file.")

    @Argument(help: "Its name, as `hindcast options list` shows it.")
    var name: String

    func run() throws {
      if let set = OptionSets.named(name) {
        print(set.yaml, terminator: "")
        return
      }
      guard let entry = BuiltInOptions.named(name) else {
        let known = BuiltInOptions.all.map(\.name) + OptionSets.all.map(\.name)
        let hint = nearest(to: name, among: known)
        throw Refusal(
          "there is no built-in option '\(name)'" + (hint.map { "; did you mean '\($0)'?" } ?? ""))
      }
      print(BuiltInOptions.file(entry), terminator: "")
    }
  }

  struct Start: ParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "init", abstract: "Write a commented options file to start from.")

    @Argument(help: "Where to; nothing is overwritten.")
    var path = "options.yaml"

    func run() throws {
      guard !FileManager.default.fileExists(atPath: path) else {
        throw Refusal("\(path) is there already; name another file")
      }
      try Data(BuiltInOptions.starter.utf8).write(to: URL(fileURLWithPath: path))
      Terminal.printError("wrote \(path); replay it with: hindcast replay --options \(path)")
    }
  }

  struct Check: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Name everything that is wrong with an options file.")

    @Argument(help: "The file.")
    var path: String

    @OptionGroup var hardware: HardwareOptions

    func run() throws {
      let tree = try YAMLDocument.read(path: path)
      if tree["schema"]?.text?.hasPrefix("hindcast-options/") ?? true {
        let known = hardware
        let file = try OptionsFile(
          tree: tree, file: path, attachment: YAMLDocument.attachment(to: path)
        ) { try known.catalogue() }
        print("\(path): \(counted(Int64(file.names.count), "option")), nothing wrong")
        return
      }
      var catalogue = try hardware.catalogue()
      let before = catalogue.points.count
      try catalogue.add(tree, file: path)
      let points = counted(Int64(catalogue.points.count - before), "measured point")
      print("\(path): hardware facts with \(points), nothing wrong")
    }
  }
}
