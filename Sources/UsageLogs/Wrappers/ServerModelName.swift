/// The name of a model that a server was started with.
enum ServerModelName {
  /// A local path becomes its last component, a Hugging Face cache path `Org/Name`; names stay.
  static func of(_ text: String) -> String {
    let parts = text.split(whereSeparator: { $0 == "/" || $0 == "\\" })
    if let cached = parts.first(where: { $0.hasPrefix("models--") }) {
      let names = cached.dropFirst("models--".count).split(
        separator: "-", omittingEmptySubsequences: false)
      return joined(names)
    }
    let isPath =
      text.hasPrefix("/") || text.hasPrefix(".") || text.hasPrefix("~") || parts.count > 2
      || text.contains("\\")
    return isPath ? String(parts.last ?? "") : text
  }

  /// `Org--Name-7B`, split at its dashes: the double dash is the slash.
  private static func joined(_ parts: [Substring]) -> String {
    var name = ""
    for (index, part) in parts.enumerated() {
      if part.isEmpty {
        name += "/"
      } else {
        name += (index == 0 || parts[index - 1].isEmpty ? "" : "-") + part
      }
    }
    return name
  }
}
