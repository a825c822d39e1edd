import ArgumentParser
import Reports
import Usage
import UsageLedger

/// Takes a file out of the ledger.
struct LedgerForget: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "forget",
    abstract: "Take a file out of the ledger, as if it had never come.",
    discussion: """
      Examples:
        hindcast ledger forget logs/2026-09-01.json.gz
        hindcast ledger forget 2026-09-01.json.gz      the end of a path, where only one has it
        hindcast ledger forget 17                      the number that `ledger info` shows

      Requests that another file brought too stay, as that file has them. Ingesting the file again
      brings it back.
      """)

  @Argument(
    help: ArgumentHelp("The file's path, the end of it, or its number.", valueName: "source"))
  var source: String

  @OptionGroup var ledger: LedgerOptions
  @OptionGroup var output: OutputOptions

  @Flag(help: "Report what would go and change nothing.")
  var dryRun = false

  func run() throws {
    _ = try ledger.open()
    let rehearsal = dryRun ? try Rehearsal(of: ledger.resolved) : nil
    defer { rehearsal?.remove() }
    let target = try rehearsal?.ledger ?? Ledger(path: ledger.resolved)
    let forgotten = try target.forget(source)
    try output.write(Self.report(forgotten))
    if dryRun { output.say("dry run: nothing was written") }
  }

  private static func report(_ forgotten: Forgotten) -> Report {
    let removed = Int64(forgotten.removed)
    let stayed = Int64(forgotten.stayed)
    var lines: [String] = []
    if let heir = forgotten.heir {
      lines.append(
        "it was an earlier state of \(heir), to which its \(counted(stayed, "request")) belong now")
    } else if stayed > 0 {
      lines.append("\(counted(stayed, "request")) stay: other files brought them too")
    }
    let earlier = forgotten.paths.count - 1
    if earlier > 0 {
      lines.append("with it went \(counted(Int64(earlier), "earlier state")) of it")
    }
    return Report(
      document: Document(
        title: "\(forgotten.paths.last ?? "") forgotten: \(counted(removed, "request")) removed",
        sections: lines.isEmpty ? [] : [Document.Section(lines: lines)]),
      json: .object([
        .init("schemaVersion", .integer(1)), .init("forgotten", .strings(forgotten.paths)),
        .init("removed", .integer(removed)), .init("stayed", .integer(stayed)),
        .init("heir", .string(forgotten.heir)),
      ]),
      data: Table(
        columns: [
          .init("file", name: "path"), .init("requests removed", name: "removed", isNumber: true),
          .init("requests that stay", name: "stayed", isNumber: true),
        ],
        rows: [[.text(forgotten.paths.last ?? ""), .count(removed), .count(stayed)]]))
  }
}
