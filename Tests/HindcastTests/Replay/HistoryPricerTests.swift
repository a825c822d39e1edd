import Replay
import Testing
import Usage

@Suite struct HistoryPricerTests {
  @Test("a user's row that begins in the middle of the period counts from there")
  func userRowBegins() throws {
    // gpt-4o-mini 0.15 a million by the book; 1000 a million from the 16th on.
    let option = try Replaying.option(
      #"{name: x, kind: api, models: {"*": openai/gpt-4o-mini}}"#,
      Replaying.history([0, 14, 15, 29].map { Replaying.request(at: $0 * 86_400, input: 1000) }),
      userPrices: """
        models:
          - id: openai/gpt-4o-mini
            match: {exact: [gpt-4o-mini]}
            prices:
              - {from: 2026-09-16, rates: {input: "1000", output: "1000"}}
        """)
    #expect(option.totalText == "2.0003")
    #expect(option.pricesUsed.map(\.layer).sorted() == ["book", "user"])
    #expect(option.pricesUsed.map(\.requests) == [2, 2])
  }

  @Test("a user's row that ends in the middle gives way to the book") func userRowEnds() throws {
    let option = try Replaying.option(
      #"{name: x, kind: api, models: {"*": openai/gpt-4o-mini}}"#,
      Replaying.history([0, 29].map { Replaying.request(at: $0 * 86_400, input: 1000) }),
      userPrices: """
        models:
          - id: openai/gpt-4o-mini
            match: {exact: [gpt-4o-mini]}
            prices:
              - {to: 2026-09-16, rates: {input: "1000", output: "1000"}}
        """)
    #expect(option.totalText == "1.00015")
  }

  @Test("a price that begins later does not reach back") func priceBegins() throws {
    let option = try Replaying.option(
      #"{name: x, kind: api, models: {"*": openai/new-model}}"#,
      Replaying.history([0, 1, 20].map { Replaying.request(at: $0 * 86_400, input: 1000) }),
      userPrices: """
        models:
          - id: openai/new-model
            prices:
              - {from: 2026-09-16, rates: {input: "1", output: "1"}}
        """)
    #expect(option.totalText == "0.001")
    #expect(option.unpriced.requests == 2)
    #expect(option.unpriced.tokens == 2000)
  }

  @Test("a price in another currency is not taken for this one") func currency() throws {
    let option = try Replaying.comparison(
      """
      currency: EUR
      options: [{name: x, kind: api, models: {"*": openai/gpt-4o-mini}}]
      """, Replaying.history([Replaying.request(at: 0, input: 1000)])
    ).options[0]
    #expect(option.total == nil)
    #expect(option.unpriced.requests == 1)
    #expect(
      option.reasons == [
        "openai/gpt-4o-mini has a price in USD, this file counts in EUR: not converted"
      ])
  }

  @Test("a failed request without tokens costs no fee") func failed() throws {
    let option = try Replaying.option(
      "{name: x, kind: api, price: {input: 1, output: 1, per_request: 0.01}}",
      Replaying.history(
        [Replaying.request(at: 0, input: 100), Replaying.request(at: 1, kind: 1)],
        kinds: [
          Replaying.gpt4oMini,
          History.Kind(provider: "openai", model: "gpt-4o-mini", status: .failed, currency: "USD"),
        ]))
    #expect(option.line("per-request fees")?.amount.description == "0.01")
    #expect(option.totalText == "0.0101")
  }

  @Test("a range of prices gives low and high") func priceRange() throws {
    let option = try Replaying.option(
      """
      {name: x, kind: api, price: {input: [1, 2], output: 3, per_request: [0.1, 0.3]},
       token_ratio: {"*": [0.5, 1.5]}, batch: {share: 0.4, discount: 0.5}}
      """, Replaying.history([Replaying.request(at: 0, input: 1_000_000, output: 1_000_000)]))
    // (1 + 3) x 0.5 x 0.8 + 0.1; (1.5 + 3) x 0.8 + 0.2; (2 + 3) x 1.5 x 0.8 + 0.3
    #expect(option.low?.description == "1.70")
    #expect(option.totalText == "3.80")
    #expect(option.high?.description == "6.30")
  }

  @Test("requests that the source did not count have no cost each") func unknownRequests() throws {
    let option = try Replaying.option(
      "{name: x, kind: api, price: {input: 1, output: 1}}",
      Replaying.history([
        Replaying.request(at: 0, input: 1_000_000, requests: nil, width: 3_600_000_000),
        Replaying.request(at: 0, input: 1_000_000),
      ]))
    #expect(option.totalText == "2.00")
    #expect(option.perRequest == nil)
    #expect(option.perMillionTokens?.description == "1.00")
  }

  @Test("what is excluded is named rule by rule, and a rule that meets nothing says so")
  func excluded() throws {
    let comparison = try Replaying.comparison(
      """
      exclude: {model: [gpt-4o, gpt-4], modle: x}
      baseline: actul
      options: [{name: actual, kind: actual}]
      """,
      Replaying.history(
        [
          Replaying.request(at: 0, input: 5, kind: 0), Replaying.request(at: 1, input: 7, kind: 1),
        ],
        kinds: [Replaying.gpt4oMini, History.Kind(provider: "openai", model: "gpt-4")]))
    #expect(comparison.history.requests == 1)
    #expect(comparison.history.tokens.total == 5)
    #expect(
      comparison.excluded == [
        "0 requests with 0 tokens left out of the decision (exclude: model gpt-4o).",
        "1 request with 7 tokens left out of the decision (exclude: model gpt-4).",
        "0 requests with 0 tokens left out of the decision (exclude: modle x). Did you mean "
          + "'model'?",
        "No differences are shown: the baseline 'actul' is none of the options; did you mean "
          + "'actual'?",
      ])
  }

  @Test("a break-even counts only the volume that the other's price is for") func breakEven() throws
  {
    // 1 for 1,000,000 tokens of gpt-4; as many of another model have no price. 100 buys 100,000,000.
    let comparison = try Replaying.comparison(
      """
      options:
        - {name: own, kind: owned, capex: {a: 1200}, life_months: 12}
        - {name: x, kind: api, models: {gpt-4: any/one}, price: {input: 1, output: 1}}
      """,
      Replaying.history(
        [
          Replaying.request(at: 0, input: 1_000_000, kind: 0),
          Replaying.request(at: 1, input: 1_000_000, kind: 1),
        ],
        kinds: [Replaying.gpt4oMini, History.Kind(provider: "openai", model: "gpt-4")]))
    let volume = try #require(comparison.options[0].breakEven.first)
    #expect(volume.tokens == 100_000_000)
    #expect(volume.requests == 100)
    #expect(comparison.options[1].unpriced.requests == 1)
  }
}
