import CLanes
import Testing
import Usage

@testable import UsageLogs

/// What is searched 16 and 64 bytes a step against the same byte by byte.
@Suite struct JSONScanTests {
  private static func bytes(_ random: inout SeededRandom, most: UInt64) -> [UInt8] {
    // Runs of backslashes and dull text, so that strings and escapes cross the steps' borders.
    let alphabet = Array("\"\"\\\\\\{}[]aaaaaaaaaaaa,:\u{5b}\u{7f}".utf8)
    return (0..<random.next() % most).map { _ in
      alphabet[Int(random.next() % UInt64(alphabet.count))]
    }
  }

  private static func closingQuote(_ bytes: [UInt8], from start: Int) -> Int? {
    var isEscaped = false
    for i in start..<bytes.count {
      if isEscaped {
        isEscaped = false
      } else if bytes[i] == UInt8(ascii: "\\") {
        isEscaped = true
      } else if bytes[i] == UInt8(ascii: "\"") {
        return i
      }
    }
    return nil
  }

  /// What a pass over blocks of 64 bytes tells, worked out byte by byte.
  private static func pass(_ bytes: [UInt8]) -> (blocks: Int, brackets: UInt64, stray: UInt64) {
    var isInside = false
    var isEscaped = false
    for block in 0..<bytes.count / 64 {
      var (brackets, stray): (UInt64, UInt64) = (0, 0)
      for i in 0..<64 {
        let byte = bytes[block * 64 + i]
        let isQuote = byte == UInt8(ascii: "\"") && !isEscaped
        if isQuote { isInside.toggle() }
        isEscaped = byte == UInt8(ascii: "\\") && !isEscaped
        if isInside || isQuote { continue }
        if Array("{}[]".utf8).contains(byte) { brackets |= 1 << UInt64(i) }
        if byte == UInt8(ascii: "\\") { stray |= 1 << UInt64(i) }
      }
      if brackets | stray != 0 { return (block, brackets, stray) }
    }
    return (bytes.count / 64, 0, 0)
  }

  /// With every kind of vector that the processor has.
  @Test func passesOverStrings() {
    typealias Pass = ([UInt8], inout lanes_pass) -> Int
    var passes: [(name: String, pass: Pass)] = [
      ("plain", { unsafe lanes_pass_plain($0, $0.count / 64, &$1) }),
      ("best", { unsafe lanes_pass_strings($0, $0.count / 64, &$1) }),
    ]
    #if arch(x86_64)
      if lanes_has_avx2() != 0 {
        passes.append(("AVX2", { unsafe lanes_pass_avx2($0, $0.count / 64, &$1) }))
      }
      if lanes_has_avx512() != 0 {
        passes.append(("AVX-512", { unsafe lanes_pass_avx512($0, $0.count / 64, &$1) }))
      }
    #endif
    var random = SeededRandom(seed: 30)
    var stops = 0
    for _ in 0..<20_000 {
      // Mostly inside a string, so that many blocks are passed over.
      let dull = random.next() % 3
      let bytes =
        [UInt8(ascii: "\"")]
        + (1..<256).map { _ in
          switch random.next() % (8 << (3 * dull)) {
          case 0: UInt8(ascii: "\"")
          case 1: Array("{}[]".utf8).randomElement(using: &random)!
          case 2, 3: UInt8(ascii: "\\")
          default: UInt8(random.next() % 256)
          }
        }
      let expected = Self.pass(bytes)
      stops += expected.blocks < 4 ? 1 : 0
      for (name, pass) in passes {
        var state = lanes_pass()
        let blocks = pass(bytes, &state)
        #expect(blocks == expected.blocks, "\(name)")
        guard blocks < 4 else { continue }
        #expect(state.brackets == expected.brackets, "\(name)")
        #expect(state.backslashes == expected.stray, "\(name)")
      }
    }
    #expect(stops > 1000 && stops < 19_000)
  }

