import Usage

/// Whether a model fits GPUs: weights and KV cache in bytes against memory.
package struct Fit: Sendable {
  /// How a replica uses several GPUs.
  package enum Split: String, Sendable, CaseIterable {
    /// All work on every layer: takes 1, 2, 4, 8, 16 GPUs; their bandwidth adds up.
    case tensor
    /// One after the other, each its own layers: any number; no faster than one.
    case layer
  }

  package var gpu: GPU
  package var model: ModelFacts
  package var precision: Precision
  package var split: Split
  package var gpuCount: Int
  package var weightBytes: Int64
  package var activeBytes: Int64
  /// fp16, summed over the GPUs of a replica.
  package var keyValueBytesPerToken: Int64
  /// GPUs that one replica takes; nil when it does not fit.
  package var gpusPerReplica: Int?
  package var replicas: Int
  package var idleGPUs: Int
  /// Tokens whose KV cache fits beside the weights of one replica.
  package var keyValueTokens: Int64
  /// Tokens a second of one stream that memory bandwidth allows on one replica.
  package var ceiling: Double

  /// vLLM's default `gpu_memory_utilization`.
  package static let usablePercent: Int64 = 90

  /// `asOne` makes all GPUs one replica where that can be; without it a replica is as small as it can be.
  package init(
    _ model: ModelFacts, _ precision: Precision, on gpu: GPU, count: Int, split: Split = .tensor,
    asOne: Bool = false
  ) {
    self.gpu = gpu
    self.model = model
    self.precision = precision
    self.split = split
    gpuCount = count
    weightBytes = precision.bytes(of: model.parameters)
    activeBytes = precision.bytes(of: model.activeParameters)
    let tensorSizes = [1, 2, 4, 8, 16]
    let isWhole = split == .layer || (asOne && tensorSizes.contains(count))
    let sizes = isWhole ? [count] : tensorSizes.filter { $0 <= count }
    let weights = weightBytes
    gpusPerReplica = sizes.first { Fit.usable(gpu, $0) > weights }
    let size = gpusPerReplica ?? sizes.last ?? count
    replicas = gpusPerReplica.map { count / $0 } ?? 0
    idleGPUs = gpusPerReplica.map { count % $0 } ?? 0
    keyValueBytesPerToken = Fit.keyValueBytes(model, gpus: split == .layer ? 1 : size)
    keyValueTokens = max(0, (Fit.usable(gpu, size) - weightBytes) / keyValueBytesPerToken)
    ceiling = Fit.ceiling(gpu, cards: split == .layer ? 1 : size, activeBytes: activeBytes)
  }

  package var fits: Bool { gpusPerReplica != nil }

  private static func usable(_ gpu: GPU, _ count: Int) -> Int64 {
    gpu.memoryBytes * Int64(count) * usablePercent / 100
  }

  /// Beyond the number of KV heads every further GPU holds a copy.
  private static func keyValueBytes(_ model: ModelFacts, gpus: Int) -> Int64 {
    let copies = Int64(max(1, gpus / (model.keyValueHeads ?? 1)))
    return max(1, model.keyValueBytes * copies)
  }

  /// Each token of one stream reads the active weights once.
  static func ceiling(_ gpu: GPU, cards: Int, activeBytes: Int64) -> Double {
    gpu.bandwidth.approximate * 1e9 * Double(cards) / Double(max(1, activeBytes))
  }

  /// The sum, for people.
  package var sentence: String {
    let usable = Fit.usable(gpu, gpusPerReplica ?? gpuCount)
    let size = gpusPerReplica ?? gpuCount
    let sum =
      "\(model.id) in \(precision.id): weights \(gigabytes(weightBytes)) against \(size) x \(gpu.id) "
      + "with \(gigabytes(usable)) usable (\(Fit.usablePercent) %)"
    guard let gpusPerReplica else { return sum + ": does not fit" }
    var text =
      sum + ", room for \(keyValueTokens) tokens of KV cache at \(keyValueBytesPerToken) bytes each"
    if gpusPerReplica < gpuCount || idleGPUs > 0 {
      text += "; \(gpuCount) GPUs make \(replicas) replica\(replicas == 1 ? "" : "s") of "
      text += "\(gpusPerReplica)" + (idleGPUs > 0 ? " and leave \(idleGPUs) idle" : "")
    }
    return text
  }

  /// Why this rate of one stream cannot be; nil when it can.
  package func objection(toSingleStream rate: ExactDecimal) -> String? {
    guard rate.approximate > ceiling else { return nil }
    let cards = split == .layer ? 1 : gpusPerReplica ?? gpuCount
    return "\(rate) tokens a second of one stream are above the ceiling of \(tenths(ceiling)): "
      + (cards > 1 ? "\(cards) x " : "")
      + "\(gpu.bandwidth) GB/s over \(gigabytes(activeBytes)) of active weights"
  }
}
