import Foundation
import Testing
import Usage

@testable import UsageLogs

@Suite struct OpenAIUsagePagesTests {
  static let result = #"""
    {"object":"organization.usage.completions.result","input_tokens":1000,"input_cached_tokens":400,"input_cache_write_tokens":100,"input_uncached_tokens":500,"output_tokens":500,"input_audio_tokens":50,"input_cached_audio_tokens":60,"output_audio_tokens":70,"input_image_tokens":5,"input_cached_image_tokens":6,"num_model_requests":5,"project_id":"proj_abc","user_id":null,"api_key_id":null,"model":"gpt-5-mini-2025-08-07","batch":false,"service_tier":"default"}
    """#

  static func bucket(_ results: String..., from start: Int = 1_767_225_600, days: Int = 1) -> String
  {
    #"{"object":"bucket","start_time":\#(start),"end_time":\#(start + days * 86_400),"results":["#
      + results.joined(separator: ",") + "]}"
  }

  static func page(_ buckets: String..., more: Bool = false) -> String {
    #"{"object":"page","data":["# + buckets.joined(separator: ",")
      + #"],"has_more":\#(more),"next_page":null}"#
  }

  /// Pages one after the other are remembered as one stretch of time, which has no more in it than they do.
  @Test(arguments: [(0, 3), (1, 3), (2, 4), (3, 3), (4, 4)])
  func anotherGroupingConflictsOnlyWithTheDaysOfPages(day: Int, records: Int) throws {
    let first = 1_767_225_600
    let pages = [0, 1, 3].map { Self.page(Self.bucket(Self.result, from: first + $0 * 86_400)) }
    let regrouped = Self.result.replacing(
      #""project_id":"proj_abc""#, with: #""project_id":null"#)
    let other = Self.page(Self.bucket(regrouped, from: first + day * 86_400))
    let found = try readAll((pages + [other]).joined(separator: "\n"))
    #expect(found.records.count == records)
    #expect(found.reasons.count == 4 - records)
  }

  @Test func countsOneBucketAsDisjointTokens() throws {
    let found = try readAll(Self.page(Self.bucket(Self.result)))
    #expect(found.outcome.format == "openai-usage")
    let record = try #require(found.records.first)
    #expect(found.records.count == 1)
    #expect(record.start.description == "2026-01-01T00:00:00Z")
    #expect(record.width == 86_400_000_000)
    #expect(record.requests == 5)
    #expect(record.tokens.uncachedInput == 500)
    #expect(record.tokens.cacheRead == 400)
    #expect(record.tokens.cacheWriteOther == 100)
    #expect(record.tokens.output == 500)
    #expect(record.tokens.audioInput == 110)
    #expect(record.tokens.audioOutput == 70)
    #expect(record.tokens.imageInput == 11)
    #expect(record.check == .exact)
    #expect(record.kind.splitKnown)
    #expect(record.kind.tier == .standard)
    #expect(record.precedence == .latest)
    #expect(found.provider(record) == "openai")
    #expect(found.model(record) == "gpt-5-mini-2025-08-07")
    #expect(found.labels(record) == ["project=proj_abc"])
    #expect(
      found.outcome.grouping
        == "openai-completions|batch,model,project_id,service_tier|86400")
  }

  @Test func aCacheSplitThatDisagreesIsFlagged() throws {
    let wrong = Self.result.replacing(
      #""input_uncached_tokens":500"#, with: #""input_uncached_tokens":499"#)
    let record = try #require(try readAll(Self.page(Self.bucket(wrong))).records.first)
    #expect(record.check == .inclusiveMismatch)
    #expect(record.tokens.uncachedInput == 500)
  }

  @Test func cachedTokensBeyondTheInputNeverGoNegative() throws {
    let result =
      #"{"object":"organization.usage.completions.result","input_tokens":10,"input_cached_tokens":11,"output_tokens":1,"num_model_requests":1}"#
    let record = try #require(try readAll(Self.page(Self.bucket(result))).records.first)
    #expect(record.check == .inclusiveMismatch)
    #expect(record.tokens.uncachedInput == 0)
  }

  @Test func withoutCacheFieldsTheSplitIsUnknown() throws {
    let result =
      #"{"object":"organization.usage.completions.result","input_tokens":10,"output_tokens":1,"model":null}"#
    let found = try readAll(Self.page(Self.bucket(result)))
    let record = try #require(found.records.first)
    #expect(!record.kind.splitKnown)
    #expect(record.requests == nil)
    #expect(found.model(record) == "")
    #expect(found.outcome.grouping == "openai-completions||86400")
  }

  @Test func readsPagesInAnArrayOrOneAfterTheOther() throws {
    let first = Self.page(Self.bucket(Self.result), more: true)
    let second = Self.page(Self.bucket(Self.result, from: 1_767_312_000))
    for text in [
      "[\(first),\(second)]", "\(first)\(second)", "\(first)\n\(second)\n", "\(first)\r\n\(second)",
      "[\n\(first),\n\(second)\n]\n", "\u{FEFF}\(first)\n\n\(second)",
    ] {
      let found = try readAll(text)
      #expect(
        found.records.map(\.start.description) == [
          "2026-01-01T00:00:00Z", "2026-01-02T00:00:00Z",
        ])
      #expect(found.outcome.skipped == 0)
      #expect(found.outcome.notes == [])
    }
  }

  @Test func saysWhenMorePagesFollow() throws {
    let found = try readAll(Self.page(Self.bucket(Self.result), more: true))
    #expect(
      found.outcome.notes == ["the last page says that more pages follow it; ingest those too"])
  }

  @Test func emptyResultsAreNoUsage() throws {
    let found = try readAll(Self.page(Self.bucket()))
    #expect(found.outcome.format == "openai-usage")
    #expect(found.outcome.status == .complete)
    #expect(found.records.isEmpty)
    #expect(found.outcome.grouping == nil)
  }

  @Test func batchIsATier() throws {
    let batch = Self.result.replacing(#""batch":false"#, with: #""batch":true"#)
    #expect(try readAll(Self.page(Self.bucket(batch))).records.first?.kind.tier == .batch)
  }

  @Test func everyDimensionMakesAnotherBucket() throws {
    let changes = [
      (#""project_id":"proj_abc""#, #""project_id":"proj_abd""#),
      (#""user_id":null"#, #""user_id":"proj_abc""#), (#""batch":false"#, #""batch":null"#),
      (#""api_key_id":null"#, #""api_key_id":"proj_abc""#),
      (#""service_tier":"default""#, #""service_tier":"flex""#),
      ("gpt-5-mini", "gpt-5-nano"), ("completions.result", "embeddings.result"),
    ]
    var identities: Set<Fingerprint> = []
    for (old, new) in [("", "")] + changes {
      let result = old.isEmpty ? Self.result : Self.result.replacing(old, with: new)
      let found = try readAll(Self.page(Self.bucket(result)))
      identities.insert(try #require(found.records.first).identity)
    }
    let longer = try readAll(Self.page(Self.bucket(Self.result, days: 2)))
    identities.insert(try #require(longer.records.first).identity)
    #expect(identities.count == changes.count + 2)
  }

  @Test func theSameTimeGroupedOtherwiseIsNotCountedTwice() throws {
    let all =
      #"{"object":"organization.usage.completions.result","input_tokens":1000,"output_tokens":500}"#
    let found = try readAll(
      "[\(Self.page(Self.bucket(Self.result))),\(Self.page(Self.bucket(all)))]")
    #expect(found.records.count == 1)
    #expect(found.outcome.skipped == 1)
    #expect(try #require(found.reasons.first).contains("another grouping"))
  }

  @Test func aBadResultLeavesTheOthers() throws {
    let bad = Self.result.replacing(#""input_tokens":1000"#, with: #""input_tokens":-1"#)
    let found = try readAll(Self.page(Self.bucket(bad, Self.result)))
    #expect(found.records.count == 1)
    #expect(found.reasons == ["'input_tokens' is negative"])
  }

  @Test func timesThatAreNoneAreSaid() throws {
    let far = try readAll(
      Self.page(Self.bucket(Self.result, from: 9_000_000_000_000_000_000)))
    #expect(far.records.isEmpty)
    #expect(far.reasons == ["has a time that is not a date and time"])
    let backwards = try readAll(Self.page(Self.bucket(Self.result, days: 0)))
    #expect(backwards.reasons == ["has an end that is not after its start"])
  }

  @Test func costsAreNamedAndNotRead() throws {
    let cost =
      #"{"object":"organization.costs.result","amount":{"value":0.06,"currency":"usd"}}"#
    let found = try readAll(Self.page(Self.bucket(cost)))
    guard case .unrecognised(let why) = found.outcome.status else {
      Issue.record("costs were read as usage")
      return
    }
    #expect(why.contains("cost export: it has amounts but no tokens; export usage instead"))
  }

  /// The examples of OpenAI's own API description, when they lie beside the package.
  @Test(.enabled(if: CollectedSamples.arePresent, CollectedSamples.absence))
  func readsThePublishedExamples() throws {
    let folder = CollectedSamples.path("api/openai-usage-api")
    for name in try FileManager.default.contentsOfDirectory(atPath: folder) {
      let found = try readAll(path: folder + "/" + name)
      switch name {
      case "organization_usage_completions.json":
        let tokens = try #require(found.records.first).tokens
        #expect(
          [tokens.uncachedInput, tokens.cacheRead, tokens.cacheWriteOther, tokens.output]
            == [500, 400, 100, 500])
        #expect(found.outcome.checks == [.exact: 1])
      case "organization_usage_embeddings.json":
        #expect(found.records.first?.tokens.input == 16)
        #expect(found.outcome.grouping == "openai-embeddings||86400")
      case "organization_costs.json":
        #expect(found.outcome.format == nil)
      default:
        #expect(found.outcome.format == "openai-usage", "\(name)")
        #expect(found.records.isEmpty && found.outcome.skipped == 0, "\(name)")
        #expect(found.outcome.notes.count == 1, "\(name): \(found.outcome.notes)")
      }
    }
  }
}
