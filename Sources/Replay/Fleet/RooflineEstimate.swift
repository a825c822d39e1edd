import Usage

/// Iteration times from hardware facts alone: an estimate, for when nothing was measured.
///
/// An iteration reads the weights that its tokens touch or computes with them, whichever takes longer,
/// reads the KV cache, and computes attention inside prompts. How much of the peak is reached is taken
/// from servers that were measured (docs/fidelity.md): 72 % of the bandwidth for weights on one GPU, 62 %
/// on several, 80 % for the KV cache, 70 % of the arithmetic for weights, 50 % for attention. Three real
/// runs came out 10 % faster to 32 % slower than that: the band is 35 %.
struct RooflineEstimate: Sendable {
  private let fit: Fit

  static let band = 0.35

  private static let weightsAlone = 0.72
  private static let weightsSplit = 0.62
  private static let cache = 0.80
  private static let arithmetic = 0.70
  private static let attention = 0.50
  /// Seconds of every iteration outside the GPU's work.
  private static let constant = 0.0015
  /// Seconds of one exchange between GPUs; each layer takes two.
  private static let exchange = 15e-6
  /// Bytes that a serving engine keeps free on each GPU beside weights and cache: on a 24 GB card vLLM
  /// 0.19 held back 1.2 x 10^9 beyond them.
  private static let reserve: Int64 = 1_300_000_000

  init(_ fit: Fit) { self.fit = fit }

  func profile() throws(Missing) -> ServingProfile {
    var profile = ServingProfile(time: try time(), batching: Batching())
    profile.origin = .estimate
    profile.band = RooflineEstimate.band
    profile.batching.blocks = max(1, cacheTokens / profile.batching.blockSize)
    profile.notes = [
      "Speed is an estimate from hardware facts, not measured: \(fit.model.id) in \(fit.precision.id) on "
        + "\(fit.gpusPerReplica ?? 1) x \(fit.gpu.id); iterations may take 35 % less or more time. "
        + "`hindcast calibrate` fits it to a server of your own."
    ]
    return profile
  }

  /// `memory` and `arithmetic` are times what other servers reach of the peak.
  func time(memory: Double = 1, arithmetic: Double = 1) throws(Missing) -> IterationTime {
    let gpus = Double(fit.gpusPerReplica ?? 1)
    let isSplit = gpus > 1 && fit.split == .tensor
    let cards = isSplit ? gpus : 1
    let bandwidth = fit.gpu.bandwidth.approximate * 1e9 * cards * memory
    guard let peak = operations() else {
      throw Missing(what: "no arithmetic throughput is known of \(fit.gpu.id)")
    }
    let flops = peak * cards * arithmetic
    guard let layers = fit.model.layers else {
      throw Missing(what: "the number of layers of \(fit.model.id) is not known")
    }
    let weights =
      Double(fit.weightBytes)
      / (bandwidth * (isSplit ? RooflineEstimate.weightsSplit : RooflineEstimate.weightsAlone))
    let active = Double(fit.model.activeParameters)
    let perToken = 2 * active / (flops * RooflineEstimate.arithmetic)
    // Of a transformer's layer 12 x width^2 parameters are known without its exact shape.
    let width = (active / (12 * Double(layers))).squareRoot()
    let perPair = 4 * Double(layers) * width / (flops * RooflineEstimate.attention)
    let perContext =
      Double(fit.keyValueBytesPerToken) / (bandwidth * RooflineEstimate.cache)
    let experts = IterationTime.Experts(
      time: weights, active: active, total: Double(fit.model.parameters))
    let base =
      RooflineEstimate.constant
      + (isSplit ? 2 * Double(layers) * RooflineEstimate.exchange : 0)
    let isDense = fit.model.activeParameters == fit.model.parameters
    return IterationTime(
      perContextToken: perContext, perPair: perPair, slope: perToken
    ) { tokens in
      max(isDense ? weights : experts.seconds(tokens: tokens), perToken * Double(tokens)) + base
    }
  }

  struct Missing: Error { var what: String }

  /// Dense operations a second of one GPU; other formats than fp8 are widened to bf16 first.
  private func operations() -> Double? {
    let rate =
      (fit.precision.id == "fp8" ? fit.gpu.fp8TeraFLOPS : nil) ?? fit.gpu.bf16TeraFLOPS
    return rate.map { $0.approximate * 1e12 }
  }

  private var cacheTokens: Int {
    let gpus = Int64(fit.gpusPerReplica ?? 1)
    let usable =
      fit.gpu.memoryBytes * gpus * Fit.usablePercent / 100 - fit.weightBytes
      - RooflineEstimate.reserve * gpus
    return Int(max(0, usable) / fit.keyValueBytesPerToken)
  }
}
