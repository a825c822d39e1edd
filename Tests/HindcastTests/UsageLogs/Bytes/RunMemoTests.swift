import Testing
import Usage

@testable import UsageLogs

@Suite struct RunMemoTests {
  private func text(_ range: Range<Int>) -> JSONField {
    JSONField(start: range.lowerBound, end: range.upperBound, kind: .text)
  }

  private func run(
    _ bytes: [UInt8], _ a: Range<Int>, _ b: Range<Int>, _ c: Range<Int>
  ) -> RunMemo<Int>.Run? {
    RunMemo<Int>.run(bytes.span, text(a), text(b), text(c))
  }

  /// Runs of every length, thousands of them, many of which differ in one byte anywhere; more of them
  /// than are kept. A combination is new or known with what was remembered last.
  @Test func knowsARunAgain() throws {
    var random = SeededRandom(seed: 91)
    var memo = RunMemo(unset: -1)
    var known: [[UInt8]: Int] = [:]
    var hits = 0
    for turn in 0..<30_000 {
      var run = [UInt8](repeating: UInt8(ascii: "r"), count: 6 + Int(random.next() % 50))
      run[Int(random.next() % UInt64(run.count))] = UInt8(random.next() % 4)
      let block = [1, 2, 3] + run + [4]
      // Out of order, and with gaps of any size between them.
      let place = try #require(self.run(block, run.count + 1..<run.count + 3, 3..<4, 5..<6))
      if let value = memo.value(of: block.span, place) {
        #expect(value == known[run])
        hits += 1
      } else {
        memo.remember(block.span, place, as: turn)
        known[run] = turn
      }
    }
    #expect(hits > 5000)
    #expect(known.count > 4096)
  }

  /// The same bytes with the texts at other places in them are another combination.
  @Test func placesCount() throws {
    let bytes = Array("abcdefgh".utf8)
    var memo = RunMemo(unset: 0)
    let first = try #require(run(bytes, 0..<1, 2..<4, 5..<8))
    memo.remember(bytes.span, first, as: 1)
    let known = memo.value(of: bytes.span, first)
    #expect(known == 1)
    for (a, b, c) in [(2..<4, 0..<1, 5..<8), (0..<2, 2..<4, 5..<8), (0..<1, 2..<4, 6..<8)] {
      let other = try #require(run(bytes, a, b, c))
      let unknown = memo.value(of: bytes.span, other)
      #expect(unknown == nil)
    }
  }

  @Test func takesOnlyTextsThatStandTogether() {
    let bytes = [UInt8](repeating: 7, count: 600)
    #expect(run(bytes, 0..<10, 20..<30, 250..<255) != nil)
    #expect(run(bytes, 0..<10, 20..<30, 250..<256) == nil)
    #expect(run(bytes, 0..<10, 20..<30, 40..<40) == nil)
    for other in [JSONField(), JSONField(start: 40, end: 44, kind: .scalar)] {
      let none = RunMemo<Int>.run(bytes.span, text(0..<10), text(20..<30), other)
      #expect(none == nil)
    }
  }
}
