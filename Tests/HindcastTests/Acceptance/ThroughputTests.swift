import Foundation
import Testing

/// Sections B10, B11, C14 to C16 and E of the acceptance table: what hardware can do when it is full.
@Suite struct AcceptanceThroughputTests {
  static let fourA100 = """
      - name: x
        kind: rented
        gpu: A100-SXM-80GB
        model: llama-3.1-70b
        precision: fp16
        gpus_per_replica: 4
        price_per_gpu_hour: 1.79
        throughput: {engine: TensorRT-LLM, input: 1000, output: 1000}

    """

  /// A million tokens a day, half of them output.
  static let millionADay = Result {
    try SyntheticLedger([
      .daily("any", perDay: 500, input: 1000, output: 1000, from: "2026-09-01", days: 1)
    ])
  }

  static func day(_ options: String, _ ledger: SyntheticLedger) throws -> Replayed {
    try ledger.replay("options:\n" + options, "--from", "2026-09-01", "--to", "2026-09-01")
  }

  @Test("B10, B11: a measured profile at full load and at a million tokens a day") func b10() throws
  {
    let replay = try Self.day(Self.fourA100, Self.millionADay.get())
    let capacity = try replay.part("capacity", of: "x")
    #expect(Replayed.number(capacity["perMillionTokensAtFullLoad"], 3) == "0.564")
    #expect(Replayed.number(capacity["perMillionOutputTokensAtFullLoad"], 3) == "1.128")
    #expect(try replay.amount("perMillionTokens", of: "x") == "171.84")
    #expect(Replayed.number((capacity["utilisation"] as? Double).map { $0 * 100 }, 2) == "0.33")
  }

  @Test("C14: a slow machine with throughput and watts of the user's") func c14() throws {
    // 5 tokens a second for 8 hours a day are 144,000 a day.
    let ledger = try SyntheticLedger([
      .daily("any", perDay: 144, input: 0, output: 1000, from: "2026-09-01", days: 30)
    ])
    let replay = try ledger.replay(
      """
      options:
        - name: x
          kind: owned
          capex: {laptop: 0}
          life_months: 36
          power: {load_kw: 0.09, price_per_kwh: 0.30, hours_per_day: 8}
          throughput: {total_tok_s: 5}
      """, "--month", "2026-09")
    #expect(try replay.part("capacity", of: "x")["tokensInPeriod"] as? Int == 4_320_000)
    #expect(try replay.line("electricity", of: "x") == "6.48")
    #expect(try replay.amount("perMillionTokens", of: "x") == "1.50")
  }

  static func rig(hoursPerDay: Int) -> String {
    """
    options:
      - name: rig
        kind: owned
        capex: {gpus: 1400, rest: 1400}
        life_months: 36
        power: {load_kw: 0.7, price_per_kwh: 0.30, hours_per_day: \(hoursPerDay)}
        throughput: {total_tok_s: 670}
      - {name: gpt-4o-mini, kind: api, models: {"*": openai/gpt-4o-mini}}
      - {name: haiku, kind: api, models: {"*": anthropic/claude-3-haiku}}

    """
  }

  @Test("C15: the rate at which a home server breaks even with two APIs") func c15() throws {
    let ledger = try SyntheticLedger([
      .daily("any", perDay: 100, input: 80_000, output: 20_000, from: "2026-09-01", days: 30)
    ])
    let replay = try ledger.replay(Self.rig(hoursPerDay: 8), "--month", "2026-09")
    for (name, rate) in [("gpt-4o-mini", "618.1"), ("haiku", "329.7")] {
      let volume = try replay.against(name, "breakEven", of: "rig")
      #expect(Replayed.number(volume["tokensPerSecond"], 1) == rate)
    }
    let capacity = try replay.part("capacity", of: "rig")
    #expect(capacity["activeHours"] as? String == "240")
    #expect(Replayed.number(capacity["perMillionTokensAtFullLoad"], 3) == "0.221")
  }

