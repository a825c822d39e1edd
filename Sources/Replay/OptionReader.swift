import Usage

/// Everything that is wrong with an options file, found in one reading.
package struct OptionFaults: Error, CustomStringConvertible {
  package var faults: [String]

  package var description: String { faults.joined(separator: "\n") }
}

/// Collects faults while a file is read.
final class FaultList {
  private(set) var faults: [String] = []
  private let file: String

  init(file: String) { self.file = file }

  func add(_ line: Int, _ fault: String) { faults.append("\(file):\(line): \(fault)") }
}

/// Reads the fields of one map of an options file: each by its key, what is left over is a fault.
final class OptionReader {
  let line: Int
  /// How messages name the map: `option 'h100', serving`.
  let place: String
  let faults: FaultList
  private let fields: [String: TextTree]
  private let entries: [TextTree.Entry]
  private var asked: [String] = []

  init(_ tree: TextTree, place: String, faults: FaultList) {
    line = tree.line
    self.place = place
    self.faults = faults
    entries = tree.map ?? []
    fields = Dictionary(entries.map { ($0.key, $0.value) }, uniquingKeysWith: { $1 })
    if tree.map == nil { complain(tree.line, "expected fields as 'key: value'") }
  }

  func complain(_ line: Int, _ fault: String) { faults.add(line, "\(place): \(fault)") }

  /// The field, or nil when it is absent or null.
  func field(_ key: String) -> TextTree? {
    asked.append(key)
    guard let field = fields[key], !field.isNull else { return nil }
    return field
  }

  func text(_ key: String) -> String? {
    guard let field = field(key) else { return nil }
    guard let text = field.text else {
      complain(field.line, "'\(key)' is not plain text")
      return nil
    }
    return text
  }

  /// One of a few words.
  func word(_ key: String, among words: [String]) -> String? {
    guard let text = text(key) else { return nil }
    guard words.contains(text) else {
      let hint = nearest(to: text, among: words).map { "; did you mean '\($0)'?" } ?? ""
      complain(
        fields[key]?.line ?? line,
        "'\(key): \(text)' is not known\(hint) Expected \(words.joined(separator: ", "))")
      return nil
    }
    return text
  }

  func flag(_ key: String) -> Bool? {
    word(key, among: ["true", "false"]).map { $0 == "true" }
  }

  /// A number from 0 on.
  func decimal(_ key: String) -> ExactDecimal? {
    guard let range = range(key) else { return nil }
    if range.isRange {
      complain(fields[key]?.line ?? line, "'\(key)' takes one number, not a range")
    }
    return range.middle
  }

  func number(_ key: String) -> Int? {
    guard let value = decimal(key) else { return nil }
    guard value.scale == 0, let number = Int(exactly: value.units) else {
      complain(fields[key]?.line ?? line, "'\(key)' is not a whole number")
      return nil
    }
    return number
  }

  /// A number from 0 on, or `[low, high]`.
  func range(_ key: String) -> DecimalRange? {
    guard let field = field(key) else { return nil }
    return OptionReader.range(field, key, self)
  }

  static func range(_ field: TextTree, _ key: String, _ reader: OptionReader) -> DecimalRange? {
    let parts = field.list ?? [field]
    let values = parts.compactMap { $0.text.flatMap { ExactDecimal($0) } }
    guard values.count == parts.count, parts.count == 1 || parts.count == 2 else {
      reader.complain(field.line, "'\(key)' is not a number, nor a range as [low, high]")
      return nil
    }
    guard let low = values.first, let high = values.last, !low.isNegative, low <= high else {
      reader.complain(field.line, "'\(key)' must be 0 or more, and a range must ascend")
      return nil
    }
    return DecimalRange(low: low, high: high)
  }

  /// Microseconds of `30`, `60s`, `10m`, `2h`, `1d`.
  func duration(_ key: String) -> Int64? {
    guard let text = text(key) else { return nil }
    let units: [Character: Int64] = ["s": 1, "m": 60, "h": 3600, "d": 86_400]
    let unit = text.last.flatMap { units[$0] }
    let digits = unit == nil ? text : String(text.dropLast())
    guard let value = ExactDecimal(digits), !value.isNegative,
      let seconds = value.units(atScale: 6), seconds < 1_000_000_000_000_000
    else {
      complain(fields[key]?.line ?? line, "'\(key): \(text)' is not a duration as 60s, 10m, 2h, 1d")
      return nil
    }
    return Int64(seconds) * (unit ?? 1)
  }

  func day(_ key: String) -> Day? {
    guard let text = text(key) else { return nil }
    guard let day = Day(text) else {
      complain(fields[key]?.line ?? line, "'\(key): \(text)' is not a date as YYYY-MM-DD")
      return nil
    }
    return day
  }

  func texts(_ key: String) -> [String]? {
    guard let field = field(key) else { return nil }
    let items = field.list ?? [field]
    let texts = items.compactMap(\.text)
    if texts.count < items.count { complain(field.line, "'\(key)' is a list of plain words") }
    return texts
  }

  /// The fields of a map inside this one.
  func map(_ key: String) -> OptionReader? {
    field(key).map { OptionReader($0, place: "\(place), \(key)", faults: faults) }
  }

  /// A map's values by their keys, in the order written.
  func pairs(_ key: String) -> [(key: String, value: TextTree)]? {
    guard let field = field(key) else { return nil }
    guard let map = field.map else {
      complain(field.line, "'\(key)' takes fields as 'name: value'")
      return nil
    }
    return map.map { ($0.key, $0.value) }
  }

  /// Complains of every key that nobody asked for.
  func finish() {
    for entry in entries where !asked.contains(entry.key) {
      let hint = nearest(to: entry.key, among: asked)
      faults.add(
        entry.keyLine,
        "\(place): unknown field '\(entry.key)'"
          + (hint.map { "; did you mean '\($0)'?" }
            ?? "; known are \(asked.sorted().joined(separator: ", "))"))
    }
  }
}

/// A number or a range of numbers.
struct DecimalRange: Sendable, Hashable {
  var low: ExactDecimal
  var high: ExactDecimal

  init(low: ExactDecimal, high: ExactDecimal) {
    self.low = low
    self.high = high
  }

  init(_ value: ExactDecimal) { self.init(low: value, high: value) }

  static let one = DecimalRange(.one)
  static let zero = DecimalRange(.zero)

  var isRange: Bool { low != high }
  var middle: ExactDecimal {
    isRange ? (low + high) * ExactDecimal(units: 5, scale: 1) : low
  }

  /// Low, middle, high.
  var points: [ExactDecimal] { [low, middle, high] }
}

extension DecimalRange: CustomStringConvertible {
  var description: String { isRange ? "\(low) to \(high)" : "\(low)" }
}
