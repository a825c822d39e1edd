import ArgumentParser
import Foundation
import Prices
import Reports
import Usage

/// What single requests cost, one a line: for checking the book against an invoice or another tool.
struct QuotePrices: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "quote",
    abstract: "Price requests written in a CSV file, one by one.",
    discussion: """
      The first line names the columns, in any order: model and at (a day or UTC time) must be there;
      provider, service_tier, region, input (uncached), cache_read, cache_write_5m, cache_write_1h,
      cache_write (of unknown lifetime), output, reasoning, audio_input, audio_output and image_input
      may be. Counts are tokens; the last four are part of input and output.

      Example:
        printf 'model,at,input,output\\ngpt-4o,2024-07-01,1000,200\\n' | hindcast prices quote -
      """)

  @Argument(help: "The CSV file, or - for standard input.")
  var path: String

  @OptionGroup var prices: PriceOptions
  @OptionGroup var output: OutputOptions

  func run() throws {
    let book = try prices.book(beside: nil)
    let quotes = try lines().map { try Quote($0, book) }
    let unpriced = quotes.count { $0.charge == nil }
    let table = Table(
      columns: [
        .init("model", name: "model"), .init("at", name: "at"),
        .init("cost", name: "cost", isNumber: true), .init("currency", name: "currency"),
        .init("price row", name: "price_row"), .init("rule", name: "rule"),
        .init("from", name: "layer"), .init("status", name: "status"),
        .init("source", name: "source", isOptional: true), .init("as of", name: "as_of"),
      ], rows: quotes.map(\.cells))
    try output.write(
      Report(
        document: Document(
          title: "\(counted(Int64(quotes.count), "request"))", facts: [book.identity.sentence],
          sections: [Document.Section(table: table)],
          notes: unpriced == 0
            ? [] : ["Excluded: \(counted(Int64(unpriced), "request")) without a price"]),
        json: .object(
          [.init("schemaVersion", .integer(1))] + PriceRows.members(book.identity) + [
            .init("quotes", .array(quotes.map(\.json)))
          ]), data: table))
    let code = ExitCode.done(complete: unpriced == 0, strict: output.strict)
    if code != .success { throw code }
  }

  private static let counts: [String: any WritableKeyPath<TokenCounts, Int64> & Sendable] = [
    "input": \.uncachedInput, "cache_read": \.cacheRead, "cache_write_5m": \.cacheWrite5m,
    "cache_write_1h": \.cacheWrite1h, "cache_write": \.cacheWriteOther, "output": \.output,
    "reasoning": \.reasoning, "audio_input": \.audioInput, "audio_output": \.audioOutput,
    "image_input": \.imageInput,
  ]
  private static let texts = ["model", "at", "provider", "service_tier", "region"]

  fileprivate struct Line {
    var place: String
    var texts: [String: String] = [:]
    var tokens = TokenCounts()
  }

  private func lines() throws -> [Line] {
    let data =
      path == "-"
      ? FileHandle.standardInput.readDataToEndOfFile()
      : try Data(contentsOf: URL(fileURLWithPath: path))
    guard let text = String(data: data, encoding: .utf8) else {
      throw Refusal("\(path) is not UTF-8 text")
    }
    var lines = text.split(whereSeparator: \.isNewline).map {
      $0.split(separator: ",", omittingEmptySubsequences: false).map {
        $0.trimmingCharacters(in: .whitespaces)
      }
    }
    let header = lines.isEmpty ? [] : lines.removeFirst()
    let known = QuotePrices.texts + QuotePrices.counts.keys.sorted()
    for column in header where !known.contains(column) {
      let hint = nearest(to: column, among: known).map { "; did you mean '\($0)'?" } ?? ""
      throw Refusal(
        "\(path):1: unknown column '\(column)'\(hint) Known: \(known.joined(separator: ", "))")
    }
    guard header.contains("model"), header.contains("at") else {
      throw Refusal("\(path):1: the first line must name the columns model and at")
    }
    return try lines.enumerated().map { number, cells in
      let place = "\(path):\(number + 2)"
      guard cells.count == header.count else {
        throw Refusal(
          "\(place): \(cells.count) cells where the first line names \(header.count); commas inside cells "
            + "are not read")
      }
      var line = Line(place: place)
      for (column, cell) in zip(header, cells) {
        guard let count = QuotePrices.counts[column] else {
          line.texts[column] = cell
          continue
        }
        guard let value = cell.isEmpty ? 0 : Int64(cell), (0...Int64(Int32.max)).contains(value)
        else { throw Refusal("\(place): '\(column)' takes a number of tokens, not '\(cell)'") }
        line.tokens[keyPath: count] = value
      }
      return line
    }
  }

  fileprivate struct Quote {
    var model: String
    var at: Instant
    var match: PriceMatch?
    var charge: Charge?

    init(_ line: Line, _ book: PriceBook) throws {
      model = line.texts["model"] ?? ""
      guard let at = Instant(line.texts["at"] ?? "") else {
        throw Refusal(
          "\(line.place): 'at' takes a day or UTC time, not '\(line.texts["at"] ?? "")'")
      }
      self.at = at
      var attributes = PriceAttributes()
      if let name = line.texts["service_tier"], !name.isEmpty {
        guard let tier = ServiceTier.allCases.first(where: { $0.name == name }) else {
          let known = ServiceTier.allCases.map(\.name).joined(separator: ", ")
          throw Refusal("\(line.place): 'service_tier' takes \(known), not '\(name)'")
        }
        attributes.tier = tier
      }
      attributes.region = line.texts["region"] ?? ""
      match = book.match(model: model, provider: line.texts["provider"] ?? "", at: at)
      charge = match.flatMap {
        $0.period.charge(
          for: line.tokens, requests: 1, at: at, attributes: $0.attributes(attributes))
      }
    }

    private var cost: Money? { charge.map { $0.tokens + $0.requestFees } }

    var cells: [Table.Cell] {
      let source = match?.period.source
      return [
        .text(model), .text("\(at)"),
        cost.map { .money($0, decimals: 12) } ?? .text("no price"),
        .text(match?.period.currency ?? ""), .text(match?.id ?? ""),
        .text(match?.rule.rawValue ?? ""), .text(match?.layer.rawValue ?? ""),
        .text(match?.period.status.rawValue ?? ""), .text(source?.name ?? ""),
        .text(source?.asOf?.description ?? ""),
      ]
    }

    var json: JSONValue {
      .object([
        .init("model", .string(model)), .init("at", .string("\(at)")),
        .init("cost", .string(cost?.description)),
        .init("currency", .string(match?.period.currency)),
        .init("id", .string(match?.id)), .init("rule", .string(match?.rule.rawValue)),
        .init("layer", .string(match?.layer.rawValue)),
        .init("status", .string(match?.period.status.rawValue)),
      ])
    }
  }
}
