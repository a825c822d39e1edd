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
        hindcast replay --option-set gpu-or-api --require customization --reasons

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
      "A built-in set of options, one article's comparison each; repeatable.", valueName: "name"),
    completion: .list(OptionSets.all.map(\.name)))
  var optionSet: [String] = []

  @Option(
    help: ArgumentHelp(
      "What an option must offer, as data_stays, offline, region:eu or a tag; repeatable, or several "
        + "with commas.", valueName: "attribute"))
  var require: [String] = []

  @Flag(help: "Options outside the region that requests are tagged with are not eligible.")
  var requireResidency = false

  @Flag(help: "Also show why people choose an option beside money, and who says so.")
  var reasons = false

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
  @OptionGroup var hardware: HardwareOptions
  @OptionGroup var output: OutputOptions

  func validate() throws {
    for name in option where BuiltInOptions.named(name) == nil {
      let known = BuiltInOptions.all.map(\.name)
      let hint = nearest(to: name, among: known)
      throw ValidationError(
        "there is no built-in option '\(name)'" + (hint.map { "; did you mean '\($0)'?" } ?? ".")
          + " Known: \(known.joined(separator: ", ")).")
    }
    for name in optionSet where OptionSets.named(name) == nil {
      let known = OptionSets.all.map(\.name)
      let hint = nearest(to: name, among: known)
      throw ValidationError(
        "there is no option set '\(name)'" + (hint.map { "; did you mean '\($0)'?" } ?? "")
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
    guard period.dayCount <= ReplayCommand.longestPeriod else {
      throw Refusal(
        "\(period.first) to \(period.last) is longer than the 100 years that a replay takes; "
          + "shorten it with --from and --to")
    }
    let past = try ledger.history(
      period: period, where: self.period.parsedFilters(),
      excludingSources: self.period.excludeSource)
    let book = try prices.book(beside: history.logs.isEmpty ? history.ledger.resolved : nil)
    let (comparison, traces) = await Comparison.make(
      past, options: file, prices: book,
      budget: budget.flatMap { ExactDecimal($0) }.flatMap(Money.init), traces: requestsOut != nil)
    try output.write(
      ReplayReport.make(comparison, scope: self.period.scope(), showsQualities: reasons))
    if past.requests.isEmpty { try output.say(PeriodOptions.remark(onEmpty: period, ledger)) }
    if let requestsOut { try write(traces, to: requestsOut) }
    try finish(comparison, isWhole: isWhole)
  }

  /// Days. Hourly and autoscaled fleets hold half a kilobyte an hour.
  private static let longestPeriod = 36_525

  private func optionsFile() throws -> OptionsFile {
    let known = try hardwareWhenNeeded()
    var files = try options.map { path in
      try OptionsFile(
        tree: YAMLDocument.read(path: path), file: path,
        attachment: YAMLDocument.attachment(to: path), hardware: known)
    }
    var builtIn = optionSet.compactMap(OptionSets.named).map { ($0.name, $0.yaml) }
    var names = option
    // Without any choice: what was paid against everything built in.
    if files.isEmpty, names.isEmpty, builtIn.isEmpty { names = BuiltInOptions.all.map(\.name) }
    builtIn += names.compactMap(BuiltInOptions.named).map {
      ("built-in options", BuiltInOptions.file($0))
    }
    func read(_ name: String, _ yaml: String) throws -> OptionsFile {
      try OptionsFile(
        tree: YAMLDocument.parse(yaml, file: name), file: name, hardware: known)
    }
    files += try builtIn.map(read)
    var whole = files[0]
    for file in files.dropFirst() { whole.add(file) }
    // What options name and no file has may be built in.
    while let entry = whole.missing.compactMap(BuiltInOptions.named).first {
      whole.add(try read("built-in options", BuiltInOptions.file(entry)))
    }
    whole.add(requirements: require.flatMap { $0.split(separator: ",").map(String.init) })
    whole.requiresResidency = requireResidency
    return whole
  }

  /// The user's files are read at once, the catalogue when an option names hardware.
  private func hardwareWhenNeeded() throws -> () throws -> HardwareCatalogue {
    guard !hardware.hardware.isEmpty else { return { try HardwareCatalogue.builtIn.get() } }
    let known = try hardware.catalogue()
    return { known }
  }

  private func finish(_ comparison: Comparison, isWhole: Bool) throws {
    for option in comparison.options where option.unpriced.tokens > 0 {
      output.say(
        "\(option.name): \(counted(option.unpriced.requests, "request")) unpriced "
          + "(\(counted(option.unpriced.tokens, "token"))): \(option.unpriced.models.joined(separator: ", "))"
      )
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
    try OutputFile(path).write(Data(text.utf8))
  }
}
