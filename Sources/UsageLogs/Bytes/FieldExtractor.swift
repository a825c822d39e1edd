import Usage

/// Where a value of interest stands in a line, and what it looks like.
struct JSONField: Sendable {
  enum Kind: UInt8 { case absent, text, scalar, nested }

  var start = 0
  var end = 0
  /// What a plain integer of at most 18 digits says, if it was read on the way; else -1.
  var number: Int64 = -1
  var kind = Kind.absent

  var range: Range<Int> { start..<end }
  var isText: Bool { kind == .text }
  var text: JSONCursor.Text? { isText ? JSONCursor.Text(range: range) : nil }
}

/// Pulls the values of some paths out of JSON objects that follow each other.
///
/// The first line of a shape is walked with `JSONCursor`; later lines of that shape are matched with it
/// by `LineShape`, and a line that differs anywhere is walked again. Both ways give the same.
struct FieldExtractor {
  // Inline: a field whose number is known is then read without a look at a count or a reference.
  private var values = InlineArray<24, JSONField>(repeating: JSONField())
  private let count: Int
  /// Which fields the line has, a bit each.
  private(set) var presence = PresentFields()
  private var tree = PathTree()
  private var shapes: [LineShape] = []
  /// The shape of the last line, tried first, and the one that lines had before, tried next.
  private var present = 0
  private var previous = 0
  /// How many first steps two shapes share, by the number of the one times `mostShapes` and the other.
  private var shared = [Int](repeating: 0, count: mostShapes * mostShapes)
  /// The shape that the fields were last filled by: what it leaves absent need not be cleared.
  private var filledBy = -1
  private var nextToReplace = 0
  /// Lines until one is walked although it may have a known shape: so the shapes learn what is the same
  /// on all lines.
  private var linesToWalk = FieldExtractor.firstWalk
  private var walkDistance = FieldExtractor.firstWalk
  private let remembersShapes: Bool

  /// More shapes than a log mixes in practice; each miss costs one short comparison.
  private static let mostShapes = 6
  /// Objects full of keys that differ from line to line are not worth a shape.
  private static let mostValues = 200
  private static let longestShape = 64 * 1024
  /// Lines between two walks: 16, then each time twice as many, up to this.
  private static let firstWalk = 16
  private static let lastWalk = 4096
  /// Texts longer than this are content, which is never the same twice.
  private static let longestConstant = 64

  /// Paths are dotted keys: `input.inputTokenCount`. A path may name an object; its value is then the
  /// object's bytes.
  init(paths: [String], remembersShapes: Bool = true) {
    precondition(paths.count <= values.count, "more fields than FieldExtractor.values has room for")
    count = paths.count
    self.remembersShapes = remembersShapes
    for (index, path) in paths.enumerated() { tree.add(path, index: index) }
  }

  /// What was found at a path, by its index; `absent` where the line has no such value. The last of
  /// duplicate keys wins.
  @inline(__always)
  subscript(index: Int) -> JSONField { values[index] }

  /// What was found at all paths.
  var fields: [JSONField] { (0..<count).map { self[$0] } }

  /// Finds the fields of the object that begins at `start` and ends the bytes.
  @inline(__always)
  mutating func extract(_ bytes: Span<UInt8>, from start: Int) throws(LineProblem) {
    var progress = LineShape.Progress(position: start)
    linesToWalk &-= 1
    guard linesToWalk > 0, present < shapes.count else { return try walkAnyway(bytes, start) }
    if match(present, bytes, &progress) {
      if present != filledBy { fill(by: present) }
      return
    }
    if goOn(progress: &progress, from: present, with: previous, start),
      match(previous, bytes, &progress)
    {
      swap(&present, &previous)
      fill(by: present)
      return
    }
    try extractOther(bytes, start, progress)
  }

  /// Whether there is such a shape. When it begins with the same steps as the last one tried, it goes on
  /// where that one stopped: mixed shapes mostly differ near the end of the line.
  @inline(__always)
  private func goOn(
    progress: inout LineShape.Progress, from last: Int, with index: Int, _ start: Int
  ) -> Bool {
    guard index != last, index < shapes.count else { return false }
    if shared[last * FieldExtractor.mostShapes + index] < progress.steps {
      progress = LineShape.Progress(position: start)
    }
    return true
  }

  /// Without the retain and the release around a call of an object's method: `shapes` keeps it alive, and
  /// nothing in `match` changes `shapes` (2 % of a lean record).
  @inline(__always)
  private mutating func match(
    _ index: Int, _ bytes: Span<UInt8>, _ progress: inout LineShape.Progress
  ) -> Bool {
    let shape = unsafe Unmanaged.passUnretained(shapes[index])
    return unsafe shape._withUnsafeGuaranteedRef { shape in
      var values = values.mutableSpan
      return shape.match(bytes, &progress, &values)
    }
  }

