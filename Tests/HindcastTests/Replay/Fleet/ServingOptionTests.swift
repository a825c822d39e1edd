import Testing
import Usage

@testable import Replay
@testable import Reports

/// Fleets as options files write them, to the bill.
@Suite struct ServingOptionTests {
  static let timeModel = "time_model: {a: 0.011, b: 5.25e-5, c: 8.4e-8, d: 2.3e-9}"

  /// A request in every one of hours 0...7 of the first day.
  static let eightHours = Replaying.history(
    (0..<8).map { Replaying.request(at: Int64($0) * 3600 + 60, input: 200, output: 800) },
    period: Period(
      first: Day(year: 2026, month: 9, day: 1), last: Day(year: 2026, month: 9, day: 1), zone: .utc)
  )

  /// 8 h x 4.42 = 35.36 against 24 h x 4.42 = 106.08.
  @Test func hoursWithoutLoadCostNothing() throws {
    let serving = "serving: {single_stream_tok_s: 24}"
    let hourly = try Replaying.option(
      "{name: x, kind: rented, price_per_gpu_hour: 4.42, \(serving), "
        + "fleet: {mode: hourly, min: 0, max: 4}}", Self.eightHours)
    #expect(hourly.totalText == "35.36")
    let fixed = try Replaying.option(
      "{name: x, kind: rented, price_per_gpu_hour: 4.42, \(serving)}", Self.eightHours)
    #expect(fixed.totalText == "106.08")
  }

  /// A server from zero: started at the request, ready 60 s later, 33.4 s of work, stopped at the first
  /// decision 300 s after fewer would do. Billed by the minute.
  @Test func autoscaledServersAreBilledFromStartToStop() throws {
    let history = Replaying.history([Replaying.request(at: 60, input: 200, output: 800)])
    let option = try Replaying.option(
      """
      {name: x, kind: rented, price_per_gpu_hour: 60, billing: {granularity: minute},
       serving: {single_stream_tok_s: 30},
       fleet: {mode: autoscale, min: 0, max: 2, cold_start: 60s, tick: 10s, window: 10s,
               scale_down_after: 300s}}
      """, history)
    // 60 + 60 + 33.3 = 153.3; fewer from the tick at 160 on, stopped at 460: 400 s = 7 minutes.
    #expect(option.totalText == "7.00")
    #expect(option.service?.peakReplicas == 1)
    #expect(abs((option.service?.endToEnd?.p50 ?? 0) - (60 + 1000.0 / 30)) < 1e-3)
  }

  @Test func findsTheSmallestFleet() throws {
    let history = Replaying.history(
      (0..<3000).map { Replaying.request(at: Int64($0) / 10, input: 1000, output: 200) })
    let yaml = """
      {name: x, kind: rented, price_per_gpu_hour: 1, \
      serving: {\(Self.timeModel), batching: {token_budget: 512, max_sequences: 128}}, \
      slo: {ttft_p95: 0.5s}, fleet: {mode: smallest}}
      """
    let option = try Replaying.option(yaml, history)
    let service = try #require(option.service)
    #expect(service.sloMet == true)
    #expect(service.trials.count <= SmallestFleet.mostRuns)
    let found = try #require(service.trials.filter(\.sloMet).map(\.replicas).min())
    #expect(option.totalText == "\(found * 720).00")
    #expect(service.trials.contains { $0.replicas == found - 1 && !$0.sloMet })
  }

  /// 160 tokens of KV cache hold the second request, not the first.
  @Test func whoRefusesRequestsHasNotKeptUp() throws {
    let option = try Replaying.option(
      "{name: x, kind: rented, price_per_gpu_hour: 1, "
        + "serving: {\(Self.timeModel), batching: {kv_blocks: 10}}}",
      Replaying.history([
        Replaying.request(at: 0, input: 300, output: 10),
        Replaying.request(at: 60, input: 100, output: 10),
      ]))
    #expect(option.service?.rejected == 1 && option.service?.lost == 1)
    let sentence = ReplayReport.sentence(option, baseline: nil)
    #expect(sentence.contains("1 request got no answer") && !sentence.contains("kept up"))
  }

