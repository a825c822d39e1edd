import Foundation
import Testing

/// Sections C, F12 and I of the acceptance table: owned hardware, and the articles' whole sums.
@Suite struct AcceptanceOwnedTests {
  /// `count` requests of 800 tokens spread over September 2026.
  static func requests(_ count: Int) throws -> SyntheticLedger {
    try SyntheticLedger([
      SyntheticLedger.Load(
        requests: count, input: 600, output: 200,
        first: SyntheticLedger.Load.midnight("2026-09-01"), every: 2_592_000 / Double(count))
    ])
  }

  static let few = Result { try requests(72) }

  static let s0 = """
    options:
      - {name: rig, kind: owned, capex: {gpus: 10000}, life_months: 60}

    """

  static let s3 = """
    options:
      - name: rig
        kind: owned
        capex: {gpus: 1400, rest: 1400}
        life_months: 36
        power: {load_kw: 0.7, price_per_kwh: 0.30, hours_per_day: 8}

    """

  @Test("C1: straight-line depreciation") func c1() throws {
    let replay = try Self.few.get().replay(Self.s0, "--month", "2026-09")
    #expect(try replay.total("rig") == "166.67")
    #expect(try replay.line("hardware depreciation", of: "rig") == "166.67")
  }

  @Test("C2: with electricity") func c2() throws {
    let replay = try Self.few.get().replay(
      """
      options:
        - name: rig
          kind: owned
          capex: {gpus: 10000}
          life_months: 60
          power: {load_kw: 1.05, price_per_kwh: 0.30}
      """, "--month", "2026-09")
    #expect(try replay.line("electricity", of: "rig") == "226.80")
    #expect(try replay.total("rig") == "393.47")
  }

  @Test("C3: cost per request needs a volume", arguments: [(72, "2.31"), (71, "2.35")])
  func c3(count: Int, expected: String) throws {
    let replay = try Self.requests(count).replay(Self.s0, "--month", "2026-09")
    #expect(try replay.amount("perRequest", of: "rig") == expected)
  }

  @Test("C3: 858 requests a year") func c3Year() throws {
    let ledger = try SyntheticLedger([
      SyntheticLedger.Load(
        requests: 858, input: 600, output: 200,
        first: SyntheticLedger.Load.midnight("2025-01-01"), every: 31_536_000 / 858)
    ])
    let replay = try ledger.replay(Self.s0, "--from", "2025-01-01", "--to", "2025-12-31")
    #expect(try replay.total("rig") == "2000.00")
    #expect(try replay.amount("perRequest", of: "rig") == "2.33")
  }

  @Test("C3, I1 row 9: without a request the cost per request is undefined") func noVolume() throws
  {
    let ledger = try Self.few.get()
    let replay = try ledger.replay(Self.s0, "--month", "2026-08")
    #expect(try replay.total("rig") == "166.67")
    #expect(try replay.option("rig")["perRequest"] is NSNull)
    let table = try ledger.table(Self.s0, "--month", "2026-08")
    #expect(table.contains("undefined") && !table.contains("2.33"), "\(table)")
  }

  @Test("C4: a fixed cost over many requests") func c4() throws {
    let replay = try AcceptanceAPITests.month.get().replay(Self.s0, "--month", "2026-09")
    #expect(try replay.amount("perRequest", of: "rig", decimals: 4) == "0.0021")
  }

  @Test("C5-C9: the home server for eight hours a day") func c9() throws {
    let replay = try Self.few.get().replay(Self.s3, "--month", "2026-09")
    #expect(try replay.line("electricity", of: "rig") == "50.40")
    #expect(try replay.line("hardware depreciation", of: "rig") == "77.78")
    #expect(try replay.total("rig") == "128.18")
    // 240 active hours: $0.5341 each.
    let total = try #require(Decimal(string: try replay.option("rig")["total"] as? String ?? ""))
    #expect(Replayed.rounded("\(total / 240)", 4) == "0.5341")
    #expect(replay.run.output.contains("2800"), "the bill of materials is shown")
  }

