import ArgumentParser
import Foundation
import Reports
import Usage
import UsageLedger
import UsageLogs

/// Where the ledger is.
struct LedgerOptions: ParsableArguments {
  @Option(
    name: .customLong("ledger"),
    help: ArgumentHelp(
      "The ledger file (default: $HINDCAST_LEDGER, else ./hindcast.sqlite).", valueName: "file"),
    completion: .file())
  var path: String?

  var resolved: String {
    let fromEnvironment = Terminal.environment("HINDCAST_LEDGER").flatMap { $0.isEmpty ? nil : $0 }
    let path = path ?? fromEnvironment ?? "hindcast.sqlite"
    // What SQLite would take for a URI is a file here.
    return path.hasPrefix("file:") ? "./" + path : path
  }

  /// SQLite takes these for ledgers that are gone when the program ends.
  func validate() throws {
    guard resolved == ":memory:" || resolved.isEmpty else { return }
    throw ValidationError(
      "--ledger takes a file, not '\(resolved)'; `usage` and `replay` with --logs PATH... work "
        + "without a ledger")
  }

  /// Opens a ledger that must exist.
  func open() throws -> Ledger {
    guard FileManager.default.fileExists(atPath: resolved) else {
      throw Refusal(
        "there is no ledger at \(resolved); `hindcast ingest PATH...` makes one, and "
          + "--logs PATH... works without")
    }
    return try Ledger(readingOnly: resolved)
  }
}

/// How files are read.
struct ReadingOptions: ParsableArguments {
  @Option(
    name: .customLong("as"),
    help: ArgumentHelp(
      "Read every file as this format instead of detecting it: \(formatNames).",
      valueName: "format"),
    completion: .list(LogFormats.all.map { $0.facts.name }))
  var format: String?

  @Option(help: ArgumentHelp("The model of servers that never log it.", valueName: "name"))
  var model: String?

  @Option(
    help: ArgumentHelp(
      "A YAML file of model names as logged -> names to keep, for opaque profile ids and "
        + "deployments.", valueName: "file"),
    completion: .file(extensions: ["yaml", "yml"]))
  var modelMap: String?

  @Option(help: ArgumentHelp("The year of logs that never write it.", valueName: "YYYY"))
  var year: Int?

  @Option(help: ArgumentHelp("Where clocks that count from zero begin.", valueName: "instant"))
  var start: Instant?

  @Option(
    help: ArgumentHelp("The time zone of clocks that name none.", valueName: "zone"),
    completion: TimeZones.completion)
  var sourceTimeZone = "UTC"

  @Option(help: ArgumentHelp("A label for every request read; repeatable.", valueName: "key=value"))
  var tag: [String] = []

  @Option(help: ArgumentHelp("Files read at the same time (default: one a core).", valueName: "n"))
  var jobs: Int = ProcessInfo.processInfo.activeProcessorCount

  static let formatNames = LogFormats.all.map { $0.facts.name }.joined(separator: ", ")

  func validate() throws {
    if let format, LogFormats.named(format) == nil {
      let hint = nearest(to: format, among: LogFormats.all.map { $0.facts.name })
      throw ValidationError(
        "there is no format '\(format)'" + (hint.map { "; did you mean '\($0)'?" } ?? ".")
          + " Known: \(ReadingOptions.formatNames).")
    }
    guard jobs >= 1 else { throw ValidationError("--jobs takes a number from 1 on") }
    if let year, !(1970...9999).contains(year) {
      throw ValidationError("--year takes four digits")
    }
    try TimeZones.zone(named: sourceTimeZone)
    _ = try tags()
  }

  private func tags() throws -> [(name: String, value: String)] {
    try tag.map { text in
      let pair = try KeyValue(text, option: "--tag")
      return (pair.key, pair.value)
    }
  }

  func settings() throws -> ReadSettings {
    var settings = ReadSettings()
    settings.format = format
    settings.model = model
    settings.year = year
    settings.start = start
    settings.zone = try TimeZones.rules(named: sourceTimeZone)
    settings.tags = try tags()
    if let modelMap {
      for entry in try YAMLDocument.read(path: modelMap).map ?? [] {
        settings.modelMap[entry.key] = entry.value.text
      }
    }
    return settings
  }
}

