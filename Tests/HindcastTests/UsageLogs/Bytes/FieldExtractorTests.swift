import Foundation
import Testing
import Usage

@testable import UsageLogs

/// The extractor that matches lines with the shapes of earlier ones against the one that walks every
/// line with the cursor.
@Suite struct FieldExtractorTests {
  /// Lines of each test. `HINDCAST_LINES=1000000 swift test --filter FieldExtractorTests` takes a few
  /// minutes.
  private static let lineCount =
    ProcessInfo.processInfo.environment["HINDCAST_LINES"].flatMap(Int.init) ?? 50_000

  /// What one way of reading makes of a line: every field's kind, text and count, or the problem.
  private static func reading(
    _ extractor: inout FieldExtractor, _ line: [UInt8], from start: Int
  ) -> [String] {
    do {
      try extractor.extract(line.span, from: start)
    } catch {
      return ["\(error)"]
    }
    return extractor.fields.map { field in
      if field.kind == .absent { return "-" }
      var count = "nil"
      do {
        if let value = try JSONCursor.count(line.span, field, "n") { count = "\(value)" }
      } catch {
        count = "\(error)"
      }
      return "\(field.kind) \(line.span.text(field.range)) \(count)"
    }
  }

  /// Reads `lineCount` lines both ways; a line that is read otherwise by shape is the failure.
  private static func compare(
    paths: [String], seed: UInt64, line: (inout SeededRandom) -> [UInt8]
  ) -> String? {
    var random = SeededRandom(seed: seed)
    var matching = FieldExtractor(paths: paths)
    var walking = FieldExtractor(paths: paths, remembersShapes: false)
    for number in 0..<lineCount {
      // Lines begin anywhere in their block; what stands before one must not matter.
      let start = Int(random.next() % 3)
      let line = [UInt8](repeating: UInt8(ascii: "\""), count: start) + line(&random)
      let expected = reading(&walking, line, from: start)
      let found = reading(&matching, line, from: start)
      if expected != found {
        return "line \(number): \(String(decoding: line, as: UTF8.self)): \(expected) \(found)"
      }
    }
    return nil
  }

  /// Puts one to three wrong bytes somewhere, or cuts the line.
  private static func damage(_ bytes: inout [UInt8], _ random: inout SeededRandom) {
    let telling = Array("\"\\{}[],:0 \n\u{1}9-".utf8)
    for _ in 0...random.next() % 3 {
      if bytes.isEmpty { return }
      let place = Int(random.next() % UInt64(bytes.count))
      switch random.next() % 5 {
      case 0: bytes[place] = UInt8(random.next() % 256)
      case 1: bytes[place] = telling[Int(random.next() % UInt64(telling.count))]
      case 2: bytes.remove(at: place)
      case 3: bytes.insert(telling[Int(random.next() % UInt64(telling.count))], at: place)
      default: if random.next() % 4 == 0 { bytes.removeSubrange(place...) }
      }
    }
  }

  /// A line of a few shapes with random values, now and then damaged.
  private static func smallLine(_ random: inout SeededRandom) -> [UInt8] {
    let values = [
      "1", "22", "null", "true", "\"x\"", "\"long \\\" text\"", "{\"q\":[1,2]}", "[]", "-1.5",
      "\"\"", "\"\\\\\"", "1234567", "12345678", "999999999999999999", "1000000000000000000", "007",
      "1e3", "[\"}\",{\"a\":\"]\\\"\"}]", "\"77\"", "{\"c\":5}", "[\"c\",5]",
    ]
    func value() -> String { values[Int(random.next() % UInt64(values.count))] }
    let text =
      switch random.next() % 5 {
      case 0: #"{"a":\#(value()),"b":{"c":\#(value()),"d":\#(value())},"text":\#(value())}"#
      case 1: #"{"a": \#(value()), "same":"always","b":{"d":\#(value())},"list":\#(value())}"#
      case 2: #"{"noise":\#(value()),"a":\#(value()),"a":\#(value())}"#
      case 3: #"{"a":\#(value()),"b":{"c":\#(value())},"text":\#(value())} "#
      default: #"{"b":\#(value()),"text":\#(value()),"same":\#(value())}"#
      }
    var bytes = Array(text.utf8)
    if random.next() % 3 == 0 { damage(&bytes, &random) }
    return bytes
  }

  @Test func agreesWithTheWalkOnSmallLines() {
    let paths = ["a", "b.c", "b.d", "list", "text", "missing"]
    #expect(Self.compare(paths: paths, seed: 17, line: Self.smallLine) == nil)
  }

