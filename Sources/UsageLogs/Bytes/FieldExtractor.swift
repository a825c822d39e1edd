import Usage

/// Where a value of interest stands in a line, and what it looks like.
struct JSONField: Sendable {
  enum Kind: UInt8 { case absent, text, scalar, nested }

  var start = 0
  var end = 0
  var kind = Kind.absent

  var range: Range<Int> { start..<end }
  var isText: Bool { kind == .text }
  var text: JSONCursor.Text? { isText ? JSONCursor.Text(range: range) : nil }
}

/// Pulls the values of some paths out of JSON objects that follow each other.
///
/// Machine-written lines of one log repeat each other's shape: the same keys, quotes and braces between
/// different values. The first line of a shape is walked with `JSONCursor` and the bytes between its
/// values are kept; a later line is compared with them, one `memcmp` a value, and only its values are
/// looked at. Every byte is either compared or scanned as a value, so a line that differs anywhere
/// falls back to the cursor and gives exactly what the cursor gives.
struct FieldExtractor {
  /// By index of the path; `absent` where the line has no such value. The last of duplicate keys wins.
  private(set) var fields: [JSONField]
  private var tree = PathTree()
  private var shapes: [Shape] = []
  private var present = 0
  private var nextToReplace = 0
  private let remembersShapes: Bool

  /// More shapes than a log mixes in practice; each miss costs one short comparison.
  private static let mostShapes = 6
  /// Objects full of keys that differ from line to line are not worth a shape.
  private static let mostValues = 200
  private static let longestShape = 64 * 1024
  /// Texts longer than this are content, which is never the same twice.
  private static let longestConstant = 64

  /// Paths are dotted keys: `input.inputTokenCount`. A path may name an object; its value is then the
  /// object's bytes.
  init(paths: [String], remembersShapes: Bool = true) {
    fields = [JSONField](repeating: JSONField(), count: paths.count)
    self.remembersShapes = remembersShapes
    for (index, path) in paths.enumerated() { tree.add(path, index: index) }
  }

  /// Fills `fields` from the object that begins at `start` and ends the bytes.
  mutating func extract(_ bytes: Span<UInt8>, from start: Int) throws(LineProblem) {
    if present < shapes.count, match(bytes, start, shapes[present]) { return }
    for index in shapes.indices where index != present {
      if match(bytes, start, shapes[index]) {
        present = index
        return
      }
    }
    try walk(bytes, start)
  }

  // MARK: By shape

  /// A class, so that looking at one does not copy its arrays.
  private final class Shape: Sendable {
    /// The line it was learnt from, as literals and values in turn.
    let line: [UInt8]
    let values: [Value]
    /// What a line is compared with: `values` without those that are constant.
    let steps: [Step]
    /// The bytes behind the last step's value.
    let tail: Range<Int>

    init(line: [UInt8], values: [Value]) {
      self.line = line
      self.values = values
      var steps: [Step] = []
      var end = 0
      for value in values where !value.isConstant {
        steps.append(
          Step(literal: end..<value.range.lowerBound, field: value.field, kind: value.kind))
        end = value.range.upperBound
      }
      self.steps = steps
      tail = end..<line.count
    }
  }

  private struct Value: Sendable {
    var range: Range<Int>
    /// -1 for a value nobody asked for.
    var field: Int
    var kind: JSONField.Kind
    /// Taken to be the same on every line until a line shows otherwise; never for fields.
    var isConstant: Bool
  }

  private struct Step: Sendable {
    /// The bytes since the last step's value.
    var literal: Range<Int>
    var field: Int
    var kind: JSONField.Kind
  }

  private mutating func match(_ bytes: Span<UInt8>, _ start: Int, _ shape: Shape) -> Bool {
    for i in fields.indices { fields[i].kind = .absent }
    let template = shape.line
    let line = template.span
    var position = start
    for step in shape.steps {
      let first = position + step.literal.count
      guard first <= bytes.count, bytes.equals(position..<first, line, step.literal) else {
        return false
      }
      switch step.kind {
      case .text:
        guard let end = bytes.closingQuote(from: first) else { return false }
        position = end
      case .scalar:
        guard let end = JSONCursor.scalarEnd(bytes, from: first) else { return false }
        position = end
      default:
        guard first < bytes.count,
          bytes[first] == UInt8(ascii: "{") || bytes[first] == UInt8(ascii: "[")
        else { return false }
        var cursor = JSONCursor(bytes, at: first)
        guard (try? cursor.skipValue()) != nil else { return false }
        position = cursor.position
      }
      if step.field >= 0 {
        fields[step.field] = JSONField(start: first, end: position, kind: step.kind)
      }
    }
    return bytes.equals(position..<bytes.count, line, shape.tail)
  }

