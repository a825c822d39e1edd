/// Model names as logs and people write them -> providers and names as the book has them.
///
/// Provider first: the same weights differ by provider, so no rule here ever changes it.
struct ModelName {
  /// As given, trimmed and in lower case: what users' maps of deployments and profiles name.
  let whole: String
  /// Where to look: every provider the name may mean, in order, with the name as that one has it.
  private(set) var places: [Place] = []

  struct Place {
    var provider: String
    var name: String
    /// Where the name itself says that it runs.
    var region: String?
  }

  let givenProvider: String

  init(model: String, provider: String) {
    whole = ModelName.trimmed(model).lowercased()
    givenProvider = ModelName.canonical(ModelName.trimmed(provider).lowercased())
    var name = whole
    var place = givenProvider
    if let id = ModelName.bedrockID(name) {
      name = id
      if place.isEmpty { place = "bedrock" }
    }
    if place.isEmpty, ModelName.isBedrockName(name) { place = "bedrock" }
    for (prefix, owner) in ModelName.paths where name.hasPrefix(prefix) {
      name.removeFirst(prefix.count)
      if place.isEmpty { place = owner }
    }
    if !place.isEmpty { add(place, name) }
    if let slash = name.firstIndex(of: "/") {
      let prefix = ModelName.canonical(String(name[..<slash]))
      var rest = String(name[name.index(after: slash)...])
      for (path, _) in ModelName.paths where rest.hasPrefix(path) { rest.removeFirst(path.count) }
      // A prefix names the provider when the log does not, and repeats it when it does.
      if place.isEmpty || place == prefix { add(prefix, rest) }
    } else if place.isEmpty {
      for provider in ModelName.firstParties(name) { add(provider, name) }
    }
  }

  private mutating func add(_ provider: String, _ name: String) {
    places.append(Place(provider: provider, name: name))
    guard provider == "bedrock" else { return }
    // `converse/x`, `us-east-1/x`: how LiteLLM writes the call and the region. A region's own row stands
    // under its whole path and is found before.
    var rest = name
    for call in ["converse/", "invoke/", "converse_like/"] where rest.hasPrefix(call) {
      rest.removeFirst(call.count)
      places.append(Place(provider: provider, name: rest))
    }
    if let slash = rest.firstIndex(of: "/"), rest[..<slash].wholeMatch(of: ModelName.region) != nil
    {
      places.append(
        Place(
          provider: provider, name: String(rest[rest.index(after: slash)...]),
          region: String(rest[..<slash])))
    }
  }

  private static var region: Regex<Substring> { #/[a-z]{2}(?:-gov)?-[a-z]+-\d/# }

  /// Paths in front of an id, and whose they are.
  private static let paths = [
    ("accounts/fireworks/models/", "fireworks"), ("accounts/fireworks/routers/", "fireworks"),
    ("publishers/google/models/", "google"), ("publishers/anthropic/models/", "google"),
    ("models/", "google"),
  ]

  /// What logs call a provider -> what the book calls it.
  private static let providers: [String: String] = [
    "aws": "bedrock", "aws-bedrock": "bedrock", "amazon": "bedrock", "amazon-bedrock": "bedrock",
    "bedrock_converse": "bedrock", "aws_bedrock": "bedrock", "aws.bedrock": "bedrock",
    "azure_ai": "azure", "azure_openai": "azure", "azure-openai": "azure", "az.ai.openai": "azure",
    "azure.ai.openai": "azure", "azure_text": "azure",
    "vertex_ai": "google", "vertex": "google", "gemini": "google", "google-ai": "google",
    "google_vertex": "google", "gcp.vertex_ai": "google", "gcp.gemini": "google",
    "vertex_ai-anthropic_models": "google", "google-vertex": "google",
    "together_ai": "together", "togetherai": "together", "fireworks_ai": "fireworks",
    "fireworks-ai": "fireworks", "dashscope": "alibaba", "x-ai": "xai", "x_ai": "xai",
    "mistralai": "mistral", "mistral_ai": "mistral", "cohere_chat": "cohere",
    "text-completion-openai": "openai",
  ]

  /// The provider as the book calls it.
  static func canonical(_ provider: String) -> String { providers[provider] ?? provider }

  /// Companies that sell their own models: a log that names no provider means them.
  static let firstParties = [
    "openai", "anthropic", "google", "deepseek", "mistral", "xai", "cohere", "alibaba",
  ]

  private static let ownNames = [
    ("gpt-", "openai"), ("chatgpt-", "openai"), ("o1", "openai"), ("o3", "openai"),
    ("o4", "openai"), ("ft:", "openai"), ("claude-", "anthropic"), ("gemini-", "google"),
    ("deepseek-", "deepseek"), ("mistral-", "mistral"), ("codestral-", "mistral"),
    ("grok-", "xai"), ("command-", "cohere"), ("qwen", "alibaba"),
  ]

  /// The likely one first, so that the others' files need not be read.
  private static func firstParties(_ name: String) -> [String] {
    guard let own = ownNames.first(where: { name.hasPrefix($0.0) })?.1 else { return firstParties }
    return [own] + firstParties.filter { $0 != own }
  }

  /// Whether it is `vendor.model`, perhaps behind a geography: only Bedrock writes names so.
  private static func isBedrockName(_ name: String) -> Bool {
    let plain = NameForms.geography(name)?.model ?? name
    guard let dot = plain.firstIndex(of: "."), !name.contains("/") else { return false }
    return bedrockVendors.contains(String(plain[..<dot]))
  }

  /// The first parts of Bedrock's model ids (AWS documentation, "Supported foundation models in Amazon
  /// Bedrock", as the price packages list them on 2026-11-26).
  private static let bedrockVendors: Set = [
    "ai21", "amazon", "anthropic", "cohere", "deepseek", "google", "luma", "meta", "minimax",
    "mistral", "moonshot", "moonshotai", "nvidia", "openai", "qwen", "stability", "twelvelabs",
    "writer", "zai",
  ]

  /// The id at the end of a Bedrock ARN. That of an application's inference profile names no model.
  private static func bedrockID(_ name: String) -> String? {
    guard name.hasPrefix("arn:") else { return nil }
    for marker in [":inference-profile/", ":foundation-model/"] {
      if let range = name.firstRange(of: marker) { return String(name[range.upperBound...]) }
    }
    return nil
  }

  private static func trimmed(_ text: String) -> String {
    let isSpace: (Character) -> Bool = \.isWhitespace
    let start = text.drop(while: isSpace)
    guard let end = start.lastIndex(where: { !isSpace($0) }) else { return "" }
    return String(start[...end])
  }
}

/// Other ways to write one name, each with the rule that allows it. A rule never shortens a name by
/// anything but a date, a version of Bedrock's, a geography or a fine-tune's own part.
enum NameForms {
  /// The same snapshot with its date written otherwise: `-2024-05-13`, `-20240513`, `@20240513`.
  static func respelt(_ name: String) -> [String] {
    guard let date = Date(in: name) else { return [] }
    let digits = date.digits
    let long = "\(digits.prefix(4))-\(digits.dropFirst(4).prefix(2))-\(digits.suffix(2))"
    return ["-" + long, "-" + digits, "@" + digits].map { date.head + $0 + date.tail }
      .filter { $0 != name }
  }

