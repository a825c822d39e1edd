import Usage

/// Byte strings already seen in this file and what each stands for, so that what repeats on every line
/// is compared as bytes and worked out once.
struct ByteCache<Value: Sendable>: Sendable {
  private struct Entry: Sendable {
    var hash: UInt64
    /// In `arena`. A key is not empty, so 0 marks a free entry.
    var count: UInt32
    var start: UInt32
    var value: Value
  }

  private var arena: [UInt8] = []
  private var count = 0
  /// Open addressing, a power of two in size and at most a quarter full: the first look mostly hits,
  /// which the processor then foresees.
  private var entries: [Entry]
  private let free: Entry
  private let limit: Int

  /// What the 32 bits of a place can name, and far more than a log should have.
  private static var largestArena: Int { 1 << 30 }

  /// `unset` stands in free entries and never comes out. With more than `limit` keys, or a GiB of
  /// them, it starts anew.
  init(unset: Value, limit: Int = .max) {
    free = Entry(hash: 0, count: 0, start: 0, value: unset)
    entries = [Entry](repeating: free, count: 64)
    self.limit = limit
  }

  /// What the bytes at `range`, which are not empty, stand for; nil if they are new: then `remember`
  /// them, with the same hash.
  @inline(__always)
  func value(of bytes: Span<UInt8>, _ range: Range<Int>, hash: UInt64) -> Value? {
    var slot = Int(truncatingIfNeeded: hash) & (entries.count - 1)
    while entries[slot].count != 0 {
      let entry = entries[slot]
      let start = Int(entry.start)
      if entry.hash == hash,
        bytes.equals(range, arena.span, start..<start &+ Int(entry.count))
      {
        return entry.value
      }
      slot = (slot + 1) & (entries.count - 1)
    }
    return nil
  }

  mutating func remember(
    _ bytes: Span<UInt8>, _ range: Range<Int>, hash: UInt64, as value: Value
  ) {
    if range.isEmpty { return }
    if count == limit || arena.count + range.count > ByteCache.largestArena {
      self = ByteCache(unset: free.value, limit: limit)
    }
    let start = arena.count
    arena.append(bytes, range)
    count += 1
    if count * 4 > entries.count {
      let old = entries
      entries = [Entry](repeating: free, count: old.count * 2)
      for entry in old where entry.count != 0 { place(entry) }
    }
    place(
      Entry(hash: hash, count: UInt32(range.count), start: UInt32(start), value: value))
  }

  private mutating func place(_ entry: Entry) {
    var slot = Int(truncatingIfNeeded: entry.hash) & (entries.count - 1)
    while entries[slot].count != 0 { slot = (slot + 1) & (entries.count - 1) }
    entries[slot] = entry
  }
}
