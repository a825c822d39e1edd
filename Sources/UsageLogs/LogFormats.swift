/// Every format hindcast reads. Detection, `hindcast formats`, help texts and tests derive from it.
package enum LogFormats {
  package static let all: [any LogFormat.Type] = [
    BedrockInvocationLog.self,
    OpenAIResponseBodies.self,
    LiteLLMSpendLog.self,
    ClaudeCodeSession.self,
    VLLMServerLog.self,
    OpenAIUsagePages.self,
    OpenAIUsageCSV.self,
    TraceCSV.self,
    MooncakeTrace.self,
  ]

  package static func named(_ name: String) -> (any LogFormat.Type)? {
    all.first { $0.facts.name == name }
  }

  /// The format that is surest of the sample; among equals the first of the list.
  static func detect(_ sample: Sample) -> (any LogFormat.Type)? {
    var best: (format: any LogFormat.Type, confidence: Int)?
    for format in all where format.highestConfidence > best?.confidence ?? 0 {
      guard format.facts.layout != .json || sample.beginsAsJSON else { continue }
      let confidence = format.confidence(in: sample)
      if confidence > best?.confidence ?? 0 { best = (format, confidence) }
    }
    return best?.format
  }
}
