import Testing
import Usage

@testable import UsageLogs

@Suite struct NameCacheTests {
  /// Thousands of names of every short length, many of which differ in one byte only.
  @Test func knowsEveryNameAgain() {
    var random = SeededRandom(seed: 51)
    var cache = NameCache()
    var known: [[UInt8]: NameID] = [:]
    for _ in 0..<40_000 {
      let padding = [UInt8](repeating: UInt8(ascii: "n"), count: Int(random.next() % 40))
      var name = padding + Array("\(random.next() % 100)".utf8)
      name.swapAt(0, Int(random.next() % UInt64(name.count)))
      let block = Array("\"".utf8) + name + Array("\",".utf8)
      let range = 1..<1 + name.count
      let found = cache.id(of: block.span, range)
      #expect(found == known[name])
      if found == nil {
        let id = NameID(UInt32(known.count + 1))
        known[name] = id
        cache.remember(block.span, range, as: id)
      }
    }
    #expect(known.count > 1000)
  }
}

@Suite struct ByteHashTests {
  /// The same bytes give the same hash wherever they stand, and any change of one byte or of the length
  /// another one: lengths around every step of the hash.
  @Test(arguments: [0...70, 120...140, 250...330])
  func dependsOnTheBytesAlone(lengths: ClosedRange<Int>) {
    var random = SeededRandom(seed: 61)
    for length in lengths {
      let bytes = (0..<length).map { _ in UInt8(random.next() % 256) }
      let hash = bytes.span.hash(0..<length, seed: 7)
      let moved = [1, 2, 3] + bytes + [4, 5]
      #expect(moved.span.hash(3..<3 + length, seed: 7) == hash)
      var others: Set<Fingerprint> = [hash, bytes.span.hash(0..<length, seed: 8)]
      for place in bytes.indices {
        var changed = bytes
        changed[place] ^= UInt8(1 << (random.next() % 8))
        others.insert(changed.span.hash(0..<length, seed: 7))
      }
      others.insert((bytes + [0]).span.hash(0..<length + 1, seed: 7))
      #expect(others.count == length + 3)
      // Half of the bits change, give or take.
      if length > 0 {
        var changed = bytes
        changed[length / 2] ^= 1
        let other = changed.span.hash(0..<length, seed: 7)
        let flips =
          (hash.high ^ other.high).nonzeroBitCount + (hash.low ^ other.low).nonzeroBitCount
        #expect((30...98).contains(flips))
      }
    }
  }
}
