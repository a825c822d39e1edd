/// Model names as logs and people write them -> provider and name as the book has them.
enum ModelNames {
  struct Candidate {
    var provider: String
    var name: String
    var rule: PriceMatch.Rule
  }

  /// What logs call a provider -> what the book calls it.
  private static let providers: [String: String] = [
    "aws": "bedrock", "aws-bedrock": "bedrock", "amazon": "bedrock", "amazon-bedrock": "bedrock",
    "bedrock_converse": "bedrock", "aws_bedrock": "bedrock", "azure_ai": "azure",
    "azure_openai": "azure", "azure-openai": "azure", "vertex_ai": "google", "vertex": "google",
    "gemini": "google", "google-ai": "google", "together_ai": "together",
    "fireworks_ai": "fireworks",
    "dashscope": "alibaba", "x-ai": "xai", "mistralai": "mistral",
  ]

  /// Companies that sell their own models: a log that names no provider means them.
  private static let firstParties = [
    "openai", "anthropic", "google", "deepseek", "mistral", "xai", "cohere", "alibaba",
  ]

  /// In the order to try. Provider first, then the exact name, then the name without a date: a
  /// snapshot's own row always wins over its family's.
  static func candidates(model: String, provider: String) -> [Candidate] {
    var name = model.lowercased()
    for marker in [":inference-profile/", ":foundation-model/"] {
      if let range = name.firstRange(of: marker) { name = String(name[range.upperBound...]) }
    }
    for prefix in ["accounts/fireworks/models/", "publishers/google/models/", "models/"] {
      if name.hasPrefix(prefix) { name.removeFirst(prefix.count) }
    }
    let given = canonical(provider.lowercased())
    var names: [(provider: String, name: String)] = []
    if !given.isEmpty { names.append((given, name)) }
    if let slash = name.firstIndex(of: "/") {
      let prefix = canonical(String(name[..<slash]))
      let rest = String(name[name.index(after: slash)...])
      // A prefix names the provider when the log does not, and repeats it when it does.
      if given.isEmpty || given == prefix { names.append((prefix, rest)) }
    } else if given.isEmpty {
      names += firstParties.map { ($0, name) }
    }
    var result: [Candidate] = []
    for (provider, name) in names {
      result.append(Candidate(provider: provider, name: name, rule: .exact))
      let family = withoutDate(name)
      if family != name {
        result.append(Candidate(provider: provider, name: family, rule: .snapshot))
      }
      if provider == "bedrock", let dot = name.firstIndex(of: "."),
        geographies.contains(String(name[..<dot]))
      {
        let plain = String(name[name.index(after: dot)...])
        result.append(Candidate(provider: provider, name: plain, rule: .geography))
      }
    }
    return result
  }

  private static let geographies: Set<String> = [
    "us", "eu", "apac", "jp", "au", "ca", "us-gov", "global",
  ]

  /// The provider as the book calls it.
  static func canonical(_ provider: String) -> String { providers[provider] ?? provider }

  /// Without `-2024-07-18`, `-20240718` or `@20240718` at the end.
  private static func withoutDate(_ name: String) -> String {
    let bytes = Array(name.utf8)
    func isDigits(_ range: Range<Int>) -> Bool {
      range.lowerBound >= 0 && range.allSatisfy { (48...57).contains(bytes[$0]) }
    }
    let n = bytes.count
    if n > 11, isDigits(n - 2..<n), bytes[n - 3] == 45, isDigits(n - 5..<n - 3),
      bytes[n - 6] == 45, isDigits(n - 10..<n - 6), bytes[n - 11] == 45
    {
      return String(name.dropLast(11))
    }
    if n > 9, isDigits(n - 8..<n), bytes[n - 9] == 45 || bytes[n - 9] == 64 {
      return String(name.dropLast(9))
    }
    return name
  }
}
