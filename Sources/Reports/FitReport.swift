import Replay
import Usage

/// Whether a model fits GPUs.
package enum FitReport {
  package static func make(_ fit: Fit, singleStream: ExactDecimal?) -> Report {
    let objection = singleStream.flatMap { fit.objection(toSingleStream: $0) }
    var lines = [fit.sentence, "one stream: at most \(ceiling(fit)) tokens a second"]
    if let objection { lines.append("impossible: " + objection) }
    if let quality = fit.precision.quality { lines.append("quality: " + quality) }
    if let note = fit.model.note { lines.append("note: " + note) }
    let members = json(fit) + [.init("objection", .string(objection))]
    return Report(
      document: Document(
        title: "\(fit.model.id) in \(fit.precision.id) on \(fit.gpuCount) x \(fit.gpu.id): "
          + (fit.fits ? "fits" : "does not fit"),
        sections: [Document.Section(lines: lines)]),
      json: .object([.init("schemaVersion", .integer(1))] + members), data: table(fit))
  }

  static func json(_ fit: Fit) -> [JSONValue.Member] {
    [
      .init("model", .string(fit.model.id)), .init("precision", .string(fit.precision.id)),
      .init("gpu", .string(fit.gpu.id)), .init("gpus", .integer(fit.gpuCount)),
      .init("split", .string(fit.split.rawValue)), .init("fits", .bool(fit.fits)),
      .init("weightBytes", .integer(fit.weightBytes)),
      .init("weights", .string(gigabytes(fit.weightBytes))),
      .init("kvBytesPerToken", .integer(fit.model.keyValueBytes)),
      .init("kvTokens", .integer(fit.keyValueTokens)),
      .init("gpusPerReplica", fit.gpusPerReplica.map { .integer($0) } ?? .null),
      .init("replicas", .integer(fit.replicas)), .init("idleGPUs", .integer(fit.idleGPUs)),
      .init("singleStreamCeiling", .number((fit.ceiling * 10).rounded() / 10)),
      .init("quality", .string(fit.precision.quality)),
    ]
  }

  private static func ceiling(_ fit: Fit) -> String {
    ExactDecimal(units: Int128((min(fit.ceiling, 1e12) * 10).rounded()), scale: 1).description
  }

  private static func table(_ fit: Fit) -> Table {
    Table(
      columns: [
        .init("model", name: "model"), .init("precision", name: "precision"),
        .init("GPU", name: "gpu"), .init("GPUs", name: "gpus", isNumber: true),
        .init("fits", name: "fits"), .init("weights", name: "weight_bytes", isNumber: true),
        .init("KV tokens", name: "kv_tokens", isNumber: true),
        .init("replicas", name: "replicas", isNumber: true),
        .init("idle GPUs", name: "idle_gpus", isNumber: true),
      ],
      rows: [
        [
          .text(fit.model.id), .text(fit.precision.id), .text(fit.gpu.id),
          .count(Int64(fit.gpuCount)), .text(fit.fits ? "yes" : "no"), .count(fit.weightBytes),
          .count(fit.keyValueTokens), .count(Int64(fit.replicas)), .count(Int64(fit.idleGPUs)),
        ]
      ])
  }
}
