import Usage

/// Byte strings already seen in this file and their numbers, so that a name that repeats on every
/// line is compared as bytes and becomes a `String` once.
struct NameCache {
  private struct Entry {
    var hash: UInt64
    var range: Range<Int>
    var id: NameID
  }

  private var arena: [UInt8] = []
  private var entries: [Entry] = []
  /// Open addressing, a power of two in size; 0 is free, else the entry's index plus 1.
  private var slots = [UInt32](repeating: 0, count: 64)
  private var last = 0

  /// The number of the name at `range`, or nil if it is new: then `remember` it.
  mutating func id(of bytes: Span<UInt8>, _ range: Range<Int>) -> NameID? {
    if last < entries.count, bytes.equals(range, arena.span, entries[last].range) {
      return entries[last].id
    }
    let hash = bytes.tableHash(range)
    var slot = Int(truncatingIfNeeded: hash) & (slots.count - 1)
    while slots[slot] != 0 {
      let index = Int(slots[slot]) - 1
      if entries[index].hash == hash, bytes.equals(range, arena.span, entries[index].range) {
        last = index
        return entries[index].id
      }
      slot = (slot + 1) & (slots.count - 1)
    }
    return nil
  }

  mutating func remember(_ bytes: Span<UInt8>, _ range: Range<Int>, as id: NameID) {
    let start = arena.count
    arena.reserveCapacity(start + range.count)
    for i in range { arena.append(bytes[i]) }
    entries.append(
      Entry(hash: bytes.tableHash(range), range: start..<arena.count, id: id))
    last = entries.count - 1
    if entries.count * 2 > slots.count {
      slots = [UInt32](repeating: 0, count: slots.count * 2)
      for index in entries.indices { place(index) }
    } else {
      place(last)
    }
  }

  private mutating func place(_ index: Int) {
    var slot = Int(truncatingIfNeeded: entries[index].hash) & (slots.count - 1)
    while slots[slot] != 0 { slot = (slot + 1) & (slots.count - 1) }
    slots[slot] = UInt32(index + 1)
  }
}