  /// A server lasts a minute on average and takes an hour to start: none is ever there.
  @Test func serversThatEndBeforeTheyStartEndTheReplay() throws {
    let option = try Replaying.option(
      """
      {name: x, kind: rented, price_per_gpu_hour: 1, serving: {\(Self.timeModel)},
       fleet: {mode: autoscale, min: 0, max: 1, cold_start: 3600s,
               spot: {interruptions_per_hour: 60, seed: 3}}}
      """, Replaying.history([Replaying.request(at: 60, input: 100, output: 10)]))
    #expect(option.service?.unserved == 1)
    #expect(option.reasons.contains("1 request was never served: no server was there"))
  }

  /// 0.011 + 200 x 5.25e-5 + ... = 21.5 ms is the best: no fleet answers in 10 ms.
  @Test func saysWhatNoFleetCanMeet() throws {
    let option = try Replaying.option(
      """
      {name: x, kind: rented, price_per_gpu_hour: 1, serving: {\(Self.timeModel)},
       slo: {ttft_p95: 0.01s}, fleet: {mode: smallest}}
      """, Self.eightHours)
    #expect(
      option.reasons.contains {
        $0.contains(
          "no fleet meets the SLO: with a server to itself for every request still "
            + "ttft_p95: 0.01s is 0.0215 s")
      }, "\(option.reasons)")
    #expect(option.service?.sloMet == false)
  }

  /// A cache of 64 tokens holds none of the requests, one of 2,048 all: a refused one keeps no limit.
  @Test(arguments: [(4, false, 8), (128, true, 0)])
  func refusedRequestsMissTheSLO(blocks: Int, isMet: Bool, refused: Int64) throws {
    for fleet in ["{mode: smallest}", "{replicas: 2}"] {
      let option = try Replaying.option(
        """
        {name: x, kind: rented, price_per_gpu_hour: 1, slo: {ttft_p95: 5s}, fleet: \(fleet),
         serving: {\(Self.timeModel), batching: {kv_blocks: \(blocks)}}}
        """, Self.eightHours)
      #expect(option.service?.sloMet == isMet)
      #expect(option.service?.rejected == refused)
      #expect(
        option.reasons.contains { $0.contains("8 of 8 requests refused") } == !isMet,
        "\(option.reasons)")
    }
  }

  /// A thousand requests of 9 s in one hour, which holds 400.
  @Test("a full hour makes requests wait, or go, but not both", arguments: [true, false])
  func busiestHour(overflows: Bool) throws {
    let option = try Replaying.option(
      """
      {name: x, kind: rented, price_per_gpu_hour: 1, fleet: {\(overflows ? "overflow_above: 1" : "")},
       serving: {time_model: {a: 0, b: 0.009, c: 0, d: 0}, batching: {policy: single-stream}}}
      """,
      Replaying.history(
        (0..<1000).map { Replaying.request(at: Int64($0) * 3, input: 1000, output: 1) }))
    let reason = try #require(
      option.reasons.first { $0.hasPrefix("the busiest hour brings 250 %") })
    #expect(reason.hasSuffix("requests wait") == !overflows)
    #expect(reason.hasSuffix("the rest is not taken") == overflows)
  }

  /// Two interruptions an hour for a day: each takes a server away for 120 s, or for the time given.
  @Test func spotServersAreReplacedAfterAColdStart() throws {
    func first(_ coldStart: String) throws -> Double {
      let option = try Replaying.option(
        """
        {name: x, kind: rented, price_per_gpu_hour: 1, serving: {\(Self.timeModel)},
         fleet: {replicas: 1, spot: {interruptions_per_hour: 2, seed: 5}\(coldStart)}}
        """,
        Replaying.history(
          (0..<2880).map { Replaying.request(at: Int64($0) * 30, input: 100, output: 2) },
          period: Self.eightHours.period))
      #expect((option.service?.interruptions ?? 0) > 20)
      return try #require(option.service?.timeToFirstToken?.p99)
    }
    // About 48 starts of 120 s in 2,880 requests 30 s apart: four of each wait, 6 % of all.
    #expect((60...120.1).contains(try first("")))
    // What takes its place may be taken away itself before it is ready.
    #expect(try first(", cold_start: 1800s") > 600)
    #expect(try first(", cold_start: 0s") < 1)
  }

  @Test func idleTimeIsFreeForBatchesToo() throws {
    let option = try Replaying.option(
      """
      {name: x, kind: rented, price_per_gpu_hour: 3600, serving: {time_model: {a: 0.01}},
       fleet: {idle: free}}
      """, Self.eightHours)
    // Eight requests of 800 iterations of 10 ms: 64 s at 1 a second.
    #expect(option.totalText == "64.00")
  }

  /// Prompts on servers of Llama-2-70B with tensor parallelism, in ms by tokens (means of splitwise-sim's
  /// data/perf_model.csv, commit 8f99e7d, MIT): known up to 512 tokens, what do 1,024 to 4,096 take?
  @Test(arguments: [
    (server: "A100 x 2", times: [81.1, 112.9, 195.6, 377.3, 687.3, 1481.4]),
    (server: "H100 x 2", times: [49.2, 51.8, 84.4, 157.8, 308.2, 642.0]),
    (server: "A100 x 4", times: [66.6, 78.5, 127.5, 230.1, 403.3, 969.7]),
    (server: "H100 x 4", times: [48.9, 54.3, 61.0, 106.3, 200.9, 466.4]),
    (server: "A100 x 8", times: [65.1, 67.1, 94.0, 154.6, 274.2, 651.3]),
  ])
  func tablesGoOnBeyondTheirEnd(server: String, times: [Double]) {
    let tokens = [128.0, 256, 512, 1024, 2048, 4096]
    let known = zip(tokens, times).prefix(3).map { (tokens: $0, seconds: $1 / 1000) }
    let time = IterationTime(knots: known, perContextToken: 0, perPair: 0)
    for (tokens, measured) in zip(tokens, times).dropFirst(3) {
      let error = time.step(Int(tokens)) * 1000 / measured - 1
      #expect(abs(error) < 0.33, "\(server), \(tokens) tokens: \(error)")
    }
  }

  /// Five measured mixes of prompt and answer from 1/20 to 20: all come out as measured.
  @Test func measuredProfilesAreNamed() throws {
    func option(_ profile: String, gpus: Int = 2) throws -> OptionResult {
      try Replaying.option(
        "{name: x, kind: rented, gpus_per_replica: \(gpus), price_per_gpu_hour: 1, "
          + "serving: {profile: \(profile), batching: {max_sequences: 256}}}", Self.eightHours)
    }
    let measured = try option("tensorrt-llm/llama-3.3-70b/fp8/h100x2")
    let service = try #require(measured.service)
    #expect(service.measured)
    #expect(service.band?.share == 0.15)
    // 70 GB in fp8 read from 2 x 3.35 TB/s: 10.4 ms a token if all of it were reached.
    let perToken = try #require(service.timePerOutputToken?.p50)
    #expect((0.0104...0.0300).contains(perToken))
    #expect(measured.assumptions.contains { $0.contains("fitted to 5 published measurements") })
  }

  @Test(arguments: [
    ("vllm/llama-3.3-70b/fp8/h100x2", 2, "tensorrt-llm/llama-3.3-70b/fp8/H100-SXM-80GBx2"),
    ("vllm/llama-3.3-70b/fp8/h999x2", 2, "there is no GPU 'h999'"),
    ("vllm/lama/fp8/h100x2", 2, "there is no model 'lama'"),
    ("vllm/llama-3.3-70b/fp9/h100x2", 2, "there is no precision 'fp9'"),
    ("tensorrt-llm/llama-3.3-70b/fp8/h100x2", 1, "is of 2 GPUs, but a replica has 1"),
  ])
  func profilesThatWereNotMeasuredAreRefused(name: String, gpus: Int, expected: String) {
    let faults = Replaying.faults(
      "options: [{name: x, kind: rented, gpus_per_replica: \(gpus), price_per_gpu_hour: 1, "
        + "serving: {profile: \(name)}}]")
    #expect(faults.count == 1)
    #expect(faults.first?.contains(expected) ?? false, "\(faults)")
  }

  @Test func measuresAndTablesAreRead() throws {
    for model in [
      "{table: {1: 0.01, 1000: 0.01}}", "{table: [[1, 0.01], [1000, 0.01]]}",
      "{table: {knots_tokens: [1, 1000], values_s: [0.01, 0.01]}}", "{a: 0.01}",
      "{a: 0.004, overhead: 0.006}", "{b: 1e-9, floor: {a: 0.01}}",
      "{a: 0.01, experts: {time: 0, active: 4, total: 128}}",
    ] {
      let option = try Replaying.option(
        "{name: x, kind: rented, price_per_gpu_hour: 1, serving: {time_model: \(model)}}",
        Self.eightHours)
      #expect(abs((option.service?.endToEnd?.p50 ?? 0) - 8) < 1e-3, "\(model)")
    }
  }

  /// All experts are touched once the batch is large: 1 - (1 - 1/4)^n.
  @Test func expertsAreReadAsFarAsTheyAreTouched() {
    let experts = IterationTime.Experts(time: 16, active: 1, total: 4)
    #expect(experts.seconds(tokens: 1) == 4)
    #expect(experts.seconds(tokens: 2) == 7)
    #expect(abs(experts.seconds(tokens: 60) - 16) < 1e-5)
  }

  @Test(arguments: [
    ("serving: {time_model: {a: -1}}", "not a number from 0"),
    ("serving: {time_model: {b: 0}}", "takes no time"),
    ("serving: {time_model: {b: 1e-300}}", "takes 1e-300 s"),
    ("serving: {time_model: {table: {5: 0.1, 3: 0.2}}}", "ascending"),
    ("serving: {time_model: {a: 1}, single_stream_tok_s: 3}", "not 2"),
    ("serving: {time_model: {a: 1}, batching: {kv_blocks: 0}}", "kv_blocks"),
    ("serving: {time_model: {a: 1}, batching: {policy: eager}}", "policy"),
    ("serving: {profile: none.yaml}", "none.yaml"),
    ("serving: {time_model: {a: 1}}, fleet: {mode: smallest}", "needs an 'slo'"),
    ("fleet: {mode: autoscale}", "needs 'serving'"),
    ("serving: {time_model: {a: 1}}, fleet: {min: 5, max: 2}", "not below"),
    ("serving: {time_model: {a: 1}}, fleet: {outages: [{start: 2026-09-03}]}", "later 'end'"),
    ("serving: {time_model: {a: 1}}, fleet: {spot: {notice: 3s}}", "interruptions_per_hour"),
    ("serving: {time_model: {a: 1}}, slo: {}", "needs a limit"),
    ("serving: {time_model: {a: 1}, arrivals: {burst: 9}}", "burst_range"),
  ]) func wrongFleetsAreNamed(fields: String, expected: String) {
    let faults = Replaying.faults(
      "options:\n  - {name: x, kind: rented, price_per_gpu_hour: 1, \(fields)}")
    #expect(faults.count == 1 && faults[0].contains(expected), "\(faults)")
    #expect(faults.allSatisfy { $0.hasPrefix("o.yaml:3: option 'x'") }, "\(faults)")
  }

  /// One request, a month without any, a million tokens at once: no trap, no wrong number.
  @Test func strangeHistories() throws {
    let yaml = "{name: x, kind: rented, price_per_gpu_hour: 1, serving: {\(Self.timeModel)}}"
    let none = try Replaying.option(yaml, Replaying.history([]))
    #expect(none.service?.timeToFirstToken == nil)
    let gap = try Replaying.option(
      yaml,
      Replaying.history([
        Replaying.request(at: 0, input: 10, output: 1),
        Replaying.request(at: 29 * 86_400, input: 10, output: 1),
      ]))
    #expect(gap.service?.iterations == 2)
    let crowd = try Replaying.option(
      yaml,
      Replaying.history((0..<20_000).map { _ in Replaying.request(at: 5, input: 50, output: 20) }))
    #expect(crowd.service?.queued ?? 0 > 19_000)
    let huge = try Replaying.option(
      yaml, Replaying.history([Replaying.request(at: 0, input: 1 << 40, output: 1 << 40)]))
    #expect(huge.service != nil)
  }
}
