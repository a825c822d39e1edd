import Usage

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
    let mask = RowMask(rawValue: UInt32(truncatingIfNeeded: take()))
    let time = takeSigned()
    let delta =
      mask.contains(.seconds)
      ? time &* 1_000_000 : mask.contains(.milliseconds) ? time &* 1000 : time
    previous = previous &+ delta
    row.start = Instant(microseconds: previous)
    row.kind = Int(truncatingIfNeeded: take())
    row.check = TotalCheck(rawValue: UInt8(mask.rawValue >> RowMask.checkShift & 3)) ?? .noTotal
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
