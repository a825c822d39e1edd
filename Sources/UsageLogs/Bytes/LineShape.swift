import CLanes
import Usage

/// What the lines of one log have in common: the bytes between their values.
///
/// Machine-written lines repeat each other's shape: the same keys, quotes and braces between different
/// values. A line that was walked with `JSONCursor` is kept as a shape; a later line is compared with
/// its literal bytes, and only the values between them are looked at. Every byte is either compared or
/// scanned as a value, so a line that matches gives exactly what the cursor gives, and one that differs
/// anywhere does not match.
// Sendable: nothing in it changes after `init`.
@safe final class LineShape: @unchecked Sendable {
  struct Value: Sendable {
    var range: Range<Int>
    /// -1 for a value nobody asked for.
    var field: Int
    var kind: JSONField.Kind
    /// Taken to be the same on every line until a line shows otherwise; never for fields.
    var isConstant: Bool
    /// Whether it was as long on all lines that were walked.
    var isSteady = true
  }

  /// Some bytes that every line has, and the value behind them; the last step is the line's end and has
  /// no value.
  @safe private struct Step {
    /// Where the bytes stand in `line`.
    var start: Int
    var count: Int
    /// The bytes in chunks of 16, and how long all of them are.
    var chunks: UnsafePointer<Chunk>
    var padded: Int
    /// -1 for a value nobody asked for.
    var field: Int
    var kind: JSONField.Kind
    /// How long a text mostly is, at most 63; -1 when it differs from line to line.
    var steadyLength: Int
    /// What a nested value begins with: the walk goes into an object where it passes over an array.
    var bracket: UInt8
  }

  /// Up to 16 bytes; what stands in the line is masked before it is compared.
  private struct Chunk {
    var bytes = SIMD2<UInt64>()
    var mask = SIMD2<UInt64>()

    init(_ part: ArraySlice<UInt8>) {
      for (place, byte) in part.enumerated() {
        let shift = UInt64(place % 8 * 8)
        bytes[place / 8] |= UInt64(byte) << shift
        mask[place / 8] |= 0xFF << shift
      }
    }

    /// Where the bytes at `place` differ from it.
    @inline(__always)
    func difference(from place: UnsafeRawPointer) -> SIMD2<UInt64> {
      unsafe (place.loadUnaligned(as: SIMD2<UInt64>.self) & mask) ^ bytes
    }
  }

  /// The line it was learnt from, as literals and values in turn.
  let line: [UInt8]
  let values: [Value]
  /// How many lines were walked for it.
  let walks: Int
  /// The fields that lines of this shape have.
  let presence: PresentFields
  // Not arrays: to look at an array of a class costs a retain and a release, 20 ns a line of 150.
  /// Fields that lines of this shape do not have.
  private let absent: UnsafeMutableBufferPointer<Int>
  private let steps: UnsafeMutablePointer<Step>
  private let stepCount: Int
  private let chunks: UnsafeMutablePointer<Chunk>

  /// Lengths count as steady when at least this many lines agree.
  private static let walksForSteadiness = 4

  /// `fieldCount` is how many fields may be asked for.
  init(line: [UInt8], values: [Value], fieldCount: Int, walks: Int) {
    self.line = line
    self.values = values
    self.walks = walks
    // Of each step: the bytes before its value, and the value.
    var literals: [(range: Range<Int>, field: Int, kind: JSONField.Kind, steady: Int)] = []
    var end = 0
    for value in values where !value.isConstant {
      let isSteady =
        value.kind == .text && value.isSteady && value.range.count < 64
        && walks >= LineShape.walksForSteadiness
      literals.append(
        (end..<value.range.lowerBound, value.field, value.kind, isSteady ? value.range.count : -1))
      end = value.range.upperBound
    }
    literals.append((end..<line.count, -1, .absent, -1))
    var presence = PresentFields()
    for field in 0..<fieldCount { presence.note(literals.contains { $0.field == field }) }
    self.presence = presence
    let missing = (0..<fieldCount).filter { !presence.has($0) }
    unsafe absent = .allocate(capacity: missing.count)
    _ = unsafe absent.initialize(from: missing)

    let chunkCount = literals.reduce(0) { $0 + ($1.range.count + 15) / 16 }
    unsafe chunks = .allocate(capacity: chunkCount)
    unsafe steps = .allocate(capacity: literals.count)
    stepCount = literals.count
    var chunk = unsafe chunks
    for (index, literal) in literals.enumerated() {
      let range = literal.range
      unsafe (steps + index).initialize(
        to: Step(
          start: range.lowerBound, count: range.count, chunks: chunk,
          padded: (range.count + 15) / 16 * 16, field: literal.field, kind: literal.kind,
          steadyLength: literal.steady,
          bracket: literal.kind == .nested ? line[range.upperBound] : 0))
      for start in stride(from: range.lowerBound, to: range.upperBound, by: 16) {
        unsafe chunk.initialize(to: Chunk(line[start..<min(start + 16, range.upperBound)]))
        unsafe chunk += 1
      }
    }
  }

