import Foundation
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

extension IdentityKey {
  /// Ten bytes, the highest first.
  var data: Data {
    var bytes: [UInt8] = []
    for shift in stride(from: 56, through: 0, by: -8) {
      bytes.append(UInt8(truncatingIfNeeded: high >> UInt64(shift)))
    }
    bytes.append(UInt8(truncatingIfNeeded: low >> 8))
    bytes.append(UInt8(truncatingIfNeeded: low))
    return Data(bytes)
  }

  init(_ data: Data) {
    var high: UInt64 = 0
    var low: UInt16 = 0
    for (i, byte) in data.enumerated() {
      if i < 8 { high = high << 8 | UInt64(byte) } else { low = low << 8 | UInt16(byte) }
    }
    self.init(high: high, low: low)
  }
}

/// Where a request's row is: a block of the ledger and the row in it.
struct Location: Hashable, Comparable, Sendable {
  /// The block's number times the rows of a block, plus the row.
  var number: UInt64

  init(number: UInt64) { self.number = number }

  /// Damage may have made any number of a block's: then it is the location of nothing.
  init(block: Int64, row: Int) {
    number =
      UInt64(bitPattern: block) &* UInt64(SourceDraft.rowsPerBlock)
      &+ UInt64(truncatingIfNeeded: row)
  }

  var block: Int64 { Int64(number / UInt64(SourceDraft.rowsPerBlock)) }
  var row: UInt32 { UInt32(number % UInt64(SourceDraft.rowsPerBlock)) }

  static func < (a: Location, b: Location) -> Bool { a.number < b.number }
}

/// An identity and where its request is.
struct IdentityEntry: Sendable {
  var key: IdentityKey
  var location: Location
}
