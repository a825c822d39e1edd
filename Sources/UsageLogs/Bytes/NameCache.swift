import Usage

/// The names already seen in this file and their numbers.
struct NameCache: Sendable {
  private var cache = ByteCache(unset: NameID.none)

  /// The number of the name at `range`, which is not empty, or nil if it is new: then `remember` it.
  @inline(__always)
  func id(of bytes: Span<UInt8>, _ range: Range<Int>) -> NameID? {
    cache.value(of: bytes, range, hash: bytes.tableHash(range))
  }

  mutating func remember(_ bytes: Span<UInt8>, _ range: Range<Int>, as id: NameID) {
    cache.remember(bytes, range, hash: bytes.tableHash(range), as: id)
  }
}
