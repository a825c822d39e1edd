import Foundation
import Testing

/// Section G of the acceptance table: mixtures, routing and constraints.
@Suite struct AcceptanceHybridTests {
  static let api = "  - {name: api, kind: api, price: {input: 0.71, output: 0.71}}\n"
  static let own = """
      - name: own
        kind: owned
        capex: {a: 6000}
        life_months: 60
        attributes: {data_stays: true, offline: true}

    """

  /// `millions` of input tokens at a moment.
  static func load(_ millions: Int, at time: String) -> SyntheticLedger.Load {
    SyntheticLedger.Load(
      requests: millions, input: 1_000_000, first: SyntheticLedger.Load.second(time), every: 60)
  }

  @Test("G1: own capacity first, the rest on an API") func g1() throws {
    let ledger = try SyntheticLedger([
      Self.load(5, at: "2026-09-01T10:00:00Z"), Self.load(15, at: "2026-09-01T11:00:00Z"),
      Self.load(5, at: "2026-09-01T12:00:00Z"),
    ])
    let replay = try ledger.replay(
      "options:\n" + Self.api + """
          - name: rental
            kind: rented
            price_per_gpu_hour: 0
            throughput: {tokens_per_hour: 10000000}
            overflow: api

        """, "--from", "2026-09-01", "--to", "2026-09-01")
    #expect(try replay.part("capacity", of: "rental")["overflowTokens"] as? Int == 5_000_000)
    #expect(try replay.line("overflow", of: "rental") == "3.55")
    #expect(try replay.total("rental") == "3.55")
  }

  @Test("G1 with a simulated server: who finds it busy goes to the API") func g1Simulated() throws {
    // Three requests of 100 s each, 60 s apart: the second finds the server busy, the third does not.
    let ledger = try SyntheticLedger([
      SyntheticLedger.Load(
        requests: 3, input: 800, output: 200,
        first: SyntheticLedger.Load.second("2026-09-01T10:00:00Z"), every: 60)
    ])
    let replay = try ledger.replay(
      "options:\n" + Self.api + """
          - name: rental
            kind: rented
            price_per_gpu_hour: 0
            serving: {single_stream_tok_s: 10}
            overflow: api

        """, "--month", "2026-09")
    #expect(try replay.part("service", of: "rental")["overflowed"] as? Int == 1)
    #expect(try replay.line("overflow", of: "rental", decimals: 5) == "0.00071")
  }

  @Test("G2: rules by step; the parts add up to the whole") func g2() throws {
    let ledger = try SyntheticLedger([
      Self.load(3, at: "2026-09-01T10:00:00Z").tagged("step=extract"),
      Self.load(4, at: "2026-09-01T11:00:00Z").tagged("step=answer"),
    ])
    let replay = try ledger.replay(
      "options:\n" + Self.own + Self.api + """
          - name: mixed
            kind: hybrid
            route:
              - {when: {step: extract}, to: own}
              - {to: api}

        """, "--month", "2026-09")
    let legs = try #require(try replay.option("mixed")["legs"] as? [[String: Any]])
    #expect(legs.map { $0["to"] as? String } == ["own", "api"])
    #expect(legs.map { $0["tokens"] as? Int } == [3_000_000, 4_000_000])
    let history = try #require(replay.run.json["history"] as? [String: Any])
    #expect(history["totalTokens"] as? Int == 7_000_000)
    #expect(try replay.line("hardware depreciation", of: "mixed") == "100.00")
    #expect(try replay.line("API tokens", of: "mixed") == "2.84")
    #expect(try replay.total("mixed") == "102.84")
  }

  @Test("G3: an outage sends its requests elsewhere") func g3() throws {
    let ledger = try SyntheticLedger([
      Self.load(1, at: "2026-09-03T09:59:59Z"), Self.load(2, at: "2026-09-03T10:00:00Z"),
      Self.load(1, at: "2026-09-03T11:00:00Z"),
    ])
    let replay = try ledger.replay(
      "options:\n" + Self.own + Self.api + """
          - name: mixed
            kind: hybrid
            route: [{to: own}]
            failover: {from: own, to: api, outages: [{start: 2026-09-03T10:00Z, end: 2026-09-03T11:00Z}]}

        """, "--month", "2026-09")
    let legs = try #require(try replay.option("mixed")["legs"] as? [[String: Any]])
    #expect(legs.map { $0["tokens"] as? Int } == [2_000_000, 2_000_000])
    #expect(try replay.line("API tokens", of: "mixed") == "1.42")
  }