  deinit {
    unsafe absent.deallocate()
    unsafe steps.deallocate()
    unsafe chunks.deallocate()
  }

  /// How far a line was matched.
  struct Progress {
    /// Steps that matched, and where the next one begins.
    var steps = 0
    var position: Int
  }

  /// How many of the first steps are the same in `other`.
  func stepsShared(with other: LineShape) -> Int {
    let line = line
    let otherLine = other.line
    var count = 0
    while count < min(stepCount, other.stepCount) {
      let a = unsafe steps[count]
      let b = unsafe other.steps[count]
      guard a.field == b.field, a.kind == b.kind, a.bracket == b.bracket,
        line.span.equals(a.start..<a.start + a.count, otherLine.span, b.start..<b.start + b.count)
      else { break }
      count += 1
    }
    return count
  }

  /// Clears the fields that lines of this shape do not have.
  @inline(__always)
  func clearAbsent(_ fields: inout MutableSpan<JSONField>) {
    for i in unsafe absent.indices { unsafe fields[absent[i]].kind = .absent }
  }

  /// Whether the bytes are of this shape; the fields of the steps that match are filled, the others left.
  ///
  /// Goes on from `progress`; when they are not, it tells afterwards how far the line went.
  @inline(__always)
  func match(
    _ bytes: Span<UInt8>, _ progress: inout Progress, _ fields: inout MutableSpan<JSONField>
  ) -> Bool {
    precondition(progress.position >= 0 && progress.position <= bytes.count)
    precondition(progress.steps >= 0 && progress.steps < stepCount)
    return unsafe bytes.withUnsafeBytes { buffer in
      unsafe fields.withUnsafeMutableBufferPointer { fields in
        guard let base = buffer.baseAddress else { return false }
        return unsafe match(base, buffer.count, &progress, fields)
      }
    }
  }

  /// Positions only grow, and each is compared with `end` before a byte at it is touched.
  private func match(
    _ base: UnsafeRawPointer, _ end: Int, _ progress: inout Progress,
    _ fields: UnsafeMutableBufferPointer<JSONField>
  ) -> Bool {
    var position = progress.position
    var step = unsafe steps + progress.steps
    while unsafe hasLiteral(step, base, position, end) {
      let first = unsafe position &+ step.pointee.count
      var field = unsafe JSONField(start: first, kind: step.pointee.kind)
      switch field.kind {
      case .text:
        field.end = unsafe LineShape.textEnd(base, first, end, step.pointee.steadyLength)
      case .scalar:
        if let (digits, number) = unsafe LineShape.integer(base, first, end) {
          field.end = first &+ digits
          field.number = number
        } else {
          field.end = unsafe LineShape.scalarEnd(base, first, end)
        }
      case .nested:
        field.end = unsafe LineShape.nestedEnd(base, first, end, step.pointee.bracket)
      case .absent:
        if first == end { return true }
        field.end = end
      }
      // None: -1 or `end`.
      guard UInt(bitPattern: field.end) < UInt(bitPattern: end) else { break }
      let index = unsafe step.pointee.field
      if index >= 0 { unsafe fields[index] = field }
      position = field.end
      unsafe step += 1
    }
    progress = unsafe Progress(steps: step - steps, position: position)
    return false
  }

  @inline(__always)
  private func hasLiteral(
    _ step: UnsafePointer<Step>, _ base: UnsafeRawPointer, _ position: Int, _ end: Int
  ) -> Bool {
    guard unsafe position &+ step.pointee.padded <= end else {
      // Near the end of the line.
      let (start, count) = unsafe (step.pointee.start, step.pointee.count)
      guard position &+ count <= end else { return false }
      return unsafe line.withUnsafeBytes { line in
        unsafe areEqual(base + position, line.baseAddress! + start, count)
      }
    }
    // There is at least one byte between two values.
    var difference = unsafe step.pointee.chunks.pointee.difference(from: base + position)
    var i = 16
    while unsafe i < step.pointee.padded {
      let chunk = unsafe step.pointee.chunks + (i >> 4)
      difference |= unsafe chunk.pointee.difference(from: base + position + i)
      i &+= 16
    }
    return difference[0] | difference[1] == 0
  }

