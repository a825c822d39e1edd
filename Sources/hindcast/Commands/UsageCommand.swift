import ArgumentParser
import Foundation
import Reports
import Usage
import UsageLedger

/// Token counts.
struct UsageCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "usage",
    abstract: "Show requests and tokens by day, model, user, project and more.",
    discussion: """
      Examples:
        hindcast usage --by day,model
        hindcast usage --by week,user --time-zone Europe/Berlin
        hindcast usage --by model --where project=checkout --json
        hindcast usage --logs logs/*.gz         without a ledger
      """)

  @Option(
    help: ArgumentHelp(
      "What to group by, separated by commas: "
        + UsageSummary.Dimension.allCases.map(\.rawValue).joined(separator: ", ") + ".",
      valueName: "dimensions"),
    completion: .list(UsageSummary.Dimension.allCases.map(\.rawValue)))
  var by = "day,model"

  @OptionGroup var period: PeriodOptions
  @OptionGroup var history: HistoryOptions
  @OptionGroup var output: OutputOptions

  func validate() throws { _ = try dimensions() }

  private func dimensions() throws -> [UsageSummary.Dimension] {
    let names = by.split(separator: ",")
    guard !names.isEmpty else {
      throw ValidationError("--by takes at least one of \(Self.known.joined(separator: ", "))")
    }
    var dimensions: [UsageSummary.Dimension] = []
    for name in names {
      guard let dimension = UsageSummary.Dimension(rawValue: String(name)) else {
        let hint = nearest(to: String(name), among: Self.known)
        throw ValidationError(
          "--by knows no '\(name)'" + (hint.map { "; did you mean '\($0)'?" } ?? ".")
            + " Known: \(Self.known.joined(separator: ", ")).")
      }
      if !dimensions.contains(dimension) { dimensions.append(dimension) }
    }
    return dimensions
  }

  private static let known = UsageSummary.Dimension.allCases.map(\.rawValue)

  func run() async throws {
    let (ledger, isWhole) = try await history.open(saying: output.say)
    let period = try period.period(in: ledger) { ($0, $1) }
    let summary = try ledger.usage(
      period: period, by: dimensions(), where: self.period.parsedFilters(),
      excludingSources: self.period.excludeSource)
    try output.write(UsageReport.make(summary, scope: self.period.scope()))
    if summary.rows.isEmpty { try output.say(PeriodOptions.remark(onEmpty: period, ledger)) }
    let code = ExitCode.done(
      complete: isWhole && summary.skippedLines == 0, strict: output.strict)
    if code != .success { throw code }
  }
}

/// Where the history comes from: the ledger, or logs read for this one run.
struct HistoryOptions: ParsableArguments {
  @OptionGroup var ledger: LedgerOptions

  @Option(
    parsing: .upToNextOption,
    help: ArgumentHelp(
      "Read these logs instead of a ledger; nothing is written.", valueName: "path"),
    completion: .file())
  var logs: [String] = []

  @OptionGroup(title: "Reading of --logs") var reading: ReadingOptions

  /// The ledger, and whether it holds all of `logs`.
  func open(saying say: (String) -> Void) async throws -> (ledger: Ledger, isWhole: Bool) {
    guard !logs.isEmpty else { return (try ledger.open(), true) }
    let memory = try Ledger.inMemory()
    let result = try await LogIntake(
      paths: logs, ledgerFile: ledger.resolved, reading: reading
    ).run(into: memory)
    if result.isInterrupted { throw ExitCode.interrupted }
    for line in IngestReport.remarks(result.outcomes, problems: 3) { say(line) }
    if result.outcomes.allSatisfy(\.isUnread) { throw Refusal("none of the logs could be read") }
    return (memory, result.outcomes.allSatisfy(\.isComplete))
  }
}
