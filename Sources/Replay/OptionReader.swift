import Usage

/// Everything that is wrong with an options file, found in one reading.
package struct OptionFaults: Error, CustomStringConvertible {
  package var faults: [String]

  package var description: String { faults.joined(separator: "\n") }
}

/// Collects faults while a file is read.
final class FaultList {
  private var notes: [(line: Int, text: String)] = []
  private let file: String
  /// Reads a file that this one names, by the path as written; throws what to tell the user.
  let attachment: (String) throws -> TextTree

  init(file: String, attachment: @escaping (String) throws -> TextTree = FaultList.none) {
    self.file = file
    self.attachment = attachment
  }

  static func none(_ path: String) throws -> TextTree { throw NoAttachments(path: path) }

  private struct NoAttachments: Error, CustomStringConvertible {
    var path: String
    var description: String { "\(path) cannot be read from here" }
  }

  /// What is said already is not said again.
  func add(_ line: Int, _ fault: String) {
    let text = "\(file):\(line): \(fault)"
    guard !notes.contains(where: { $0.text == text }) else { return }
    let position = notes.firstIndex { $0.line > line } ?? notes.count
    notes.insert((line, text), at: position)
  }

  /// In the order of the file.
  var faults: [String] { notes.map(\.text) }
}

/// Reads the fields of one map of an options file.
///
/// A key that is not known is a fault. When it looks like a known one that is absent, reading goes on
/// as if it were that one, so that what is wrong inside it is found in the same reading.
final class OptionReader {
  let line: Int
  /// How messages name the map: `option 'h100', serving`.
  let place: String
  let faults: FaultList
  private var fields: [String: TextTree] = [:]
  private var refused: Set<String> = []

  init(_ tree: TextTree, place: String, known: [String], faults: FaultList) {
    line = tree.line
    self.place = place
    self.faults = faults
    guard let entries = tree.map else {
      complain(tree.line, "expected fields as 'key: value'")
      return
    }
    for entry in entries where known.contains(entry.key) { fields[entry.key] = entry.value }
    for entry in entries where !known.contains(entry.key) {
      let hint =
        nearest(to: entry.key, among: known.filter { fields[$0] == nil })
        ?? nearest(to: entry.key, among: known)
      complain(
        entry.keyLine,
        "unknown field '\(entry.key)'"
          + (hint.map { "; did you mean '\($0)'?" }
            ?? "; known are \(known.sorted().joined(separator: ", "))"))
      if let hint, fields[hint] == nil { fields[hint] = entry.value }
    }
  }

  func complain(_ line: Int, _ fault: String) { faults.add(line, "\(place): \(fault)") }

  /// Complains of what stands in a field.
  func refuse(_ key: String, _ fault: String, line: Int? = nil) {
    refused.insert(key)
    complain(line ?? self.line(of: key), fault)
  }

  /// Complains that one of these fields is needed, unless what stands there is refused already.
  func lack(_ keys: [String], _ fault: String) {
    if !keys.contains(where: isRefused) { complain(line(of: keys[0]), fault) }
  }

  func isRefused(_ key: String) -> Bool { refused.contains(key) }

  /// The field, or nil when it is absent or null.
  func field(_ key: String) -> TextTree? {
    guard let field = fields[key], !field.isNull else { return nil }
    return field
  }