  @Test("C6, C7: a day of the home server") func c7() throws {
    let replay = try Self.few.get().replay(
      Self.s3, "--from", "2026-09-01", "--to", "2026-09-01")
    #expect(try replay.line("electricity", of: "rig") == "1.68")
  }

  @Test("C10: the same around the clock") func c10() throws {
    let replay = try Self.few.get().replay(
      Self.s3.replacingOccurrences(of: "hours_per_day: 8", with: "hours_per_day: 24"),
      "--month", "2026-09")
    #expect(try replay.total("rig") == "228.98")
  }

  @Test("C11: idle draw") func c11() throws {
    let replay = try Self.few.get().replay(
      Self.s3.replacingOccurrences(of: "load_kw: 0.7", with: "load_kw: 0.7, idle_kw: 0.1"),
      "--month", "2026-09")
    #expect(try replay.line("electricity", of: "rig") == "64.80")
  }

  @Test("C12: residual value") func c12() throws {
    let replay = try Self.few.get().replay(
      Self.s3.replacingOccurrences(
        of: "life_months: 36", with: "life_months: 36\n    residual: 400"),
      "--month", "2026-09")
    #expect(try replay.line("hardware depreciation", of: "rig") == "66.67")
  }

  @Test("C13: payback of the purchase alone") func c13() throws {
    let ledger = try SyntheticLedger([
      .daily("any", perDay: 10, input: 100_000, from: "2026-09-01", days: 30)
    ])
    let replay = try ledger.replay(
      Self.s0 + "  - {name: api, kind: api, price: {input: 0.71, output: 0.71}}\n",
      "--month", "2026-09")
    let payback = try #require(try replay.option("rig")["payback"] as? [[String: Any]])
    #expect(payback.first { $0["against"] as? String == "api" }?["days"] as? Int == 14_085)
  }

  @Test("C13 with running costs: what it saves a day pays the purchase back") func netPayback()
    throws
  {
    let ledger = try SyntheticLedger([
      .daily("any", perDay: 10, input: 100_000, from: "2026-09-01", days: 30)
    ])
    func payback(_ watts: String) throws -> [String: Any] {
      try ledger.replay(
        """
        options:
          - name: rig
            kind: owned
            capex: {a: 1000}
            life_months: 60
            power: {load_kw: \(watts), price_per_kwh: 0.30}
          - {name: api, kind: api, price: {input: 1, output: 1}}
        """, "--month", "2026-09"
      ).against("api", "payback", of: "rig")
    }
    // 1.00 a day against 0.05 kW x 24 h x 0.30 = 0.36: 1,000 / 0.64.
    #expect(try payback("0.05")["netDays"] as? Int == 1563)
    #expect(try payback("0.05")["days"] as? Int == 1000)
    #expect(try payback("0.2")["netDays"] is NSNull)
  }

  @Test("electricity by the hours that the work takes") func busyHours() throws {
    // 30 days of 3,600,000 tokens at 1,000 a second: an hour a day at 1 kW, 23 at 0.1.
    let ledger = try SyntheticLedger([
      .daily("any", perDay: 36, input: 100_000, from: "2026-09-01", days: 30)
    ])
    let replay = try ledger.replay(
      """
      options:
        - name: rig
          kind: owned
          capex: {a: 1}
          life_months: 60
          power: {load_kw: 1, idle_kw: 0.1, price_per_kwh: 0.30, hours_per_day: busy}
          throughput: {total_tok_s: 1000}
      """, "--month", "2026-09")
    #expect(try replay.line("electricity", of: "rig") == "29.70")  // 30 x 3.3 kWh x 0.30
  }

  @Test("F12: an option from after the history is marked hypothetical") func f12() throws {
    let ledger = try SyntheticLedger([
      .once("any", input: 1_000_000, at: "2024-11-15T00:00:00Z")
    ])
    let option = """
      options:
        - name: x
          kind: api
          price: {input: 0.71, output: 0.71}
          valid_from: 2024-12-06

      """
    let replay = try ledger.replay(option, "--month", "2024-11")
    #expect(try replay.option("x")["eligible"] as? Bool == false)
    let reasons = try #require(try replay.option("x")["reasons"] as? [String])
    #expect(reasons.contains { $0.contains("hypothetical") && $0.contains("2024-12-06") })
    // A part of the history is from before.
    let across = try ledger.replay(option, "--from", "2024-11-01", "--to", "2024-12-31")
    #expect(try across.option("x")["eligible"] as? Bool == false)
  }