  @Test func findsTheClosingQuote() {
    var random = SeededRandom(seed: 31)
    for _ in 0..<50_000 {
      var bytes = Self.bytes(&random, most: 40)
      // Long stretches without a quote take the wide steps.
      let dull = [UInt8](repeating: UInt8(ascii: "\\"), count: Int(random.next() % 5))
      bytes += [UInt8](repeating: UInt8(ascii: "a"), count: Int(random.next() % 300)) + dull
      bytes += Self.bytes(&random, most: 40)
      let start = Int(random.next() % UInt64(bytes.count + 1))
      let found = bytes.span.closingQuote(from: start)
      if found != Self.closingQuote(bytes, from: start) {
        Issue.record("\(String(decoding: bytes, as: UTF8.self)) from \(start): \(found as Any)")
        return
      }
    }
  }

  /// Where it gives an end, that is where the cursor's loop ends; it may give none where the loop does
  /// only for bytes that are no JSON.
  @Test func findsTheEndOfNestedValues() {
    var random = SeededRandom(seed: 32)
    var found = 0
    for number in 0..<100_000 {
      let bytes = [UInt8(ascii: number % 2 == 0 ? "{" : "[")] + Self.bytes(&random, most: 300)
      let limit = Int(random.next() % 12) + 1
      let end = bytes.span.nestedEnd(from: 0, limit: limit)
      var depth = 0
      var expected: Int?
      var i = 0
      scan: while i < bytes.count {
        switch bytes[i] {
        case UInt8(ascii: "\""):
          guard let quote = Self.closingQuote(bytes, from: i + 1) else { break scan }
          i = quote
        case UInt8(ascii: "\\"): break scan
        case UInt8(ascii: "{"), UInt8(ascii: "["):
          depth += 1
          if depth > limit { break scan }
        case UInt8(ascii: "}"), UInt8(ascii: "]"):
          depth -= 1
          if depth == 0 {
            expected = i + 1
            break scan
          }
        default: break
        }
        i += 1
      }
      // A backslash behind the end but in the same step may make it decline.
      let declines =
        end == nil && expected.map { bytes[$0...].contains(UInt8(ascii: "\\")) } == true
      if end != expected, !declines {
        Issue.record("\(String(decoding: bytes, as: UTF8.self)): \(end as Any)")
        return
      }
      if end != nil { found += 1 }
    }
    #expect(found > 1_000)
  }

  /// The cursor's answer does not depend on which of its two ways was taken.
  @Test func passesOverNestedValuesAsTheCheckedLoopDoes() {
    var random = SeededRandom(seed: 33)
    for _ in 0..<50_000 {
      let bytes = [UInt8(ascii: "[")] + Self.bytes(&random, most: 200)
      var fast = JSONCursor(bytes.span)
      var slow = JSONCursor(bytes.span)
      var fastProblem: LineProblem?
      var slowProblem: LineProblem?
      do throws(LineProblem) { try fast.skipValue() } catch { fastProblem = error }
      do throws(LineProblem) { try slow.checkNested() } catch { slowProblem = error }
      let positions = (fast.position, slow.position)
      let isSame = fastProblem == slowProblem && (fastProblem != nil || positions.0 == positions.1)
      if !isSame {
        Issue.record("\(String(decoding: bytes, as: UTF8.self)): \(positions)")
        return
      }
    }
  }

  @Test func findsTexts() {
    var random = SeededRandom(seed: 34)
    for _ in 0..<20_000 {
      var bytes = (0..<random.next() % 200).map { _ in UInt8(ascii: "a") + UInt8(random.next() % 3)
      }
      if random.next() % 2 == 0 {
        let place = Int(random.next() % UInt64(bytes.count + 1))
        bytes.insert(contentsOf: Array("abcabcab".utf8), at: place)
      }
      let text = String(decoding: bytes, as: UTF8.self)
      let expected = text.firstRange(of: "abcabcab").map {
        text.utf8.distance(from: text.startIndex, to: $0.lowerBound)
      }
      #expect(bytes.span.firstIndex(of: "abcabcab") == expected)
    }
  }
}
