import Usage

/// Which of the fields that its format relies on the records of one file have, so that one that comes
/// or goes part-way can be told.
///
/// Records that follow each other mostly have the same fields: only where that changes is there work.
struct FieldDrift: Sendable {
  private struct Place: Sendable {
    /// Records before it.
    var record: Int
    var line: Int
  }

  /// All records with the same fields.
  private struct Pattern: Sendable {
    var fields: PresentFields
    var records = 0
    var first: Place
    /// Behind the last of them.
    var end: Place
  }

  /// Of the record before; of none at first.
  private(set) var present = PresentFields.none
  private var patterns: [Pattern] = []
  private var current = 0
  private var runStart = 0

  /// With more, fields come and go at will and nothing is to be told.
  private static let mostPatterns = 64

  /// Notes that a record, which follows `record` others, has other fields than the one before.
  mutating func begin(_ fields: PresentFields, record: Int, line: Int) {
    let place = Place(record: record, line: line)
    endRun(place)
    present = fields
    runStart = record
    if let known = patterns.firstIndex(where: { $0.fields == fields }) {
      current = known
    } else if patterns.count <= FieldDrift.mostPatterns {
      current = patterns.count
      patterns.append(Pattern(fields: fields, first: place, end: place))
    }
  }

  private mutating func endRun(_ place: Place) {
    guard current < patterns.count else { return }
    patterns[current].records += place.record - runStart
    patterns[current].end = place
  }

  /// The changes of a file of `count` records, field by field.
  mutating func changes(of names: [String], count: Int) -> [FieldChange] {
    endRun(Place(record: count, line: 0))
    guard (2...FieldDrift.mostPatterns).contains(patterns.count) else { return [] }
    return names.enumerated().flatMap { changes(of: $1, number: $0, count) }
  }

  private func changes(of name: String, number: Int, _ count: Int) -> [FieldChange] {
    let having = patterns.filter { $0.fields.has(number) }
    if having.count == patterns.count { return [] }
    guard let first = having.map(\.first).min(by: { $0.record < $1.record }),
      let end = having.map(\.end).max(by: { $0.record < $1.record })
    else { return [] }
    let records = having.reduce(0) { $0 + $1.records }
    let span = end.record - first.record
    var changes: [FieldChange] = []
    if FieldDrift.isChange(without: first.record, with: records, of: span) {
      changes.append(
        FieldChange(field: name, .appears, line: first.line, recordsWithout: first.record))
    }
    if FieldDrift.isChange(without: count - end.record, with: records, of: span) {
      changes.append(
        FieldChange(field: name, .vanishes, line: end.line, recordsWithout: count - end.record))
    }
    return changes
  }

  /// Whether a field that some of `span` records have and `without` others lack came or went, and is
  /// not just seldom: all of the span have it, or as many as the others are would hold 20 of it at its
  /// rate (by chance none are there once in e^20 = 500 million times).
  private static func isChange(without: Int, with records: Int, of span: Int) -> Bool {
    guard without >= 5, records >= 5 else { return false }
    return records == span || without.multipliedFullWidth(by: records).high > 0
      || without * records / 20 >= span
  }
}

/// The fields that a record has, a bit each in the order of its format's `reliedFields`.
struct PresentFields: Hashable, Sendable {
  private(set) var bits: UInt64 = 0
  private var next: UInt64 = 1

  init() {}

  init(bits: UInt64) {
    self.bits = bits
    next = 0
  }

  /// What no record has.
  static let none = PresentFields(bits: .max)

  func has(_ number: Int) -> Bool { bits >> UInt64(number) & 1 == 1 }

  /// Says of the next field whether the record has it.
  @inline(__always)
  mutating func note(_ isPresent: Bool) {
    if isPresent { bits |= next }
    next <<= 1
  }

  @inline(__always)
  static func == (a: PresentFields, b: PresentFields) -> Bool { a.bits == b.bits }

  func hash(into hasher: inout Hasher) { hasher.combine(bits) }
}
