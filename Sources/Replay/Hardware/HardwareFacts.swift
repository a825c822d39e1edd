import Usage

/// A GPU as it is sold.
package struct GPU: Sendable {
  package var id: String
  package var names: [String]
  /// What the driver reports: an "80 GB" A100 has 81,920 MiB = 85.9 x 10^9 bytes.
  package var memoryBytes: Int64
  /// 10^9 bytes a second.
  package var bandwidth: ExactDecimal
  /// Dense, 10^12 a second; nil where no figure is known.
  package var bf16TeraFLOPS: ExactDecimal?
  package var fp8TeraFLOPS: ExactDecimal?
  package var watts: ExactDecimal?
  /// `seen` in the catalogue's source, or a `datasheet` figure.
  package var status: String
}

/// An open-weight model's size.
package struct ModelFacts: Sendable {
  package var id: String
  package var names: [String]
  /// Models whose layers are alike have the same; throughput measured on one holds for the other.
  package var architecture: String
  package var parameters: Int64
  /// Parameters that one token uses; fewer than `parameters` in a mixture of experts.
  package var activeParameters: Int64
  /// Values that a token keeps in the KV cache: 2 x layers x KV heads x head dimension; with
  /// multi-head latent attention layers x (latent + rotary part).
  package var keyValues: Int64
  /// Bytes that they take in fp16.
  package var keyValueBytes: Int64 { keyValues * 2 }
  package var layers: Int?
  /// Nil with multi-head latent attention, whose cache every GPU holds whole.
  package var keyValueHeads: Int?
  package var released: Day?
  package var note: String?
}

/// What weights are stored in.
package struct Precision: Sendable {
  package var id: String
  package var names: [String]
  /// Bits a parameter, scales included.
  package var bits: ExactDecimal
  /// What is known to be lost, for people.
  package var quality: String?

  /// Rounded up.
  package func bytes(of parameters: Int64) -> Int64 {
    let divisor = 8 * ExactDecimal.powerOfTen(bits.scale)
    return Int64((Int128(parameters) * bits.units + divisor - 1) / divisor)
  }
}

/// One published measurement of a deployment.
package struct ThroughputPoint: Sendable {
  package var gpu: String
  package var count: Int
  package var model: String
  package var precision: String
  /// Tokens of a request; nil where the source names a data set instead.
  package var input: Int?
  package var output: Int?
  package var concurrency: Int?
  /// Over the whole deployment.
  package var outputPerSecond: ExactDecimal?
  package var totalPerSecond: ExactDecimal?
  package var engine: String?
  package var scenario: String
  package var parallel: String?
  package var source: String
  package var date: String?
  /// Published by whoever measured it.
  package var isPrimary: Bool
  /// Line of its file.
  package var line: Int

  /// One request at a time.
  package var isSingleStream: Bool { scenario == "single-stream-decode" || concurrency == 1 }
}
