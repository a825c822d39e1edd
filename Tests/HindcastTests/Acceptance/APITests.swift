import Foundation
import Testing

/// Section A of the acceptance table: API options. Every history is written as a log, ingested and
/// replayed by the program.
@Suite struct AcceptanceAPITests {
  /// One month of S0's load: 77,760 requests of 600 + 200 tokens, a request every 33 1/3 s.
  static let month = Result {
    try SyntheticLedger([
      .daily("gpt-4", perDay: 2592, input: 600, output: 200, from: "2026-09-01", days: 30)
    ])
  }

  @Test("A1: a flat price of $0.00012 a token") func a1() throws {
    let replay = try Self.month.get().replay(
      """
      options:
        - {name: gpt4-flat, kind: api, price: {input: 120, output: 120}}
      """, "--month", "2026-09")
    #expect(try replay.total("gpt4-flat") == "7464.96")
    #expect(try replay.amount("perRequest", of: "gpt4-flat", decimals: 4) == "0.0960")
  }

  @Test("A2, A8: catalogue prices side by side, the same tokens in every row") func a2() throws {
    let models = ["gpt-4-32k", "gpt-4", "gpt-4-turbo", "gpt-4o", "gpt-4o-mini"]
    let options = models.map { "  - {name: \($0), kind: api, models: {\"*\": openai/\($0)}}\n" }
    let ledger = try Self.month.get()
    let text = "options:\n" + options.joined()
    let replay = try ledger.replay(text, "--month", "2026-09")
    let totals = try models.map { try replay.total($0) }
    #expect(totals == ["4665.60", "2332.80", "933.12", "272.16", "16.33"])
    let history = try #require(replay.run.json["history"] as? [String: Any])
    #expect(history["totalTokens"] as? Int == 77_760 * 800)
    // The table lists the cheapest first.
    let table = try ledger.table(text, "--month", "2026-09")
    let places = models.reversed().compactMap { table.range(of: "\n\($0) ")?.lowerBound }
    #expect(places.count == models.count && places == places.sorted(), "\(table)")
  }

  @Test(
    "A3: dated router prices and an override",
    arguments: [
      ("2025-07-01", "", "0.10"), ("2026-11-04", "", "0.45"), ("2026-11-10", "", "0.59"),
      ("2025-07-01", ", price: {input: 0.12, output: 0.12}", "0.12"),
    ])
  func a3(day: String, price: String, expected: String) throws {
    let ledger = try SyntheticLedger([
      .once("llama-3.3-70b", input: 1_000_000, at: day + "T12:00:00Z")
    ])
    let replay = try ledger.replay(
      """
      options:
        - name: router
          kind: api
          models: {"*": openrouter/meta-llama/llama-3.3-70b-instruct}
      """ + (price.isEmpty ? "" : "\n    price: {input: 0.12, output: 0.12}") + "\n",
      "--from", day, "--to", day)
    #expect(try replay.total("router") == expected)
  }

  @Test(
    "A4, A5, A6: catalogue prices of the same weights elsewhere",
    arguments: [
      ("azure/llama-3.3-70b-instruct", 1_000_000, 0, "0.71"),
      ("azure/llama-3.3-70b-instruct", 300_000, 700_000, "0.71"),
      ("anthropic/claude-3-haiku", 1_000_000, 0, "0.25"),
      ("anthropic/claude-3-haiku", 750_000, 250_000, "0.50"),
      ("openai/gpt-4o-mini", 1_000_000, 0, "0.15"),
    ])
  func a4(model: String, input: Int, output: Int, expected: String) throws {
    let ledger = try SyntheticLedger([
      .once("any", input: input, output: output, at: "2025-07-01T00:00:00Z")
    ])
    let replay = try ledger.replay(
      "options: [{name: x, kind: api, models: {\"*\": \(model)}}]\n", "--month", "2025-07")
    #expect(try replay.total("x") == expected)
  }

