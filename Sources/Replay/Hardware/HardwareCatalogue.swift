import Usage

/// GPUs, open-weight models, precisions and measured throughput: facts with source and date, compiled
/// in as YAML and extended by the user's own files.
package struct HardwareCatalogue: Sendable {
  package private(set) var gpus: [GPU] = []
  package private(set) var models: [ModelFacts] = []
  package private(set) var precisions: [Precision] = []
  package private(set) var points: [ThroughputPoint] = []
  /// Sources whose figures were found false, and why.
  package private(set) var distrusted: [(source: String, reason: String)] = []

  package init() {}

  /// The files that are compiled into the program; the build writes `texts` from HardwareCatalogue/*.yaml.
  package static var files: [(name: String, text: String)] {
    texts.map { ($0.name + ".yaml", $0.text) }
  }

  /// Reads one file by its schema. Throws `OptionFaults` that names everything wrong at once, also
  /// measurements that cannot be true.
  package mutating func add(_ tree: TextTree, file: String) throws {
    let faults = FaultList(file: file)
    let reader = HardwareReader(faults: faults)
    switch tree["schema"]?.text {
    case "hindcast-gpus/1": gpus += reader.gpus(tree)
    case "hindcast-models/1": models += reader.models(tree)
    case "hindcast-precisions/1": precisions += reader.precisions(tree)
    case "hindcast-throughput/1":
      distrusted += reader.distrusted(tree)
      for var point in reader.points(tree) {
        // By whatever name it was written, it is found by the catalogue's own.
        if let gpu = gpu(named: point.gpu) { point.gpu = gpu.id }
        if let model = model(named: point.model) { point.model = model.id }
        if let objection = objection(to: point) {
          faults.add(point.line, objection)
        } else {
          points.append(point)
        }
      }
    default:
      faults.add(tree.line, "expected a schema of gpus, models, precisions or throughput")
    }
    if !faults.faults.isEmpty { throw OptionFaults(faults: faults.faults) }
  }

  package func gpu(named name: String) -> GPU? {
    let name = name.lowercased()
    return gpus.first {
      $0.id.lowercased() == name || $0.names.contains { $0.lowercased() == name }
    }
  }

  /// `meta-llama/Llama-3.3-70B-Instruct` is found as `llama-3.3-70b`.
  package func model(named name: String) -> ModelFacts? {
    let wanted = HardwareCatalogue.plain(name)
    return models.first {
      HardwareCatalogue.plain($0.id) == wanted
        || $0.names.contains { HardwareCatalogue.plain($0) == wanted }
    }
  }

  package func precision(named name: String) -> Precision? {
    let name = name.lowercased()
    return precisions.first { $0.id == name || $0.names.contains(name) }
  }

  private static func plain(_ name: String) -> String {
    var name = name.lowercased()
    if let slash = name.lastIndex(of: "/"), !name.hasPrefix("deepseek-v3/") {
      name = String(name[name.index(after: slash)...])
    }
    for ending in ["-instruct", "-it", "-chat"] where name.hasSuffix(ending) {
      name = String(name.dropLast(ending.count))
    }
    return name
  }
}
