/// 128 bits that stand for one identity.
///
/// The ledger keeps 80 of them: at a billion requests the chance that any two different identities
/// agree in 80 bits is n^2 / 2^81 = 4 x 10^-7.
package struct Fingerprint: Hashable, Comparable, Sendable {
  package var high: UInt64
  package var low: UInt64

  @inlinable package init(high: UInt64, low: UInt64) {
    self.high = high
    self.low = low
  }

  /// Stands for "no identity"; no hash yields it.
  @inlinable package static var none: Fingerprint { Fingerprint(high: 0, low: 0) }

  @inlinable package static func == (a: Fingerprint, b: Fingerprint) -> Bool {
    a.high == b.high && a.low == b.low
  }

  @inlinable package static func < (a: Fingerprint, b: Fingerprint) -> Bool {
    a.high == b.high ? a.low < b.low : a.high < b.high
  }
}

extension Fingerprint: CustomStringConvertible {
  package var description: String { Fingerprint.hex(high) + Fingerprint.hex(low) }

  private static func hex(_ value: UInt64) -> String {
    let digits = String(value, radix: 16)
    return String(repeating: "0", count: 16 - digits.count) + digits
  }
}