  @Test("G4: requests tagged with a region that an option is not in") func g4() throws {
    let ledger = try SyntheticLedger([
      SyntheticLedger.Load(
        requests: 10, input: 100, first: SyntheticLedger.Load.midnight("2026-09-01"), every: 60
      ).tagged("region=eu"),
      SyntheticLedger.Load(
        requests: 3, input: 100, first: SyntheticLedger.Load.midnight("2026-09-02"), every: 60),
    ])
    let options = """
      options:
        - {name: us, kind: api, price: {input: 1, output: 1}, attributes: {region: us}}
        - {name: eu, kind: api, price: {input: 1, output: 1}, attributes: {region: eu-central-1}}

      """
    let plain = try ledger.replay(options, "--month", "2026-09")
    #expect(try plain.option("us")["residencyViolations"] as? Int == 10)
    #expect(try plain.option("us")["eligible"] as? Bool == true)
    let strict = try ledger.replay(options, "--month", "2026-09", "--require-residency")
    #expect(try strict.option("us")["eligible"] as? Bool == false)
    #expect(try strict.reasons("us").contains { $0.contains("10 requests") })
    #expect(try strict.option("eu")["residencyViolations"] as? Int == 0)
    #expect(try strict.option("eu")["eligible"] as? Bool == true)
  }

  @Test(
    "G5, G7: data that stays, and work without a network", arguments: ["data_stays", "offline"])
  func g5(attribute: String) throws {
    let replay = try AcceptanceOwnedTests.few.get().replay(
      "options:\n" + Self.own + Self.api
        + "  - {name: rental, kind: rented, price_per_gpu_hour: 1}\n"
        + "  - {name: mixed, kind: hybrid, route: [{when: {step: x}, to: own}, {to: api}]}\n",
      "--month", "2026-09", "--require", attribute)
    let eligible = replay.options.filter { $0["eligible"] as? Bool == true }
    #expect(eligible.map { $0["name"] as? String } == ["own"])
  }

  @Test("G6: a fine-tuned model has no API price") func g6() throws {
    let ledger = try SyntheticLedger([
      .once("ft:house-model:2026", input: 1000, at: "2026-09-01T00:00:00Z")
    ])
    let replay = try ledger.replay(
      "options: [{name: x, kind: api, models: {\"*\": openai/ft:house-model}}]\n", "--month",
      "2026-09")
    #expect(try replay.option("x")["total"] is NSNull)
    #expect(try replay.reasons("x").contains { $0.hasPrefix("not offered") })
  }

  @Test("G8: compliance tags") func g8() throws {
    let replay = try AcceptanceOwnedTests.few.get().replay(
      """
      options:
        - {name: a, kind: api, price: {input: 1, output: 1}, attributes: {tags: [soc2, hipaa]}}
        - {name: b, kind: api, price: {input: 1, output: 1}, attributes: {tags: [soc2]}}
      """, "--month", "2026-09", "--require", "hipaa")
    #expect(try replay.option("a")["eligible"] as? Bool == true)
    #expect(try replay.option("b")["eligible"] as? Bool == false)
    #expect(try replay.reasons("b") == ["not eligible: does not offer hipaa"])
  }

  @Test("G9: the same input gives the same bytes") func g9() throws {
    let ledger = try AcceptanceOwnedTests.few.get()
    let runs = try (0..<2).map { _ in
      try ledger.replay(builtIn: "--option-set", "hidden-costs", "--month", "2026-09").run.output
    }
    #expect(runs[0] == runs[1] && runs[0].count > 1000)
  }

