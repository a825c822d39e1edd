/// Some ascending identities and where their requests are, as the ledger keeps them: three columns of
/// fixed width, of what a key's first 64 bits exceed the key before by, its last 16 bits, and the
/// location. About 11 bytes an entry.
///
/// Before the columns stand the number of entries (2 bytes), the widths of the first and the third
/// column, the smallest location and the first key's 64 bits (8 bytes each). All numbers begin with
/// their lowest byte.
struct IdentityPage {
  static let mostEntries = 4096
  fileprivate static let headLength = 20

  /// The first 64 bits of each key. The other columns are read where these match.
  let highs: [UInt64]
  private let bytes: [UInt8]
  private let keyWidth: Int
  private let locationWidth: Int
  private let base: UInt64

  static let empty = IdentityPage()

  private init() {
    highs = []
    bytes = []
    keyWidth = 0
    locationWidth = 0
    base = 0
  }

  /// Nil when the bytes are no page.
  init?(_ bytes: [UInt8]) {
    guard bytes.count >= IdentityPage.headLength else { return nil }
    let span = bytes.span
    let count = Int(IdentityPage.take(2, span, at: 0))
    keyWidth = Int(bytes[2])
    locationWidth = Int(bytes[3])
    guard keyWidth <= 8, locationWidth <= 8,
      bytes.count == IdentityPage.headLength + count * (keyWidth + 2 + locationWidth)
    else { return nil }
    base = IdentityPage.take(8, span, at: 4)
    let first = IdentityPage.take(8, span, at: 12)
    // A constant width lets the compiler unroll the bytes of a number: 6 is that of a million keys.
    highs =
      keyWidth == 6
      ? IdentityPage.sums(of: count, width: 6, span, from: first)
      : IdentityPage.sums(of: count, width: keyWidth, span, from: first)
    self.bytes = bytes
  }

  var count: Int { highs.count }

  subscript(i: Int) -> IdentityEntry {
    let lows = IdentityPage.headLength + count * keyWidth
    let low = IdentityPage.take(2, bytes.span, at: lows + i * 2)
    let offset = IdentityPage.take(
      locationWidth, bytes.span, at: lows + count * 2 + i * locationWidth)
    return IdentityEntry(
      key: IdentityKey(high: highs[i], low: UInt16(truncatingIfNeeded: low)),
      location: Location(number: base &+ offset))
  }

  var entries: [IdentityEntry] { (0..<count).map { self[$0] } }

  @inline(__always)
  private static func sums(
    of count: Int, width: Int, _ bytes: Span<UInt8>, from first: UInt64
  ) -> [UInt64] {
    var high = first
    var place = headLength
    var highs: [UInt64] = []
    highs.reserveCapacity(count)
    for _ in 0..<count {
      high &+= take(width, bytes, at: place)
      highs.append(high)
      place += width
    }
    return highs
  }

  @inline(__always)
  private static func take(_ width: Int, _ bytes: Span<UInt8>, at place: Int) -> UInt64 {
    var number: UInt64 = 0
    for i in 0..<width { number |= UInt64(bytes[place + i]) << UInt64(8 * i) }
    return number
  }
}

/// Entries on their way into a page. They come in ascending order of their keys.
struct IdentityPageBuilder {
  private(set) var entries: [IdentityEntry] = []

  init(_ entries: [IdentityEntry] = []) { self.entries = entries }

  mutating func append(_ entry: IdentityEntry) { entries.append(entry) }

  mutating func removeAll() { entries.removeAll(keepingCapacity: true) }

  /// What `IdentityPage` reads.
  var bytes: [UInt8] {
    var largestStep: UInt64 = 0
    var base = UInt64.max
    var farthest: UInt64 = 0
    var high = entries.first?.key.high ?? 0
    for entry in entries {
      largestStep |= entry.key.high &- high
      high = entry.key.high
      base = min(base, entry.location.number)
      farthest = max(farthest, entry.location.number)
    }
    if entries.isEmpty { base = 0 }
    let keyWidth = IdentityPageBuilder.width(largestStep)
    let locationWidth = IdentityPageBuilder.width(farthest - base)
    let lows = IdentityPage.headLength + entries.count * keyWidth
    let locations = lows + entries.count * 2
    let end = locations + entries.count * locationWidth
    // Numbers are put down eight bytes wide; the next one covers what is too much of the one before.
    var bytes = [UInt8](repeating: 0, count: end + 8)
    var out = bytes.mutableSpan
    out.put(UInt64(entries.count), at: 0)
    out.put(UInt64(keyWidth), at: 2)
    out.put(UInt64(locationWidth), at: 3)
    out.put(base, at: 4)
    high = entries.first?.key.high ?? 0
    out.put(high, at: 12)
    var place = IdentityPage.headLength
    for entry in entries {
      out.put(entry.key.high &- high, at: place)
      high = entry.key.high
      place += keyWidth
    }
    place = lows
    for entry in entries {
      out.put(UInt64(entry.key.low), at: place)
      place += 2
    }
    place = locations
    for entry in entries {
      out.put(entry.location.number - base, at: place)
      place += locationWidth
    }
    bytes.removeLast(8)
    return bytes
  }

  /// Bytes that hold `number`; none for 0.
  private static func width(_ number: UInt64) -> Int { (64 - number.leadingZeroBitCount + 7) / 8 }
}

extension MutableSpan where Element == UInt8 {
  /// Puts eight bytes down, the lowest first.
  @inline(__always) @_lifetime(self: copy self)
  mutating func put(_ number: UInt64, at place: Int) {
    // A part of known length is written as one word; bytes that are checked one by one are not.
    var eight = _mutatingExtracting(place..<place + 8)
    for i in 0..<8 { eight[i] = UInt8(truncatingIfNeeded: number >> UInt64(8 * i)) }
  }
}