  @Test("I1: one file gives S0's table") func i1() throws {
    let options = """
      options:
        - {name: rig, kind: owned, capex: {gpus: 10000}, life_months: 60}
        - {name: gpt-4, kind: api, price: {input: 120, output: 120}}
        - name: rental
          kind: rented
          price_per_gpu_hour: 4.42
          serving: {single_stream_tok_s: 24}
        - name: rental-on-demand
          kind: rented
          price_per_gpu_hour: 4.42
          billing: {granularity: second}
          serving: {single_stream_tok_s: 24}
          fleet: {idle: free}

      """
    let busy = try AcceptanceAPITests.month.get().replay(options, "--month", "2026-09")
    #expect(try busy.total("rig") == "166.67")  // row 1
    #expect(try busy.amount("perRequest", of: "gpt-4", decimals: 4) == "0.0960")  // row 2
    #expect(
      try busy.amount("perRequest", of: "rental-on-demand", decimals: 6) == "0.040926")  // row 3
    let service = try #require(try busy.option("rental")["service"] as? [String: Any])
    #expect(service["capacityRequests"] as? Int == 77_760)  // row 4
    #expect(try busy.total("gpt-4") == "7464.96")  // row 5
    #expect(try busy.total("rental") == "3182.40")  // row 6
    // Row 8, "War and Peace": 783,716 tokens at 24 tokens a second.
    let book = try SyntheticLedger([
      .once("gpt-4", input: 783_049, output: 667, at: "2026-09-10T00:00:00Z")
    ]).replay(options, "--month", "2026-09")
    #expect(try book.total("rental-on-demand") == "40.09")
    #expect(try book.total("gpt-4") == "94.05")
  }

  @Test("I2: one file gives S1's figures") func i2() throws {
    let replay = try AcceptanceRentedTests.millionADay.get().replay(
      AcceptanceRentedTests.s1, "--from", "2026-09-01", "--to", "2026-09-01", "--budget",
      "1000000")
    #expect(try replay.total("azure-vm") == "88.08")  // row 13
    #expect(try replay.total("lambda") == "42.96")  // row 14
    #expect(replay.run.output.contains("\"60.51\""))  // row 16
    #expect(replay.run.output.contains("\"734.00\""))  // row 17
    #expect(replay.run.output.contains("\"1362.3"))  // row 19, corrected: $1,362.40
  }

  @Test(
    "I4: S3's rig, and the tokens its money buys",
    arguments: [
      (1_000_000, 0, "openai/gpt-4o-mini", 854.5), (0, 1_000_000, "openai/gpt-4o-mini", 213.6),
      (750_000, 250_000, "openai/gpt-4o-mini", 488.3),
      (1_000_000, 0, "anthropic/claude-3-haiku", 512.7),
      (0, 1_000_000, "anthropic/claude-3-haiku", 102.5),
      (750_000, 250_000, "anthropic/claude-3-haiku", 256.4),
    ])
  func i4(input: Int, output: Int, model: String, millions: Double) throws {
    let ledger = try SyntheticLedger([
      .daily("any", perDay: 1, input: input, output: output, from: "2026-09-01", days: 30)
    ])
    let replay = try ledger.replay(
      Self.s3 + "  - {name: api, kind: api, models: {\"*\": \(model)}}\n", "--month", "2026-09")
    #expect(try replay.total("rig") == "128.18")  // rows 25-29
    let breakEven = try #require(try replay.option("rig")["breakEven"] as? [[String: Any]])
    let tokens = try #require(
      breakEven.first { $0["against"] as? String == "api" }?["tokens"] as? Double)
    #expect((tokens / 100_000).rounded() / 10 == millions)  // row 31
  }
}
