import Foundation
import Testing
import Usage

@testable import UsageLogs

@Suite struct JSONCursorTests {
  private func count(_ text: String) -> Result<Int64?, LineProblem> {
    let bytes = Array("\(text)}".utf8)
    var cursor = JSONCursor(bytes.span)
    do {
      return .success(try cursor.count("n"))
    } catch {
      return .failure(error)
    }
  }

  @Test(
    arguments: [
      ("0", 0), ("12", 12), ("59200.0", 59_200), ("1e3", 1000), ("1E+3", 1000), ("2.5e1", 25),
      ("\"120\"", 120), ("-0", 0), (" 7", 7),
      ("999999999999999", 999_999_999_999_999), ("1000000000000000", 1_000_000_000_000_000),
    ] as [(String, Int64)])
  func readsCounts(text: String, value: Int64) throws {
    #expect(try count(text).get() == value)
  }

  @Test(arguments: ["null", "NaN", "\"\""]) func readsNothing(text: String) throws {
    #expect(try count(text).get() == nil)
  }

  @Test func refusesWhatIsNoCount() {
    #expect(count("-1") == .failure(.negative("n")))
    #expect(count("12.5") == .failure(.notWhole("n")))
    #expect(count("1000000000000001") == .failure(.tooLarge("n")))
    #expect(count("9223372036854775808") == .failure(.tooLarge("n")))
    #expect(count("99999999999999999999999999999999999999999999") == .failure(.tooLarge("n")))
    #expect(count("true") == .failure(.notANumber("n")))
    #expect(count("\"many\"") == .failure(.notANumber("n")))
    #expect(count("{}") == .failure(.notANumber("n")))
  }

  @Test(arguments: [
    (#"plain"#, "plain"), (#"a\"b"#, "a\"b"), (#"\\"#, "\\"), (#"tab\tend"#, "tab\tend"),
    (#"\u0041"#, "A"), (#"\ud83d\ude00"#, "😀"), (#"\ud83d"#, "\u{FFFD}"), (#"\/"#, "/"),
  ])
  func resolvesEscapes(text: String, value: String) throws {
    let bytes = Array("\"\(text)\"".utf8)
    var cursor = JSONCursor(bytes.span)
    let text = try cursor.text()
    let unescaped = text.map { cursor.unescaped($0) }
    let position = cursor.position
    #expect(unescaped == value)
    #expect(position == bytes.count)
  }

  /// Strings of pieces around the 16 bytes of a step, against Foundation's reader.
  @Test func resolvesEscapesAsFoundationDoes() throws {
    var random = SeededRandom(seed: 91)
    let pieces = [
      "a", "0123456789abcdef", "é", "\\\"", "\\\\", "\\n", "\\t", "\\u00e9", "\\ud83d\\ude00",
      "\\/",
      "\\u20AC", "{", " ",
    ]
    for _ in 0..<20_000 {
      let text = (0..<random.next() % 20).map { _ in
        pieces[Int(random.next() % UInt64(pieces.count))]
      }.joined()
      let bytes = Array("\"\(text)\"".utf8)
      let expected = try JSONDecoder().decode(String.self, from: Data(bytes))
      var cursor = JSONCursor(bytes.span)
      let found = try cursor.text()
      let unescaped = found.map { cursor.unescaped($0) }
      #expect(unescaped == expected)
    }
  }

  @Test(arguments: [
    (#"\u"#, 1), (#"\u\u\u\u\u\u\u\u\u"#, 9), (#"\u00"#, 1), (#"\uzzzz"#, 1), (#"\udc00\ud800"#, 2),
  ])
  func replacesEscapesThatNameNothing(text: String, replacements: Int) throws {
    let bytes = Array("\"\(text)\"".utf8)
    var cursor = JSONCursor(bytes.span)
    let found = try cursor.text()
    let unescaped = found.map { cursor.unescaped($0) } ?? ""
    #expect(unescaped.unicodeScalars.count { $0 == "\u{FFFD}" } == replacements)
  }

  @Test func findsKeysWithEscapes() throws {
    let bytes = Array(#"{"input\u0054okens":5}"#.utf8)
    var cursor = JSONCursor(bytes.span)
    let isObject = try cursor.enterObject()
    let next = try cursor.nextKey()
    #expect(isObject)
    let key = try #require(next)
    let isSame = cursor.matches(key, "inputTokens")
    let isOther = cursor.matches(key, "inputtokens")
    #expect(isSame && !isOther)
  }

  /// What passing over the value in these bytes fails with; nil when it does not.
  private func skip(_ bytes: [UInt8]) -> LineProblem? {
    var cursor = JSONCursor(bytes.span)
    do {
      try cursor.skipValue()
      return nil
    } catch {
      return error
    }
  }

  @Test func stopsAtTheLimitOfNesting() {
    let deep = String(repeating: "[", count: 10_000)
    #expect(skip(Array(deep.utf8)) == .tooDeep)
  }

  /// Cut anywhere, a document ends early; it never traps and never passes for whole.
  @Test func everyCutIsNoticed() {
    let document = Array(#"{"a":[1,{"b":"x\"y"},null],"c":-1.5e3,"d":"\u00e9"}"#.utf8)
    for cut in 1..<document.count {
      #expect(skip(Array(document[..<cut])) != nil)
    }
  }

  @Test func randomBytesNeverTrap() {
    var random = SeededRandom(seed: 5)
    let alphabet = Array("{}[]\":,\\u0aexn 1.-\n\u{0}\u{7F}".utf8)
    for _ in 0..<100_000 {
      let bytes = (0..<Int(random.next() % 24)).map { _ in
        alphabet[Int(random.next() % UInt64(alphabet.count))]
      }
      _ = skip(bytes)
    }
  }
}
