import ArgumentParser
import Prices
import Reports
import Usage

/// The dated price book.
struct PricesCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "prices", abstract: "Look into the price book and check your own prices.",
    discussion: """
      Examples:
        hindcast prices list openai gpt-5
        hindcast prices list --changed --from 2026-10-01 --to 2026-10-31
        hindcast prices show gpt-4o --at 2024-07-01
        hindcast prices quote requests.csv
        hindcast prices check my-prices.yaml
      """,
    subcommands: [ListPrices.self, ShowPrice.self, QuotePrices.self, CheckPrices.self])
}

struct ListPrices: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "list",
    abstract: "List the models and prices of the book, or what changed in a period.")

  @Argument(help: "Only ids that contain all of these.")
  var words: [String] = []

  @Flag(help: "Only prices that followed another one, beside the one before.")
  var changed = false

  @Option(help: ArgumentHelp("With --changed: first day, included.", valueName: "YYYY-MM-DD"))
  var from: Day?

  @Option(help: ArgumentHelp("With --changed: last day, included.", valueName: "YYYY-MM-DD"))
  var to: Day?

  @OptionGroup var prices: PriceOptions
  @OptionGroup var output: OutputOptions

  func validate() throws {
    if !changed, from != nil || to != nil {
      throw ValidationError("--from and --to go with --changed")
    }
    if let from, let to, to < from {
      throw ValidationError("--to \(to) is before --from \(from)")
    }
  }

  func run() throws {
    let book = try prices.book(beside: nil)
    let models = book.models.filter { model in
      words.allSatisfy { model.id.lowercased().contains($0.lowercased()) }
    }
    try output.write(changed ? changes(models, book) : everything(models, book))
  }

  private func everything(_ models: [PriceBook.Model], _ book: PriceBook) -> Report {
    let periods = models.flatMap { model in model.periods.map { (model, $0) } }
    let table = Table(
      columns: [.init("model", name: "id")] + PriceRows.columns,
      rows: periods.map { model, period in
        [.text(model.id)] + PriceRows.cells(period, model.layer)
      })
    return Report(
      document: Document(
        title:
          "\(counted(Int64(models.count), "model")), \(counted(Int64(periods.count), "price"))",
        facts: [book.identity.sentence, "money per 1,000,000 tokens unless a unit is named"],
        sections: [Document.Section(table: table)]),
      json: .object(
        [.init("schemaVersion", .integer(1))] + PriceRows.members(book.identity) + [
          .init(
            "prices",
            .array(
              periods.map { model, period in
                .object(
                  [.init("id", .string(model.id)), .init("layer", .string(model.layer.rawValue))]
                    + PriceRows.members(period))
              }))
        ]), data: table)
  }

  private struct Change {
    var model: PriceBook.Model
    var before: PricePeriod
    var after: PricePeriod
    var at: Instant
  }

  private func changes(_ models: [PriceBook.Model], _ book: PriceBook) -> Report {
    var changes: [Change] = []
    for model in models {
      for (before, after) in zip(model.periods, model.periods.dropFirst()) {
        guard let at = after.from else { continue }
        if let from, at.day < from { continue }
        if let to, at.day > to { continue }
        changes.append(Change(model: model, before: before, after: after, at: at))
      }
    }
    changes.sort { ($0.at, $0.model.id) < ($1.at, $1.model.id) }
    let table = Table(
      columns: [
        .init("from", name: "from"), .init("model", name: "id"), .init("rate", name: "rate"),
        .init("before", name: "before_per_1M_tokens", isNumber: true),
        .init("after", name: "after_per_1M_tokens", isNumber: true),
        .init("status", name: "status", isOptional: true),
        .init("source", name: "source", isOptional: true), .init("as of", name: "as_of"),
      ],
      rows: changes.flatMap { change in
        Rates.Key.allCases.compactMap { key -> [Table.Cell]? in
          let (old, new) = (change.before.rates[key], change.after.rates[key])
          guard old != new else { return nil }
          return [
            .text(PriceRows.day(change.at)), .text(change.model.id), .text(key.rawValue),
            .text(old.map { "\($0)" } ?? "none"), .text(new.map { "\($0)" } ?? "none"),
            .text(change.after.status.rawValue), .text(change.after.source.name),
            .text(change.after.source.asOf?.description ?? ""),
          ]
        }
      })
    let span = "\(from.map { "\($0)" } ?? "the beginning") to \(to.map { "\($0)" } ?? "the end")"
    return Report(
      document: Document(
        title: "\(counted(Int64(changes.count), "price change")) from \(span)",
        facts: [book.identity.sentence, "money per 1,000,000 tokens; days are cut in UTC"],
        sections: [Document.Section(table: table)],
        notes: [
          "The first price of a model is no change. Tiers and variants: hindcast prices show."
        ]),
      json: .object(
        [.init("schemaVersion", .integer(1))] + PriceRows.members(book.identity) + [
          .init(
            "changes",
            .array(
              changes.map {
                .object([
                  .init("id", .string($0.model.id)), .init("at", .string(PriceRows.day($0.at))),
                  .init("layer", .string($0.model.layer.rawValue)),
                  .init("before", .object(PriceRows.members($0.before))),
                  .init("after", .object(PriceRows.members($0.after))),
                ])
              }))
        ]), data: table)
  }
}

