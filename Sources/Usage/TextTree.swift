/// A YAML document as plain text scalars with line numbers: `0.10` stays `0.10`.
package struct TextTree: Sendable, Hashable {
  package enum Content: Sendable, Hashable {
    /// `quoted` tells `"1"` from `1` and `"null"` from `null`.
    case scalar(String, quoted: Bool)
    case list([TextTree])
    /// In the order written.
    case map([Entry])
  }

  package struct Entry: Sendable, Hashable {
    package var key: String
    package var keyLine: Int
    package var value: TextTree

    package init(key: String, keyLine: Int, value: TextTree) {
      self.key = key
      self.keyLine = keyLine
      self.value = value
    }
  }

  package var content: Content
  /// Counted from 1.
  package var line: Int

  package init(_ content: Content, line: Int) {
    self.content = content
    self.line = line
  }

  /// Nil for lists, maps and an unquoted `null`, `~` or nothing.
  package var text: String? {
    guard case .scalar(let text, let quoted) = content, quoted || !TextTree.nulls.contains(text)
    else { return nil }
    return text
  }

  package var isNull: Bool {
    if case .scalar(let text, false) = content { return TextTree.nulls.contains(text) }
    return false
  }

  package var list: [TextTree]? {
    if case .list(let items) = content { return items }
    return nil
  }

  package var map: [Entry]? {
    if case .map(let entries) = content { return entries }
    return nil
  }

  package subscript(key: String) -> TextTree? { map?.last { $0.key == key }?.value }

  private static let nulls: Set<String> = ["", "~", "null", "Null", "NULL"]
}
