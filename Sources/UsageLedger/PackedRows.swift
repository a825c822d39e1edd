import Usage

/// One request as a ledger keeps it: everything but names and identity.
struct PackedRow {
  var start = Instant(microseconds: 0)
  var width: Int64 = 0
  var requests: Int64? = 1
  var kind = 0
  var tokens = TokenCounts()
  var duration: Int64?
  var timeToFirstToken: Int64?
  var reportedCost: Money?
  /// Only where it differs from `tokens.total`.
  var reportedTotal: Int64?
  var check = TotalCheck.exact
  var precedence = Precedence.largestOutput
}

/// Rows in a few bytes each: a mask of what is there, then variable-length numbers.
///
/// A typical request (start, kind, two or three counts) takes 9-12 bytes. Times are differences to the
/// row before, in the largest of seconds, milliseconds and microseconds that divides them.
struct RowPacker {
  /// Written up to `length`; the rest is room.
  private var storage: [UInt8]
  private var length = 0
  private(set) var count = 0
  private(set) var first = Instant(microseconds: .max)
  private(set) var last = Instant(microseconds: .min)
  private var previous: Int64 = 0

  init(capacity: Int = 0) {
    storage = [UInt8](repeating: 0, count: max(capacity, RowPacker.longestRow))
  }

  var bytes: [UInt8] { Array(storage[..<length]) }

  /// 20 numbers of at most 10 bytes, the cost of 19, and what decides between them.
  private static let longestRow = 256

  mutating func append(_ row: PackedRow) {
    let delta = row.start.microseconds &- previous
    var mask = Mask(rawValue: 0)
    var time = delta
    if delta % 1_000_000 == 0 {
      time = delta / 1_000_000
      mask.insert(.seconds)
    } else if delta % 1000 == 0 {
      time = delta / 1000
      mask.insert(.milliseconds)
    }
    let tokens = row.tokens
    mask.rawValue |= UInt32(row.check.rawValue) << Mask.checkShift
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

    if storage.count - length < RowPacker.longestRow {
      storage += [UInt8](repeating: 0, count: storage.count)
    }
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

    let end = out.position
    length = end
    previous = row.start.microseconds
    first = min(first, row.start)
    last = max(last, row.start)
    count += 1
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

/// Reads what `RowPacker` wrote, row after row.
struct RowUnpacker {
  private let bytes: [UInt8]
  private var position = 0
  private var previous: Int64 = 0

  init(_ bytes: [UInt8]) { self.bytes = bytes }

  /// The next row, or nil at the end.
  mutating func next() -> PackedRow? {
    guard position < bytes.count else { return nil }
    var row = PackedRow()
    let mask = Mask(rawValue: UInt32(truncatingIfNeeded: take()))
    let time = takeSigned()
    let delta =
      mask.contains(.seconds)
      ? time &* 1_000_000 : mask.contains(.milliseconds) ? time &* 1000 : time
    previous = previous &+ delta
    row.start = Instant(microseconds: previous)
    row.kind = Int(truncatingIfNeeded: take())
    row.check = TotalCheck(rawValue: UInt8(mask.rawValue >> Mask.checkShift & 3)) ?? .noTotal
    if mask.contains(.uncachedInput) { row.tokens.uncachedInput = takeSigned() }
    if mask.contains(.output) { row.tokens.output = takeSigned() }
    if mask.contains(.cacheRead) { row.tokens.cacheRead = takeSigned() }
    if mask.contains(.duration) { row.duration = takeSigned() }
    if mask.contains(.timeToFirstToken) { row.timeToFirstToken = takeSigned() }
    if mask.contains(.cacheWrite5m) { row.tokens.cacheWrite5m = takeSigned() }
    if mask.contains(.cacheWrite1h) { row.tokens.cacheWrite1h = takeSigned() }
    if mask.contains(.cacheWriteOther) { row.tokens.cacheWriteOther = takeSigned() }
    if mask.contains(.reasoning) { row.tokens.reasoning = takeSigned() }
    if mask.contains(.cost) { row.reportedCost = Money(picodollars: takeWide()) }
    if mask.contains(.audioInput) { row.tokens.audioInput = takeSigned() }
    if mask.contains(.audioOutput) { row.tokens.audioOutput = takeSigned() }
    if mask.contains(.imageInput) { row.tokens.imageInput = takeSigned() }
    if mask.contains(.width) { row.width = takeSigned() }
    if mask.contains(.requests) { row.requests = take() == 0 ? nil : takeSigned() }
    if mask.contains(.reportedTotal) { row.reportedTotal = takeSigned() }
    if mask.contains(.precedence) {
      row.precedence = Precedence(rawValue: UInt8(truncatingIfNeeded: take())) ?? .largestOutput
    }
    return row
  }

  private mutating func take() -> UInt64 {
    var value: UInt64 = 0
    var shift: UInt64 = 0
    while position < bytes.count {
      let byte = bytes[position]
      position += 1
      value |= UInt64(byte & 0x7F) << shift
      if byte < 0x80 { break }
      shift += 7
    }
    return value
  }

  private mutating func takeSigned() -> Int64 {
    let value = take()
    return Int64(bitPattern: value >> 1) ^ -Int64(bitPattern: value & 1)
  }

  private mutating func takeWide() -> Int128 {
    var value: UInt128 = 0
    var shift: UInt128 = 0
    while position < bytes.count {
      let byte = bytes[position]
      position += 1
      value |= UInt128(byte & 0x7F) << shift
      if byte < 0x80 { break }
      shift += 7
    }
    return Int128(bitPattern: value >> 1) ^ -Int128(bitPattern: value & 1)
  }
}

/// What a row has; the commonest in the lowest bits, so that most masks take one byte.
private struct Mask: OptionSet {
  var rawValue: UInt32

  static let seconds = Mask(rawValue: 1 << 0)
  static let milliseconds = Mask(rawValue: 1 << 1)
  static let checkShift: UInt32 = 2  // two bits
  static let uncachedInput = Mask(rawValue: 1 << 4)
  static let output = Mask(rawValue: 1 << 5)
  static let cacheRead = Mask(rawValue: 1 << 6)
  static let duration = Mask(rawValue: 1 << 7)
  static let timeToFirstToken = Mask(rawValue: 1 << 8)
  static let cacheWrite5m = Mask(rawValue: 1 << 9)
  static let cacheWrite1h = Mask(rawValue: 1 << 10)
  static let cacheWriteOther = Mask(rawValue: 1 << 11)
  static let reasoning = Mask(rawValue: 1 << 12)
  static let cost = Mask(rawValue: 1 << 13)
  static let audioInput = Mask(rawValue: 1 << 14)
  static let audioOutput = Mask(rawValue: 1 << 15)
  static let imageInput = Mask(rawValue: 1 << 16)
  static let width = Mask(rawValue: 1 << 17)
  static let requests = Mask(rawValue: 1 << 18)
  static let reportedTotal = Mask(rawValue: 1 << 19)
  static let precedence = Mask(rawValue: 1 << 20)
}
