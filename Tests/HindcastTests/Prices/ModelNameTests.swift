import Testing
import Usage

@testable import Prices

/// How names of logs become rows of the book, and what never does.
@Suite struct ModelNameTests {
  private func match(
    _ model: String, _ provider: String = "", at day: String = "2026-11-26",
    in book: PriceBook? = nil
  ) throws -> PriceMatch? {
    try (book ?? Priced.builtIn.get()).match(
      model: model, provider: provider, at: try Priced.instant(day))
  }

  @Test(arguments: [
    ("gpt-4", "openai", "openai/gpt-4"), ("gpt-4-32k", "openai", "openai/gpt-4-32k"),
    ("gpt-4o", "", "openai/gpt-4o"), ("gpt-4o-mini-2024-07-18", "", "openai/gpt-4o-mini"),
    ("gpt-4o-2024-08-06", "openai", "openai/gpt-4o-2024-08-06"),
    ("claude-3-haiku-20240307", "anthropic", "anthropic/claude-3-haiku"),
    (
      "meta-llama/llama-3.3-70b-instruct", "openrouter",
      "openrouter/meta-llama/llama-3.3-70b-instruct"
    ), ("amazon.nova-lite-v1:0", "bedrock", "bedrock/nova-lite"),
    // Gateways' prefixes.
    ("openai/gpt-4o-mini", "", "openai/gpt-4o-mini"),
    ("azure/llama-3.3-70b-instruct", "", "azure/llama-3.3-70b-instruct"),
    ("vertex_ai/gemini-2.5-pro", "", "google/gemini-2.5-pro"),
    ("gemini/gemini-2.5-pro", "", "google/gemini-2.5-pro"),
    ("models/gemini-2.5-pro", "", "google/gemini-2.5-pro"),
    ("publishers/google/models/gemini-2.5-pro", "google", "google/gemini-2.5-pro"),
    ("groq/llama-3.3-70b-versatile", "", "groq/llama-3.3-70b-versatile"),
    ("  GPT-4o-Mini ", "OpenAI", "openai/gpt-4o-mini"),
    // Dates in other clothes.
    ("claude-3-haiku@20240307", "anthropic", "anthropic/claude-3-haiku"),
    ("gpt-4o-20240513", "openai", "openai/gpt-4o-2024-05-13"),
    ("gpt-4o-2024-05-13", "openai", "openai/gpt-4o-2024-05-13"),
    // Versions in other clothes.
    ("claude-3.5-sonnet", "anthropic", "anthropic/claude-3-5-sonnet"),
    ("claude-sonnet-3-5", "anthropic", "anthropic/claude-3-5-sonnet"),
    // Bedrock.
    (
      "arn:aws:bedrock:us-east-1:1:inference-profile/us.anthropic.claude-sonnet-4-5-20250929-v1:0",
      "", "bedrock/us.claude-sonnet-4-5"
    ),
    (
      "arn:aws:bedrock:eu-west-1::foundation-model/anthropic.claude-haiku-4-5-20251001-v1:0",
      "bedrock", "bedrock/claude-haiku-4-5"
    ),
    ("bedrock/converse/amazon.nova-lite-v1:0", "", "bedrock/nova-lite"),
    ("amazon.nova-lite-v1:0", "", "bedrock/nova-lite"),
    (
      "anthropic.claude-3-haiku-20240307-v1:0", "",
      "bedrock/anthropic.claude-3-haiku-20240307-v1:0"
    ), ("us.anthropic.claude-sonnet-4-5-20250929-v1:0", "", "bedrock/us.claude-sonnet-4-5"),
  ])
  func meansARow(model: String, provider: String, id: String) throws {
    #expect(try match(model, provider)?.id == id)
  }

  /// Same weights elsewhere, similar names, routes that cost otherwise: no price rather than a wrong one.
  @Test(arguments: [
    ("gpt-4-32k-house", "openai"), ("gpt-4-house", "openai"), ("o1-ultra", "openai"),
    ("gpt-4.1-house", "openai"), ("ft:gpt-4o-house:acme::1", "openai"), ("house-model", "vllm"),
    ("llama-3.3-70b-versatile", ""), ("llama-3.3-70b-versatile", "together"),
    ("gpt-4o-mini-2024-07-18-preview", "openai"),
    ("meta-llama/llama-3.3-70b-instruct:nitro", "openrouter"),
    ("arn:aws:bedrock:us-east-1:1:application-inference-profile/abc123", "bedrock"),
    ("ca.anthropic.claude-sonnet-4-5-20250929-v1:0", "bedrock"), ("/models/llama-3.3-70b.gguf", ""),
    ("anthropic.claude-3-haiku-20240307-v1:0", "anthropic"), ("acme.claude-3-haiku", ""),
    ("acme-deployment", "azure"), ("", ""), ("/", ""), ("openai/", ""),
  ])
  func guessesNothing(model: String, provider: String) throws {
    #expect(try match(model, provider) == nil)
  }

