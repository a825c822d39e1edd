import ArgumentParser
import Prices
import Reports
import Usage

/// The dated price book.
struct PricesCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "prices", abstract: "Look into the price book and check your own prices.",
    subcommands: [List.self, Show.self, Check.self])

  struct List: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "List every model and price of the book.")

    @OptionGroup var prices: PriceOptions
    @OptionGroup var output: OutputOptions

    func run() throws {
      let book = try prices.book(beside: nil)
      let periods = book.models.flatMap { model in model.periods.map { (model, $0) } }
      let table = Table(
        columns: [
          .init("model", name: "id"), .init("from", name: "from"), .init("to", name: "to"),
          .init("input per 1M", name: "input_per_1M_tokens", isNumber: true),
          .init("output per 1M", name: "output_per_1M_tokens", isNumber: true),
          .init("cache read per 1M", name: "cache_read_per_1M_tokens", isNumber: true),
          .init("status", name: "status", isOptional: true),
          .init("source", name: "source", isOptional: true), .init("as of", name: "as_of"),
        ],
        rows: periods.map { model, period in
          func rate(_ key: Rates.Key) -> Table.Cell {
            period.rates.written[key].map { .text("\($0)") } ?? .none
          }
          return [
            .text(model.id), .text(PricesCommand.day(period.from)),
            .text(PricesCommand.day(period.to)), rate(.input), rate(.output), rate(.cacheRead),
            .text(period.status), .text(period.source.name),
            .text(period.source.asOf?.description ?? ""),
          ]
        })
      try output.write(
        Report(
          document: Document(
            title: "Price book \(Catalogue.version)",
            facts: ["\(book.models.count) models, \(periods.count) prices, in USD"],
            sections: [Document.Section(table: table)]),
          json: .object([
            .init("schemaVersion", .integer(1)), .init("version", .string(Catalogue.version)),
            .init(
              "prices",
              .array(
                periods.map { model, period in
                  .object([.init("id", .string(model.id))] + PricesCommand.members(period))
                })),
          ]),
          data: table))
    }
  }

  struct Show: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Show the row that prices a model at a moment, and by which rule it was found.")

    @Argument(help: "The model as a log writes it, or as provider/model.")
    var model: String

    @Option(help: ArgumentHelp("The provider, when the name does not tell.", valueName: "name"))
    var provider = ""

    @Option(
      help: ArgumentHelp("A day or UTC time (default: the book's date).", valueName: "instant"))
    var at: Instant = Instant("2026-11-21")!  // a valid ISO day

    @OptionGroup var prices: PriceOptions
    @OptionGroup var output: OutputOptions

    func run() throws {
      let book = try prices.book(beside: nil)
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
      if let match { members += PricesCommand.members(match.period) }
      try output.write(
        Report(
          document: document(match, book), json: .object(members),
          data: PricesCommand.rates(match?.period)))
      if match == nil { throw ExitCode.failure }
    }

    private func document(_ match: PriceMatch?, _ book: PriceBook) -> Document {
      guard let match else {
        let similar = book.similarModels(to: model).joined(separator: ", ")
        return Document(
          title: "No price is known for '\(model)' at \(at)",
          sections: similar.isEmpty ? [] : [Document.Section(lines: ["similar: \(similar)"])])
      }
      let period = match.period
      return Document(
        title: "\(match.id) at \(at)",
        facts: [
          "found by \(match.rule.rawValue) in the \(match.layer.rawValue) layer; in force from "
            + "\(PricesCommand.day(period.from)) to \(PricesCommand.day(period.to)); "
            + period.status,
          "source: \(period.source.name) \(period.source.reference), as of "
            + "\(period.source.asOf?.description ?? "unknown")",
        ], sections: [Document.Section(table: PricesCommand.rates(period))],
        notes: [period.note].compactMap { $0 })
    }
  }

  struct Check: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Name everything that is wrong with a price file of your own.")

    @Argument(help: "The file.")
    var path: String

    func run() throws {
      let file = PriceBook.File(
        name: path, layer: .user, tree: try YAMLDocument.read(path: path))
      let book = try PriceBook(files: [file])
      print("\(path): \(counted(Int64(book.models.count), "model")), nothing wrong")
    }
  }

  fileprivate static func day(_ instant: Instant?) -> String {
    guard let text = instant?.description else { return "open" }
    return text.hasSuffix("T00:00:00Z") ? String(text.prefix(10)) : text
  }

  /// All rates of a row, one a line.
  fileprivate static func rates(_ period: PricePeriod?) -> Table {
    var rows: [[Table.Cell]] = []
    func add(_ rates: Rates, _ when: String) {
      for key in Rates.Key.allCases {
        guard let rate = rates.written[key] else { continue }
        rows.append([.text(key.rawValue), .text("\(rate)"), .text(when)])
      }
    }
    if let period {
      add(period.rates, "")
      for tier in period.tiers {
        add(tier.rates, "input \(tier.isInclusive ? "from" : "above") \(tier.threshold) tokens")
      }
      for variant in period.variants { add(variant.rates, "service tier \(variant.tier.name)") }
      for window in period.windows {
        add(window.rates, "from \(clock(window.start)) to \(clock(window.end)) UTC")
      }
    }
    return Table(
      columns: [
        .init("rate", name: "rate"), .init("per 1M tokens", name: "per_1M_tokens", isNumber: true),
        .init("when", name: "when"),
      ], rows: rows)
  }

  private static func clock(_ minute: Int) -> String {
    func two(_ value: Int) -> String { value < 10 ? "0\(value)" : "\(value)" }
    return "\(two(minute / 60)):\(two(minute % 60))"
  }

  /// As the JSON contract of `prices show` has them.
  fileprivate static func members(_ period: PricePeriod) -> [JSONValue.Member] {
    func object(_ rates: Rates) -> JSONValue {
      .object(
        Rates.Key.allCases.compactMap { key in
          rates.written[key].map { .init(key.rawValue, .string("\($0)")) }
        })
    }
    func date(_ instant: Instant?) -> JSONValue { instant.map { .string(day($0)) } ?? .null }
    return [
      .init("unit", .string("per_1M_tokens")), .init("currency", .string(period.currency)),
      .init("rates", object(period.rates)),
      .init(
        "tiers",
        .array(
          period.tiers.map {
            .object([
              .init(
                "when",
                .object([
                  .init(
                    $0.isInclusive ? "prompt_tokens_gte" : "prompt_tokens_gt",
                    .integer($0.threshold))
                ])), .init("rates", object($0.rates)),
            ])
          })),
      .init(
        "variants",
        .array(
          period.variants.map {
            .object([
              .init("when", .object([.init("service_tier", .string($0.tier.name))])),
              .init("rates", object($0.rates)),
            ])
          })),
      .init(
        "windows",
        .array(
          period.windows.map {
            .object([
              .init("utc", .string("\(clock($0.start))-\(clock($0.end))")),
              .init("rates", object($0.rates)),
            ])
          })), .init("from", date(period.from)), .init("to", date(period.to)),
      .init("status", .string(period.status)),
      .init(
        "source",
        .object([
          .init("name", .string(period.source.name)),
          .init("ref", .string(period.source.reference)),
          .init("as_of", .string(period.source.asOf?.description)),
        ])),
    ]
  }
}