  /// The closing quote, or `end`.
  ///
  /// Texts of log lines are mostly shorter than 64 bytes and of many lengths: looking at all of these
  /// at once leaves no branch that the processor would guess wrong. For a text that is as long as ever
  /// the end is where it is expected, once that is checked: so the processor goes on with the line
  /// while the check is still under way (4 % of a lean record).
  @inline(__always)
  private static func textEnd(
    _ base: UnsafeRawPointer, _ first: Int, _ end: Int, _ steady: Int
  ) -> Int {
    if first &+ 64 <= end {
      let quotes = unsafe lanes_equal_64(base + first, UInt8(ascii: "\""))
      if steady >= 0, quotes << UInt64(truncatingIfNeeded: 63 &- steady) == 1 << 63,
        unsafe base.load(fromByteOffset: first &+ steady &- 1, as: UInt8.self)
          != UInt8(ascii: "\\")
      {
        return first &+ steady
      }
      let quote = first &+ quotes.trailingZeroBitCount
      // `first` stands behind a quote, so there is a byte before it.
      if quotes != 0,
        unsafe base.load(fromByteOffset: quote &- 1, as: UInt8.self) != UInt8(ascii: "\\")
      {
        return quote
      }
    }
    return unsafe JSONScan.closingQuote(base, first, end)
  }

  /// -1 when there is no scalar.
  private static func scalarEnd(_ base: UnsafeRawPointer, _ first: Int, _ end: Int) -> Int {
    let bytes = unsafe Span<UInt8>(
      _unsafeStart: base.assumingMemoryBound(to: UInt8.self), count: end)
    return JSONCursor.scalarEnd(bytes, from: first) ?? -1
  }

  /// -1 when there is no value that begins with `bracket`.
  private static func nestedEnd(
    _ base: UnsafeRawPointer, _ first: Int, _ end: Int, _ bracket: UInt8
  ) -> Int {
    guard first < end, unsafe base.load(fromByteOffset: first, as: UInt8.self) == bracket else {
      return -1
    }
    return unsafe JSONScan.nestedEnd(base, first, end, limit: JSONCursor.deepest) ?? -1
  }

  /// The integer of at most 7 digits at `start`, and how many they are; nil for all else. A number that
  /// goes on behind its digits is nil too.
  ///
  /// Eight bytes at once: a loop over the digits ends at another place on every line, which the
  /// processor cannot foresee.
  @inline(__always)
  private static func integer(
    _ base: UnsafeRawPointer, _ start: Int, _ end: Int
  ) -> (digits: Int, number: Int64)? {
    // Near the end the word is one that ends there; zeros, which are no digits, take the place of what
    // would be behind it.
    let lacking = max(0, start + 8 - end)
    guard start >= lacking, lacking < 8 else { return nil }
    let word =
      UInt64(
        littleEndian: unsafe base.loadUnaligned(
          fromByteOffset: start - lacking, as: UInt64.self)) >> UInt64(8 * lacking)
    let values = word ^ 0x3030_3030_3030_3030
    // The lowest byte that is no digit shows in its top bit; a carry only reaches bytes above it.
    let others = (values &+ 0x7676_7676_7676_7676 | values) & 0x8080_8080_8080_8080
    guard others != 0 else { return nil }
    let bits = UInt64(others.trailingZeroBitCount & ~7)
    guard bits != 0, isDelimiter(UInt8(truncatingIfNeeded: word >> bits)) else { return nil }
    var number = values << (64 - bits)
    number = number &* 10 &+ number >> 8
    number =
      ((number & 0x0000_00FF_0000_00FF) &* 0x000F_4240_0000_0064
        &+ (number >> 16 & 0x0000_00FF_0000_00FF) &* 0x0000_2710_0000_0001) >> 32
    return (Int(bits >> 3), Int64(number))
  }

  /// What a number ends at: see `JSONCursor.scalarEnd`.
  @inline(__always)
  private static func isDelimiter(_ byte: UInt8) -> Bool {
    byte == UInt8(ascii: ",") || byte == UInt8(ascii: "}") || byte == UInt8(ascii: "]")
      || byte <= 0x20
  }
}
