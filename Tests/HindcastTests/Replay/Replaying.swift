import Prices
import Replay
import Testing
import Usage

@testable import hindcast

/// Replays of histories made by hand: no files, no ledger.
enum Replaying {
  static let september = Period(
    first: Day(year: 2026, month: 9, day: 1), last: Day(year: 2026, month: 9, day: 30), zone: .utc)

  static func options(_ yaml: String) throws -> OptionsFile {
    let text = "schema: hindcast-options/1\n" + yaml
    return try OptionsFile(
      tree: YAMLDocument.parse(text, file: "o.yaml"), file: "o.yaml",
      hardware: { try HardwareCatalogue.builtIn.get() })
  }

  static func faults(_ yaml: String) -> [String] {
    do {
      _ = try options(yaml)
      return []
    } catch let faults as OptionFaults {
      return faults.faults
    } catch {
      return ["\(error)"]
    }
  }

  static func request(
    at seconds: Int64, input: Int64 = 0, output: Int64 = 0, kind: Int = 0, requests: Int64? = 1,
    width: Int64 = 0, cost: Money? = nil
  ) -> History.Request {
    var tokens = TokenCounts()
    tokens.uncachedInput = input
    tokens.output = output
    return History.Request(
      start: september.start.advanced(byMicroseconds: seconds * 1_000_000), width: width,
      requests: requests, kind: kind, tokens: tokens, reportedCost: cost)
  }

  static let gpt4oMini = History.Kind(provider: "openai", model: "gpt-4o-mini", currency: "USD")

  static func history(
    _ requests: [History.Request], kinds: [History.Kind] = [gpt4oMini], period: Period = september
  ) -> History {
    var sums = UsageSums()
    for request in requests {
      sums.requests += request.requests ?? 0
      sums.tokens += request.tokens
      if request.requests == nil { sums.unknownRequests += 1 }
      if kinds[request.kind].status == .failed { sums.failed += request.requests ?? 1 }
    }
    return History(period: period, kinds: kinds, requests: requests, sums: sums, skippedLines: 0)
  }

  /// `userPrices` is a price file of a user, as YAML.
  static func comparison(
    _ yaml: String, _ history: History, userPrices: String? = nil
  ) throws -> Comparison {
    let prices =
      try userPrices.map { try Priced.book(under: "schema: hindcast-prices/1\n" + $0) }
      ?? Priced.builtIn.get()
    return Comparison.make(history, options: try options(yaml), prices: prices)
      .comparison
  }

  /// The only option of a file.
  static func option(
    _ yaml: String, _ history: History, userPrices: String? = nil
  ) throws -> OptionResult {
    let all = try comparison("options:\n  - " + yaml, history, userPrices: userPrices).options
    return try #require(all.count == 1 ? all.first : nil)
  }
}

extension OptionResult {
  func line(_ name: String) -> CostLine? { lines.first { $0.name == name } }

  /// As a decimal string; nil where it is not known.
  var totalText: String? { total?.description }
}
