import Usage

/// One load that a benchmark tool put on a server, and what came back, in means.
package struct BenchmarkPoint: Sendable {
  /// Tokens of a request.
  package var input: Double
  package var output: Double
  /// Seconds.
  package var timePerOutputToken: Double
  package var timeToFirstToken: Double?
  /// Sequences that decoded at one time.
  package var concurrency: Double
  package var model: String?

  /// The points of one document of `vllm bench serve`, GuideLLM, GenAI-Perf or AIPerf; empty when it
  /// is none of them.
  package static func points(of tree: TextTree) -> [BenchmarkPoint] {
    if let list = tree.list { return list.flatMap(points) }
    if let runs = tree["benchmarks"]?.list { return runs.compactMap(guideLLM) }
    return [vLLM(tree) ?? genAIPerf(tree)].compactMap(\.self)
  }

  /// From throughput by Little's law where there is one, else as the tool was told.
  private init?(
    input: Double?, output: Double?, perToken: Double?, first: Double?, outputPerSecond: Double?,
    told: Double?, model: String?
  ) {
    guard let input, let output, let perToken, input > 0, output >= 1, perToken > 0 else {
      return nil
    }
    let decoding = outputPerSecond.map { $0 * perToken }
    guard let concurrency = decoding ?? told, concurrency > 0 else { return nil }
    self.input = input
    self.output = output
    self.timePerOutputToken = perToken
    self.timeToFirstToken = first
    self.concurrency = concurrency
    self.model = model
  }

  private static func vLLM(_ tree: TextTree) -> BenchmarkPoint? {
    guard let completed = tree.real("completed"), completed > 0 else { return nil }
    return BenchmarkPoint(
      input: tree.real("total_input_tokens").map { $0 / completed },
      output: tree.real("total_output_tokens").map { $0 / completed },
      perToken: tree.real("mean_tpot_ms").map { $0 / 1000 },
      first: tree.real("mean_ttft_ms").map { $0 / 1000 },
      outputPerSecond: tree.real("output_throughput"), told: tree.real("max_concurrency"),
      model: tree["model_id"]?.text)
  }

  private static func guideLLM(_ tree: TextTree) -> BenchmarkPoint? {
    guard let metrics = tree["metrics"] else { return nil }
    func mean(_ name: String) -> Double? {
      metrics[name]?["successful"]?.real("mean") ?? metrics[name]?.real("mean")
    }
    return BenchmarkPoint(
      input: mean("prompt_token_count"), output: mean("output_token_count"),
      perToken: (mean("inter_token_latency_ms") ?? mean("time_per_output_token_ms")).map {
        $0 / 1000
      }, first: mean("time_to_first_token_ms").map { $0 / 1000 },
      outputPerSecond: mean("output_tokens_per_second"), told: mean("request_concurrency"),
      model: nil)
  }

  private static func genAIPerf(_ tree: TextTree) -> BenchmarkPoint? {
    func seconds(_ name: String) -> Double? {
      guard let field = tree[name], let value = field.real("avg") else { return nil }
      switch field["unit"]?.text {
      case "ns": return value / 1e9
      case "us": return value / 1e6
      case "s", "sec": return value
      default: return value / 1000
      }
    }
    let perf = tree["input_config"]?["perf_analyzer"]?["stimulus"]
    return BenchmarkPoint(
      input: tree["input_sequence_length"]?.real("avg"),
      output: tree["output_sequence_length"]?.real("avg"), perToken: seconds("inter_token_latency"),
      first: seconds("time_to_first_token"),
      outputPerSecond: tree["output_token_throughput"]?.real("avg"),
      told: perf?.real("concurrency"), model: nil)
  }
}

extension TextTree {
  fileprivate func real(_ key: String) -> Double? {
    self[key]?.text.flatMap(Double.init).flatMap { $0.isFinite ? $0 : nil }
  }
}
