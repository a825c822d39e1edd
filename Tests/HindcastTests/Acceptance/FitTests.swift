import Foundation
import Testing

/// Section D of the acceptance table: whether a model fits, in bytes.
@Suite struct AcceptanceFitTests {
  static func fit(_ arguments: String...) throws -> [String: Any] {
    try Program.run(["options", "fit"] + arguments + ["--json"]).json
  }

  @Test(
    "D1, D2: weight bytes are parameters x bytes",
    arguments: [
      (["--precision", "bf16", "--parameters", "70"], 140_000_000_000, "140.0 GB"),
      (["--precision", "bf16"], 141_107_412_992, "141.1 GB"),
      (["--precision", "int8"], 70_553_706_496, "70.6 GB"),
      (["--precision", "int4"], 39_686_459_904, "39.7 GB"),
    ])
  func d1(arguments: [String], bytes: Int, text: String) throws {
    let run = try Program.run(
      ["options", "fit", "llama-3.3-70b", "--gpu", "H200", "--count", "8", "--json"] + arguments)
    #expect(run.json["weightBytes"] as? Int == bytes)
    #expect(run.json["weights"] as? String == text)
  }

  @Test(
    "D3: Llama 3.3 70B on one A100 of 81,920 MiB",
    arguments: [("bf16", false, 0), ("int8", true, 20_616), ("q4_k_m", true, 1)])
  func d3(precision: String, fits: Bool, tokens: Int) throws {
    let json = try Self.fit("llama-3.3-70b", "--precision", precision, "--gpu", "A100-80GB")
    #expect(json["fits"] as? Bool == fits)
    // 81,920 MiB x 0.9 = 77,309,411,328 bytes, less 70,553,706,496, over 327,680 a token.
    let room = try #require(json["kvTokens"] as? Int)
    #expect(precision == "q4_k_m" ? room > tokens : room == tokens)
  }

  @Test("D4: a 70B in four bits over two RTX 3090") func d4() throws {
    let json = try Self.fit(
      "llama-3.3-70b", "--precision", "q4_k_m", "--gpu", "RTX-3090", "--count", "2", "--split",
      "layer")
    #expect(json["fits"] as? Bool == true)
    #expect(json["weights"] as? String == "42.5 GB")
    let room = try #require(json["kvTokens"] as? Int)
    #expect((11_750...11_849).contains(room), "about 11,800")
  }

  @Test(
    "D5: tensor parallelism takes 1, 2, 4, 8 GPUs",
    arguments: [(3, 1, 1), (4, 2, 0), (5, 2, 1)])
  func d5(gpus: Int, replicas: Int, idle: Int) throws {
    let json = try Self.fit(
      "llama-3.3-70b", "--precision", "bf16", "--gpu", "A100-80GB", "--count", "\(gpus)")
    #expect(json["replicas"] as? Int == replicas)
    #expect(json["idleGPUs"] as? Int == idle)
  }

  @Test(
    "D6: KV cache bytes a token",
    arguments: [("llama-3.3-70b", 327_680), ("llama-3.1-8b", 131_072), ("deepseek-v3", 70_272)])
  func d6(model: String, bytes: Int) throws {
    let json = try Self.fit(model, "--gpu", "H200", "--count", "16")
    #expect(json["kvBytesPerToken"] as? Int == bytes)
  }

  @Test(
    "D7: what each precision loses",
    arguments: [
      ("q8_0", "+0.03 %"), ("q5_k_m", "+1.23 %"), ("q4_k_m", "+4.83 %"), ("q2_k", "+68.73 %"),
    ])
  func d7(precision: String, loss: String) throws {
    let json = try Self.fit(
      "llama-3-70b", "--precision", precision, "--gpu", "A100-80GB", "--count", "2")
    #expect((json["quality"] as? String)?.contains(loss) == true)
  }

