import Usage

/// Rows in a few bytes each: a mask of what is there, then variable-length numbers.
///
/// A typical request (start, kind, two or three counts) takes 9-12 bytes. Times are differences to the
/// row before, in the largest of seconds, milliseconds and microseconds that divides them.
struct RowPacker {
  /// Written up to `length`; the rest is room.
  private var storage: [UInt8]
  private(set) var length = 0
  private(set) var count = 0
  // Bare microseconds: comparing `Instant`s is a call into another module.
  private var earliest = Int64.max
  private var latest = Int64.min
  private var previous: Int64 = 0

  init(capacity: Int = 0) {
    storage = [UInt8](repeating: 0, count: max(capacity, RowPacker.longestRow))
  }

  var bytes: [UInt8] { Array(storage[..<length]) }

  /// The first and the last start of a row.
  var first: Instant { Instant(microseconds: earliest) }
  var last: Instant { Instant(microseconds: latest) }

  /// 20 numbers of at most 10 bytes, the cost of 19, and what decides between them.
  private static let longestRow = 256

  @inline(__always)
  mutating func append(_ row: borrowing PlainRecord, kind: Int) {
    var mask = RowMask(rawValue: 0)
    let time = difference(to: row.start, &mask)
    mask.insert(.check(row.check))
    if row.uncachedInput != 0 { mask.insert(.uncachedInput) }
    if row.output != 0 { mask.insert(.output) }
    if row.cacheRead != 0 { mask.insert(.cacheRead) }
    if row.cacheWriteOther != 0 { mask.insert(.cacheWriteOther) }
    makeRoom()
    let start = length
    var out = ByteWriter(storage.mutableSpan, at: start)
    out.put(UInt64(mask.rawValue))
    out.putSigned(time)
    out.put(UInt64(kind))
    if row.uncachedInput != 0 { out.putSigned(row.uncachedInput) }
    if row.output != 0 { out.putSigned(row.output) }
    if row.cacheRead != 0 { out.putSigned(row.cacheRead) }
    if row.cacheWriteOther != 0 { out.putSigned(row.cacheWriteOther) }
    finish(row.start, end: out.position)
  }

  /// The time since the row before, in the unit that `mask` then tells.
  @inline(__always)
  private func difference(to start: Instant, _ mask: inout RowMask) -> Int64 {
    let delta = start.microseconds &- previous
    if delta % 1_000_000 == 0 {
      mask.insert(.seconds)
      return delta / 1_000_000
    }
    guard delta % 1000 == 0 else { return delta }
    mask.insert(.milliseconds)
    return delta / 1000
  }

  @inline(__always)
  private mutating func makeRoom() {
    guard storage.count - length < RowPacker.longestRow else { return }
    storage += [UInt8](repeating: 0, count: storage.count)
  }

  @inline(__always)
  private mutating func finish(_ start: Instant, end: Int) {
    length = end
    previous = start.microseconds
    if previous < earliest { earliest = previous }
    if previous > latest { latest = previous }
    count += 1
  }

  mutating func append(_ row: PackedRow) {
    var mask = RowMask(rawValue: 0)
    let time = difference(to: row.start, &mask)
    let tokens = row.tokens
    mask.insert(.check(row.check))
    if tokens.uncachedInput != 0 { mask.insert(.uncachedInput) }
    if tokens.output != 0 { mask.insert(.output) }
    if tokens.cacheRead != 0 { mask.insert(.cacheRead) }
    if row.duration != nil { mask.insert(.duration) }
    if row.timeToFirstToken != nil { mask.insert(.timeToFirstToken) }
    if tokens.cacheWrite5m != 0 { mask.insert(.cacheWrite5m) }
    if tokens.cacheWrite1h != 0 { mask.insert(.cacheWrite1h) }
    if tokens.cacheWriteOther != 0 { mask.insert(.cacheWriteOther) }
    if tokens.reasoning != 0 { mask.insert(.reasoning) }
    if row.reportedCost != nil { mask.insert(.cost) }
    if tokens.audioInput != 0 { mask.insert(.audioInput) }
    if tokens.audioOutput != 0 { mask.insert(.audioOutput) }
    if tokens.imageInput != 0 { mask.insert(.imageInput) }
    if row.width != 0 { mask.insert(.width) }
    if row.requests != 1 { mask.insert(.requests) }
    if row.reportedTotal != nil { mask.insert(.reportedTotal) }
    if row.precedence != .largestOutput { mask.insert(.precedence) }

    makeRoom()
    // One span a row: every append to the array itself would check that nobody shares it.
    let start = length
    var out = ByteWriter(storage.mutableSpan, at: start)
    out.put(UInt64(mask.rawValue))
    out.putSigned(time)
    out.put(UInt64(row.kind))
    if tokens.uncachedInput != 0 { out.putSigned(tokens.uncachedInput) }
    if tokens.output != 0 { out.putSigned(tokens.output) }
    if tokens.cacheRead != 0 { out.putSigned(tokens.cacheRead) }
    if let duration = row.duration { out.putSigned(duration) }
    if let time = row.timeToFirstToken { out.putSigned(time) }
    if tokens.cacheWrite5m != 0 { out.putSigned(tokens.cacheWrite5m) }
    if tokens.cacheWrite1h != 0 { out.putSigned(tokens.cacheWrite1h) }
    if tokens.cacheWriteOther != 0 { out.putSigned(tokens.cacheWriteOther) }
    if tokens.reasoning != 0 { out.putSigned(tokens.reasoning) }
    if let cost = row.reportedCost { out.putWide(cost.picodollars) }
    if tokens.audioInput != 0 { out.putSigned(tokens.audioInput) }
    if tokens.audioOutput != 0 { out.putSigned(tokens.audioOutput) }
    if tokens.imageInput != 0 { out.putSigned(tokens.imageInput) }
    if row.width != 0 { out.putSigned(row.width) }
    if row.requests != 1 {
      out.put(row.requests == nil ? 0 : 1)
      if let requests = row.requests { out.putSigned(requests) }
    }
    if let total = row.reportedTotal { out.putSigned(total) }
    if row.precedence != .largestOutput { out.put(UInt64(row.precedence.rawValue)) }

    finish(row.start, end: out.position)
  }
}