struct ShowPrice: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "show",
    abstract: "Show the row that prices a model at a moment, and by which rule it was found.")

  @Argument(help: "The model as a log writes it, or as provider/model.")
  var model: String

  @Option(help: ArgumentHelp("The provider, when the name does not tell.", valueName: "name"))
  var provider = ""

  @Option(
    help: ArgumentHelp("A day or UTC time (default: the book's date).", valueName: "instant"))
  var at: Instant?

  @OptionGroup var prices: PriceOptions
  @OptionGroup var output: OutputOptions

  func run() throws {
    let book = try prices.book(beside: nil)
    let at = at ?? Instant(Catalogue.version) ?? Instant(microseconds: 0)
    let match = book.match(model: model, provider: provider, at: at)
    var members: [JSONValue.Member] = [
      .init("schemaVersion", .integer(1)), .init("model", .string(model)),
      .init("at", .string("\(at)")),
      .init(
        "matched",
        match.map {
          .object([
            .init("id", .string($0.id)), .init("rule", .string($0.rule.rawValue)),
            .init("layer", .string($0.layer.rawValue)),
          ])
        } ?? .null),
    ]
    if let match {
      members += PriceRows.members(match.period)
      members.append(
        .init("alternative", match.alternative.map { .object(PriceRows.members($0)) } ?? .null))
    }
    members += PriceRows.members(book.identity)
    try output.write(
      Report(
        document: document(match, at, book), json: .object(members),
        data: PriceRows.rates(match?.period)))
    if match == nil { throw ExitCode.failure }
  }

  private func document(_ match: PriceMatch?, _ at: Instant, _ book: PriceBook) -> Document {
    guard let match else {
      let similar = book.similarModels(to: model, provider: provider).joined(separator: ", ")
      return Document(
        title: "No price is known for '\(model)' at \(at)", facts: [book.identity.sentence],
        sections: similar.isEmpty ? [] : [Document.Section(lines: ["similar: \(similar)"])])
    }
    let period = match.period
    var facts = [
      "found by the rule '\(match.rule.rawValue)' in the \(match.layer.rawValue) layer; in force "
        + "\(PriceRows.span(period)); \(period.status.rawValue)",
      "source: \(PriceRows.source(period.source))", book.identity.sentence,
    ]
    if period.currency != "USD" { facts.append("money in \(period.currency)") }
    var notes = PriceRows.remarks(period)
    if let other = match.alternative {
      notes.append(
        "in doubt at this moment: the price in force \(PriceRows.span(other)) may hold instead; replay "
          + "gives low and high")
    }
    return Document(
      title: "\(match.id) at \(at)", facts: facts,
      sections: [Document.Section(table: PriceRows.rates(period))], notes: notes)
  }
}

struct CheckPrices: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "check",
    abstract: "Name everything that is wrong with a price file of your own.")

  @Argument(help: "The file.")
  var path: String

  func run() throws {
    let file = PriceBook.File(name: path, layer: .user, tree: try YAMLDocument.read(path: path))
    let book = try PriceBook(user: [file], parse: YAMLDocument.parse)
    for gap in book.gaps { Terminal.printError(gap) }
    guard book.gaps.isEmpty else { throw ExitCode.failure }
    let count = Int64(book.models.filter { $0.layer == .user }.count)
    print("\(path): \(counted(count, "model")), nothing wrong")
  }
}