  static let own = Result {
    try Priced.book(
      under: #"""
        schema: hindcast-prices/1
        models:
          - id: acme/one-2026-01-01
            prices: [{rates: {input: 1, output: 1}}]
          - id: acme/two-2026-06-01
            match: {regex: ['^two-\d{2}$']}
            prices: [{rates: {input: 2, output: 2}}]
          - id: acme/one
            prices: [{rates: {input: 9, output: 9}}]
          - id: acme/ft:base-2026-01-01
            prices: [{rates: {input: 5, output: 5}}]
          - id: openai/gpt-4o-mini
            prices: [{from: 2026-10-01, rates: {input: 0.1, output: 0.1}}]
        aliases:
          - {name: newest, provider: acme, target: acme/one-2026-01-01, to: 2026-06-01}
          - {name: newest, provider: acme, target: acme/two-2026-06-01, from: 2026-06-01}
          - {name: our-deployment, target: openai/gpt-4o}
          - {name: "arn:aws:bedrock:us-east-1:1:application-inference-profile/abc123", target: bedrock/nova-lite}
        """#)
  }

  @Test(arguments: [
    ("newest", "acme", "2026-05-31", "acme/one-2026-01-01", "alias"),
    ("newest", "acme", "2026-06-01", "acme/two-2026-06-01", "alias"),
    ("one-2026-01-01", "acme", "2026-06-01", "acme/one-2026-01-01", "exact"),
    ("one@20260101", "acme", "2026-06-01", "acme/one-2026-01-01", "respelt"),
    ("one-2026-09-09", "acme", "2026-06-01", "acme/one", "family"),
    ("two-17", "acme", "2026-06-01", "acme/two-2026-06-01", "pattern"),
    ("ft:base-2026-01-01:org::x", "acme", "2026-06-01", "acme/ft:base-2026-01-01", "fine-tune"),
    ("our-deployment", "azure", "2026-06-01", "openai/gpt-4o", "alias"),
    (
      "arn:aws:bedrock:us-east-1:1:application-inference-profile/abc123", "bedrock", "2026-06-01",
      "bedrock/nova-lite", "alias"
    ),
    ("gpt-4o-mini", "openai", "2026-09-30", "openai/gpt-4o-mini", "exact"),
  ])
  func tellsTheRule(
    model: String, provider: String, day: String, id: String, rule: String
  ) throws {
    let match = try match(model, provider, at: day, in: Self.own.get())
    #expect(match?.id == id)
    #expect(match?.rule.rawValue == rule)
  }

  @Test func theUsersLayerWinsWhileItHolds() throws {
    let layers = try ["2026-09-30", "2026-10-01"].map {
      try match("gpt-4o-mini-2024-07-18", "openai", at: $0, in: Self.own.get())?.layer
    }
    #expect(layers == [.book, .user])
  }

  @Test func aUsersRowTakesTheBooksNames() throws {
    let own = try Priced.book(
      under: """
        schema: hindcast-prices/1
        models: [{id: bedrock/nova-lite, prices: [{rates: {input: 1, output: 1}}]}]
        """)
    let match = try match("amazon.nova-lite-v1:0", "bedrock", in: own)
    #expect(match?.layer == .user)
    #expect(match?.rule == .exact)
  }

  @Test(arguments: [
    ("claude-3-5-sonnet", "claude-sonnet-3.5"),
    ("llama-v3p3-70b-instruct", "llama-3.3-70b-instruct"),
    ("llama3-3-70b-instruct", "llama-3.3-70b-instruct"), ("deepseek-v3p1", "deepseek-v3.1"),
  ])
  func spellsVersionsAlike(a: String, b: String) {
    #expect(ModelSpelling.key(a) == ModelSpelling.key(b))
  }

  @Test(arguments: [
    ("claude-3-5-sonnet", "claude-3-sonnet"), ("llama-3.3-70b", "llama-3.1-70b"),
    ("llama-3-70b", "llama-3.70b"), ("gemini-2.5-pro", "gemini-2.5-pro-exp"),
    ("qwen-3-235b", "qwen-3.235b"),
  ])
  func spellsOthersApart(a: String, b: String) {
    #expect(ModelSpelling.key(a) != ModelSpelling.key(b))
  }

  /// LiteLLM writes the region of a Bedrock model into its name; the row has the region's rates.
  @Test func aRegionInTheNameCounts() throws {
    let found = try match("bedrock/sa-east-1/meta.llama3-70b-instruct-v1:0")
    #expect(found?.id == "bedrock/meta.llama3-70b-instruct-v1:0")
    #expect(found?.region == "sa-east-1")
    let attributes = try #require(found).attributes(PriceAttributes())
    #expect(found?.period.cost(Priced.tokens(1_000_000), attributes) == "4.45")
  }

  @Test func hintsAtSimilarNames() throws {
    #expect(
      try Priced.builtIn.get().similarModels(to: "gpt-4o-minni").first == "openai/gpt-4o-mini")
  }
}