/// Variable-length numbers into bytes that are there already.
private struct ByteWriter: ~Escapable, ~Copyable {
  private var bytes: MutableSpan<UInt8>
  private(set) var position: Int

  @_lifetime(copy bytes)
  init(_ bytes: consuming MutableSpan<UInt8>, at position: Int) {
    self.bytes = bytes
    self.position = position
  }

  private mutating func append(_ byte: UInt8) {
    bytes[position] = byte
    position += 1
  }

  mutating func put(_ value: UInt64) {
    var value = value
    while value >= 0x80 {
      append(UInt8(truncatingIfNeeded: value) | 0x80)
      value >>= 7
    }
    append(UInt8(truncatingIfNeeded: value))
  }

  mutating func putSigned(_ value: Int64) {
    put(UInt64(bitPattern: value << 1 ^ value >> 63))
  }

  mutating func putWide(_ value: Int128) {
    var value = UInt128(bitPattern: value << 1 ^ value >> 127)
    while value >= 0x80 {
      append(UInt8(truncatingIfNeeded: value) | 0x80)
      value >>= 7
    }
    append(UInt8(truncatingIfNeeded: value))
  }
}

/// What a row has; the commonest in the lowest bits, so that most masks take one byte.
struct RowMask: OptionSet {
  var rawValue: UInt32

  static let seconds = RowMask(rawValue: 1 << 0)
  static let milliseconds = RowMask(rawValue: 1 << 1)
  static let checkShift: UInt32 = 2  // two bits

  @inline(__always)
  static func check(_ check: TotalCheck) -> RowMask {
    switch check {
    case .exact: RowMask(rawValue: 0)
    case .inclusiveMismatch: RowMask(rawValue: 1 << checkShift)
    case .totalLarger: RowMask(rawValue: 2 << checkShift)
    case .noTotal: RowMask(rawValue: 3 << checkShift)
    }
  }
  static let uncachedInput = RowMask(rawValue: 1 << 4)
  static let output = RowMask(rawValue: 1 << 5)
  static let cacheRead = RowMask(rawValue: 1 << 6)
  static let duration = RowMask(rawValue: 1 << 7)
  static let timeToFirstToken = RowMask(rawValue: 1 << 8)
  static let cacheWrite5m = RowMask(rawValue: 1 << 9)
  static let cacheWrite1h = RowMask(rawValue: 1 << 10)
  static let cacheWriteOther = RowMask(rawValue: 1 << 11)
  static let reasoning = RowMask(rawValue: 1 << 12)
  static let cost = RowMask(rawValue: 1 << 13)
  static let audioInput = RowMask(rawValue: 1 << 14)
  static let audioOutput = RowMask(rawValue: 1 << 15)
  static let imageInput = RowMask(rawValue: 1 << 16)
  static let width = RowMask(rawValue: 1 << 17)
  static let requests = RowMask(rawValue: 1 << 18)
  static let reportedTotal = RowMask(rawValue: 1 << 19)
  static let precedence = RowMask(rawValue: 1 << 20)
}