  @Test("G10: hardware has no rate limit, but an end") func g10() throws {
    let ledger = try SyntheticLedger([Self.load(2, at: "2026-09-01T10:00:00Z")])
    let replay = try ledger.replay(
      """
      options:
        - {name: x, kind: owned, capex: {a: 1}, life_months: 60, throughput: {tokens_per_hour: 1000000}}
      """, "--from", "2026-09-01", "--to", "2026-09-01")
    let reasons = try replay.reasons("x")
    #expect(reasons.contains { $0.hasPrefix("over capacity") }, "\(reasons)")
    #expect(!reasons.contains { $0.contains("throttled") })
  }

  @Test("G11: network round trips") func g11() throws {
    let ledger = try SyntheticLedger([
      SyntheticLedger.Load(
        requests: 1000, input: 10, first: SyntheticLedger.Load.midnight("2026-09-01"), every: 60)
    ])
    let replay = try ledger.replay(
      "options: [{name: x, kind: api, price: {input: 1, output: 1}, round_trip: 50ms}]\n",
      "--month",
      "2026-09")
    #expect(Replayed.number(try replay.option("x")["roundTripSeconds"], 1) == "50.0")
  }

  @Test("G12: experiments are left out, exactly they") func g12() throws {
    let ledger = try SyntheticLedger([
      Self.load(3, at: "2026-09-01T10:00:00Z"),
      Self.load(4, at: "2026-09-01T11:00:00Z").tagged("tag=experiment"),
    ])
    let with = try ledger.replay("options:\n" + Self.api, "--month", "2026-09")
    let without = try ledger.replay(
      "exclude: {tag: experiment}\noptions:\n" + Self.api, "--month", "2026-09")
    #expect(try with.total("api") == "4.97")
    #expect(try without.total("api") == "2.13")
    let history = try #require(without.run.json["history"] as? [String: Any])
    #expect(history["totalTokens"] as? Int == 3_000_000)
  }

  @Test("G13: reasons beside money, with who gives them") func g13() throws {
    let ledger = try AcceptanceOwnedTests.few.get()
    let run = try Program.run([
      "replay", "--ledger", ledger.path, "--month", "2026-09", "--option-set", "gpu-or-api",
      "--reasons",
    ])
    #expect(run.output.contains("Reasons beside money"))
    #expect(run.output.contains("(LLM GPU or API? The Cost Will Surprise You, comments)"))
  }

  @Test("G14: how much monthly bills differ") func g14() throws {
    let ledger = try SyntheticLedger([
      Self.load(100, at: "2026-08-10T00:00:00Z"), Self.load(300, at: "2026-09-10T00:00:00Z"),
    ])
    let replay = try ledger.replay(
      """
      options:
        - {name: api, kind: api, price: {input: 1, output: 1}}
        - {name: own, kind: owned, capex: {a: 10000}, life_months: 60}
      """, "--from", "2026-08-01", "--to", "2026-09-30")
    #expect(try replay.amount("monthlySpread", of: "api") == "200.00")
    #expect(try replay.amount("monthlySpread", of: "own") == "0.00")
    let months = try #require(try replay.option("own")["monthly"] as? [[String: Any]])
    #expect(months.map { Replayed.number($0["total"], 2) } == ["166.67", "166.67"])
  }

  @Test("A11: a limit of tokens a minute") func a11() throws {
    let ledger = try SyntheticLedger(
      [(10, "10:00"), (12, "10:01"), (8, "10:02")].map { count, time in
        SyntheticLedger.Load(
          requests: count, input: 1000,
          first: SyntheticLedger.Load.second("2026-09-01T\(time):00Z"), every: 1)
      })
    let replay = try ledger.replay(
      """
      options:
        - {name: x, kind: api, price: {input: 1, output: 1}, limits: {tokens_per_minute: 10000}}
      """, "--month", "2026-09")
    let limits = try replay.part("limits", of: "x")
    #expect(limits["throttledMinutes"] as? Int == 1)
    #expect(limits["tokensOver"] as? Int == 2000)
    #expect(try replay.reasons("x").contains { $0.hasPrefix("throttled: 1 minute") })
  }
}
