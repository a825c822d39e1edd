import ArgumentParser
import Foundation
import Reports
import Usage
import UsageLedger

/// Brings the files of other ledgers in.
struct LedgerMerge: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "merge",
    abstract: "Add what other ledgers hold, as if their files were ingested here.",
    discussion: """
      Examples:
        hindcast ledger merge laptop.sqlite
        hindcast ledger merge --ledger all.sqlite team/*.sqlite

      The other ledgers are only read. Files that are here already are passed over, so merging twice
      changes nothing, and a merge that was interrupted goes on with the same command.
      """)

  @Argument(help: ArgumentHelp("Ledgers to take from.", valueName: "other"))
  var others: [String]

  @OptionGroup var ledger: LedgerOptions
  @OptionGroup var output: OutputOptions

  @Flag(help: "Take in exports whose tokens are there under another grouping.")
  var allowRegrouped = false

  private struct Row {
    var ledger: String
    var source: MergedSource
  }

  func run() throws {
    let sources = try others.map { path in
      guard FileManager.default.fileExists(atPath: path) else {
        throw Refusal("there is no ledger at \(path)")
      }
      return try Ledger(readingOnly: path)
    }
    let target = try Ledger(path: ledger.resolved)
    Interruption.watch()
    var rows: [Row] = []
    do {
      for source in sources {
        try target.merge(source, allowsRegrouped: allowRegrouped) { merged in
          rows.append(Row(ledger: source.path, source: merged))
          if Interruption.isRequested { throw Interrupted() }
        }
      }
    } catch is Interrupted {
      try output.write(report(rows))
      output.say("interrupted; the files listed are in, run the same command again for the rest")
      throw ExitCode.interrupted
    }
    try output.write(report(rows))
    let isComplete = rows.allSatisfy { $0.source.outcome.refusal == nil }
    let code = ExitCode.done(complete: isComplete, strict: output.strict)
    if code != .success { throw code }
  }

  private func report(_ rows: [Row]) -> Report {
    func sum(_ number: (MergedSource) -> Int) -> Int64 {
      rows.reduce(0) { $0 + Int64(number($1.source)) }
    }
    let added = sum(\.outcome.requests)
    let there = sum(\.outcome.duplicates) + sum { $0.wasThere ? $0.records : 0 }
    let replaced = sum(\.outcome.replaced)
    let refused = Int64(rows.filter { $0.source.outcome.refusal != nil }.count)
    var title =
      "\(counted(Int64(others.count), "ledger")), \(counted(Int64(rows.count), "file")): "
      + "\(counted(added, "request")) added, \(grouped(there)) already there"
    if replaced > 0 { title += ", \(grouped(replaced)) replaced by fuller or later copies" }
    if refused > 0 { title += ", \(counted(refused, "file")) refused" }
    return Report(
      document: Document(
        title: title, sections: [Document.Section(table: table(rows))],
        notes: rows.compactMap(\.source.outcome.refusal)),
      json: .object([
        .init("schemaVersion", .integer(1)), .init("files", .array(rows.map(json))),
        .init(
          "totals",
          .object([
            .init("files", .integer(rows.count)), .init("requests", .integer(added)),
            .init("duplicates", .integer(there)), .init("replaced", .integer(replaced)),
            .init("refused", .integer(refused)),
          ])),
      ]),
      data: table(rows))
  }

  private func table(_ rows: [Row]) -> Table {
    var columns = [
      Table.Column("ledger", name: "ledger"), Table.Column("file", name: "path"),
      Table.Column("format", name: "format"), Table.Column("status", name: "status"),
    ]
    for (title, name) in [
      ("requests added", "requests"), ("already there", "duplicates"), ("replaced", "replaced"),
    ] { columns.append(Table.Column(title, name: name, isNumber: true)) }
    return Table(
      columns: columns,
      rows: rows.map { row in
        let source = row.source
        return [
          .text(row.ledger), .text(source.path), .text(source.format), .text(source.status),
          .count(Int64(source.outcome.requests)),
          .count(Int64(source.wasThere ? source.records : source.outcome.duplicates)),
          .count(Int64(source.outcome.replaced)),
        ]
      })
  }

  private func json(_ row: Row) -> JSONValue {
    .object([
      .init("ledger", .string(row.ledger)), .init("path", .string(row.source.path)),
      .init("format", .string(row.source.format)), .init("status", .string(row.source.status)),
      .init("requests", .integer(row.source.outcome.requests)),
      .init(
        "duplicates",
        .integer(row.source.wasThere ? row.source.records : row.source.outcome.duplicates)),
      .init("replaced", .integer(row.source.outcome.replaced)),
      .init("reason", .string(row.source.outcome.refusal)),
    ])
  }
}

extension MergedSource {
  fileprivate var status: String {
    outcome.refusal != nil ? "refused" : wasThere ? "already" : "added"
  }
}
