import Foundation
import Testing

/// Section B of the acceptance table: rented GPUs.
@Suite struct AcceptanceRentedTests {
  /// A million tokens a day for 30 days, as one request an hour.
  static let millionADay = Result {
    try SyntheticLedger([
      .daily("llama-3.3-70b", perDay: 24, input: 41_666, output: 0, from: "2026-09-01", days: 30),
      .daily("llama-3.3-70b", perDay: 1, input: 16, output: 0, from: "2026-09-01", days: 30),
    ])
  }

  @Test("B1: one H100 always on") func b1() throws {
    let replay = try AcceptanceAPITests.month.get().replay(
      "options: [{name: x, kind: rented, gpu: H100, price_per_gpu_hour: 4.42}]\n",
      "--month", "2026-09")
    #expect(try replay.total("x") == "3182.40")
    #expect(try replay.line("GPU rental", of: "x") == "3182.40")
  }

  @Test("B2: per second, no idle time") func b2() throws {
    let ledger = try SyntheticLedger([
      .once("any", input: 600, output: 200, at: "2026-09-01T10:00:00Z")
    ])
    let replay = try ledger.replay(
      """
      options:
        - name: x
          kind: rented
          price_per_gpu_hour: 4.42
          billing: {granularity: second}
          serving: {single_stream_tok_s: 24}
          fleet: {idle: free}
      """, "--month", "2026-09")
    #expect(try replay.amount("total", of: "x", decimals: 4) == "0.0409")
    #expect(try replay.amount("perRequest", of: "x", decimals: 6) == "0.040926")
  }

  @Test("B3: hourly billing of isolated requests", arguments: [(1, "4.42"), (2, "2.21")])
  func b3(perHour: Int, expected: String) throws {
    let ledger = try SyntheticLedger([
      SyntheticLedger.Load(
        requests: 10 * perHour, input: 600, output: 200,
        first: SyntheticLedger.Load.midnight("2026-09-01"), every: 3600 / Double(perHour))
    ])
    let replay = try ledger.replay(
      """
      options:
        - name: x
          kind: rented
          price_per_gpu_hour: 4.42
          billing: {granularity: hour}
          serving: {single_stream_tok_s: 24}
          fleet: {idle: free}
      """, "--month", "2026-09")
    #expect(try replay.amount("perRequest", of: "x") == expected)
  }

  @Test("B4, B5: a day on a cloud's smallest unit") func b5() throws {
    let replay = try Self.millionADay.get().replay(
      """
      options:
        - {name: azure-vm, kind: rented, instance: {price_per_hour: 3.67, gpus: 1}}
        - {name: lambda-1, kind: rented, price_per_gpu_hour: 1.79}
        - {name: lambda-8, kind: rented, instance: {price_per_hour: 14.32, gpus: 8}}
      """, "--from", "2026-09-01", "--to", "2026-09-01")
    #expect(try replay.total("azure-vm") == "88.08")
    #expect(try replay.total("lambda-1") == "42.96")
    #expect(try replay.total("lambda-8") == "343.68")
  }

  @Test(
    "B6: the rate and utilisation a history implies",
    arguments: [(500_000, 5.787, 0.013), (1_000_000, 11.574, 0.026)])
  func b6(tokens: Int, rate: Double, utilisation: Double) throws {
    let ledger = try SyntheticLedger([
      .daily("any", perDay: 100, input: 0, output: tokens / 100, from: "2026-09-01", days: 1)
    ])
    let replay = try ledger.replay(
      """
      options:
        - name: x
          kind: rented
          price_per_gpu_hour: 1.79
          serving: {single_stream_tok_s: 440.67}
      """, "--from", "2026-09-01", "--to", "2026-09-01")
    let history = try #require(replay.run.json["history"] as? [String: Any])
    let average = try #require(history["averageTokensPerSecond"] as? String)
    #expect(Replayed.rounded(average, 3) == String(rate))
    let service = try #require(try replay.option("x")["service"] as? [String: Any])
    let measured = try #require(service["utilisation"] as? Double)
    #expect((measured * 1000).rounded() / 1000 == utilisation)
  }

