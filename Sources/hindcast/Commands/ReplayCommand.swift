import ArgumentParser
import Foundation
import Prices
import Replay
import Reports
import Usage
import UsageLedger

/// The history against other ways of hosting it.
struct ReplayCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "replay",
    abstract: "Show what the history would have cost elsewhere, and whether it would have kept up.",
    discussion: """
      Examples:
        hindcast replay --options options.yaml --month 2026-09
        hindcast replay --option actual --option h100-rental
        hindcast replay --options options.yaml --prices mine.yaml --json

      Without a period the last calendar month that has usage is replayed. `hindcast options list`
      shows the built-in options, `hindcast options init` writes a file to start from.
      """)

  @Option(
    help: ArgumentHelp("A file of options; repeatable.", valueName: "file"),
    completion: .file(extensions: ["yaml", "yml"]))
  var options: [String] = []

  @Option(
    help: ArgumentHelp("A built-in option; repeatable.", valueName: "name"),
    completion: .list(BuiltInOptions.all.map(\.name)))
  var option: [String] = []

  @Option(
    help: ArgumentHelp(
      "Also show what each cheaper option costs at the volume at which the dearer one costs this "
        + "much.", valueName: "amount"))
  var budget: String?

  @Option(
    help: ArgumentHelp(
      "Write every simulated request to this CSV file (one simulated option).", valueName: "file"))
  var requestsOut: String?

  @OptionGroup var period: PeriodOptions
  @OptionGroup var history: HistoryOptions
  @OptionGroup var prices: PriceOptions
  @OptionGroup var output: OutputOptions

  func validate() throws {
    for name in option where BuiltInOptions.named(name) == nil {
      let known = BuiltInOptions.all.map(\.name)
      let hint = nearest(to: name, among: known)
      throw ValidationError(
        "there is no built-in option '\(name)'" + (hint.map { "; did you mean '\($0)'?" } ?? ".")
          + " Known: \(known.joined(separator: ", ")).")
    }
    if let budget, ExactDecimal(budget).flatMap(Money.init) == nil {
      throw ValidationError("--budget takes an amount, not '\(budget)'")
    }
  }

  func run() async throws {
    let file = try optionsFile()
    let (ledger, isWhole) = try await history.open(saying: output.say)
    let period = try period.period(in: ledger) { first, last in
      let month = last.firstOfMonth
      return (month, month.firstOfNextMonth.advanced(by: -1))
    }
    let past = try ledger.history(
      period: period, where: self.period.parsedFilters(),
      excludingSources: self.period.excludeSource)
    let book = try prices.book(beside: history.logs.isEmpty ? history.ledger.resolved : nil)
    let (comparison, traces) = Comparison.make(
      past, options: file, prices: book,
      budget: budget.flatMap { ExactDecimal($0) }.flatMap(Money.init), traces: requestsOut != nil)
    try output.write(ReplayReport.make(comparison, scope: self.period.scope()))
    if let requestsOut { try write(traces, to: requestsOut) }
    try finish(comparison, isWhole: isWhole)
  }

  private func optionsFile() throws -> OptionsFile {
    var files = try options.map { path in
      try OptionsFile(tree: YAMLDocument.read(path: path), file: path)
    }
    var names = option
    // Without any choice: what was paid against everything built in.
    if files.isEmpty, names.isEmpty { names = BuiltInOptions.all.map(\.name) }
    for entry in names.compactMap(BuiltInOptions.named) {
      let tree = try YAMLDocument.parse(BuiltInOptions.file(entry), file: "built-in options")
      files.append(try OptionsFile(tree: tree, file: "built-in options"))
    }
    var whole = files[0]
    for file in files.dropFirst() { whole.add(file) }
    return whole
  }

  private func finish(_ comparison: Comparison, isWhole: Bool) throws {
    for option in comparison.options where option.unpriced.tokens > 0 {
      output.say(
        "\(option.name): \(option.unpriced.requests) requests unpriced "
          + "(\(option.unpriced.tokens) tokens): \(option.unpriced.models.joined(separator: ", "))")
    }
    let isComplete = comparison.options.allSatisfy {
      $0.unpriced.tokens == 0 && $0.total != nil
    }
    if comparison.options.allSatisfy({ $0.total == nil }) { throw ExitCode.failure }
    let code = ExitCode.done(
      complete: isComplete && isWhole && comparison.skippedLines == 0, strict: output.strict)
    if code != .success { throw code }
  }

  private func write(_ traces: [String: [RequestTrace]], to path: String) throws {
    let simulated = traces.filter { !$0.value.isEmpty }
    guard simulated.count == 1, let trace = simulated.values.first else {
      throw Refusal("--requests-out needs exactly one simulated option, not \(simulated.count)")
    }
    func seconds(_ nanoseconds: Int64) -> String {
      ExactDecimal(units: Int128(nanoseconds), scale: 9).description
    }
    var text = "id,arrival,first_token,completed,replica,evictions\n"
    text.reserveCapacity(trace.count * 64)
    for request in trace {
      text += "\(request.id),\(seconds(request.arrival)),"
      text += "\(request.firstToken.map(seconds) ?? ""),\(request.completed.map(seconds) ?? ""),"
      text += "\(request.replica.map(String.init) ?? ""),\(request.evictions)\n"
    }
    do {
      try Data(text.utf8).write(to: URL(fileURLWithPath: path), options: .atomic)
    } catch {
      throw Refusal("cannot write \(path): \(error.localizedDescription)")
    }
  }
}
