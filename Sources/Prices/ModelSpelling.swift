/// How one version number is spelt within the families that are known to vary it:
/// `claude-3.5-sonnet`, `claude-3-5-sonnet`, `claude-sonnet-3-5`; `llama-v3p3`, `llama3-3`, `llama-3.3`.
enum ModelSpelling {
  private static let families = ["claude", "llama", "deepseek", "qwen", "kimi", "glm", "gemini"]

  /// Equal for names that differ only so; nil outside the families.
  ///
  /// `vendor/` in front stays as it is. Words keep their order but for Claude, whose name and version
  /// changed places over time.
  static func key(_ name: String) -> String? {
    let slash = name.lastIndex(of: "/").map { name.index(after: $0) } ?? name.startIndex
    let vendor = name[..<slash]
    let family = families.first { name[slash...].hasPrefix($0) }
    guard let family else { return nil }
    var words: [String] = []
    var rest = name[slash...].dropFirst(family.count)
    if rest.first == "-" { rest = rest.dropFirst() }
    for word in rest.split(separator: "-", omittingEmptySubsequences: false) {
      var text = String(word)
      if words.isEmpty, text.first == "v", text.dropFirst().first?.isNumber == true {
        text.removeFirst()
      }
      text = pointed(text)
      // A version of two words, `3-5`: one or two digits, after a word that ends in one.
      if let last = words.last, isVersion(last), text.count <= 2, !text.isEmpty,
        text.allSatisfy(\.isNumber)
      {
        words[words.count - 1] = last + "." + text
      } else {
        words.append(text)
      }
    }
    if family == "claude" { words.sort() }
    return vendor + family + "-" + words.joined(separator: "-")
  }

  /// One or two digits and nothing else: `3`, not `70b`, `2024` or `3.5`.
  private static func isVersion(_ word: String) -> Bool {
    word.count <= 2 && word.allSatisfy(\.isNumber) && !word.isEmpty
  }

  /// `3p3` as `3.3`.
  private static func pointed(_ word: String) -> String {
    let characters = Array(word)
    guard let p = characters.firstIndex(of: "p"), p > 0, p + 1 < characters.count,
      characters[p - 1].isNumber, characters[p + 1].isNumber
    else { return word }
    return String(characters[..<p]) + "." + String(characters[(p + 1)...])
  }
}
