import Foundation
import Usage
import Yams

/// The one place where YAML is read: files become plain trees of text scalars with line numbers.
enum YAMLDocument {
  private static let deepest = 64

  /// Reads a file that `file` names: from its folder on.
  static func attachment(to file: String) -> (String) throws -> TextTree {
    { path in
      let folder = URL(fileURLWithPath: file).deletingLastPathComponent()
      let whole = path.hasPrefix("/") ? path : folder.appending(path: path).path
      return try whole.lowercased().hasSuffix(".json") || whole.lowercased().hasSuffix(".jsonl")
        ? JSONDocument.read(path: whole) : read(path: whole)
    }
  }

  static func read(path: String) throws -> TextTree {
    let data: Data
    do {
      data = try Data(contentsOf: URL(fileURLWithPath: path))
    } catch {
      throw Refusal("\(path) cannot be read: \(error.localizedDescription)")
    }
    guard let text = String(data: data, encoding: .utf8) else {
      throw Refusal("\(path) is not UTF-8 text")
    }
    return try parse(text, file: path)
  }

  /// `file` names the text in messages.
  @Sendable static func parse(_ text: String, file: String) throws -> TextTree {
    do {
      guard let node = try Yams.compose(yaml: text) else {
        return TextTree(.scalar("", quoted: false), line: 1)
      }
      return try tree(node, file: file, depth: 0)
    } catch let error as YamlError {
      throw Refusal("\(file): not valid YAML: \(describe(error))")
    }
  }

  private static func describe(_ error: YamlError) -> String {
    switch error {
    case .scanner(_, let problem, let mark, _), .parser(_, let problem, let mark, _),
      .composer(_, let problem, let mark, _):
      "line \(mark.line), column \(mark.column): \(problem)"
    case .duplicatedKeysInMapping(let duplicates, _):
      "a key stands twice in one map: " + duplicates.map { "\($0)" }.joined(separator: ", ")
    default: "\(error)"
    }
  }

  private static func tree(_ node: Node, file: String, depth: Int) throws -> TextTree {
    let line = node.mark?.line ?? 1
    guard depth <= deepest else {
      throw Refusal("\(file):\(line): nested deeper than \(deepest) levels")
    }
    switch node {
    case .scalar(let scalar):
      return TextTree(.scalar(scalar.string, quoted: scalar.style != .plain), line: line)
    case .sequence(let items):
      return TextTree(
        .list(try items.map { try tree($0, file: file, depth: depth + 1) }), line: line)
    case .mapping(let pairs):
      let entries = try pairs.map { key, value in
        guard case .scalar(let name) = key else {
          throw Refusal("\(file):\(line): a key must be plain text")
        }
        return TextTree.Entry(
          key: name.string, keyLine: key.mark?.line ?? line,
          value: try tree(value, file: file, depth: depth + 1))
      }
      return TextTree(.map(entries), line: line)
    case .alias:
      throw Refusal("\(file):\(line): YAML aliases are not supported; write the value out")
    }
  }
}
