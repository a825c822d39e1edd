import Foundation
import Testing

/// Vidur with a random forest of measured kernels, against tables fitted to its iterations.
@Suite(.enabled(if: SharedData.oracleIsThere, SharedData.skipped)) struct ProfiledOracleTests {
  struct Case: CustomTestStringConvertible {
    var name: String
    var trace: String
    var model: String
    var blocks: Int
    var budget = 512
    var policy = "chunked"
    /// At the knee small errors of time become large ones of waiting: there the band must hold the truth.
    var isAtKnee = false
    var testDescription: String { name }
  }

  static let cases = [
    Case(
      name: "a30_qwen2_7b_sarathi_r0.5", trace: "conv2000_r0.5", model: "a30_qwen2_7b_tp1",
      blocks: 11008),
    Case(
      name: "a30_qwen2_7b_sarathi_r1.5", trace: "conv2000_r1.5", model: "a30_qwen2_7b_tp1",
      blocks: 11008),
    Case(
      name: "a100_llama3_8b_sarathi_r2", trace: "conv2000_r2", model: "a100_llama3_8b_tp1",
      blocks: 30208),
    Case(
      name: "a100_llama3_8b_sarathi_r6", trace: "conv2000_r6", model: "a100_llama3_8b_tp1",
      blocks: 30208),
    Case(
      name: "a100_llama3_8b_sarathi_r8", trace: "conv2000_r8", model: "a100_llama3_8b_tp1",
      blocks: 30208, isAtKnee: true),
    Case(
      name: "a100_llama3_70b_tp4_sarathi_r1", trace: "conv2000_r1", model: "a100_llama3_70b_tp4",
      blocks: 32768),
    Case(
      name: "a100_llama3_70b_tp4_sarathi_r3", trace: "conv2000_r3", model: "a100_llama3_70b_tp4",
      blocks: 32768, isAtKnee: true),
    Case(
      name: "h100_llama2_70b_tp4_sarathi_r2", trace: "conv2000_r2", model: "h100_llama2_70b_tp4",
      blocks: 32768),
    Case(
      name: "h100_llama2_70b_tp4_sarathi_r6", trace: "conv2000_r6", model: "h100_llama2_70b_tp4",
      blocks: 32768, isAtKnee: true),
    // Prompts of up to 4,096 tokens in one iteration: the table ends at 512.
    Case(
      name: "a100_llama3_8b_vllm_r4", trace: "conv2000_r4", model: "a100_llama3_8b_tp1",
      blocks: 30208, budget: 4096, policy: "prefill-first"),
  ]

  private func service(_ test: Case) throws -> [String: Any] {
    let data = try Data(contentsOf: SharedData.url("oracle/fitted_time_models.json"))
    let models = try #require(JSONSerialization.jsonObject(with: data) as? [String: Any])
    let model = try #require(models[test.model] as? [String: Any])
    let table = try #require(model["table"] as? [String: Any])
    let knots = try #require(table["knots_tokens"] as? [Double])
    let values = try #require(table["values_s"] as? [Double])
    let scratch = try Scratch()
    let options = try scratch.write(
      "options.yaml",
      """
      schema: hindcast-options/1
      options:
        - name: profiled
          kind: rented
          price_per_gpu_hour: 1
          serving:
            time_model: {table: {knots_tokens: \(knots), values_s: \(values)},
                         c: \(table["c_kv"] ?? 0), d: \(table["d_pk"] ?? 0)}
            batching: {token_budget: \(test.budget), max_sequences: 128, kv_blocks: \(test.blocks),
                       watermark: 0.01, policy: \(test.policy)}
            band: 0.05
      """)
    let run = try Program.run([
      "replay", "--logs", SharedData.url("oracle/traces/\(test.trace).csv").path, "--start",
      "2026-09-01T00:00:00Z", "--from", "2026-09-01", "--to", "2026-09-01", "--options",
      options.path, "--json",
    ])
    return try #require(
      (run.json["options"] as? [[String: Any]])?.first?["service"] as? [String: Any],
      "\(run.errors)")
  }

  @Test(arguments: cases) func percentilesAgree(_ test: Case) throws {
    let service = try service(test)
    let summary = try #require(
      JSONSerialization.jsonObject(
        with: Data(contentsOf: SharedData.url("oracle/profiled/\(test.name)/summary.json")))
        as? [String: Any])
    let band = try #require(service["band"] as? [String: Any])
    for (ours, theirs) in [("ttft", "ttft_s"), ("tpot", "tpot_s"), ("endToEnd", "e2e_s")] {
      let truth = try #require(summary[theirs] as? [String: Double])
      let found = try #require(service[ours] as? [String: Double])
      let bounds = try #require(band[ours] as? [String: [String: Double]])
      for percentile in ["p50", "p90", "p99"] {
        let wanted = try #require(truth[percentile])
        let value = try #require(found[percentile])
        if test.isAtKnee {
          let low = try #require(bounds["low"]?[percentile])
          let high = try #require(bounds["high"]?[percentile])
          #expect(
            (low...high).contains(wanted), "\(ours) \(percentile): \(wanted), band \(low)-\(high)")
        } else {
          #expect(
            abs(value / wanted - 1) < 0.05, "\(ours) \(percentile): \(value) against \(wanted)")
        }
      }
    }
  }
}
