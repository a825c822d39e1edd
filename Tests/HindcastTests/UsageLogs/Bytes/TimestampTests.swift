import Foundation
import Testing
import Usage

@testable import UsageLogs

@Suite struct TimestampTests {
  private func iso(_ text: String) -> Instant? {
    let bytes = Array(text.utf8)
    return try? Timestamp.iso(bytes.span, 0..<bytes.count, zone: .utc)
  }

  /// Against Foundation's calendar.
  @Test func readsEverySecondAsFoundationDoes() throws {
    var random = SeededRandom(seed: 41)
    let format = Date.ISO8601FormatStyle()
    for _ in 0..<5_000 {
      let second = Int64(random.next() % 4_000_000_000)
      let text = Date(timeIntervalSince1970: TimeInterval(second)).formatted(format)
      #expect(iso(text) == Instant(seconds: second))
    }
  }

  /// The reader that remembers the last date gives what the one that reads it all gives, whatever the
  /// stamps before were.
  @Test func rememberingTheDateChangesNothing() {
    var random = SeededRandom(seed: 42)
    var remembering = TimestampReader()
    let rests = ["Z", "", ".5Z", ".123456789Z", "+02:00", " UTC", ",25", "+0530", "x", "Z "]
    for _ in 0..<50_000 {
      func two(_ limit: UInt64) -> String {
        let number = random.next() % limit
        return number < 10 ? "0\(number)" : "\(number)"
      }
      var text = "2026-0\(1 + random.next() % 2)-\(two(31))\(random.next() % 4 == 0 ? " " : "T")"
      text += "\(two(25)):\(two(61)):\(two(62))\(rests[Int(random.next() % 10)])"
      var bytes = Array(text.utf8)
      if random.next() % 8 == 0 {
        bytes[Int(random.next() % UInt64(bytes.count))] = UInt8(random.next() % 256)
      }
      if random.next() % 16 == 0 { bytes = [UInt8](repeating: 0, count: bytes.count) }
      let expected = try? Timestamp.iso(bytes.span, 0..<bytes.count, zone: .utc)
      let found = try? remembering.iso(bytes.span, 0..<bytes.count, zone: .utc)
      if expected != found {
        Issue.record(
          "\(String(decoding: bytes, as: UTF8.self)): \(expected as Any) \(found as Any)")
        return
      }
    }
  }
}
