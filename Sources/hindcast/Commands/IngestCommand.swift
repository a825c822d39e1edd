import ArgumentParser
import Foundation
import Reports
import Usage
import UsageLedger
import UsageLogs

/// Files in, ledger out.
struct IngestCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "ingest",
    abstract: "Read logs into the ledger; what is there already is not counted again.",
    discussion: """
      Examples:
        hindcast ingest logs/                   every file below logs/
        hindcast ingest app.gz --tag env=prod   with a label
        zstd -dc old.zst | hindcast ingest -    standard input
        hindcast ingest vllm.log --model NAME   a log without a model
      """)

  @Argument(
    help: ArgumentHelp("Files, folders, or - for standard input.", valueName: "path"),
    completion: .file())
  var paths: [String]

  @OptionGroup var ledger: LedgerOptions
  @OptionGroup var reading: ReadingOptions
  @OptionGroup var output: OutputOptions

  @Flag(help: "Report what would be added and write nothing.")
  var dryRun = false

  @Flag(help: "List the first skipped lines of each file, with place and reason.")
  var problems = false

  @Flag(help: "Take in exports whose tokens are there under another grouping.")
  var allowRegrouped = false

  func run() async throws {
    let rehearsal = dryRun ? try Rehearsal(of: ledger.resolved) : nil
    defer { rehearsal?.remove() }
    let target = try rehearsal?.ledger ?? Ledger(path: ledger.resolved)
    let result = try await LogIntake(
      paths: paths, ledgerFile: ledger.resolved, reading: reading, allowsRegrouped: allowRegrouped,
      showsProgress: !output.quiet
    ).run(into: target)
    let report = IngestReport.make(result.outcomes, showsProblems: problems)
    try output.write(report)
    if dryRun { output.say("dry run: nothing was written") }
    try warnOfOverlaps(target)
    if result.isInterrupted {
      output.say("interrupted; the files listed are in, run the same command again for the rest")
      throw ExitCode.interrupted
    }
    if result.outcomes.isEmpty {
      output.say("no files in \(paths.joined(separator: ", ")); nothing was read")
    }
    try finish(result.outcomes)
  }

  private func warnOfOverlaps(_ target: Ledger) throws {
    let byContent = LogFormats.all.map { $0.facts }.filter(\.identifiesByContent).map(\.name)
    for overlap in try target.overlaps(withinFormats: byContent) {
      if overlap.firstFormat == overlap.secondFormat {
        output.say(
          "warning: \(overlap.first) and \(overlap.second) (\(overlap.firstFormat)) overlap in time, for "
            + "\(overlap.model.isEmpty ? "requests without a model" : overlap.model); if both are of one "
            + "server, what both hold counts twice: take one out with `hindcast ledger forget`")
        continue
      }
      output.say(
        "warning: \(overlap.model) shows at the same times in \(overlap.first) "
          + "(\(overlap.firstFormat)) and \(overlap.second) (\(overlap.secondFormat)); if they are "
          + "the same calls, leave one out with --exclude-source")
    }
  }

  private func finish(_ outcomes: [FileOutcome]) throws {
    if !outcomes.isEmpty, outcomes.allSatisfy(\.isUnread) { throw ExitCode.failure }
    let code = ExitCode.done(
      complete: outcomes.allSatisfy(\.isComplete), strict: output.strict)
    if code != .success { throw code }
  }
}

/// Reading of the paths that a command was given, with progress.
struct LogIntake {
  var paths: [String]
  /// Not to be read, though it may stand among the logs.
  var ledgerFile: String
  var reading: ReadingOptions
  var allowsRegrouped = false
  var showsProgress = true

  func run(
    into ledger: Ledger
  ) async throws -> (outcomes: [FileOutcome], isInterrupted: Bool) {
    let listing = InputFiles.list(paths, ledger: ledgerFile)
    let progress = Progress(
      files: listing.files.count,
      bytes: listing.files.reduce(0) { $0 + $1.size }, isEnabled: showsProgress)
    Interruption.watch()
    let result = try await Ingestion(
      ledger: ledger, settings: reading.settings(), jobs: reading.jobs,
      allowsRegrouped: allowsRegrouped, progress: progress
    ).run(listing.files)
    progress.wipe()
    let missing = listing.unreadable.map { path, reason in
      var outcome = FileOutcome(path: path, status: .failed)
      outcome.notes = [reason]
      return outcome
    }
    return (result.outcomes + missing, result.isInterrupted)
  }
}

extension FileOutcome {
  /// Whether nothing of it is in.
  var isUnread: Bool { status == .failed || status == .unrecognised }

  /// Whether all of it is in.
  var isComplete: Bool { !isUnread && status != .partial && skipped == 0 }
}
