import Usage

/// What people ask of a way of hosting beside its price: yes or no by option, and filters over it.
package enum Requirements {
  package struct Attribute: Sendable {
    /// As in `attributes:` and `require:`.
    package var name: String
    /// What "yes" means.
    package var meaning: String
  }

  /// The rows of the matrix.
  package static let attributes: [Attribute] = [
    Attribute(name: "data_stays", meaning: "data privacy: prompts stay in the house"),
    Attribute(name: "offline", meaning: "works without the network"),
    Attribute(name: "customization", meaning: "customization and control"),
    Attribute(name: "auditing", meaning: "auditing of what ran"),
    Attribute(name: "easy_setup", meaning: "easy to set up"),
    Attribute(name: "low_setup_cost", meaning: "low set-up cost"),
    Attribute(name: "low_maintenance", meaning: "little maintenance"),
  ]

  /// Attributes that hold of a whole only if they hold of every part.
  private static let ofAllParts: Set<String> = ["data_stays", "offline"]

  /// Whether an option offers a requirement: an attribute, `region:NAME`, or a tag.
  static func meets(
    _ requirement: String, _ option: any HostingOption, _ file: OptionsFile
  ) -> Bool {
    let parts = option.references.filter { !$0.mayBeModel }.compactMap { file.option($0.name) }
    let own = states(requirement, option.basics)
    if option is Hybrid {
      // What a mixture does not say of itself holds if it holds of all its parts.
      return own ?? parts.allSatisfy { meets(requirement, $0, file) }
    }
    guard own ?? false else { return false }
    let needsParts = ofAllParts.contains(requirement) || requirement.hasPrefix("region:")
    return !needsParts || parts.allSatisfy { meets(requirement, $0, file) }
  }

  /// Nil where the option says nothing.
  private static func states(_ requirement: String, _ basics: OptionBasics) -> Bool? {
    if let stated = basics.attributes[requirement] { return stated }
    if requirement.hasPrefix("region:") {
      return basics.region.map { $0 == String(requirement.dropFirst(7)) }
    }
    return basics.tags.contains(requirement) ? true : basics.tags.isEmpty ? nil : false
  }

  /// Complains of words that no option can ever meet because they are misspelt.
  static func misspelling(_ requirement: String, _ file: OptionsFile) -> String? {
    let names = attributes.map(\.name) + file.options.flatMap { $0.basics.tags }
    guard !names.contains(requirement), !requirement.hasPrefix("region:") else { return nil }
    return nearest(to: requirement, among: names)
  }

  /// Requests tagged `region` or `residency` that the option would handle elsewhere. Hardware that
  /// keeps data in the house violates nothing.
  static func violations(_ history: History, _ basics: OptionBasics) -> Int64 {
    if basics.attributes["data_stays"] == true, basics.region == nil { return 0 }
    let isElsewhere = history.kinds.map { kind -> Bool in
      let tag = kind.labels.first { $0.key == .tag && ["region", "residency"].contains($0.name) }
      guard let wanted = tag?.value.lowercased() else { return false }
      guard let region = basics.region?.lowercased() else { return true }
      return !(region == wanted || region.hasPrefix(wanted + "-") || wanted.hasPrefix(region + "-"))
    }
    guard isElsewhere.contains(true) else { return 0 }
    return history.requests.reduce(0) { $0 + (isElsewhere[$1.kind] ? $1.requests ?? 1 : 0) }
  }
}