  /// The line of a field, or of the whole map when it is absent.
  func line(of key: String) -> Int { fields[key]?.line ?? line }

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
        line(of: key),
        "'\(key): \(text)' is not known\(hint.isEmpty ? ";" : hint) Expected \(words.joined(separator: ", "))"
      )
      return nil
    }
    return text
  }

  func flag(_ key: String) -> Bool? {
    word(key, among: ["true", "false"]).map { $0 == "true" }
  }

  /// A number from 0 on.
  func decimal(_ key: String, atMost most: Int = OptionReader.largest) -> ExactDecimal? {
    one(key, range(key, atMost: most))
  }

  func number(_ key: String, atMost most: Int = OptionReader.largest) -> Int? {
    one(key, whole(key, 0...most)).flatMap { Int(exactly: $0.units) }
  }

  /// Whole numbers from 1 on, for things that cannot be halved.
  func count(_ key: String, atMost most: Int = 10_000) -> DecimalRange? { whole(key, 1...most) }

  /// A number from 0 on, or `[low, high]`.
  func range(_ key: String, atMost most: Int = OptionReader.largest) -> DecimalRange? {
    guard let field = field(key) else { return nil }
    return OptionReader.range(field, key, self, atMost: most)
  }

  private func whole(_ key: String, _ limits: ClosedRange<Int>) -> DecimalRange? {
    guard let field = field(key) else { return nil }
    return OptionReader.range(
      field, key, self, atLeast: limits.lowerBound, atMost: limits.upperBound, isWhole: true)
  }

  private func one(_ key: String, _ range: DecimalRange?) -> ExactDecimal? {
    guard let range else { return nil }
    if range.isRange { refuse(key, "'\(key)' takes one number, not a range") }
    return range.low
  }

  /// Far beyond any price, and small enough that products stay exact.
  static let largest = 1_000_000_000
  /// Behind the point.
  static let mostDigits = 9

  static func range(
    _ field: TextTree, _ key: String, _ reader: OptionReader, atLeast least: Int = 0,
    atMost most: Int = largest, isWhole: Bool = false
  ) -> DecimalRange? {
    let parts = field.list ?? [field]
    let values = parts.compactMap { $0.text.flatMap { ExactDecimal($0) } }
    func refuse(_ fault: String) -> DecimalRange? {
      reader.refuse(key, fault, line: field.line)
      return nil
    }
    guard values.count == parts.count, let low = values.first, let high = values.last,
      values.count <= 2
    else { return refuse("'\(key)' is not a number, nor a range as [low, high]") }
    let found = "'\(key): \(values.map(\.description).joined(separator: ", "))'"
    guard values.allSatisfy({ isInside($0, least...most) && !(isWhole && $0.scale > 0) }) else {
      let kind = isWhole ? "whole number" : "number"
      return refuse("\(found) is not a \(kind) from \(least) to \(most)")
    }
    guard low <= high else { return refuse("\(found) descends: a range is [low, high]") }
    guard max(low.scale, high.scale) <= mostDigits else {
      return refuse("\(found) has more than \(mostDigits) digits behind the point")
    }
    return DecimalRange(low: low, high: high)
  }

  private static func isInside(_ value: ExactDecimal, _ limits: ClosedRange<Int>) -> Bool {
    !value.isNegative && value >= ExactDecimal(units: Int128(limits.lowerBound))
      && value <= ExactDecimal(units: Int128(limits.upperBound))
  }

  /// Microseconds of `30`, `50ms`, `60s`, `10m`, `2h`, `1d`.
  func duration(_ key: String) -> Int64? {
    guard let text = text(key) else { return nil }
    if text.hasSuffix("ms"), let value = ExactDecimal(String(text.dropLast(2))),
      !value.isNegative, let microseconds = value.units(atScale: 3),
      microseconds <= Int128(OptionReader.longest)
    {
      return Int64(microseconds)
    }
    let units: [Character: Int64] = ["s": 1, "m": 60, "h": 3600, "d": 86_400]
    let unit = text.last.flatMap { units[$0] }
    let digits = unit == nil ? text : String(text.dropLast())
    guard let value = ExactDecimal(digits), !value.isNegative,
      let microseconds = value.units(atScale: 6),
      microseconds <= Int128(OptionReader.longest / (unit ?? 1))
    else {
      refuse(key, "'\(key): \(text)' is not a duration as 60s, 10m, 2h, 1d up to 366d")
      return nil
    }
    return Int64(microseconds) * (unit ?? 1)
  }

  /// Microseconds.
  private static let longest = 366 * Instant.microsecondsPerDay

  func day(_ key: String) -> Day? {
    guard let text = text(key) else { return nil }
    guard let day = Day(text) else {
      complain(line(of: key), "'\(key): \(text)' is not a date as YYYY-MM-DD")
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

  /// The file that a field names.
  func attachment(_ key: String) -> (path: String, tree: TextTree)? {
    guard let path = text(key) else { return nil }
    do {
      return (path, try faults.attachment(path))
    } catch {
      complain(line(of: key), "'\(key)': \(error)")
      return nil
    }
  }

  /// The fields of a map inside this one.
  func map(_ key: String, known: [String]) -> OptionReader? {
    field(key).map { OptionReader($0, place: "\(place), \(key)", known: known, faults: faults) }
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

  /// The same for things that come whole: half a server is a whole one.
  var wholePoints: [ExactDecimal] {
    [low, ExactDecimal(units: (low.units + high.units + 1) / 2), high]
  }
}

extension DecimalRange: CustomStringConvertible {
  var description: String { isRange ? "\(low) to \(high)" : "\(low)" }
}