  @Test("C16: a volume at which it would pay, but not in eight hours a day") func c16() throws {
    let ledger = try SyntheticLedger([
      .daily("any", perDay: 200, input: 80_000, output: 20_000, from: "2026-09-01", days: 30)
    ])
    let short = try ledger.replay(Self.rig(hoursPerDay: 8), "--month", "2026-09")
    #expect(try short.total("gpt-4o-mini") == "144.00")
    #expect(try short.total("rig") == "128.18")
    let needed = try short.part("capacity", of: "rig")["neededTokensPerSecond"]
    #expect(Replayed.number(needed, 1) == "694.4")
    #expect(try short.reasons("rig").contains { $0.hasPrefix("over capacity") })
    let long = try ledger.replay(Self.rig(hoursPerDay: 24), "--month", "2026-09")
    #expect(try long.total("rig") == "228.98")
    #expect(try long.reasons("rig") == [])
  }

  @Test("E1: one stream of 24 tokens a second") func e1() throws {
    let replay = try AcceptanceOwnedTests.few.get().replay(
      """
      options:
        - {name: x, kind: rented, price_per_gpu_hour: 4.42, serving: {single_stream_tok_s: 24}}
      """, "--month", "2026-09")
    let service = try replay.part("service", of: "x")
    let times = try #require(service["endToEnd"] as? [String: Any])
    #expect(Replayed.number(times["p50"], 2) == "33.33")
    #expect(service["capacityRequests"] as? Int == 77_760)  // 2,592 a day
  }

  @Test("E2: static batching is a factor") func e2() throws {
    let options = Self.fourA100.replacingOccurrences(
      of: "output: 1000}", with: "output: 1000, batching_factor: 0.5}")
    let replay = try Self.day(options, Self.millionADay.get())
    #expect(try replay.part("capacity", of: "x")["outputTokensPerSecond"] as? String == "881.35")
  }

  @Test(
    "E3: speculative decoding helps few streams alone",
    arguments: [(1, "16.6"), (64, "10")])
  func e3(concurrency: Int, expected: String) throws {
    let replay = try Self.day(
      """
        - name: x
          kind: rented
          price_per_gpu_hour: 1
          throughput: {total_tok_s: 10, concurrency: \(concurrency),
                       speculative: {factor: 1.66, up_to_concurrency: 4}}

      """, Self.millionADay.get())
    #expect(try replay.part("capacity", of: "x")["totalTokensPerSecond"] as? String == expected)
  }

  @Test("E4: reading War and Peace is prefill, not decode") func e4() throws {
    let ledger = try SyntheticLedger([
      .once("any", input: 783_049, output: 667, at: "2026-09-10T00:00:00Z")
    ])
    let replay = try ledger.replay(
      """
      options:
        - name: x
          kind: rented
          price_per_gpu_hour: 4.42
          gpus_per_replica: 2
          billing: {granularity: second}
          fleet: {idle: free}
          throughput: {total_tok_s: 4374.5}
      """, "--month", "2026-09")
    #expect(try replay.total("x") == "0.44")
    // 179.2 s are 0.0498 h.
    #expect(try replay.basis("GPU rental", of: "x").hasPrefix("0.0498 h busy x 2 GPUs"))
    let seconds = 783_716 / 4374.5
    #expect(Replayed.rounded("\(seconds)", 1) == "179.2")
  }

  /// Requests of 1000/1000 for an hour against 3,525 tokens a second, of which 2,820 may be used. 3,333
  /// would fit one group without headroom.
  @Test(
    "E7: replicas for the busiest hour with headroom",
    arguments: [(9000, "5000", 2), (6000, "3333", 2), (3600, "2000", 1)])
  func e7(requests: Int, peak: String, groups: Int) throws {
    let ledger = try SyntheticLedger([
      SyntheticLedger.Load(
        requests: requests, input: 1000, output: 1000,
        first: SyntheticLedger.Load.midnight("2026-09-01"), every: 3600 / Double(requests))
    ])
    let options = Self.fourA100.replacingOccurrences(
      of: "output: 1000}", with: "output: 1000, headroom: 0.2}")
    let capacity = try Self.day(options, ledger).part("capacity", of: "x")
    #expect(Replayed.number(capacity["peakTokensPerSecond"], 0) == peak)
    #expect(capacity["replicasForPeak"] as? Int == groups)
  }

  @Test("E8: average rate, and a peak by a factor") func e8() throws {
    let ledger = try SyntheticLedger([
      .daily("any", perDay: 100, input: 1_000_000, from: "2026-09-01", days: 1)
    ])
    let replay = try Self.day(
      "  - {name: x, kind: rented, price_per_gpu_hour: 1, throughput: {total_tok_s: 4000, "
        + "peak_factor: 3}}\n", ledger)
    let history = try #require(replay.run.json["history"] as? [String: Any])
    #expect(Replayed.number(history["averageTokensPerSecond"], 2) == "1157.41")
    let peak = try replay.part("capacity", of: "x")["peakTokensPerSecond"]
    #expect(Replayed.number(peak, 2) == "3472.22")
  }

