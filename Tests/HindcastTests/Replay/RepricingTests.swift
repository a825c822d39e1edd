import Prices
import Replay
import Testing
import Usage

@Suite struct RepricingTests {
  /// 1,000,000 tokens a day of gpt-4o-mini (0.15) and of gpt-4 (30) from the 1st to the 4th; from the
  /// 3rd on the other book has gpt-4o-mini at 0.25, and a model the first does not have.
  @Test func tellsWhatChangesAndNothingElse() throws {
    let kinds = [
      Replaying.gpt4oMini, History.Kind(provider: "openai", model: "gpt-4"),
      History.Kind(provider: "acme", model: "house"),
    ]
    let requests = (0..<12).map { (i: Int) -> History.Request in
      Replaying.request(at: Int64(i / 3) * 86_400 + 60, input: 1_000_000, kind: i % 3)
    }
    let other = try Priced.book(
      under: """
        schema: hindcast-prices/1
        models:
          - id: openai/gpt-4o-mini
            prices: [{from: 2026-09-03, rates: {input: 0.25, output: 1}}]
          - id: acme/house
            prices: [{from: 2026-09-04, rates: {input: 2, output: 2}}]
        """)
    let repricing = Repricing(
      Replaying.history(requests, kinds: kinds), before: try Priced.builtIn.get(), after: other
    )
    let rows = repricing.changes.map { change in
      [
        "\(change.day)", change.model, change.before?.description ?? "none",
        change.after?.description ?? "none",
      ]
    }
    #expect(
      rows == [
        ["2026-09-03", "gpt-4o-mini", "0.15", "0.25"],
        ["2026-09-04", "gpt-4o-mini", "0.15", "0.25"],
        ["2026-09-04", "house", "none", "2.00"],
      ])
    #expect(repricing.before.total.description == "120.60")
    #expect(repricing.after.total.description == "122.80")
    #expect(repricing.before.unpriced.tokens == 4_000_000)
    #expect(repricing.after.unpriced.tokens == 3_000_000)
    #expect(repricing.changes[0].rowsAfter == ["openai/gpt-4o-mini from 2026-09-03 (user)"])
  }

  @Test func theSameBookChangesNothing() throws {
    let book = try Priced.builtIn.get()
    let history = Replaying.history([Replaying.request(at: 0, input: 5)])
    #expect(Repricing(history, before: book, after: book).changes.isEmpty)
  }
}
