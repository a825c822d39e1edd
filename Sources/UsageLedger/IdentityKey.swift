import Usage

/// The 80 bits kept of a fingerprint, in sorting order.
///
/// At a billion requests the chance that two different identities share them is 4 x 10^-7.
struct IdentityKey: Hashable, Comparable, Sendable {
  var high: UInt64
  var low: UInt16

  init(_ fingerprint: Fingerprint) {
    high = fingerprint.high
    low = UInt16(truncatingIfNeeded: fingerprint.low >> 48)
  }

  init(high: UInt64, low: UInt16) {
    self.high = high
    self.low = low
  }

  static func < (a: IdentityKey, b: IdentityKey) -> Bool {
    a.high == b.high ? a.low < b.low : a.high < b.high
  }

  static func == (a: IdentityKey, b: IdentityKey) -> Bool { a.high == b.high && a.low == b.low }
}

/// Where a request's row is: a block of the ledger and the row in it.
struct Location: Hashable, Sendable {
  var block: UInt32
  var row: UInt16
}

/// An identity and where its request is: 16 bytes in the ledger.
struct IdentityEntry: Sendable {
  static let size = 16

  var key: IdentityKey
  var location: Location

  func write(to bytes: inout MutableSpan<UInt8>, at start: Int) {
    for i in 0..<8 { bytes[start + i] = UInt8(truncatingIfNeeded: key.high >> UInt64(56 - 8 * i)) }
    bytes[start + 8] = UInt8(truncatingIfNeeded: key.low >> 8)
    bytes[start + 9] = UInt8(truncatingIfNeeded: key.low)
    for i in 0..<4 {
      bytes[start + 10 + i] = UInt8(truncatingIfNeeded: location.block >> UInt32(24 - 8 * i))
    }
    bytes[start + 14] = UInt8(truncatingIfNeeded: location.row >> 8)
    bytes[start + 15] = UInt8(truncatingIfNeeded: location.row)
  }

  /// The entry in the 16 bytes from `start` on.
  init(_ bytes: [UInt8], at start: Int) {
    var high: UInt64 = 0
    for i in start..<start + 8 { high = high << 8 | UInt64(bytes[i]) }
    key = IdentityKey(high: high, low: UInt16(bytes[start + 8]) << 8 | UInt16(bytes[start + 9]))
    var block: UInt32 = 0
    for i in start + 10..<start + 14 { block = block << 8 | UInt32(bytes[i]) }
    location = Location(
      block: block, row: UInt16(bytes[start + 14]) << 8 | UInt16(bytes[start + 15]))
  }

  init(key: IdentityKey, location: Location) {
    self.key = key
    self.location = location
  }
}
