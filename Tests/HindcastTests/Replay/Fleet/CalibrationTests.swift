import Foundation
import Testing

@testable import Replay
@testable import hindcast

/// Fits that must find again what data were made with, and real servers.
@Suite struct CalibrationTests {
  /// Benchmark points made with the identity's own numbers.
  @Test func benchmarkPointsGiveTheirTimesBack() throws {
    let x = [0.011, 5.25e-5, 8.4e-8, 2.3e-9]
    var documents: [String] = []
    for c in [1.0, 8, 32, 64] {
      for (i, o) in [(2000.0, 100.0), (200.0, 800.0), (8000, 400)] {
        let decode = x[0] + x[2] * c * (i + o / 2)
        let tpot = decode + x[1] * c * (1 + i / o) + x[3] * c * i * i / (2 * o)
        documents.append(
          """
          {"model_id": "m", "completed": 100, "total_input_tokens": \(i * 100), \
          "total_output_tokens": \(o * 100), "output_throughput": \(c / tpot), \
          "mean_tpot_ms": \(tpot * 1000)}
          """)
      }
    }
    let scratch = try Scratch()
    let file = try scratch.write("bench.jsonl", documents.joined(separator: "\n"))
    let run = try Program.run([
      "calibrate", "--bench", file.path, "--profile", scratch.file("p.yaml").path, "--json",
    ])
    let profile = try #require(run.json["profile"] as? [String: Any], "\(run.errors)")
    let model = try #require(profile["timeModel"] as? [String: Double])
    for (name, value) in zip(["a", "b", "c", "d"], x) {
      #expect(abs((model[name] ?? 0) / value - 1) < 1e-6, "\(name): \(model)")
    }
    #expect((run.json["leftOut"] as? [Double])?.allSatisfy { abs($0) < 1e-6 } == true)
    // What was written can be used.
    let options = try scratch.write(
      "o.yaml",
      """
      schema: hindcast-options/1
      options:
        - {name: x, kind: rented, price_per_gpu_hour: 1, serving: {profile: p.yaml}}
      """)
    #expect(try Program.run(["options", "check", options.path]).exit == 0)
  }

  @Test func tooFewPointsAreRefused() throws {
    let scratch = try Scratch()
    let file = try scratch.write(
      "b.json",
      #"{"completed": 1, "total_input_tokens": 5, "total_output_tokens": 5, "mean_tpot_ms": 9, "#
        + #""max_concurrency": 3}"#)
    let run = try Program.run(["calibrate", "--bench", file.path])
    #expect(run.exit == 1)
    #expect(run.errors.contains("takes 4 benchmark points or more, there are 1"))
  }

  /// GuideLLM's and GenAI-Perf's words for the same thing.
  @Test func otherToolsAreRead() throws {
    let guide = """
      {"benchmarks": [{"metrics": {"prompt_token_count": {"successful": {"mean": 500}},
       "output_token_count": {"successful": {"mean": 100}}, "inter_token_latency_ms":
       {"successful": {"mean": 20}}, "output_tokens_per_second": {"successful": {"mean": 400}}}}]}
      """
    let perf = """
      {"input_sequence_length": {"avg": 500}, "output_sequence_length": {"avg": 100},
       "inter_token_latency": {"unit": "ms", "avg": 20}, "output_token_throughput": {"avg": 400}}
      """
    let scratch = try Scratch()
    for text in [guide, perf] {
      let file = try scratch.write("b.json", text)
      let points = BenchmarkPoint.points(of: try JSONDocument.read(path: file.path))
      #expect(points.count == 1)
      #expect(points.first?.concurrency == 8)
      #expect(points.first?.timePerOutputToken == 0.02)
    }
  }

  /// A server of known times, its own log: the fit tells the later half.
  @Test func aSimulatedServerIsFoundAgain() throws {
    let load = Loads.random(160, perSecond: 4, prompt: 100...1500, output: 20...200, seed: 12)
    let batching = Batching(tokenBudget: 512, maxSequences: 16)
    let truth = simulate(load, .oracle, batching)
    var run = ObservedRun()
    for id in 0..<load.count {
      run.append(
        at: load.arrival(id), load.size(id),
        firstToken: truth.firstTokens[id] - load.arrival(id),
        completed: truth.completions[id] - load.arrival(id))
    }
    let fit = try #require(
      ServerFit(run, learning: 0..<80, batching, replicas: 1, until: run.lastOwnMoment))
    #expect(fit.error < 0.02)
    let again = ServerFit.simulate(load, fit.coefficients, batching, replicas: 1)
    for id in 80..<160 {
      let real = truth.completions[id] - load.arrival(id)
      #expect(abs(Double(again[id].completed) / real - 1) < 0.05)
    }
  }

  @Test func leastSquaresKeepCoefficientsAtZeroOrMore() throws {
    let rows = [[1.0, 1], [1, 2], [1, 3]]
    let falling = try #require(
      NonNegativeLeastSquares.solve(rows, [3, 2, 1], weights: [1, 1, 1]))
    #expect(abs(falling[0] - 2) < 1e-9 && falling[1] == 0)
    // Two equal columns: the first takes it all.
    let equal = try #require(
      NonNegativeLeastSquares.solve([[1, 1], [2, 2]], [3, 6], weights: [1, 1]))
    #expect(abs(equal[0] - 3) < 1e-9 && equal[1] == 0)
    let rising = try #require(NonNegativeLeastSquares.solve(rows, [3, 5, 7], weights: [1, 1, 1]))
    #expect(abs(rising[0] - 1) < 1e-9 && abs(rising[1] - 2) < 1e-9)
  }

  /// vLLM 0.19 on an RTX 4090, its cache always full: learned on the first half, held to the second.
  @Test(.enabled(if: SharedData.serversAreThere, SharedData.skipped))
  func predictsTheSecondHalfOfARealRun() throws {
    let run = try Program.run([
      "calibrate", "--logs", SharedData.url("measured-servers/RTX4090_Llama-3.1-8B.csv").path,
      "--max-sequences", "256", "--kv-tokens", "41392", "--json",
    ])
    let rows = try #require(run.json["heldOut"] as? [[String: Any]], "\(run.errors)")
    func error(_ name: String, _ statistic: String) -> Double? {
      rows.first { $0["name"] as? String == name && $0["statistic"] as? String == statistic }?[
        "error"] as? Double
    }
    #expect(abs(try #require(error("end to end", "mean"))) < 0.05)
    #expect(abs(try #require(error("first token", "p99"))) < 0.15)
  }
}
