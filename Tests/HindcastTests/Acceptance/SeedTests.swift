import Foundation
import Testing

/// Section I of the acceptance table: the articles' whole sums, from the built-in option sets.
@Suite struct AcceptanceSeedTests {
  @Test("I1: Cloud vs. Self-hosting Your AI") func i1() throws {
    let busy = try AcceptanceAPITests.month.get().replay(
      builtIn: "--option-set", "cloud-vs-self-hosting", "--month", "2026-09")
    #expect(try busy.total("self-hosted") == "166.67")  // row 1
    #expect(try busy.amount("perRequest", of: "gpt-4.0", decimals: 4) == "0.0960")  // row 2
    #expect(
      try busy.amount("perRequest", of: "gpu-rental-by-second", decimals: 6) == "0.040926")
    #expect(
      try busy.part("service", of: "gpu-rental")["capacityRequests"] as? Int == 77_760)  // row 4
    #expect(try busy.total("gpt-4.0") == "7464.96")  // row 5
    #expect(try busy.total("gpu-rental") == "3182.40")  // row 6
    // Row 8, "War and Peace": 783,716 tokens at 24 tokens a second.
    let book = try SyntheticLedger([
      .once("gpt-4", input: 783_049, output: 667, at: "2026-09-10T00:00:00Z")
    ]).replay(builtIn: "--option-set", "cloud-vs-self-hosting", "--month", "2026-09")
    #expect(try book.total("gpu-rental-by-second") == "40.09")
    #expect(try book.total("gpt-4.0") == "94.05")
    // Row 9: without a request there is no cost per request.
    let idle = try AcceptanceOwnedTests.few.get().replay(
      builtIn: "--option-set", "cloud-vs-self-hosting", "--month", "2026-08")
    #expect(try idle.option("self-hosted")["perRequest"] is NSNull)
  }

  @Test("I2: LLM GPU or API?") func i2() throws {
    let replay = try AcceptanceRentedTests.millionADay.get().replay(
      builtIn: "--option-set", "gpu-or-api", "--from", "2026-09-01", "--to", "2026-09-01",
      "--budget", "1000000")
    #expect(try replay.total("azure-vm") == "88.08")  // row 13
    #expect(try replay.total("lambda") == "42.96")  // row 14
    let ratios = try #require(replay.run.json["ratios"] as? [[String: Any]])
    func ratio(_ dearer: String, _ cheaper: String) throws -> [String: Any] {
      try #require(
        ratios.first { $0["dearer"] as? String == dearer && $0["cheaper"] as? String == cheaper })
    }
    #expect(try ratio("lambda", "azure-api")["times"] as? String == "60.51")  // row 16
    #expect(try ratio("azure-vm", "openrouter")["times"] as? String == "734.00")  // row 17
    let budget = try ratio("azure-vm", "openrouter")["budgetBecomes"]
    #expect(Replayed.number(budget, 2) == "1362.40")  // row 19, corrected
  }

  /// Rows 21 to 23: S2's GPUs against four APIs, at 3:1.
  @Test("I3: The Hidden Costs of Self-Hosting LLMs") func i3() throws {
    let ledger = try SyntheticLedger([
      .daily("any", perDay: 100, input: 7500, output: 2500, from: "2026-09-01", days: 30)
    ])
    let replay = try ledger.replay(builtIn: "--option-set", "hidden-costs", "--month", "2026-09")
    #expect(try replay.part("fit", of: "four-a100")["weights"] as? String == "141.1 GB")  // row 21
    #expect(try replay.total("three-a100") == "4380.00")  // row 22: 6 and 15 an hour
    #expect(try replay.total("five-a100") == "10950.00")
    // Row 23: the article's month is 30 days of 24 h, a billed one 730 h; a day is 24 of them.
    let expected = [
      ("azure-llama-api", "202.8", "507.0"), ("openrouter-llama-api", "1200.0", "3000.0"),
      ("gpt-4o-mini", "548.6", "1371.4"), ("gpt-4o", "32.9", "82.3"),
    ]
    for (api, low, high) in expected {
      for (name, millions) in [("three-a100", low), ("five-a100", high)] {
        let volume = try replay.against(api, "breakEven", of: name)
        let tokens = try #require(volume["tokens"] as? Int)
        #expect(Replayed.rounded("\(Double(tokens) / 730 * 24 / 1e6)", 1) == millions, "\(api)")
      }
    }
  }

  @Test("I4: Self-Hosting LLMs Isn't Cheaper") func i4() throws {
    let ledger = try SyntheticLedger([
      .daily("any", perDay: 100, input: 7500, output: 2500, from: "2026-09-01", days: 30)
    ])
    let replay = try ledger.replay(
      builtIn: "--option-set", "self-hosting-math", "--month", "2026-09")
    #expect(try replay.line("electricity", of: "home-server") == "50.40")  // rows 25 to 27
    #expect(try replay.line("hardware depreciation", of: "home-server") == "77.78")  // row 28
    #expect(try replay.total("home-server") == "128.18")  // row 29
    // Row 31 at 3:1: what the money buys.
    for (api, millions) in [("gpt-4o-mini", "488.3"), ("claude-3-haiku", "256.4")] {
      let tokens = try #require(
        try replay.against(api, "breakEven", of: "home-server")["tokens"] as? Int)
      #expect(Replayed.rounded("\(Double(tokens) / 1e6)", 1) == millions)
    }
    #expect(try replay.total("home-server-around-the-clock") == "228.98")
  }
}