  @Test("A6: 750k in and 250k out on gpt-4o-mini") func a6() throws {
    let ledger = try SyntheticLedger([
      .once("any", input: 750_000, output: 250_000, at: "2025-07-01T00:00:00Z")
    ])
    let replay = try ledger.replay(
      "options: [{name: x, kind: api, models: {\"*\": openai/gpt-4o-mini}}]\n", "--month", "2025-07"
    )
    #expect(try replay.amount("total", of: "x", decimals: 4) == "0.2625")
  }

  @Test("A7: 100M tokens a day at 3:1 for 30 days on gpt-4o-mini") func a7() throws {
    let ledger = try SyntheticLedger([
      .daily("own", perDay: 100, input: 750_000, output: 250_000, from: "2026-09-01", days: 30)
    ])
    let replay = try ledger.replay(
      "options: [{name: x, kind: api, models: {\"*\": openai/gpt-4o-mini}}]\n", "--month", "2026-09"
    )
    #expect(try replay.total("x") == "787.50")
  }

  @Test("A9: a user's price file wins over the catalogue, and the report says so") func a9() throws
  {
    let ledger = try SyntheticLedger([
      .once("any", input: 1_000_000, at: "2025-07-01T00:00:00Z")
    ])
    let prices = try ledger.scratch.write(
      "prices.yaml",
      """
      schema: hindcast-prices/1
      models:
        - id: openrouter/meta-llama/llama-3.3-70b-instruct
          prices:
            - rates: {input: 0.60, output: 0.60}
      """)
    let replay = try ledger.replay(
      """
      options:
        - {name: x, kind: api, models: {"*": openrouter/meta-llama/llama-3.3-70b-instruct}}
      """, "--month", "2025-07", "--prices", prices.path)
    #expect(try replay.total("x") == "0.60")
    let used = try #require(try replay.option("x")["pricesUsed"] as? [[String: Any]])
    #expect(used.map { $0["layer"] as? String } == ["user"])
  }

  @Test(
    "A10: the price in force at the second of the request",
    arguments: [
      ("2025-09-05T15:59:59Z", "0.270"), ("2025-09-05T16:00:00Z", "0.560"),
      ("2025-09-04T17:00:00Z", "0.135"),
    ])
  func a10(time: String, expected: String) throws {
    let ledger = try SyntheticLedger([.once("deepseek-chat", input: 1_000_000, at: time)])
    let replay = try ledger.replay(
      "options: [{name: x, kind: api, models: {\"*\": deepseek/deepseek-chat}}]\n",
      "--month", "2025-09")
    #expect(try replay.amount("total", of: "x", decimals: 3) == expected)
  }

  @Test("A12: an unknown model is listed, never priced 0") func a12() throws {
    let ledger = try SyntheticLedger([
      .once("gpt-4o-mini", input: 1_000_000, at: "2026-09-01T10:00:00Z"),
      .once("gpt-4o-mini", input: 1_000_000, at: "2026-09-02T10:00:00Z"),
      .once("house-model", input: 1234, output: 66, at: "2026-09-03T10:00:00Z"),
    ])
    let replay = try ledger.replay(
      "options: [{name: actual, kind: actual}]\n", "--month", "2026-09")
    #expect(try replay.total("actual") == "0.30")
    let unpriced = try #require(try replay.option("actual")["unpriced"] as? [String: Any])
    #expect(unpriced["requests"] as? Int == 1)
    #expect(unpriced["tokens"] as? Int == 1300)
    #expect(unpriced["models"] as? [String] == ["house-model"])
    #expect(replay.run.exit == 2)
    let strict = try ledger.replay(
      "options: [{name: actual, kind: actual}]\n", "--month", "2026-09", "--strict")
    #expect(strict.run.exit == 1)
    let table = try ledger.table("options: [{name: actual, kind: actual}]\n", "--month", "2026-09")
    #expect(table.contains("1 request unpriced (1,300 tokens)"), "\(table)")
  }
}
