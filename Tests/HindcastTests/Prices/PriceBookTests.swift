import Foundation
import Testing
import Usage

@testable import Prices
@testable import hindcast

@Suite struct PriceBookTests {
  static let book = Result { try PriceBook(files: Catalogue.trees()) }

  static func instant(_ text: String) throws -> Instant { try #require(Instant(text)) }

  private func book(_ yaml: String, over layer: PriceMatch.Layer = .user) throws -> PriceBook {
    let tree = try YAMLDocument.parse(yaml, file: "own.yaml")
    let file = PriceBook.File(name: "own.yaml", layer: layer, tree: tree)
    return try PriceBook(files: Catalogue.trees() + [file])
  }

  @Test(arguments: [
    ("gpt-4", "openai", "openai/gpt-4"), ("gpt-4-32k", "openai", "openai/gpt-4-32k"),
    ("gpt-4o-2024-05-13", "openai", "openai/gpt-4o-2024-05-13"),
    ("gpt-4o-2024-08-06", "openai", "openai/gpt-4o-2024-08-06"), ("gpt-4o", "", "openai/gpt-4o"),
    ("gpt-4o-mini-2024-07-18", "", "openai/gpt-4o-mini"),
    ("openai/gpt-4o-mini", "", "openai/gpt-4o-mini"),
    ("claude-3-haiku-20240307", "anthropic", "anthropic/claude-3-haiku"),
    ("GPT-4o-Mini", "openai", "openai/gpt-4o-mini"),
    ("azure/llama-3.3-70b-instruct", "", "azure/llama-3.3-70b-instruct"),
    (
      "meta-llama/llama-3.3-70b-instruct", "openrouter",
      "openrouter/meta-llama/llama-3.3-70b-instruct"
    ),
    (
      "arn:aws:bedrock:us-east-1:1:inference-profile/us.anthropic.claude-sonnet-4-5-20250929-v1:0",
      "bedrock", "bedrock/us.claude-sonnet-4-5"
    ),
    ("amazon.nova-lite-v1:0", "bedrock", "bedrock/nova-lite"),
  ])
  func findsTheRow(model: String, provider: String, id: String) throws {
    let at = try Self.instant("2026-09-01")
    #expect(try Self.book.get().match(model: model, provider: provider, at: at)?.id == id)
  }

  /// Names that look like priced ones, and the same weights at another provider.
  @Test(arguments: [
    ("gpt-4-house", "openai"), ("o1-ultra", "openai"), ("gpt-4o-mini", "azure"),
    ("llama-3.3-70b-instruct", ""), ("ft:gpt-4o-mini:acme::1", "openai"), ("", ""),
    ("house-model", "vllm"),
  ])
  func guessesNothing(model: String, provider: String) throws {
    let at = try Self.instant("2026-09-01")
    #expect(try Self.book.get().match(model: model, provider: provider, at: at) == nil)
  }

  @Test func usesTheRatesOfTierWindowAndContext() throws {
    let own = try book(
      """
      schema: hindcast-prices/1
      models:
        - id: acme/big
          prices:
            - rates: {input: 2, output: 10, cache_read: 0.2, cache_write: 2.5, cache_write_1h: 4}
              tiers:
                - {when: {prompt_tokens_gt: 200000}, rates: {input: 4, output: 15}}
              variants:
                - {when: {service_tier: batch}, rates: {input: 1, output: 5}}
              windows:
                - {utc: "22:00-02:00", rates: {input: 1.5}}
      """)
    let noon = try Self.instant("2026-09-01T12:00:00Z")
    let night = try Self.instant("2026-09-01T23:30:00Z")
    let period = try #require(own.match(model: "acme/big", provider: "", at: noon)).period
    func charge(
      _ input: Int64, _ output: Int64, _ tier: ServiceTier = .standard, at: Instant? = nil,
      isBucket: Bool = false
    ) -> String? {
      var tokens = TokenCounts()
      tokens.uncachedInput = input
      tokens.output = output
      return period.charge(
        for: tokens, requests: 1, isBucket: isBucket, at: at ?? noon, tier: tier)?.tokens
        .description
    }
    #expect(charge(200_000, 1000) == "0.41")  // 0.2 x 2 + 0.001 x 10
    #expect(charge(200_001, 1000) == "0.815004")  // the whole request at 4 and 15
    #expect(charge(200_001, 1000, isBucket: true) == "0.410002")
    #expect(charge(100_000, 1000, .batch) == "0.105")
    #expect(charge(100_000, 1000, at: night) == "0.16")
    var cached = TokenCounts()
    cached.cacheRead = 1_000_000
    cached.cacheWrite5m = 1_000_000
    cached.cacheWrite1h = 1_000_000
    cached.cacheWriteOther = 1_000_000
    let sum = period.charge(for: cached, requests: 1, isBucket: true, at: noon, tier: .standard)
    #expect(sum?.tokens.description == "9.20")  // 0.2 + 2.5 + 4 + 2.5
  }

  @Test func aMissingRateIsNotZero() throws {
    let own = try book(
      """
      schema: hindcast-prices/1
      models: [{id: acme/in, prices: [{rates: {input: 3}}]}]
      """)
    let at = try Self.instant("2026-09-01")
    let rates = try #require(own.match(model: "acme/in", provider: "", at: at)).period.rates
    var tokens = TokenCounts()
    tokens.uncachedInput = 500_000
    tokens.cacheRead = 500_000
    // No rate for cached tokens is no discount; no rate for output is no price.
    #expect(rates.charge(for: tokens, requests: 1)?.tokens.description == "3.00")
    tokens.output = 1
    #expect(rates.charge(for: tokens, requests: 1) == nil)
  }

  /// Charges of any partition of the tokens add up to the charge of all of them.
  @Test func chargesAddUpExactly() throws {
    let at = try Self.instant("2026-09-01")
    let rates = try #require(
      try Self.book.get().match(model: "gpt-5-mini", provider: "openai", at: at)
    ).period.rates
    var random = SeededRandom(seed: 23)
    var whole = TokenCounts()
    var sum = Money.zero
    for _ in 0..<500 {
      var part = TokenCounts()
      part.uncachedInput = Int64(random.next() % 100_000)
      part.cacheRead = Int64(random.next() % 100_000)
      part.output = Int64(random.next() % 10_000)
      whole += part
      sum += try #require(rates.charge(for: part, requests: 1)).tokens
    }
    #expect(rates.charge(for: whole, requests: 500)?.tokens == sum)
  }