  @Test("E9: requests an hour, and more than that") func e9() throws {
    let ledger = try SyntheticLedger([
      SyntheticLedger.Load(
        requests: 2000, input: 4096, output: 1024,
        first: SyntheticLedger.Load.midnight("2026-09-01"), every: 1.8)
    ])
    let replay = try Self.day(
      "  - {name: x, kind: rented, price_per_gpu_hour: 1, throughput: {total_tok_s: 670}}\n", ledger
    )
    #expect(try replay.part("capacity", of: "x")["requestsPerHour"] as? Int == 471)
    #expect(try replay.reasons("x").contains { $0.hasPrefix("over capacity: the busiest hour") })
  }

  @Test("E10: an engine that was not measured names those that were") func e10() throws {
    let options = Self.fourA100.replacingOccurrences(of: "TensorRT-LLM", with: "vLLM")
    let run = try Self.millionADay.get().run("options:\n" + options, [])
    #expect(run.exit == 1)
    #expect(
      run.errors.contains("'vLLM'; engines that exist: TensorRT-LLM 0.14"), "\(run.errors)")
  }

  @Test("two measured mixes tell prefill from decode, and predict a third") func fit() throws {
    // 1,000 tokens a second of prompt and 100 of answer: 1,000 + 100 take 2 s, 100 + 1,000 take 10.1 s,
    // 500 + 500 take 5.5 s.
    let ledger = try SyntheticLedger([
      .daily("any", perDay: 10, input: 500, output: 500, from: "2026-09-01", days: 1)
    ])
    let points = try ledger.scratch.write(
      "points.yaml",
      """
      schema: hindcast-throughput/1
      groups:
        - source: our own bench
          date: "2026-09"
          trust: primary
          engine: vLLM 0.19
          points:
            - {gpu: A10G, count: 1, model: llama-3.1-8b, precision: fp8, input: 1000, output: 100,
               output_tok_s: 50, total_tok_s: 550}
            - {gpu: A10G, count: 1, model: llama-3.1-8b, precision: fp8, input: 100, output: 1000,
               output_tok_s: 99.00990099, total_tok_s: 108.910891089}
      """)
    let options = """
      options:
        - {name: x, kind: rented, price_per_gpu_hour: 1, gpu: A10G, model: llama-3.1-8b, precision: fp8,
           throughput: {engine: vllm}}
      """
    let arguments = [
      "--from", "2026-09-01", "--to", "2026-09-01", "--hardware", points.path, "--json",
    ]
    let replay = Replayed(run: try ledger.run(options, arguments))
    let rate = try replay.part("capacity", of: "x")["totalTokensPerSecond"]
    #expect(Replayed.number(rate, 2) == "181.82")
  }

  @Test("a mixture's load at break-even is that of its hardware") func hybridLoad() throws {
    // A tenth of 10 million tokens goes to hardware that could do 2 million: 50 % busy; the rental costs
    // 24.00, the API 9.00 of 10.00: break-even at 24 / (10 - 9) = 24 times, 12 times too much.
    let ledger = try SyntheticLedger([
      .daily("any", perDay: 9, input: 1_000_000, from: "2026-09-01", days: 1),
      SyntheticLedger.Load.daily("any", perDay: 1, input: 1_000_000, from: "2026-09-01", days: 1)
        .tagged("step=own"),
    ])
    let replay = try Self.day(
      """
        - {name: api, kind: api, price: {input: 1, output: 1}}
        - {name: own, kind: rented, price_per_gpu_hour: 1, throughput: {tokens_per_hour: 83333.333333}}
        - {name: mixed, kind: hybrid, route: [{when: {step: own}, to: own}, {to: api}]}

      """, ledger)
    #expect(try replay.total("mixed") == "33.00")
    let volume = try replay.against("api", "breakEven", of: "mixed")
    #expect(volume["times"] as? String == "24")
    #expect(Replayed.number(volume["load"], 2) == "12.00")
    #expect(volume["feasible"] as? Bool == false)
  }
}
