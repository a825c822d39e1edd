import Usage

/// Reads the catalogue's files.
struct HardwareReader {
  let faults: FaultList

  private func items(_ tree: TextTree, _ key: String, known: [String]) -> [OptionReader] {
    let root = OptionReader(
      tree, place: "file", known: ["schema", "source", "date", "groups", "distrusted", key],
      faults: faults)
    guard let list = root.field(key)?.list else { return [] }
    return list.map { OptionReader($0, place: key, known: known, faults: faults) }
  }

  func gpus(_ tree: TextTree) -> [GPU] {
    let known = [
      "id", "names", "memory_mib", "bandwidth_gb_s", "bf16_tflops", "fp8_tflops", "watts", "status",
    ]
    return items(tree, "gpus", known: known).compactMap { reader in
      guard let id = reader.text("id"), let memory = reader.number("memory_mib"), memory > 0,
        let bandwidth = reader.decimal("bandwidth_gb_s"), !bandwidth.isZero
      else {
        reader.complain(reader.line, "needs 'id', 'memory_mib' and 'bandwidth_gb_s'")
        return nil
      }
      return GPU(
        id: id, names: reader.texts("names") ?? [], memoryBytes: Int64(memory) << 20,
        bandwidth: bandwidth, bf16TeraFLOPS: reader.decimal("bf16_tflops"),
        fp8TeraFLOPS: reader.decimal("fp8_tflops"), watts: reader.decimal("watts"),
        status: reader.text("status") ?? "user")
    }
  }

  func models(_ tree: TextTree) -> [ModelFacts] {
    let known = [
      "id", "names", "architecture", "parameters_b", "active_b", "layers", "kv_heads", "head_dim",
      "kv_values", "released", "note",
    ]
    return items(tree, "models", known: known).compactMap { reader in
      guard let id = reader.text("id"), let parameters = billions("parameters_b", reader),
        let values = keyValues(reader)
      else {
        reader.complain(
          reader.line,
          "needs 'id', 'parameters_b' and 'layers', 'kv_heads', 'head_dim' (or 'kv_values')")
        return nil
      }
      return ModelFacts(
        id: id, names: reader.texts("names") ?? [],
        architecture: reader.text("architecture") ?? id, parameters: parameters,
        activeParameters: billions("active_b", reader) ?? parameters, keyValues: values,
        layers: reader.number("layers", atMost: 10_000),
        keyValueHeads: reader.number("kv_heads"), released: reader.day("released"),
        note: reader.text("note"))
    }
  }

  private func billions(_ key: String, _ reader: OptionReader) -> Int64? {
    reader.decimal(key, atMost: 1_000_000)?.units(atScale: 9).flatMap(Int64.init(exactly:))
      .flatMap { $0 > 0 ? $0 : nil }
  }

  private func keyValues(_ reader: OptionReader) -> Int64? {
    if let values = reader.number("kv_values") { return Int64(values) }
    guard let layers = reader.number("layers", atMost: 10_000),
      let heads = reader.number("kv_heads", atMost: 10_000),
      let size = reader.number("head_dim", atMost: 10_000)
    else { return nil }
    return 2 * Int64(layers) * Int64(heads) * Int64(size)
  }

  func precisions(_ tree: TextTree) -> [Precision] {
    items(tree, "precisions", known: ["id", "names", "bits", "quality"]).compactMap { reader in
      guard let id = reader.text("id"), let bits = reader.decimal("bits", atMost: 64), !bits.isZero
      else {
        reader.complain(reader.line, "needs 'id' and 'bits', bits a parameter")
        return nil
      }
      return Precision(
        id: id, names: reader.texts("names") ?? [], bits: bits, quality: reader.text("quality"))
    }
  }

  func distrusted(_ tree: TextTree) -> [(source: String, reason: String)] {
    (tree["distrusted"]?.list ?? []).compactMap { item in
      let reader = OptionReader(
        item, place: "distrusted", known: ["source", "reason"], faults: faults)
      guard let source = reader.text("source"), let reason = reader.text("reason") else {
        return nil
      }
      return (source.lowercased(), reason)
    }
  }

  func points(_ tree: TextTree) -> [ThroughputPoint] {
    let groups = items(tree, "groups", known: ["source", "date", "trust", "engine", "points"])
    return groups.flatMap { group -> [ThroughputPoint] in
      guard let source = group.text("source"), let list = group.field("points")?.list else {
        group.complain(group.line, "needs 'source' and 'points', a list")
        return []
      }
      let isPrimary = group.word("trust", among: ["primary", "secondary"]) == "primary"
      return list.compactMap { item in
        guard var point = point(item) else { return nil }
        point.source = source
        point.date = group.text("date")
        point.engine = point.engine ?? group.text("engine")
        point.isPrimary = isPrimary
        return point
      }
    }
  }

  private func point(_ tree: TextTree) -> ThroughputPoint? {
    let known = [
      "gpu", "count", "model", "precision", "input", "output", "concurrency", "output_tok_s",
      "total_tok_s", "prefill_tok_s", "derived", "engine", "scenario", "parallel", "note",
    ]
    let reader = OptionReader(tree, place: "points", known: known, faults: faults)
    guard let gpu = reader.text("gpu"), let model = reader.text("model"),
      let precision = reader.text("precision")
    else {
      reader.complain(reader.line, "needs 'gpu', 'model' and 'precision'")
      return nil
    }
    return ThroughputPoint(
      gpu: gpu, count: reader.number("count", atMost: 100_000) ?? 1, model: model,
      precision: precision, input: reader.number("input"), output: reader.number("output"),
      concurrency: reader.number("concurrency"), outputPerSecond: reader.decimal("output_tok_s"),
      totalPerSecond: reader.decimal("total_tok_s"), engine: reader.text("engine"),
      scenario: reader.text("scenario") ?? "", parallel: reader.text("parallel"),
      source: "", date: nil, isPrimary: false, line: reader.line)
  }
}
