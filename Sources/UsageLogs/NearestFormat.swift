/// What content in no known format looks like, the format it comes closest to, and why it is not that.
struct NearestFormat {
  private let sample: Sample
  private let shape: Shape
  /// JSON keys or, of a table, the columns; lower case in a table.
  private let names: Set<String>

  private enum Shape {
    case objects, table, text
  }

  init(_ sample: Sample) {
    self.sample = sample
    var keys: Set<String> = []
    for document in sample.documents { keys.formUnion(document.values.keys) }
    shape = !keys.isEmpty ? .objects : sample.header.count > 3 ? .table : .text
    names = keys.isEmpty ? Set(sample.header) : keys
  }

  /// One sentence without a full stop.
  var reason: String {
    if let export = UnreadExport(sample) { return export.advice }
    if isEmpty { return "holds no record: nothing but blanks or empty brackets" }
    let scored = LogFormats.all.map { format in
      (facts: format.facts, lacks: format.facts.signature.filter { !has($0, format.facts.layout) })
    }
    let nearest = scored.max { a, b in
      share(of: a.facts, lacking: a.lacks) < share(of: b.facts, lacking: b.lacks)
    }
    // A mark or two, a 'timestamp' say, is no likeness.
    guard let nearest, share(of: nearest.facts, lacking: nearest.lacks) >= 0.3 else {
      return
        "\(content) in no known format; `hindcast formats` lists what is read, and `--as FORMAT` "
        + "reads it as one of them"
    }
    let isHopeless = nearest.facts.layout == .json && shape == .table
    return "\(content) in no known format; nearest is \(nearest.facts.name), but "
      + misfit(nearest.facts, nearest.lacks)
      + (isHopeless ? "" : "; `--as \(nearest.facts.name)` reads it as that")
  }

  /// Whether there is nothing to read: `[]`, as an export of a day without requests has it.
  private var isEmpty: Bool {
    let brackets = Set("[]{},".utf8)
    return sample.bytes.allSatisfy { $0 <= 0x20 && $0 > 0 || brackets.contains($0) }
  }

  private var content: String {
    switch shape {
    case .objects where sample.beginsAsJSON:
      "JSON objects (\(sample.documentCount) looked at)"
    case .objects: "text with JSON in it"
    case .table, .text: "text that is not JSON"
    }
  }

  private func has(_ mark: String, _ layout: FormatFacts.Layout) -> Bool {
    if layout == .lines { return sample.contains(mark) }
    return names.contains(shape == .table ? mark.lowercased() : mark)
  }

  private func share(of facts: FormatFacts, lacking lacks: [String]) -> Double {
    Double(facts.signature.count - lacks.count) / Double(facts.signature.count)
  }

  private func misfit(_ facts: FormatFacts, _ lacks: [String]) -> String {
    if facts.layout == .json, shape == .table {
      return "that is read as JSON, a line an object or one array, and this is none"
    }
    if facts.layout == .json, !sample.beginsAsJSON {
      return "that is read where JSON begins the line, and here other text does"
    }
    if lacks.isEmpty { return "its values do not fit" }
    return "there is no " + lacks.map { "'\($0)'" }.joined(separator: ", ")
  }
}
