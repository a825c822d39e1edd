import ArgumentParser
import Foundation
import Prices
import Replay
import Reports
import Usage
import UsageLedger

/// The history under two price books.
struct RepriceCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "reprice",
    abstract: "Show what another price book makes of the history: what changes, and nothing else.",
    discussion: """
      Examples:
        hindcast reprice --against new-contract.yaml --month 2026-09
        hindcast reprice --against ../old-checkout/Sources/Prices/Catalogue

      The book before is the compiled-in one under your own prices. --against names the one after: a
      file of your own, which stands in place of your present one, or a folder of price files (*.yaml,
      one a provider), which stands in place of the whole compiled-in book. The ledger is not changed.
      """)

  @Option(
    help: ArgumentHelp("A price file, or a folder of them.", valueName: "path"),
    completion: .file())
  var against: String

  @OptionGroup var period: PeriodOptions
  @OptionGroup var history: HistoryOptions
  @OptionGroup var prices: PriceOptions
  @OptionGroup var output: OutputOptions

  func run() async throws {
    let beside = history.logs.isEmpty ? history.ledger.resolved : nil
    let before = try prices.book(beside: beside)
    let after = try otherBook(beside: beside)
    let (ledger, isWhole) = try await history.open(saying: output.say)
    let period = try period.period(in: ledger) { ($0, $1) }
    let past = try ledger.history(
      period: period, where: self.period.parsedFilters(),
      excludingSources: self.period.excludeSource)
    let repricing = Repricing(past, before: before, after: after)
    try output.write(RepriceReport.make(repricing, scope: self.period.scope()))
    if past.requests.isEmpty { try output.say(PeriodOptions.remark(onEmpty: period, ledger)) }
    let isPriced = repricing.before.unpriced.tokens == 0 && repricing.after.unpriced.tokens == 0
    let code = ExitCode.done(
      complete: isWhole && isPriced && repricing.skippedLines == 0, strict: output.strict)
    if code != .success { throw code }
  }

  private func otherBook(beside ledger: String?) throws -> PriceBook {
    let url = URL(fileURLWithPath: against)
    guard let isFolder = try? url.resourceValues(forKeys: [.isDirectoryKey]).isDirectory else {
      throw Refusal("there is no price file or folder at \(against)")
    }
    guard isFolder else {
      let file = PriceBook.File(
        name: against, layer: .user, tree: try YAMLDocument.read(path: against))
      return try PriceBook(user: [file], parse: YAMLDocument.parse)
    }
    let names = try FileManager.default.contentsOfDirectory(atPath: against)
      .filter { $0.hasSuffix(".yaml") }.sorted()
    guard !names.isEmpty else { throw Refusal("\(against) holds no price files (*.yaml)") }
    let files = try names.map { name in
      let path = url.appending(path: name).path
      return PriceBook.File(name: path, layer: .book, tree: try YAMLDocument.read(path: path))
    }
    return try PriceBook(files: files + prices.userFiles(beside: ledger), named: against)
  }
}