  /// Without its date; also without Vertex's `@default`, which is the newest snapshot.
  static func family(_ name: String) -> String? {
    for alias in ["@default", "@latest"] where name.hasSuffix(alias) {
      return String(name.dropLast(alias.count))
    }
    return Date(in: name).map { $0.head + $0.tail }
  }

  /// Bedrock's `-v1:0`, `-v2:1:200k` at the end.
  static func withoutVersion(_ name: String) -> String? {
    guard let range = name.ranges(of: "-v").last else { return nil }
    let version = name[range.upperBound...]
    guard let first = version.first, first.isNumber,
      version.allSatisfy({ $0.isNumber || $0 == ":" || $0 == "k" })
    else { return nil }
    return String(name[..<range.lowerBound])
  }

  static let geographies: Set<String> = [
    "us", "eu", "apac", "jp", "au", "ca", "in", "us-gov", "global",
  ]

  /// The geography of a Bedrock profile and the model behind it.
  static func geography(_ name: String) -> (geography: String, model: String)? {
    guard let dot = name.firstIndex(of: "."), geographies.contains(String(name[..<dot])) else {
      return nil
    }
    return (String(name[..<dot]), String(name[name.index(after: dot)...]))
  }

  /// `ft:base` of `ft:base:organisation::id`: a fine-tune has a price of its own, never its base's.
  static func fineTune(_ name: String) -> String? {
    let parts = name.split(separator: ":", omittingEmptySubsequences: false)
    return parts.count > 2 && parts[0] == "ft" ? "ft:\(parts[1])" : nil
  }

  /// A name's digits after its head and before a Bedrock version.
  private struct Date {
    var head: String
    var digits: String
    var tail: String

    init?(in name: String) {
      let base = NameForms.withoutVersion(name) ?? name
      tail = String(name.dropFirst(base.count))
      let bytes = Array(base.utf8)
      func digits(_ count: Int, before end: Int) -> String? {
        guard end - count >= 1 else { return nil }
        let slice = bytes[end - count..<end]
        return slice.allSatisfy { (48...57).contains($0) }
          ? String(decoding: slice, as: UTF8.self) : nil
      }
      let n = bytes.count
      let dash = UInt8(ascii: "-")
      if n > 11, let day = digits(2, before: n), bytes[n - 3] == dash,
        let month = digits(2, before: n - 3), bytes[n - 6] == dash,
        let year = digits(4, before: n - 6), bytes[n - 11] == dash
      {
        head = String(decoding: bytes[..<(n - 11)], as: UTF8.self)
        self.digits = year + month + day
      } else if n > 9, let all = digits(8, before: n),
        bytes[n - 9] == dash || bytes[n - 9] == UInt8(ascii: "@")
      {
        head = String(decoding: bytes[..<(n - 9)], as: UTF8.self)
        self.digits = all
      } else {
        return nil
      }
      guard self.digits.hasPrefix("20") else { return nil }
    }
  }
}