  /// S1's four prices over one day of a million tokens.
  static let s1 = """
    options:
      - name: openrouter
        kind: api
        price: {input: 0.12, output: 0.12}
      - name: azure-api
        kind: api
        models: {"*": azure/llama-3.3-70b-instruct}
      - {name: lambda, kind: rented, price_per_gpu_hour: 1.79}
      - {name: azure-vm, kind: rented, price_per_gpu_hour: 3.67}

    """

  @Test("B7, B8: ratios of all pairs, and what a million dollars become") func b7() throws {
    let replay = try Self.millionADay.get().replay(
      Self.s1, "--from", "2026-09-01", "--to", "2026-09-01", "--budget", "1000000")
    let ratios = try #require(replay.run.json["ratios"] as? [[String: Any]])
    func ratio(_ dearer: String, _ cheaper: String) throws -> [String: Any] {
      try #require(
        ratios.first { $0["dearer"] as? String == dearer && $0["cheaper"] as? String == cheaper })
    }
    #expect(try ratio("lambda", "azure-api")["times"] as? String == "60.51")
    #expect(try ratio("azure-vm", "azure-api")["times"] as? String == "124.06")
    #expect(try ratio("lambda", "openrouter")["times"] as? String == "358.00")
    #expect(try ratio("azure-vm", "openrouter")["times"] as? String == "734.00")
    let budgets = try [
      ratio("azure-vm", "openrouter"), ratio("lambda", "azure-api"),
    ].map { Replayed.rounded($0["budgetBecomes"] as? String, 2) }
    // The table prints 16,527.01; 0.71 / 42.96 of a million is 16,527.0019, within its last digit.
    #expect(budgets == ["1362.40", "16527.00"])
    #expect(!replay.run.output.contains("1500.00") && !replay.run.output.contains("15000.00"))
  }

  @Test("B7, B8: the ratios as people see them") func b7Table() throws {
    let table = try Self.millionADay.get().table(
      Self.s1, "--from", "2026-09-01", "--to", "2026-09-01", "--budget", "1000000")
    #expect(table.contains("Ratios of all pairs"))
    let row = table.split(separator: "\n").first {
      $0.hasPrefix("azure-vm ") && $0.contains(" openrouter ")
    }
    #expect(row?.hasSuffix("734.00            1,362.40") == true, "\(table)")
  }

  @Test("B9: ranges of price and count give low and high") func b9() throws {
    let replay = try Self.millionADay.get().replay(
      """
      month_hours: 730
      options:
        - {name: x, kind: rented, price_per_gpu_hour: [2, 3], gpus_per_replica: [3, 5]}
      """, "--month", "2026-09")
    #expect(try replay.amount("low", of: "x") == "4380.00")
    #expect(try replay.amount("high", of: "x") == "10950.00")
  }

  @Test("B12: processors, storage and network beside the GPUs") func b12() throws {
    let replay = try Self.millionADay.get().replay(
      """
      month_hours: 730
      options:
        - name: x
          kind: rented
          price_per_gpu_hour: 2.00
          gpus_per_replica: 4
          other_per_hour: 1.50
      """, "--month", "2026-09")
    #expect(try replay.total("x") == "6935.00")
    #expect(try replay.line("other infrastructure", of: "x") == "1095.00")
  }

  @Test("I5: one log under all options for 30 days") func i5() throws {
    let replay = try Self.millionADay.get().replay(
      Self.s1 + "  - {name: lambda-8, kind: rented, instance: {price_per_hour: 14.32, gpus: 8}}\n",
      "--month", "2026-09")
    #expect(try replay.total("azure-api") == "21.30")
    #expect(try replay.total("openrouter") == "3.60")
    #expect(try replay.total("azure-vm") == "2642.40")
    #expect(try replay.total("lambda") == "1288.80")
    #expect(try replay.total("lambda-8") == "10310.40")
  }
}
