/// A JSON document whose keys keep their order; amounts of money are strings with all their digits.
package indirect enum JSONValue: Sendable, Hashable {
  case null
  case bool(Bool)
  case integer(Int128)
  case number(Double)
  case string(String)
  case array([JSONValue])
  case object([Member])

  package struct Member: Sendable, Hashable {
    package var key: String
    package var value: JSONValue

    package init(_ key: String, _ value: JSONValue) {
      self.key = key
      self.value = value
    }
  }

  package static func integer(_ value: Int64) -> JSONValue { .integer(Int128(value)) }
  package static func integer(_ value: Int) -> JSONValue { .integer(Int128(value)) }
  package static func string(_ value: String?) -> JSONValue { value.map { .string($0) } ?? .null }
  package static func strings(_ values: [String]) -> JSONValue {
    .array(values.map { .string($0) })
  }

  /// UTF-8, two blanks an indent, a line end at the end.
  package var bytes: [UInt8] {
    var text = ""
    write(to: &text, indent: 0)
    text += "\n"
    return Array(text.utf8)
  }

  private func write(to text: inout String, indent: Int) {
    switch self {
    case .null: text += "null"
    case .bool(let value): text += value ? "true" : "false"
    case .integer(let value): text += String(value)
    case .number(let value): text += value.isFinite ? "\(value)" : "null"
    case .string(let value): JSONValue.quote(value, into: &text)
    case .array(let items):
      write(items.map { (nil, $0) }, "[", "]", to: &text, indent)
    case .object(let members):
      write(members.map { ($0.key, $0.value) }, "{", "}", to: &text, indent)
    }
  }

  private func write(
    _ items: [(key: String?, value: JSONValue)], _ open: String, _ close: String,
    to text: inout String, _ indent: Int
  ) {
    text += open
    // Lists of plain values stay on one line.
    let isFlat = items.allSatisfy { $0.key == nil && !$0.value.isContainer }
    for (i, item) in items.enumerated() {
      if i > 0 { text += isFlat ? ", " : "," }
      if !isFlat { text += "\n" + String(repeating: " ", count: indent + 2) }
      if let key = item.key {
        JSONValue.quote(key, into: &text)
        text += ": "
      }
      item.value.write(to: &text, indent: indent + 2)
    }
    if !isFlat, !items.isEmpty { text += "\n" + String(repeating: " ", count: indent) }
    text += close
  }

  private var isContainer: Bool {
    switch self {
    case .array, .object: true
    default: false
    }
  }

  private static func quote(_ value: String, into text: inout String) {
    text += "\""
    for scalar in value.unicodeScalars {
      switch scalar {
      case "\"": text += "\\\""
      case "\\": text += "\\\\"
      case "\n": text += "\\n"
      case "\r": text += "\\r"
      case "\t": text += "\\t"
      case _ where scalar.value < 0x20:
        let digits = String(scalar.value, radix: 16)
        text += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
      default: text.unicodeScalars.append(scalar)
      }
    }
    text += "\""
  }
}
