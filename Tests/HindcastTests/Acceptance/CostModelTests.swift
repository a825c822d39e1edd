import Foundation
import Testing

/// Sections E11 and F of the acceptance table: every cost line of the honest cost model.
@Suite struct AcceptanceCostModelTests {
  static let people = "people: {hourly_rate: 150, fte_year: 300000}\nmonth_hours: 730\n"

  static func month(_ fields: String, _ ledger: SyntheticLedger? = nil) throws -> Replayed {
    try (ledger ?? AcceptanceOwnedTests.few.get()).replay(
      people + "options:\n  - {name: x, kind: rented, " + fields + "}\n", "--month", "2026-09")
  }

  @Test("E11: a share that can wait at half price") func e11() throws {
    let ledger = try SyntheticLedger([
      .daily("any", perDay: 10, input: 1_000_000, from: "2026-09-01", days: 10)
    ])
    let replay = try ledger.replay(
      """
      options:
        - name: x
          kind: api
          price: {input: 1, output: 1}
          batch: {share: 0.4, discount: 0.5}
      """, "--month", "2026-09")
    #expect(try replay.total("x") == "80.00")
  }

  @Test("F1: a spare replica") func f1() throws {
    let two = "price_per_gpu_hour: 2.50, gpus_per_replica: 2, fleet: {replicas: 2"
    #expect(try Self.month(two + "}").total("x") == "7300.00")
    let spare = try Self.month(two + ", redundancy: 1}")
    #expect(try spare.total("x") == "10950.00")
    #expect(try spare.line("redundancy", of: "x") == "3650.00")
  }

  @Test(
    "F2, F3, F4: set-up, running and model updates",
    arguments: [
      ("setup: {hours: 80, spread_months: 12}", "setup time", "1000.00"),
      ("running: {fte: 0.2}", "running time", "5000.00"),
      ("model_updates: {per_year: 4, hours: 40}", "model updates", "2000.00"),
    ])
  func f2(people: String, line: String, expected: String) throws {
    let replay = try Self.month("price_per_gpu_hour: 0, people: {\(people)}")
    #expect(try replay.line(line, of: "x") == expected)
    #expect(try replay.total("x") == expected)
  }

  @Test("F5: the regression test of one update") func f5() throws {
    let replay = try Self.month(
      "price_per_gpu_hour: 0, people: {model_updates: {per_year: 12, hours: 0, regression: "
        + "{requests: 5000, input: 1000, output: 500, on: gpt-4o-mini}}}")
    #expect(try replay.line("model updates", of: "x") == "2.25")
  }

  @Test("F6: a share of the requests again on a better model") func f6() throws {
    // 1,000 + 500 tokens at 2.00 and 3.00 are 0.0035 a request.
    let ledger = try SyntheticLedger([
      .daily("any", perDay: 10_000, input: 1000, output: 500, from: "2026-09-01", days: 10)
    ])
    let replay = try ledger.replay(
      """
      options:
        - {name: x, kind: rented, price_per_gpu_hour: 0, quality_gap: {rerun_share: 0.05, on: good}}
        - {name: good, kind: api, price: {input: 2, output: 3}}
      """, "--month", "2026-09")
    #expect(try replay.line("quality gap", of: "x") == "17.50")
  }

  @Test("F7: opportunity cost is a line of its own, also when it is zero") func f7() throws {
    let replay = try Self.month("price_per_gpu_hour: 0, opportunity_cost_per_month: 750")
    #expect(try replay.line("opportunity cost", of: "x") == "750.00")
    #expect(try Self.month("price_per_gpu_hour: 0").line("opportunity cost", of: "x") == "0.00")
  }

  @Test("F8: the month in which growth turns the answer") func f8() throws {
    // 1,000 million input tokens at 1.00 are 1,000 a month.
    let ledger = try SyntheticLedger([
      .daily("any", perDay: 10, input: 10_000_000, from: "2026-09-01", days: 10)
    ])
    let replay = try ledger.replay(
      """
      growth: {monthly: 0.20, months: 12}
      options:
        - {name: api, kind: api, price: {input: 1, output: 1}}
        - {name: rig, kind: owned, capex: {a: 300000}, life_months: 60}
      """, "--month", "2026-09")
    #expect(try replay.total("api") == "1000.00")
    #expect(try replay.total("rig") == "5000.00")
    let crossover = try replay.against("api", "crossover", of: "rig")
    #expect(crossover["month"] as? Int == 9)
    #expect(Replayed.number(crossover["other"], 2) == "5159.78")
    #expect(crossover["withinPlan"] as? Bool == true)
  }