extension Instant: ExpressibleByArgument {
  package init?(argument: String) { self.init(argument) }
}

extension Day: ExpressibleByArgument {
  package init?(argument: String) { self.init(argument) }
}

/// `key=value` as typed.
struct KeyValue {
  var key: String
  var value: String

  init(_ text: String, option: String) throws {
    guard let equals = text.firstIndex(of: "="), equals > text.startIndex else {
      throw ValidationError("\(option) takes key=value, not '\(text)'")
    }
    key = String(text[..<equals])
    value = String(text[text.index(after: equals)...])
  }
}

/// Which part of the history.
struct PeriodOptions: ParsableArguments {
  @Option(help: ArgumentHelp("First day, included.", valueName: "YYYY-MM-DD"))
  var from: Day?

  @Option(help: ArgumentHelp("Last day, included.", valueName: "YYYY-MM-DD"))
  var to: Day?

  @Option(help: ArgumentHelp("A calendar month instead of --from and --to.", valueName: "YYYY-MM"))
  var month: String?

  @Option(
    help: ArgumentHelp("The IANA time zone that cuts days.", valueName: "zone"),
    completion: TimeZones.completion)
  var timeZone = "UTC"

  @Option(
    name: .customLong("where"),
    help: ArgumentHelp(
      "Only requests with this value, as model=NAME, user=NAME or a tag's name=VALUE; repeatable.",
      valueName: "key=value"))
  var filters: [String] = []

  @Option(
    help: ArgumentHelp("Leave out what this source brought; repeatable.", valueName: "path"))
  var excludeSource: [String] = []

  func validate() throws {
    if month != nil, from != nil || to != nil {
      throw ValidationError("--month stands instead of --from and --to, not beside them")
    }
    if let month, Day(month + "-01") == nil {
      throw ValidationError("--month takes YYYY-MM, not '\(month)'")
    }
    if let from, let to, to < from {
      throw ValidationError("--to \(to) is before --from \(from)")
    }
    _ = try parsedFilters()
    try TimeZones.zone(named: timeZone)
  }

  func parsedFilters() throws -> [UsageFilter] {
    try filters.map { text in
      let pair = try KeyValue(text, option: "--where")
      return UsageFilter(key: pair.key, value: pair.value)
    }
  }

  func scope() throws -> Scope {
    Scope(
      filters: try parsedFilters().map { ($0.key, $0.value) }, excludedSources: excludeSource)
  }

  /// The period asked for; without one, what `fallback` makes of the days that have usage.
  func period(in ledger: Ledger, fallback: (Day, Day) -> (Day, Day)) throws -> Period {
    let zone = try TimeZones.rules(named: timeZone)
    try refuseUnknownSources(in: ledger)
    if let month, let first = Day(month + "-01") {
      return Period(first: first, last: first.firstOfNextMonth.advanced(by: -1), zone: zone)
    }
    if let from, let to { return Period(first: from, last: to, zone: zone) }
    guard let span = try ledger.span(where: parsedFilters(), excludingSources: excludeSource)
    else {
      guard let day = from ?? to else {
        throw Refusal(
          filters.isEmpty
            ? "there is no usage to show" : "no usage matches" + (try misspelling(in: ledger, zone))
        )
      }
      return Period(first: day, last: day, zone: zone)
    }
    let days = (zone.day(of: span.first), zone.day(of: span.last))
    let chosen = from == nil && to == nil ? fallback(days.0, days.1) : days
    let first = from ?? min(chosen.0, to ?? chosen.0)
    let last = to ?? max(chosen.1, first)
    return Period(first: first, last: last, zone: zone)
  }
}

extension PeriodOptions {
  /// Tells people who look at a period without usage when there is some.
  static func remark(onEmpty period: Period, _ ledger: Ledger) throws -> String {
    guard let span = try ledger.span() else { return "no usage in this period" }
    return "no usage in this period; there is some from \(period.zone.day(of: span.first)) to "
      + "\(period.zone.day(of: span.last))"
  }

