/// Every format hindcast reads. Detection, `hindcast formats`, help texts and tests derive from it.
package enum LogFormats {
  package static let all: [any LogFormat.Type] = [
    BedrockInvocationLog.self,
    OpenAIResponseBodies.self,
    ClaudeCodeSession.self,
    LiteLLMSpendLog.self,
  ]

  package static func named(_ name: String) -> (any LogFormat.Type)? {
    all.first { $0.facts.name == name }
  }

  /// The format that is surest of the sample; among equals the first of the list.
  static func detect(_ sample: Sample) -> (any LogFormat.Type)? {
    var best: (format: any LogFormat.Type, confidence: Int)?
    for format in all {
      let confidence = format.confidence(in: sample)
      if confidence > best?.confidence ?? 0 { best = (format, confidence) }
    }
    return best?.format
  }

  /// What the content looks like, and the nearest format with what it lacks.
  static func describe(_ sample: Sample) -> String {
    var keys: Set<String> = []
    for document in sample.documents { keys.formUnion(document.values.keys) }
    let columns = Set(sample.header)
    let found = keys.isEmpty ? columns : keys
    if found.isEmpty { return "holds no text that a log format begins with" }
    let scored = all.compactMap {
      format -> (facts: FormatFacts, hits: [String], lacks: [String])? in
      let facts = format.facts
      guard facts.layout != .lines, !facts.signature.isEmpty else { return nil }
      let hits = facts.signature.filter(found.contains)
      return hits.isEmpty ? nil : (facts, hits, facts.signature.filter { !found.contains($0) })
    }
    let shape =
      keys.isEmpty ? "text that is not JSON" : "JSON objects (\(sample.documents.count) looked at)"
    guard
      let nearest = scored.max(by: {
        Double($0.hits.count) / Double($0.facts.signature.count)
          < Double($1.hits.count) / Double($1.facts.signature.count)
      })
    else { return "\(shape) in no known format; `hindcast formats` lists what is read" }
    return "\(shape) in no known format; nearest is \(nearest.facts.name), but there is no "
      + nearest.lacks.map { "'\($0)'" }.joined(separator: ", ")
  }
}
