import Foundation

/// The rows of a block that have a loose identity, as the block keeps them: what else than its place
/// in the index a row was filed by, so that it can be filed anew when another source is forgotten or
/// its ledger is merged into another.
///
/// Each takes two bytes (the row; the highest bit says that a full identity follows), the ten bytes of
/// the loose identity, and those of the full one.
enum LooseRows {
  static func data(_ rows: ArraySlice<SourceDraft.LooseKey>, firstRow: Int) -> Data? {
    guard !rows.isEmpty else { return nil }
    var data = Data(capacity: rows.count * 22)
    for entry in rows {
      let row = UInt16(Int(entry.row) - firstRow) | (entry.full == nil ? 0 : 0x8000)
      data.append(UInt8(row >> 8))
      data.append(UInt8(row & 0xFF))
      data.append(entry.key.data)
      if let full = entry.full { data.append(full.data) }
    }
    return data
  }

  /// The rows are counted from the block's first.
  static func read(_ data: Data?) -> [SourceDraft.LooseKey] {
    guard let data else { return [] }
    let bytes = [UInt8](data)
    var rows: [SourceDraft.LooseKey] = []
    var place = 0
    while place + 12 <= bytes.count {
      let head = UInt16(bytes[place]) << 8 | UInt16(bytes[place + 1])
      let hasFull = head & 0x8000 != 0
      let end = place + (hasFull ? 22 : 12)
      guard end <= bytes.count else { break }
      rows.append(
        SourceDraft.LooseKey(
          key: IdentityKey(Data(bytes[place + 2..<place + 12])), row: UInt32(head & 0x7FFF),
          full: hasFull ? IdentityKey(Data(bytes[place + 12..<end])) : nil))
      place = end
    }
    return rows
  }
}
