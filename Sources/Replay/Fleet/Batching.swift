/// How a server puts requests together: its scheduler's limits.
struct Batching: Sendable, Hashable {
  enum Policy: String, Sendable, CaseIterable {
    /// Prompts are cut into chunks that share each iteration with all decoding sequences (Sarathi,
    /// vLLM from 0.5 on, SGLang, TensorRT-LLM).
    case chunked
    /// Waiting prompts run first, whole and alone; decoding goes on afterwards (vLLM before 0.5).
    case prefillFirst = "prefill-first"
    /// One request at a time, its prompt in one piece (a desktop server).
    case singleStream = "single-stream"
  }

  var policy = Policy.chunked
  /// Tokens of one iteration; decoding sequences run even when they alone are more. vLLM's
  /// `max_num_batched_tokens`. With `prefill-first`, prompts x the longest prompt.
  var tokenBudget = 2048
  /// vLLM's `max_num_seqs`.
  var maxSequences = 256
  /// KV-cache blocks; `unlimited` when memory is no limit.
  var blocks = Batching.unlimited
  /// Tokens in a block.
  var blockSize = 16
  /// Blocks that an admission leaves free.
  var watermark = 0

  static let unlimited = 1 << 40

  static let singleStream = Batching(
    policy: .singleStream, tokenBudget: 1 << 40, maxSequences: 1)

  /// Whether a request can be served at all: an empty server must hold it to its end, with the block
  /// free that decoding asks for.
  func canHold(prompt: Int, output: Int) -> Bool {
    if blocks == Batching.unlimited { return true }
    return output <= 1
      ? prompt <= blocks &* blockSize
      : max(prompt, prompt &+ output &- 2) <= (blocks &- 1) &* blockSize
  }
}