  @Test func namesEveryFault() {
    let yaml = """
      schema: hindcast-prices/1
      modles: []
      models:
        - id: acme/a
          prices:
            - {from: 2026-01-01, rates: {input: -1, output: 0.12345678}}
            - {from: 2025-01-01, to: 2024-01-01, rates: {inptu: 1}}
        - id: acme/a
          prices: [{rates: {input: cheap}, status: maybe}]
      """
    let error = #expect(throws: PriceFaults.self) { _ = try book(yaml) }
    let faults = error?.faults ?? []
    for text in [
      "own.yaml:2: unknown key 'modles'; did you mean 'models'?", "own.yaml:6: 'input: -1'",
      "own.yaml:6: 'output: 0.12345678'", "unknown key 'inptu'", "'to' is not after 'from'",
      "overlaps", "stands twice", "not a decimal number", "status 'maybe'",
    ] {
      #expect(faults.contains { $0.contains(text) }, "\(text) in \(faults)")
    }
  }

  @Test func everyPriceHasASourceAndADate() throws {
    for model in try Self.book.get().models {
      for period in model.periods {
        #expect(!period.source.name.isEmpty && period.source.asOf != nil, "\(model.id)")
      }
    }
  }

  /// The shared collection of price facts, where it lies beside the project.
  @Test func agreesWithTheCollectedFacts() throws {
    let url = Program.package.deletingLastPathComponent()
      .appending(path: "shared/data/prices-starter.json")
    guard let data = try? Data(contentsOf: url) else {
      print("skipped: the collected price facts are not beside the project")
      return
    }
    let json = try #require(try JSONSerialization.jsonObject(with: data) as? [String: Any])
    let models = try #require(json["models"] as? [[String: Any]])
    var compared = 0
    for model in models {
      let id = try #require(model["id"] as? String)
      let prices = try #require(model["prices"] as? [[String: Any]])
      let own = try #require(
        try Self.book.get().models.first { $0.id == id }, "\(id) is not in the book")
      #expect(own.periods.count == prices.count, "\(id)")
      for (period, price) in zip(own.periods, prices) {
        let rates = try #require(price["rates"] as? [String: String])
        for (key, value) in rates {
          let rate = try #require(Rates.Key(rawValue: key), "\(key)")
          #expect(period.rates.written[rate] == ExactDecimal(value), "\(id) \(key)")
          compared += 1
        }
        if let from = price["from"] as? String { #expect(period.from == Instant(from), "\(id)") }
        if let to = price["to"] as? String { #expect(period.to == Instant(to), "\(id)") }
      }
    }
    #expect(compared > 300)
  }
}
