import Foundation
import Testing

/// Vidur's scheduler with a closed form for the iteration time, replayed as a user would: ingest the
/// trace, write an options file, ask for every request.
@Suite(.enabled(if: SharedData.oracleIsThere, SharedData.skipped)) struct ExactOracleTests {
  /// One case; `schedule` is what stands in the options file.
  struct Case: CustomTestStringConvertible {
    var name: String
    var trace: String
    var time = "{a: 0.011, b: 5.25e-5, c: 8.4e-8, d: 2.3e-9}"
    var sequences = 128
    var budget = 512
    var blocks = 30208
    var replicas = 1
    var policy = "chunked"

    var testDescription: String { name }

    var options: String {
      """
      schema: hindcast-options/1
      options:
        - name: simulated
          kind: rented
          price_per_gpu_hour: 1
          serving:
            time_model: \(time)
            batching: {token_budget: \(budget), max_sequences: \(sequences), kv_blocks: \(blocks),
                       block_size: 16, watermark: 0.01, policy: \(policy)}
          fleet: {mode: fixed, replicas: \(replicas), routing: round-robin}
      """
    }
  }

  static let cases = [
    Case(name: "exact_A_linear_r4", trace: "conv2000_r4"),
    Case(name: "exact_C_linear_r4_cap16", trace: "conv2000_r4", sequences: 16),
    Case(name: "exact_D_linear_r4_kv32k", trace: "conv2000_r4", blocks: 2000),
    Case(name: "exact_F_linear_code", trace: "code1000_native"),
    Case(
      name: "exact_G_linear_r4_vllm", trace: "conv2000_r4", budget: 4096, policy: "prefill-first"),
    Case(name: "exact_H_fixed_r2", trace: "poisson_fixed1024x128_r2"),
    Case(name: "exact_J_single", trace: "singlestream_200x800"),
    Case(
      name: "exact_K_MD1_fixed_r2", trace: "poisson_fixed1024x128_r2", time: "{a: 0.003}",
      sequences: 1, budget: 4096),
    Case(name: "exact_L_rr4_r8", trace: "conv2000_r8", replicas: 4),
    Case(
      name: "exact_O_linear_r8_rr3_kv24k_cap48", trace: "conv2000_r8", sequences: 48, blocks: 1500,
      replicas: 3),
  ]

  @Test(arguments: cases) func agreesOnEveryRequest(_ test: Case) throws {
    let scratch = try Scratch()
    let options = try scratch.write("options.yaml", test.options)
    let trace = SharedData.url("oracle/traces/\(test.trace).csv").path
    let output = scratch.file("requests.csv")
    let run = try Program.run([
      "replay", "--logs", trace, "--start", "2026-09-01T00:00:00Z", "--from", "2026-09-01", "--to",
      "2026-09-01", "--options", options.path, "--requests-out", output.path, "--json",
    ])
    let service = try #require(
      (run.json["options"] as? [[String: Any]])?.first?["service"] as? [String: Any],
      "\(run.errors)")
    let truth = try SharedData.table(SharedData.url("oracle/exact/\(test.name)/requests.csv"))
    let found = try SharedData.table(output)
    #expect(found.count == truth.count)
    var worst = 0.0
    for (a, b) in zip(truth, found) {
      worst = try max(
        worst, abs(a.number("first_token_at") - b.number("first_token")),
        abs(a.number("completed_at") - b.number("completed")))
      #expect(a["restarts"] == b["evictions"])
    }
    #expect(worst < 1e-5)
    let summary = try JSONSerialization.jsonObject(
      with: Data(contentsOf: SharedData.url("oracle/exact/\(test.name)/summary.json")))
    let made = try #require(summary as? [String: Any])
    #expect(service["iterations"] as? Int == made["iterations"] as? Int)
    #expect(service["evictions"] as? Int == made["restarts"] as? Int)
  }
}