  @Test("D8: hardware of one's own without a model is an error") func d8() throws {
    let ledger = try AcceptanceOwnedTests.few.get()
    let run = try ledger.run(
      """
      options:
        - {name: 2x4090, kind: owned, gpu: RTX-4090, gpus: 2, capex: {gpus: 10000}, life_months: 60}
      """, ["--month", "2026-09"])
    #expect(run.exit == 1)
    #expect(
      run.errors.contains("option '2x4090'") && run.errors.contains("'model'"), "\(run.errors)")
  }

  @Test("D9: one stream cannot be faster than memory") func d9() throws {
    let ledger = try AcceptanceOwnedTests.few.get()
    let options = """
      options:
        - name: 2x4090
          kind: owned
          gpu: RTX-4090
          gpus: 2
          split: layer
          model: llama-3.3-70b
          precision: q4_k_m
          capex: {gpus: 10000}
          life_months: 60
          serving: {single_stream_tok_s: 24}
      """
    let replay = try ledger.replay(options, "--month", "2026-09")
    let reasons = try replay.reasons("2x4090")
    #expect(reasons.contains { $0.hasPrefix("impossible") && $0.contains("23.7") }, "\(reasons)")
    #expect(
      try Replayed.number(replay.part("fit", of: "2x4090")["singleStreamCeiling"], 1) == "23.7")
    #expect(try ledger.table(options, "--month", "2026-09").contains("impossible"))
  }

  @Test("a model that does not fit is an error with the sum") func tooLarge() throws {
    let run = try AcceptanceOwnedTests.few.get().run(
      """
      options:
        - {name: x, kind: rented, price_per_gpu_hour: 3.67, gpu: A100-80GB, model: llama-3.3-70b,
           precision: bf16}
      """, ["--month", "2026-09"])
    #expect(run.exit == 1)
    for part in ["option 'x'", "141.1 GB", "77.3 GB", "does not fit"] {
      #expect(run.errors.contains(part), "\(run.errors)")
    }
  }

  @Test(
    "false benchmarks are refused with the reason",
    arguments: [
      ("gigagpu.com", "RTX-4090", 1, "llama-3.3-70b", "awq", "output_tok_s: 30", "17.0 GB"),
      ("somebody", "RTX-4090", 1, "llama-3.3-70b", "awq", "output_tok_s: 30", "do not fit"),
      ("devfloor9", "H100", 8, "llama-4-scout", "fp8", "output_tok_s: 900", "projected"),
      ("evokernel", "H100", 8, "llama-4-scout", "fp8", "output_tok_s: 900", "synthesized"),
      ("ai-infra-index", "A100", 8, "llama-2-70b", "fp16", "output_tok_s: 9000", "MLPerf v4.1"),
      ("gpuadvisor", "H100", 1, "llama-2-70b", "fp8", "output_tok_s: 800", "3,066"),
      (
        "somebody", "RTX-4090", 2, "llama-3-70b", "q4_k_m",
        "output_tok_s: 24, scenario: single-stream-decode", "23.7"
      ),
      (
        "somebody", "H100", 2, "llama-3-70b", "fp8", "output_tok_s: 900, total_tok_s: 800", "fewer"
      ),
      (
        "somebody", "H100", 2, "llama-3-70b", "fp8",
        "output_tok_s: 900, scenario: projected values", "no measurement"
      ),
    ])
  func falseBenchmark(
    source: String, gpu: String, count: Int, model: String, precision: String, figures: String,
    reason: String
  ) throws {
    let scratch = try Scratch()
    let file = try scratch.write(
      "points.yaml",
      """
      schema: hindcast-throughput/1
      groups:
        - source: \(source)
          trust: secondary
          points:
            - {gpu: \(gpu), count: \(count), model: \(model), precision: \(precision), \(figures)}
      """)
    let run = try Program.run(["options", "check", file.path])
    #expect(run.exit == 1)
    #expect(run.errors.contains("points.yaml:6") && run.errors.contains(reason), "\(run.errors)")
  }

  @Test("a model from after the history is marked") func released() throws {
    let ledger = try SyntheticLedger([.once("any", input: 1000, at: "2024-11-15T00:00:00Z")])
    let replay = try ledger.replay(
      """
      options:
        - {name: x, kind: rented, price_per_gpu_hour: 1, gpu: H200, model: llama-3.3-70b, precision: fp8}
      """, "--month", "2024-11")
    let reasons = try replay.reasons("x")
    #expect(
      reasons == [
        "hypothetical: llama-3.3-70b was released on 2024-12-06, after the history began"
      ])
  }

  @Test("what the catalogue does not know is named with the nearest") func unknown() throws {
    let run = try AcceptanceOwnedTests.few.get().run(
      """
      options:
        - {name: x, kind: rented, price_per_gpu_hour: 1, gpu: H10O, model: llama-3.3-70b, precision: fp8}
        - {name: y, kind: rented, price_per_gpu_hour: 1, gpu: H100, model: lama-3.3-70b, precision: fp8}
        - {name: z, kind: rented, price_per_gpu_hour: 1, gpu: H100, model: llama-3.3-70b, precision: fp7}
      """, ["--month", "2026-09"])
    #expect(run.exit == 1)
    for part in ["'gpu: H10O'", "did you mean 'llama-3.3-70b'", "'precision: fp7'"] {
      #expect(run.errors.contains(part), "\(run.errors)")
    }
  }
}
