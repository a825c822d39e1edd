import ArgumentParser
import Reports
import Usage
import UsageLedger

/// Care of the ledger.
struct LedgerCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "ledger", abstract: "Look after the ledger.",
    subcommands: [Info.self, Verify.self, LedgerForget.self, LedgerMerge.self])

  /// What is in it.
  struct Info: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Show the ledger's size and the files that are in it.")

    @OptionGroup var ledger: LedgerOptions
    @OptionGroup var output: OutputOptions

    func run() throws {
      let ledger = try ledger.open()
      try output.write(Self.report(ledger.path, ledger.info(), ledger.sources()))
    }

    private static func report(
      _ path: String, _ info: LedgerInfo, _ sources: [StoredSource]
    ) -> Report {
      let table = Table(
        columns: [
          .init("number", name: "number", isNumber: true), .init("file", name: "path"),
          .init("format", name: "format"),
          .init("status", name: "status"), .init("records", name: "records", isNumber: true),
          .init("lines skipped", name: "skipped_lines", isNumber: true),
          .init("first (UTC)", name: "first", isOptional: true),
          .init("last (UTC)", name: "last", isOptional: true),
        ],
        rows: sources.map {
          [
            .count($0.id), .text($0.path), .text($0.format), .text($0.status),
            .count(Int64($0.records)),
            .count(Int64($0.skipped)), $0.first.map { .text($0.description) } ?? .none,
            $0.last.map { .text($0.description) } ?? .none,
          ]
        })
      let perRecord = info.records == 0 ? 0 : info.bytes / info.records
      return Report(
        document: Document(
          title: path,
          facts: [
            "\(counted(Int64(info.records), "record")) from \(counted(Int64(info.sources), "file")); "
              + "\(grouped(info.bytes)) bytes, \(perRecord) a record; ledger version \(info.version)"
          ],
          sections: [Document.Section(table: table)]),
        json: .object([
          .init("schemaVersion", .integer(1)), .init("path", .string(path)),
          .init("ledgerVersion", .integer(info.version)), .init("bytes", .integer(info.bytes)),
          .init("records", .integer(info.records)),
          .init(
            "sources",
            .array(
              sources.map {
                .object([
                  .init("number", .integer($0.id)), .init("path", .string($0.path)),
                  .init("format", .string($0.format)),
                  .init("status", .string($0.status)), .init("records", .integer($0.records)),
                  .init("skipped", .integer($0.skipped)),
                  .init("first", .string($0.first?.description)),
                  .init("last", .string($0.last?.description)),
                ])
              })),
        ]),
        data: table)
    }
  }

  /// Whether it is sound.
  struct Verify: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Check the ledger against itself; exit 1 with what is wrong.")

    @OptionGroup var ledger: LedgerOptions
    @OptionGroup var output: OutputOptions

    func run() throws {
      let ledger = try ledger.open()
      let faults = try ledger.verify()
      let table = Table(
        columns: [.init("fault", name: "fault")], rows: faults.map { [.text($0)] })
      try output.write(
        Report(
          document: Document(
            title: faults.isEmpty
              ? "\(ledger.path) is sound"
              : "\(ledger.path): \(counted(Int64(faults.count), "fault"))",
            sections: faults.isEmpty ? [] : [Document.Section(lines: faults)]),
          json: .object([
            .init("schemaVersion", .integer(1)), .init("path", .string(ledger.path)),
            .init("faults", .strings(faults)),
          ]),
          data: table))
      if !faults.isEmpty { throw ExitCode.failure }
    }
  }
}

extension StoredSource {
  fileprivate var status: String {
    isSuperseded ? "superseded" : isPartial ? "partial" : "complete"
  }
}
