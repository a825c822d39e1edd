import Usage

/// What vLLM's logger writes before each message: level, time, `file:line]`.
///
/// `INFO 09-22 23:46:42 metrics.py:351] ` up to 0.7.3, `INFO 06-16 10:03:14 [loggers.py:87] ` since
/// 0.8.0. NIM writes the year too: `INFO 2026-03-03 12:00:10.079 loggers.py:259] `.
struct VLLMHead {
  var time = LineTime.none
  var file = 0..<0
  var sourceLine = 0
  var hasOpeningBracket = false
  /// Where the message begins.
  var message = 0

  init?(_ bytes: Span<UInt8>, at start: Int) {
    var i = start
    while i < bytes.count, i - start <= 8, bytes[i] >= UInt8(ascii: "A"),
      bytes[i] <= UInt8(ascii: "Z")
    {
      i += 1
    }
    guard i - start >= 4, i + 16 < bytes.count, bytes[i] == 0x20,
      Timestamp.digit(bytes[i + 1]) != nil
    else { return nil }
    i += 1
    if let moment = LineTime.monthDayClock(bytes, i), bytes[i + 14] == 0x20 {
      time = .yearless(moment)
      i += 15
    } else {
      var stop = i + 19
      while stop < bytes.count, bytes[stop] > 0x20 { stop += 1 }
      guard stop < bytes.count, stop <= i + 26, let found = LineTime.iso(bytes, i..<stop) else {
        return nil
      }
      time = found
      i = stop + 1
    }
    hasOpeningBracket = i < bytes.count && bytes[i] == UInt8(ascii: "[")
    if hasOpeningBracket { i += 1 }
    let limit = min(i + 160, bytes.count)
    let close = bytes.firstIndex(of: UInt8(ascii: "]"), from: i, to: limit)
    guard close < limit else { return nil }
    var colon = close
    var unit = 1
    while colon > i, let digit = Timestamp.digit(bytes[colon - 1]), unit <= 10_000_000 {
      sourceLine += digit * unit
      unit *= 10
      colon -= 1
    }
    guard colon < close, colon > i + 1, bytes[colon - 1] == UInt8(ascii: ":") else { return nil }
    file = i..<colon - 1
    message = close + 1
    // One blank; the rows of the logo have more, which are theirs.
    if message < bytes.count, bytes[message] == 0x20 { message += 1 }
  }
}