  /// A source that is misspelt would be counted all the same.
  private func refuseUnknownSources(in ledger: Ledger) throws {
    guard let name = try ledger.unknownSources(among: excludeSource).first else { return }
    let known = try ledger.sources().map(\.path)
    let hint =
      nearest(to: name, among: known)
      ?? nearest(to: name, among: known.map { ($0 as NSString).lastPathComponent })
    throw Refusal(
      "no source is called '\(name)'; "
        + (hint.map { "did you mean '\($0)'?" } ?? "`hindcast ledger info` lists them all"))
  }

  /// What a filter that matches nothing may have meant.
  private func misspelling(in ledger: Ledger, _ zone: ZoneRules) throws -> String {
    let keys = UsageSummary.Dimension.allCases.filter { !$0.isTime }.map(\.rawValue) + ["status"]
    for filter in try parsedFilters() {
      guard let dimension = UsageSummary.Dimension(rawValue: filter.key), !dimension.isTime else {
        let hint = keys.contains(filter.key) ? nil : nearest(to: filter.key, among: keys)
        if let hint { return ": nothing is labelled '\(filter.key)'; did you mean '\(hint)'?" }
        continue
      }
      guard let span = try ledger.span() else { continue }
      let whole = Period(
        first: zone.day(of: span.first), last: zone.day(of: span.last), zone: zone)
      let values = try ledger.usage(period: whole, by: [dimension]).rows.compactMap { $0.keys[0] }
      if !values.contains(filter.value), let hint = nearest(to: filter.value, among: values) {
        return " \(filter.key)=\(filter.value); did you mean '\(hint)'?"
      }
    }
    return ""
  }
}

/// How results are printed.
struct OutputOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp("\(formatNames).", valueName: "format"),
    completion: .list(ReportFormats.all.map { $0.name }))
  var format: String?

  @Flag(help: "The same as --format json.")
  var json = false

  @Option(
    name: .shortAndLong,
    help: ArgumentHelp(
      "Write to this file instead of standard output; its ending chooses the format.",
      valueName: "file"),
    completion: .file())
  var output: String?

  @Flag(help: "Exit with 1 instead of 2 when something was skipped or unpriced.")
  var strict = false

  @Flag(name: .shortAndLong, help: "No summary on standard error.")
  var quiet = false

  @Flag(name: .customLong("no-color"), help: "No colour.")
  var noColor = false

  static let formatNames = ReportFormats.all.map { $0.name }.joined(separator: ", ")

  func validate() throws { _ = try chosen() }

  private func chosen() throws -> any ReportFormat.Type {
    if json, let format, format != "json" {
      throw ValidationError("--json and --format \(format) contradict each other")
    }
    guard let name = json ? "json" : format else {
      let ending = output.map { ($0 as NSString).pathExtension.lowercased() } ?? ""
      return ReportFormats.all.first { $0.fileEndings.contains(ending) } ?? ReportFormats.all[0]
    }
    guard let found = ReportFormats.named(name) else {
      let hint = nearest(to: name, among: ReportFormats.all.map { $0.name })
      throw ValidationError(
        "there is no report format '\(name)'" + (hint.map { "; did you mean '\($0)'?" } ?? ".")
          + " Known: \(OutputOptions.formatNames).")
    }
    return found
  }

  /// Writes the report to where the user wants it.
  func write(_ report: Report) throws {
    let isScreen = output == nil && Terminal.isTerminal(1)
    let layout = Layout(
      width: isScreen ? Terminal.width : nil,
      color: isScreen && !noColor && Terminal.usesColor(1),
      unicode: !isScreen || Terminal.usesUnicode)
    let bytes = try chosen().render(report, layout: layout)
    try OutputFile(output).write(Data(bytes))
  }

  /// One line for people on standard error.
  func say(_ text: String) {
    if !quiet { Terminal.printError(text) }
  }
}
