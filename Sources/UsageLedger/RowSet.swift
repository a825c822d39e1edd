import Foundation

/// Some rows of one draft or block, a bit each.
struct RowSet: Sendable {
  private var words: [UInt64] = []
  private(set) var count = 0

  init() {}

  var isEmpty: Bool { count == 0 }

  func contains(_ row: UInt32) -> Bool {
    let word = Int(row >> 6)
    return word < words.count && words[word] >> UInt64(row & 63) & 1 == 1
  }

  mutating func insert(_ row: UInt32) {
    let word = Int(row >> 6)
    if word >= words.count {
      words += [UInt64](repeating: 0, count: word + 1 - words.count)
    }
    let bit: UInt64 = 1 << UInt64(row & 63)
    if words[word] & bit == 0 { count += 1 }
    words[word] |= bit
  }

  mutating func remove(_ row: UInt32) {
    guard contains(row) else { return }
    words[Int(row >> 6)] &= ~(1 << UInt64(row & 63))
    count -= 1
  }

  /// How many of `rows` are in it.
  func count(in rows: Range<Int>) -> Int {
    if isEmpty { return 0 }
    return rows.reduce(0) { $0 + (contains(UInt32($1)) ? 1 : 0) }
  }

  /// As a ledger keeps the rows of `range`, counted from its start: eight to a byte, the first in the
  /// lowest bit; nil for none.
  func bitmap(of range: Range<Int>) -> Data? {
    guard count(in: range) > 0 else { return nil }
    var bytes = [UInt8](repeating: 0, count: (range.count + 7) / 8)
    for (place, row) in range.enumerated() where contains(UInt32(row)) {
      bytes[place / 8] |= 1 << UInt8(place % 8)
    }
    return Data(bytes)
  }

  init(bitmap: Data?) {
    guard let bitmap else { return }
    for (place, byte) in bitmap.enumerated() where byte != 0 {
      for bit in 0..<8 where byte >> UInt8(bit) & 1 == 1 { insert(UInt32(place * 8 + bit)) }
    }
  }
}
