/// The price files that are compiled into the program.
package enum Catalogue {
  /// One file a provider, in the order of their names.
  package static var files: [(name: String, text: String)] {
    [
      ("alibaba.yaml", PackageResources.alibaba_yaml),
      ("anthropic.yaml", PackageResources.anthropic_yaml),
      ("azure.yaml", PackageResources.azure_yaml),
      ("bedrock.yaml", PackageResources.bedrock_yaml),
      ("cerebras.yaml", PackageResources.cerebras_yaml),
      ("cohere.yaml", PackageResources.cohere_yaml),
      ("deepinfra.yaml", PackageResources.deepinfra_yaml),
      ("deepseek.yaml", PackageResources.deepseek_yaml),
      ("fireworks.yaml", PackageResources.fireworks_yaml),
      ("google.yaml", PackageResources.google_yaml),
      ("groq.yaml", PackageResources.groq_yaml),
      ("mistral.yaml", PackageResources.mistral_yaml),
      ("openai.yaml", PackageResources.openai_yaml),
      ("openrouter.yaml", PackageResources.openrouter_yaml),
      ("together.yaml", PackageResources.together_yaml),
      ("xai.yaml", PackageResources.xai_yaml),
    ].map { ($0.0, String(decoding: $0.1, as: UTF8.self)) }
  }

  /// The newest date in the book and a hash of its text: what a report rests on.
  package static var version: String {
    var hash: UInt64 = 0xCBF2_9CE4_8422_2325
    for file in files {
      for byte in file.text.utf8 { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3 }
    }
    let digits = String(hash, radix: 16)
    return "2026-11-21+" + String(repeating: "0", count: 16 - digits.count) + digits
  }
}
