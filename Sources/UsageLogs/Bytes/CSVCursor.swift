import Usage

/// Splits comma-separated values (RFC 4180; quoted cells may hold commas, quotes and line ends).
enum CSVCursor {
  /// The end of the row that starts at `start`, its line end not included, or nil when the row is not
  /// complete in `bytes`.
  static func rowEnd(_ bytes: Span<UInt8>, from start: Int) -> Int? {
    var i = start
    while true {
      let newline = bytes.firstIndex(of: 0x0A, from: i, to: bytes.count)
      let quote = bytes.firstIndex(of: UInt8(ascii: "\""), from: i, to: newline)
      if quote == newline { return newline < bytes.count ? newline : nil }
      let closing = bytes.firstIndex(of: UInt8(ascii: "\""), from: quote + 1, to: bytes.count)
      guard closing < bytes.count else { return nil }
      i = closing + 1
    }
  }

  /// The cells of one row, quotes taken off and doubled quotes made single.
  static func cells(_ row: Span<UInt8>) -> [String] {
    var cells: [String] = []
    var cell: [UInt8] = []
    var isQuoted = false
    var end = row.count
    if end > 0, row[end - 1] == 0x0D { end -= 1 }
    var i = 0
    while i < end {
      let byte = row[i]
      if isQuoted {
        if byte == UInt8(ascii: "\"") {
          if i + 1 < end, row[i + 1] == byte {
            cell.append(byte)
            i += 1
          } else {
            isQuoted = false
          }
        } else {
          cell.append(byte)
        }
      } else if byte == UInt8(ascii: "\""), cell.isEmpty {
        isQuoted = true
      } else if byte == UInt8(ascii: ",") {
        cells.append(String(decoding: cell, as: UTF8.self))
        cell.removeAll(keepingCapacity: true)
      } else {
        cell.append(byte)
      }
      i += 1
    }
    cells.append(String(decoding: cell, as: UTF8.self))
    return cells
  }
}
