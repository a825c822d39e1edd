/// How many requests of a mix a server completes when it never runs out of them.
///
/// In balance an iteration holds C sequences and the prompt tokens that C outputs bring along, so that
/// a request takes output x t / C seconds. C is what sequences, KV cache and token budget allow.
struct SaturatedThroughput: Sendable {
  private var requests = 0.0
  private var prompt = 0.0
  private var computed = 0.0
  private var output = 0.0
  /// Query-key pairs inside prompts.
  private var pairs = 0.0

  init() {}

  mutating func add(_ size: Load.Size) {
    let p = Double(size.prompt)
    let cached = Double(size.cached)
    requests += 1
    prompt += p
    computed += p - cached
    output += Double(size.output)
    pairs += (p * p - cached * cached) / 2
  }

  /// Sequences at a time.
  func sequences(_ batching: Batching) -> Double {
    guard requests > 0 else { return Double(batching.maxSequences) }
    let cacheTokens = Double(batching.blocks) * Double(batching.blockSize)
    let held = (prompt + output / 2) / requests
    var most = min(Double(batching.maxSequences), cacheTokens / held)
    if batching.policy == .chunked {
      most = min(most, Double(batching.tokenBudget) / (1 + computed / output))
    }
    return most
  }

  /// Requests a second of one server; 0 without requests.
  func requestsPerSecond(_ time: IterationTime, _ batching: Batching) -> Double {
    guard requests > 0 else { return 0 }
    let c = sequences(batching)
    let n = requests
    let mean = (prompt: prompt / n, output: output / n, share: computed / output, pairs: pairs / n)
    let context = c * (mean.prompt + mean.output / 2)
    let seconds: Double
    switch batching.policy {
    case .chunked:
      seconds = time.seconds(
        tokens: Int((c * (1 + mean.share)).rounded()), context: Int(context),
        pairs: c * mean.pairs / mean.output)
    case .prefillFirst, .singleStream:
      // Prompts run on their own: one after the other, a part of one for every token of output.
      let decode = time.seconds(tokens: Int(max(c, 1)), context: Int(context), pairs: 0)
      let prefill = time.seconds(tokens: Int(computed / n), context: 0, pairs: mean.pairs)
      seconds = decode * (mean.output - 1) / mean.output + prefill * c / mean.output
    }
    return c / (mean.output * seconds)
  }
}
