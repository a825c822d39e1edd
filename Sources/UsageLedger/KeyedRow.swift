/// A row of a draft and the key it is filed under, in 16 bytes: there is one for every record.
struct KeyedRow: Sendable {
  let high: UInt64
  let row: UInt32
  private let low: UInt16
  /// The draft's number in its transaction.
  var draft: UInt16

  init(key: IdentityKey, draft: Int = 0, row: UInt32) {
    high = key.high
    low = key.low
    self.row = row
    self.draft = UInt16(draft)
  }

  var key: IdentityKey { IdentityKey(high: high, low: low) }

  /// The part of a `KeyChunk` it belongs to.
  var part: Int { Int(high >> UInt64(64 - KeyChunk.partBits)) }

  /// The first bits of the key, those before `skipped` left out.
  func bits(_ count: Int, behind skipped: Int) -> Int {
    count == 0 ? 0 : Int((high << UInt64(skipped)) >> UInt64(64 - count))
  }

  /// Ascending by key; copies of one key in the order they came.
  static func precedes(_ a: KeyedRow, _ b: KeyedRow) -> Bool {
    if a.high != b.high { return a.high < b.high }
    if a.low != b.low { return a.low < b.low }
    return a.draft == b.draft ? a.row < b.row : a.draft < b.draft
  }
}