  /// Tries the shapes that were neither the last line's nor the one before it.
  private mutating func extractOther(
    _ bytes: Span<UInt8>, _ start: Int, _ progress: LineShape.Progress
  ) throws(LineProblem) {
    var progress = progress
    var last = previous < shapes.count ? previous : present
    for index in shapes.indices where index != present && index != previous {
      guard goOn(progress: &progress, from: last, with: index, start) else { continue }
      last = index
      if match(index, bytes, &progress) {
        previous = present
        present = index
        fill(by: index)
        return
      }
    }
    try walk(bytes, start)
  }

  @inline(__always)
  private mutating func fill(by index: Int) {
    let shape = unsafe Unmanaged.passUnretained(shapes[index])
    unsafe shape._withUnsafeGuaranteedRef { shape in
      presence = shape.presence
      var values = values.mutableSpan
      shape.clearAbsent(&values)
    }
    filledBy = index
  }

  private mutating func walkAnyway(_ bytes: Span<UInt8>, _ start: Int) throws(LineProblem) {
    if linesToWalk <= 0 {
      linesToWalk = walkDistance < FieldExtractor.lastWalk ? walkDistance : .max
      walkDistance *= 2
    }
    try walk(bytes, start)
  }

  /// Keeps the shape of a line that was walked: beside the others, or merged with the one that has the
  /// same keys in the same places, whose constants then shrink to what both lines agree on.
  private mutating func learn(_ line: [UInt8], _ values: [LineShape.Value]) {
    var values = values
    var walks = 1
    if let twin = shapes.firstIndex(where: { FieldExtractor.areTwins($0, line, values) }) {
      let other = shapes[twin].values
      let otherLine = shapes[twin].line
      for i in values.indices {
        values[i].isSteady =
          other[i].isSteady && other[i].range.count == values[i].range.count
        values[i].isConstant =
          values[i].isConstant && other[i].isConstant
          && line.span.equals(values[i].range, otherLine.span, other[i].range)
      }
      walks += shapes[twin].walks
      present = twin
    } else if shapes.count < FieldExtractor.mostShapes {
      present = shapes.count
      shapes.append(shape(line, values, walks))
    } else {
      present = nextToReplace
      nextToReplace = (nextToReplace + 1) % FieldExtractor.mostShapes
    }
    shapes[present] = shape(line, values, walks)
    for (i, a) in shapes.enumerated() {
      for (j, b) in shapes.enumerated() {
        shared[i * FieldExtractor.mostShapes + j] = a.stepsShared(with: b)
      }
    }
  }

  private func shape(
    _ line: [UInt8], _ values: [LineShape.Value], _ walks: Int
  ) -> LineShape {
    LineShape(line: line, values: values, fieldCount: count, walks: walks)
  }

  /// Whether two shapes differ in nothing but their values.
  private static func areTwins(
    _ a: LineShape, _ line: [UInt8], _ values: [LineShape.Value]
  ) -> Bool {
    guard a.values.count == values.count else { return false }
    let lineOfA = a.line
    var endOfA = 0
    var end = 0
    for (x, y) in zip(a.values, values) {
      guard x.kind == y.kind, x.field == y.field,
        x.kind != .nested || lineOfA[x.range.lowerBound] == line[y.range.lowerBound],
        lineOfA.span.equals(endOfA..<x.range.lowerBound, line.span, end..<y.range.lowerBound)
      else { return false }
      endOfA = x.range.upperBound
      end = y.range.upperBound
    }
    return lineOfA.span.equals(endOfA..<lineOfA.count, line.span, end..<line.count)
  }

  // MARK: By walking

  private mutating func walk(_ bytes: Span<UInt8>, _ start: Int) throws(LineProblem) {
    filledBy = -1
    for i in 0..<count { self.values[i].kind = .absent }
    var cursor = JSONCursor(bytes, at: start)
    guard try cursor.peek() == UInt8(ascii: "{") else { throw .notJSON }
    var values: [LineShape.Value] = []
    try walkObject(&cursor, node: 0, &values)
    try cursor.expectEnd()
    presence = PresentFields()
    for i in 0..<count { presence.note(self.values[i].kind != .absent) }
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
    _ cursor: inout JSONCursor, node: Int, _ values: inout [LineShape.Value]
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
      if field >= 0 { self.values[field] = value }
      values.append(
        LineShape.Value(
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
