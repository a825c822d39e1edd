import Usage

/// Byte strings already seen in this file and their numbers, so that a name that repeats on every
/// line is compared as bytes and becomes a `String` once.
struct NameCache {
  private struct Entry {
    var hash: UInt64 = 0
    /// In `arena`. A name is not empty, so 0 marks a free entry.
    var end: Int = 0
    var start: Int = 0
    var id = NameID.none
  }

  private var arena: [UInt8] = []
  private var count = 0
  /// Open addressing, a power of two in size.
  private var entries = [Entry](repeating: Entry(), count: 64)

  /// The number of the name at `range`, which is not empty, or nil if it is new: then `remember` it.
  @inline(__always)
  func id(of bytes: Span<UInt8>, _ range: Range<Int>) -> NameID? {
    let hash = bytes.tableHash(range)
    var slot = Int(truncatingIfNeeded: hash) & (entries.count - 1)
    while entries[slot].end != 0 {
      let entry = entries[slot]
      if entry.hash == hash, bytes.equals(range, arena.span, entry.start..<entry.end) {
        return entry.id
      }
      slot = (slot + 1) & (entries.count - 1)
    }
    return nil
  }

  mutating func remember(_ bytes: Span<UInt8>, _ range: Range<Int>, as id: NameID) {
    if range.isEmpty { return }
    let start = arena.count
    arena.append(bytes, range)
    count += 1
    if count * 2 > entries.count {
      let old = entries
      entries = [Entry](repeating: Entry(), count: old.count * 2)
      for entry in old where entry.end != 0 { place(entry) }
    }
    place(Entry(hash: bytes.tableHash(range), end: arena.count, start: start, id: id))
  }

  private mutating func place(_ entry: Entry) {
    var slot = Int(truncatingIfNeeded: entry.hash) & (entries.count - 1)
    while entries[slot].end != 0 { slot = (slot + 1) & (entries.count - 1) }
    entries[slot] = entry
  }
}