  /// A line like an invocation log's: texts of many lengths around the 16 and 64 bytes of a step, bodies
  /// with escapes, keys that come and go.
  private static func longLine(_ random: inout SeededRandom) -> [UInt8] {
    let pieces = [
      "a", "word ", "\\\"", "\\\\", "\\n", "é", "{", "}]", "\\u00e9", ",:", "0123456789",
    ]
    func text(_ most: UInt64) -> String {
      (0..<random.next() % most).map { _ in pieces[Int(random.next() % UInt64(pieces.count))] }
        .joined()
    }
    func body() -> String {
      let turns = (0..<random.next() % 4).map { _ in
        #"{"role":"\#(text(3))","content":[{"text":"\#(text(80))","n":\#(random.next() % 1000)}]}"#
      }
      return "{\"messages\":[\(turns.joined(separator: ","))],\"max\":4096}"
    }
    let counts = [
      "0", "7", "716", "12032", "1234567", "99999999", "5.0", "null", "-3", "\(random.next())",
    ]
    func count() -> String { counts[Int(random.next() % UInt64(counts.count))] }
    var line = #"{"type":"Log","time":"2026-09-\#(10 + random.next() % 20)T00:00:00Z""#
    line += #","who":{"arn":"arn:aws:iam::111122223333:user/\#(text(12))"}"#
    if random.next() % 4 == 0 { line += #","error":"\#(text(4))""# }
    line += #","id":"\#(random.next())","model":"\#(text(30))","in":{"kind":"application/json""#
    if random.next() % 3 == 0 { line += #","body":\#(body())"# }
    line += #","count":\#(count())"#
    if random.next() % 2 == 0 { line += #","read":\#(count()),"write":\#(count())"# }
    line += #"},"out":{"body":\#(body()),"count":\#(count())}}"#
    var bytes = Array(line.utf8)
    if random.next() % 4 == 0 { damage(&bytes, &random) }
    return bytes
  }

  @Test func agreesWithTheWalkOnLongLines() {
    let paths = [
      "time", "who.arn", "error", "id", "model", "in.count", "in.read", "in.write", "out.body",
      "out.count",
    ]
    #expect(Self.compare(paths: paths, seed: 23, line: Self.longLine) == nil)
  }

  /// Where paths lead on, an object is walked into and an array is not: found at line 272,429 of a
  /// million.
  @Test func tellsAnObjectFromAnArray() throws {
    let lines = [#"{"b":["x"],"z":1}"#, #"{"b":["y",2],"z":2}"#, #"{"b":{"c":5},"z":3}"#]
    var matching = FieldExtractor(paths: ["b.c"])
    let read = lines.map { Self.reading(&matching, Array($0.utf8), from: 0) }
    #expect(read == [["-"], ["-"], ["scalar 5 5"]])
  }

  /// Every single byte of a line changed to every other one, right after lines of the same shape.
  @Test func agreesWithTheWalkOnEveryChangedByte() {
    let paths = ["a", "b.c", "list"]
    let line = Array(#"{"a":"x\"y","k":"same","b":{"c":12},"list":["}"],"z":-1.5}"#.utf8)
    var walking = FieldExtractor(paths: paths, remembersShapes: false)
    for place in line.indices {
      var matching = FieldExtractor(paths: paths)
      for byte in UInt8.min...UInt8.max {
        _ = Self.reading(&matching, line, from: 0)
        var changed = line
        changed[place] = byte
        let expected = Self.reading(&walking, changed, from: 0)
        let found = Self.reading(&matching, changed, from: 0)
        if expected != found {
          Issue.record("byte \(byte) at \(place): \(expected) \(found)")
          return
        }
      }
    }
  }

  /// A line whose texts are mostly as long as on all others, so that their ends are foreseen: now and
  /// then one is longer, shorter, or has its last quote escaped.
  private static func steadyLine(_ random: inout SeededRandom) -> [UInt8] {
    func text(_ length: Int) -> String {
      var text = (0..<length).map { _ in String(random.next() % 10) }.joined()
      switch random.next() % 400 {
      case 0: text += "9"
      case 1: text = String(text.dropLast())
      case 2 where length > 1: text = text.dropLast(2) + #"\""#
      case 3 where length > 1: text = text.dropLast(2) + #"\\"#
      // The closing quote is none: the line is no JSON.
      case 4 where length > 0: text = text.dropLast() + #"\"#
      case 5: text = ""
      default: break
      }
      return text
    }
    var line = #"{"a":"\#(text(20))","none":"\#(text(0))","long":"\#(text(63))""#
    line += #","longer":"\#(text(64))","b":{"c":"\#(text(1))"},"n":\#(random.next() % 9)"#
    line += #","rest":"\#(String(repeating: "x", count: 70))"}"#
    var bytes = Array(line.utf8)
    if random.next() % 50 == 0 { damage(&bytes, &random) }
    return bytes
  }

  @Test func agreesWithTheWalkWhereLengthsAreForeseen() {
    let paths = ["a", "none", "long", "longer", "b.c", "n", "rest"]
    #expect(Self.compare(paths: paths, seed: 41, line: Self.steadyLine) == nil)
  }
}
