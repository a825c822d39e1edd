import ArgumentParser
import Reports
import UsageLogs

/// What hindcast reads.
struct FormatsCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "formats",
    abstract: "List the log formats that are read, with their identity rules and blind spots.")

  @OptionGroup var output: OutputOptions

  func run() throws { try output.write(Self.report(LogFormats.all.map { $0.facts })) }

  private static func report(_ formats: [FormatFacts]) -> Report {
    let sections = formats.map { facts in
      Document.Section(
        title: "\(facts.name): \(facts.title)",
        lines: [
          "where from: \(facts.origin)", "one request: \(facts.identity)",
          "cannot tell: \(facts.cannotTell)",
        ])
    }
    let json = JSONValue.object([
      .init("schemaVersion", .integer(1)),
      .init(
        "formats",
        .array(
          formats.map {
            .object([
              .init("name", .string($0.name)), .init("title", .string($0.title)),
              .init("origin", .string($0.origin)), .init("identity", .string($0.identity)),
              .init("cannotTell", .string($0.cannotTell)),
            ])
          })),
    ])
    let names = ["name", "title", "origin", "identity", "cannot_tell"]
    return Report(
      document: Document(title: "Log formats, told apart by content", sections: sections),
      json: json,
      data: Table(
        columns: names.map { Table.Column($0, name: $0) },
        rows: formats.map {
          [
            .text($0.name), .text($0.title), .text($0.origin), .text($0.identity),
            .text($0.cannotTell),
          ]
        }))
  }
}
