import Testing
import Usage

@testable import Prices
@testable import hindcast

@Suite struct PriceBookTests {
  static let book = Result { try PriceBook(user: [], parse: YAMLDocument.parse) }

  static func instant(_ text: String) throws -> Instant { try #require(Instant(text)) }

  private func book(_ yaml: String) throws -> PriceBook { try Priced.book(under: yaml) }

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
}
