import Replay
import Testing
import Usage

/// Section F of the acceptance table: what people and quality cost in a month.
@Suite struct OwnedHardwareTests {
  static let requests = Replaying.history(
    [Replaying.request(at: 0, requests: 100_000, width: 1)])

  static func option(_ fields: String) throws -> OptionResult {
    try Replaying.comparison(
      """
      people: {hourly_rate: 150, fte_year: 300000}
      options:
        - {name: x, kind: owned, capex: {gpus: 6000}, life_months: 60, \(fields)}
        - {name: gpt, kind: api, models: {"*": openai/gpt-4o-mini}}
        - {name: fee, kind: api, price: {input: 0, output: 0, per_request: 0.0035}}
      """, requests
    ).options[0]
  }

  @Test(
    "F2-F7: each line by hand",
    arguments: [
      // 80 h x 150 / 12
      ("people: {setup: {hours: 80, spread_months: 12}}", "setup time", "1000.00"),
      // 0.2 x 300,000 / 12
      ("people: {running: {fte: 0.2}}", "running time", "5000.00"),
      // 4 x 40 h x 150 / 12
      ("people: {model_updates: {per_year: 4, hours: 40}}", "model updates", "2000.00"),
      // 5,000 x (1,000 x 0.15 + 500 x 0.60) / 1,000,000 = 2.25, twelve times a year
      (
        """
        people: {model_updates: {per_year: 12, regression:
          {requests: 5000, input: 1000, output: 500, on: gpt-4o-mini}}}
        """, "model updates", "2.25"
      ),
      (
        """
        people: {model_updates: {per_year: 12, regression:
          {requests: 5000, input: 1000, output: 500, on: fee}}}
        """, "model updates", "17.50"
      ),
      // 100,000 x 5 % x 0.0035
      ("quality_gap: {rerun_share: 0.05, on: fee}", "quality gap", "17.50"),
      ("opportunity_cost_per_month: 750", "opportunity cost", "750.00"),
    ])
  func lines(fields: String, line: String, amount: String) throws {
    let option = try Self.option(fields)
    #expect(option.line(line)?.amount.description == amount)
    // 6,000 / 60 months is the depreciation beside it.
    let others = option.lines.filter { $0.name != line && $0.amount != .zero }
    #expect(others.map(\.amount.description) == ["100.00"])
    #expect(option.total == option.lines.reduce(Money.zero) { $0 + $1.amount })
    #expect(option.lines.count == 15)
  }

  @Test("work without a rate leaves no total that is too low") func missingRate() throws {
    let option = try Replaying.option(
      """
      {name: x, kind: owned, capex: {gpus: 6000}, life_months: 60, people: {running: {fte: 1}}}
      """, Self.requests)
    #expect(option.total == nil)
    #expect(
      option.reasons == [
        "cannot be priced: people work here, but the file has no 'people: {fte_year: ...}'"
      ])
  }

  @Test("a quality gap on nothing known leaves no total") func unknownGap() throws {
    let option = try Replaying.option(
      """
      {name: x, kind: owned, capex: {gpus: 6000}, life_months: 60,
       quality_gap: {rerun_share: 0.05, on: nowhere}}
      """, Replaying.history([Replaying.request(at: 0, input: 1)]))
    #expect(option.total == nil)
    #expect(
      option.reasons == [
        "cannot be priced: 'quality_gap: on: nowhere' is no priced option of this file and no priced "
          + "model"
      ])
  }

  @Test("a long life and a high residual value are the cheap end") func ranges() throws {
    let option = try Replaying.option(
      "{name: x, kind: owned, capex: {a: [3600, 4800]}, life_months: [36, 48], residual: [0, 1200]}",
      Self.requests)
    // (3600 - 1200) / 48, (4200 - 600) / 42, 4800 / 36
    #expect(option.low?.rounded(to: 2) == "50.00")
    #expect(option.total?.rounded(to: 2) == "85.71")
    #expect(option.high?.rounded(to: 2) == "133.33")
  }

  @Test("C14: eight hours a day are a third of the capacity") func hoursPerDay() throws {
    // 5 tokens a second x 8 h x 30 days = 4,320,000 tokens; 90 W x 240 h x 0.30 = 6.48
    let option = try Replaying.option(
      """
      {name: x, kind: owned, capex: {a: 0}, life_months: 36, serving: {single_stream_tok_s: 5},
       power: {load_kw: 0.09, price_per_kwh: 0.30, hours_per_day: 8}}
      """, Replaying.history([Replaying.request(at: 0, input: 4_320_000)]))
    #expect(option.line("electricity")?.amount.description == "6.48")
    #expect(option.perMillionTokens?.description == "1.50")
    #expect(option.service?.utilisation == 1)
    #expect(option.service?.capacityRequests == 1)
  }
}
