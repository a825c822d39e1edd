/// What is kept beside stored bytes so that `ledger verify` notices when a disk or a memory changed
/// them: any change inside eight bytes in a row is certain to show, any other but for one in 2^64.
enum Checksum {
  static func of(_ bytes: [UInt8]) -> Int64 {
    let span = bytes.span
    var state = UInt64(bytes.count) &* 0x9E37_79B9_7F4A_7C15
    var place = 0
    while place + 8 <= span.count {
      // A part of known length is read as one word; bytes that are checked one by one are not.
      let eight = span.extracting(place..<place + 8)
      var word: UInt64 = 0
      for i in 0..<8 { word |= UInt64(eight[i]) << UInt64(8 * i) }
      state = mix(state, word)
      place += 8
    }
    var rest: UInt64 = 0
    while place < span.count {
      rest = rest << 8 | UInt64(span[place])
      place += 1
    }
    return Int64(bitPattern: mix(state, rest))
  }

  /// One to one in each of its arguments.
  private static func mix(_ state: UInt64, _ word: UInt64) -> UInt64 {
    let product = (state ^ word) &* 0xD6E8_FEB8_6659_FD93
    return product ^ product >> 32
  }
}