  /// Keeps the shape of a line that was walked: beside the others, or merged with the one that has the
  /// same keys in the same places, whose constants then shrink to what both lines agree on.
  private mutating func learn(_ line: [UInt8], _ values: [Value]) {
    var values = values
    if let twin = shapes.firstIndex(where: { FieldExtractor.areTwins($0, line, values) }) {
      let other = shapes[twin].values
      let otherLine = shapes[twin].line
      for i in values.indices where values[i].isConstant {
        values[i].isConstant =
          other[i].isConstant
          && line.span.equals(values[i].range, otherLine.span, other[i].range)
      }
      present = twin
    } else if shapes.count < FieldExtractor.mostShapes {
      present = shapes.count
      shapes.append(Shape(line: line, values: values))
    } else {
      present = nextToReplace
      nextToReplace = (nextToReplace + 1) % FieldExtractor.mostShapes
    }
    shapes[present] = Shape(line: line, values: values)
  }

  /// Whether two shapes differ in nothing but their values.
  private static func areTwins(_ a: Shape, _ line: [UInt8], _ values: [Value]) -> Bool {
    guard a.values.count == values.count else { return false }
    let lineOfA = a.line
    var endOfA = 0
    var end = 0
    for (x, y) in zip(a.values, values) {
      guard x.kind == y.kind, x.field == y.field,
        lineOfA.span.equals(endOfA..<x.range.lowerBound, line.span, end..<y.range.lowerBound)
      else { return false }
      endOfA = x.range.upperBound
      end = y.range.upperBound
    }
    return lineOfA.span.equals(endOfA..<lineOfA.count, line.span, end..<line.count)
  }

  // MARK: By walking

  private mutating func walk(_ bytes: Span<UInt8>, _ start: Int) throws(LineProblem) {
    for i in fields.indices { fields[i].kind = .absent }
    var cursor = JSONCursor(bytes, at: start)
    guard try cursor.peek() == UInt8(ascii: "{") else { throw .notJSON }
    var values: [Value] = []
    try walkObject(&cursor, node: 0, &values)
    try cursor.expectEnd()
    guard remembersShapes, values.count <= FieldExtractor.mostValues,
      bytes.count - start <= FieldExtractor.longestShape
    else { return }
    var line: [UInt8] = []
    line.reserveCapacity(bytes.count - start)
    for i in start..<bytes.count { line.append(bytes[i]) }
    for i in values.indices {
      let range = values[i].range
      values[i].range = range.lowerBound - start..<range.upperBound - start
    }
    learn(line, values)
  }

  private mutating func walkObject(
    _ cursor: inout JSONCursor, node: Int, _ values: inout [Value]
  ) throws(LineProblem) {
    guard try cursor.enterObject() else { throw .notJSON }
    while let key = try cursor.nextKey() {
      let child = tree.child(of: node, cursor, key)
      let first = try cursor.peek()
      if first == UInt8(ascii: "{"), let child, tree.hasChildren(child), tree.field(child) < 0 {
        try walkObject(&cursor, node: child, &values)
        continue
      }
      let start = cursor.position
      let value: JSONField
      if first == UInt8(ascii: "\"") {
        guard let text = try cursor.text() else { throw .notJSON }
        value = JSONField(
          start: text.range.lowerBound, end: text.range.upperBound, kind: .text)
      } else {
        try cursor.skipValue()
        let isNested = first == UInt8(ascii: "{") || first == UInt8(ascii: "[")
        value = JSONField(
          start: start, end: cursor.position, kind: isNested ? .nested : .scalar)
      }
      let field = child.map(tree.field) ?? -1
      if field >= 0 { fields[field] = value }
      values.append(
        Value(
          range: value.range, field: field, kind: value.kind,
          isConstant: field < 0 && value.range.count <= FieldExtractor.longestConstant))
    }
  }
}

/// The keys that lead to the paths asked for.
private struct PathTree {
  private struct Node {
    var children: [(key: [UInt8], node: Int)] = []
    var field = -1
  }

  private var nodes = [Node()]

  mutating func add(_ path: String, index: Int) {
    var node = 0
    for part in path.split(separator: ".") {
      let key = Array(part.utf8)
      if let child = nodes[node].children.first(where: { $0.key == key }) {
        node = child.node
      } else {
        nodes.append(Node())
        nodes[node].children.append((key, nodes.count - 1))
        node = nodes.count - 1
      }
    }
    nodes[node].field = index
  }

  func field(_ node: Int) -> Int { nodes[node].field }

  func hasChildren(_ node: Int) -> Bool { !nodes[node].children.isEmpty }

  func child(of node: Int, _ cursor: borrowing JSONCursor, _ key: JSONCursor.Text) -> Int? {
    if cursor.isEscaped(key) {
      let plain = cursor.unescapedBytes(key)
      return nodes[node].children.first { $0.key == plain }?.node
    }
    for child in nodes[node].children
    where cursor.bytes.equals(key.range, child.key.span, 0..<child.key.count) {
      return child.node
    }
    return nil
  }
}
