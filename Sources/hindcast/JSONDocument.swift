import Foundation
import Usage

/// Small JSON files, as benchmark tools write them, as plain trees. Several documents in one file, a
/// line each, become a list.
enum JSONDocument {
  static func read(path: String) throws -> TextTree {
    let data: Data
    do {
      data = try Data(contentsOf: URL(fileURLWithPath: path))
    } catch {
      throw Refusal("\(path) cannot be read: \(error.localizedDescription)")
    }
    if let whole = try? JSONSerialization.jsonObject(with: data) { return tree(whole, line: 1) }
    var documents: [TextTree] = []
    for (number, line) in data.split(separator: 0x0A).enumerated()
    where !line.allSatisfy({ $0 <= 0x20 }) {
      guard let document = try? JSONSerialization.jsonObject(with: Data(line)) else {
        throw Refusal("\(path):\(number + 1): not valid JSON")
      }
      documents.append(tree(document, line: number + 1))
    }
    guard !documents.isEmpty else { throw Refusal("\(path) is empty") }
    return TextTree(.list(documents), line: 1)
  }

  private static func tree(_ value: Any, line: Int) -> TextTree {
    switch value {
    case let map as [String: Any]:
      TextTree(
        .map(
          map.sorted { $0.key < $1.key }.map {
            TextTree.Entry(key: $0.key, keyLine: line, value: tree($0.value, line: line))
          }), line: line)
    case let list as [Any]: TextTree(.list(list.map { tree($0, line: line) }), line: line)
    case let text as String: TextTree(.scalar(text, quoted: true), line: line)
    case let number as NSNumber: TextTree(.scalar("\(number)", quoted: false), line: line)
    default: TextTree(.scalar("null", quoted: false), line: line)
    }
  }
}