  /// S2's four GPUs at 2.00 with a million tokens a day, against two APIs.
  static func fourGPUs(_ more: String = "") throws -> Replayed {
    let fields = AcceptanceThroughputTests.fourA100
      .replacingOccurrences(of: "1.79", with: "2.00")
      .replacingOccurrences(of: "  - name: x", with: "  - name: x\n    " + more)
    let ledger = try SyntheticLedger([
      .daily("any", perDay: 500, input: 1000, output: 1000, from: "2026-09-01", days: 30)
    ])
    return try ledger.replay(
      "options:\n" + fields
        + """
          - {name: azure, kind: api, price: {input: 0.71, output: 0.71}}
          - {name: openrouter, kind: api, price: {input: 0.12, output: 0.12}}

        """, "--month", "2026-09")
  }

  @Test("F9: break-even volume with a capacity test") func f9() throws {
    let replay = try Self.fourGPUs()
    let azure = try replay.against("azure", "breakEven", of: "x")
    #expect(azure["tokensPerDay"] as? Int == 270_422_535)
    #expect(Replayed.number((azure["load"] as? Double).map { $0 * 100 }, 1) == "88.8")
    #expect(azure["feasible"] as? Bool == true)
    let openrouter = try replay.against("openrouter", "breakEven", of: "x")
    #expect(openrouter["tokensPerDay"] as? Int == 1_600_000_000)
    #expect(openrouter["feasible"] as? Bool == false)
    // 304.59 million tokens a day are all there is.
    let most = try #require(try replay.part("capacity", of: "x")["tokensInPeriod"] as? Int)
    #expect((most / 30 + 5000) / 10_000 == 30_459)
  }

  @Test("F10: the same with people") func f10() throws {
    let replay = try Self.fourGPUs("opportunity_cost_per_month: 8000")
    let azure = try replay.against("azure", "breakEven", of: "x")
    let perDay = try #require(azure["tokensPerDay"] as? Int)
    #expect((perDay + 50_000) / 100_000 == 6460)
    #expect(azure["feasible"] as? Bool == false)
  }

  @Test("F11: every cost line is printed once, also when it is zero") func f11() throws {
    let names = [
      "API tokens", "per-request fees", "GPU rental", "reserved and idle hours",
      "hardware depreciation", "electricity", "space", "other infrastructure", "redundancy",
      "setup time", "running time", "model updates", "quality gap", "opportunity cost", "overflow",
    ]
    let table = try AcceptanceOwnedTests.few.get().table(
      "options: [{name: x, kind: rented, price_per_gpu_hour: 1}]\n", "--month", "2026-09")
    let lines = table.split(separator: "\n")
    let start = try #require(lines.firstIndex { $0.hasPrefix("cost line ") })
    let end = try #require(lines[start...].firstIndex { $0.hasPrefix("total ") })
    for name in names {
      #expect(lines[start..<end].count { $0.hasPrefix(name + " ") } == 1, "\(name)")
    }
  }

  @Test(
    "F13: availability of one and of two independent replicas",
    arguments: [(0, "7.30", "99.00"), (1, "0.073", "99.99")])
  func f13(spare: Int, hours: String, percent: String) throws {
    let replay = try Self.month(
      "price_per_gpu_hour: 1, availability: 0.99, fleet: {redundancy: \(spare)}")
    let availability = try replay.part("availability", of: "x")
    #expect(Replayed.number(availability["hoursDown"], spare == 0 ? 2 : 3) == hours)
    #expect(Replayed.number((availability["share"] as? Double).map { $0 * 100 }, 2) == percent)
  }

  @Test("F14: eight hours of load billed by the hour, and always on") func f14() throws {
    // A request every minute of the first eight hours.
    let ledger = try SyntheticLedger([
      SyntheticLedger.Load(
        requests: 480, input: 600, output: 200,
        first: SyntheticLedger.Load.midnight("2026-09-01"), every: 60)
    ])
    let replay = try ledger.replay(
      """
      options:
        - name: hourly
          kind: rented
          price_per_gpu_hour: 4.42
          billing: {granularity: hour}
          throughput: {total_tok_s: 100}
          fleet: {idle: free}
        - {name: always-on, kind: rented, price_per_gpu_hour: 4.42}
      """, "--from", "2026-09-01", "--to", "2026-09-01")
    #expect(try replay.total("hourly") == "35.36")
    #expect(try replay.total("always-on") == "106.08")
  }
}
