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
    var bytes: [UInt8] = []
    write(to: &bytes, indent: 0)
    bytes.append(UInt8(ascii: "\n"))
    return bytes
  }

  private func write(to bytes: inout [UInt8], indent: Int) {
    switch self {
    case .null: bytes += "null".utf8
    case .bool(let value): bytes += (value ? "true" : "false").utf8
    case .integer(let value): bytes += String(value).utf8
    case .number(let value): bytes += (value.isFinite ? "\(value)" : "null").utf8
    case .string(let value): JSONValue.quote(value, into: &bytes)
    case .array(let items):
      // Lists of plain values stay on one line.
      let isFlat = !items.contains(where: \.isContainer)
      bytes.append(UInt8(ascii: "["))
      for (i, item) in items.enumerated() {
        JSONValue.separate(i, isFlat: isFlat, indent + 2, into: &bytes)
        item.write(to: &bytes, indent: indent + 2)
      }
      if !isFlat { JSONValue.breakLine(indent, into: &bytes) }
      bytes.append(UInt8(ascii: "]"))
    case .object(let members):
      bytes.append(UInt8(ascii: "{"))
      for (i, member) in members.enumerated() {
        JSONValue.separate(i, isFlat: false, indent + 2, into: &bytes)
        JSONValue.quote(member.key, into: &bytes)
        bytes += ": ".utf8
        member.value.write(to: &bytes, indent: indent + 2)
      }
      if !members.isEmpty { JSONValue.breakLine(indent, into: &bytes) }
      bytes.append(UInt8(ascii: "}"))
    }
  }

  /// What stands before the `number`th item of a list.
  private static func separate(
    _ number: Int, isFlat: Bool, _ indent: Int, into bytes: inout [UInt8]
  ) {
    if number > 0 { bytes.append(UInt8(ascii: ",")) }
    if !isFlat {
      breakLine(indent, into: &bytes)
    } else if number > 0 {
      bytes.append(UInt8(ascii: " "))
    }
  }

  private static func breakLine(_ indent: Int, into bytes: inout [UInt8]) {
    bytes.append(UInt8(ascii: "\n"))
    bytes.append(contentsOf: repeatElement(UInt8(ascii: " "), count: indent))
  }

  private var isContainer: Bool {
    switch self {
    case .array, .object: true
    default: false
    }
  }

  private static func quote(_ value: String, into bytes: inout [UInt8]) {
    bytes.append(UInt8(ascii: "\""))
    let isPlain = value.utf8.allSatisfy {
      $0 >= 0x20 && $0 != UInt8(ascii: "\"") && $0 != UInt8(ascii: "\\")
    }
    if isPlain {
      bytes += value.utf8
    } else {
      for byte in value.utf8 { escape(byte, into: &bytes) }
    }
    bytes.append(UInt8(ascii: "\""))
  }

  private static func escape(_ byte: UInt8, into bytes: inout [UInt8]) {
    switch byte {
    case UInt8(ascii: "\""): bytes += "\\\"".utf8
    case UInt8(ascii: "\\"): bytes += "\\\\".utf8
    case UInt8(ascii: "\n"): bytes += "\\n".utf8
    case UInt8(ascii: "\r"): bytes += "\\r".utf8
    case UInt8(ascii: "\t"): bytes += "\\t".utf8
    case ..<0x20:
      let digits = String(byte, radix: 16)
      bytes += ("\\u" + String(repeating: "0", count: 4 - digits.count) + digits).utf8
    default: bytes.append(byte)
    }
  }
}
