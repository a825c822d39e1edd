/// Some ascending identities and where their requests are, in three columns of fixed width: what a key's
/// first 64 bits exceed the key before by, its last 16 bits, and the location. About 11 bytes an entry.
struct IdentityPage {
  static let mostEntries = 4096

  private(set) var highs: [UInt64] = []
  private(set) var lows: [UInt16] = []
  private(set) var locations: [UInt64] = []

  var count: Int { highs.count }

  subscript(i: Int) -> IdentityEntry {
    IdentityEntry(
      key: IdentityKey(high: highs[i], low: lows[i]), location: Location(number: locations[i]))
  }

  /// Entries come in ascending order of their keys.
  mutating func append(_ entry: IdentityEntry) {
    highs.append(entry.key.high)
    lows.append(entry.key.low)
    locations.append(entry.location.number)
  }

  mutating func relocate(_ i: Int, to location: Location) { locations[i] = location.number }

  mutating func removeAll() {
    highs.removeAll(keepingCapacity: true)
    lows.removeAll(keepingCapacity: true)
    locations.removeAll(keepingCapacity: true)
  }

  // MARK: Bytes

  /// The number of entries (2 bytes), the widths of the first and the third column, the smallest
  /// location and the first key's 64 bits (8 bytes each). All numbers begin with their lowest byte.
  private static let headLength = 20

  var bytes: [UInt8] {
    var deltas = highs
    for i in stride(from: deltas.count - 1, to: 0, by: -1) { deltas[i] &-= deltas[i - 1] }
    if !deltas.isEmpty { deltas[0] = 0 }
    let base = locations.min() ?? 0
    let keyWidth = IdentityPage.width(deltas.max() ?? 0)
    let locationWidth = IdentityPage.width((locations.max() ?? 0) - base)
    var bytes = [UInt8](
      repeating: 0,
      count: IdentityPage.headLength + count * (keyWidth + 2 + locationWidth))
    var out = bytes.mutableSpan
    IdentityPage.put(UInt64(count), 2, &out, at: 0)
    out[2] = UInt8(keyWidth)
    out[3] = UInt8(locationWidth)
    IdentityPage.put(base, 8, &out, at: 4)
    IdentityPage.put(highs.first ?? 0, 8, &out, at: 12)
    var place = IdentityPage.headLength
    for delta in deltas {
      IdentityPage.put(delta, keyWidth, &out, at: place)
      place += keyWidth
    }
    for low in lows {
      IdentityPage.put(UInt64(low), 2, &out, at: place)
      place += 2
    }
    for location in locations {
      IdentityPage.put(location - base, locationWidth, &out, at: place)
      place += locationWidth
    }
    return bytes
  }

  init() {}

  /// Nil when the bytes are no page.
  init?(_ bytes: [UInt8]) {
    guard bytes.count >= IdentityPage.headLength else { return nil }
    let span = bytes.span
    let count = Int(IdentityPage.take(2, span, at: 0))
    let keyWidth = Int(bytes[2])
    let locationWidth = Int(bytes[3])
    guard keyWidth <= 8, locationWidth <= 8,
      bytes.count == IdentityPage.headLength + count * (keyWidth + 2 + locationWidth)
    else { return nil }
    let base = IdentityPage.take(8, span, at: 4)
    var high = IdentityPage.take(8, span, at: 12)
    highs.reserveCapacity(count)
    lows.reserveCapacity(count)
    locations.reserveCapacity(count)
    var place = IdentityPage.headLength
    for _ in 0..<count {
      high &+= IdentityPage.take(keyWidth, span, at: place)
      highs.append(high)
      place += keyWidth
    }
    for _ in 0..<count {
      lows.append(UInt16(IdentityPage.take(2, span, at: place)))
      place += 2
    }
    for _ in 0..<count {
      locations.append(base &+ IdentityPage.take(locationWidth, span, at: place))
      place += locationWidth
    }
  }

  /// Bytes that hold `number`; none for 0.
  private static func width(_ number: UInt64) -> Int { (64 - number.leadingZeroBitCount + 7) / 8 }

  private static func put(
    _ number: UInt64, _ width: Int, _ out: inout MutableSpan<UInt8>, at place: Int
  ) {
    var rest = number
    for i in place..<place + width {
      out[i] = UInt8(truncatingIfNeeded: rest)
      rest >>= 8
    }
  }

  private static func take(_ width: Int, _ bytes: Span<UInt8>, at place: Int) -> UInt64 {
    var number: UInt64 = 0
    var shift: UInt64 = 0
    for i in place..<place + width {
      number |= UInt64(bytes[i]) << shift
      shift += 8
    }
    return number
  }
}
