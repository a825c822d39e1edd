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

  func write(to bytes: inout [UInt8]) {
    for shift in stride(from: 56, through: 0, by: -8) {
      bytes.append(UInt8(truncatingIfNeeded: key.high >> UInt64(shift)))
    }
    bytes.append(UInt8(truncatingIfNeeded: key.low >> 8))
    bytes.append(UInt8(truncatingIfNeeded: key.low))
    for shift in stride(from: 24, through: 0, by: -8) {
      bytes.append(UInt8(truncatingIfNeeded: location.block >> UInt32(shift)))
    }
    bytes.append(UInt8(truncatingIfNeeded: location.row >> 8))
    bytes.append(UInt8(truncatingIfNeeded: location.row))
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
