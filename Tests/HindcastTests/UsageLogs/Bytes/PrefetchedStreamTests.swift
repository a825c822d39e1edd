import Testing
import Usage

@testable import UsageLogs

@Suite struct PrefetchedStreamTests {
  /// Gives its bytes in pieces of many sizes, then ends or fails.
  private final class Pieces: ByteStream {
    private var rest: ArraySlice<UInt8>
    private let failure: StreamFailure?
    private var random = SeededRandom(seed: 71)

    init(_ bytes: [UInt8], failure: StreamFailure? = nil) {
      rest = bytes[...]
      self.failure = failure
    }

    override var notes: [String] { ["a note"] }

    override func read(into buffer: UnsafeMutableRawBufferPointer) throws(StreamFailure) -> Int {
      if rest.isEmpty {
        if let failure { throw failure }
        return 0
      }
      let count = min(buffer.count, rest.count, Int(random.next() % 100_000) + 1)
      unsafe buffer.copyBytes(from: rest.prefix(count))
      rest = rest.dropFirst(count)
      return count
    }
  }

  private func readAll(
    _ stream: ByteStream, atMost limit: Int
  ) -> (bytes: [UInt8], failure: StreamFailure?) {
    var bytes: [UInt8] = []
    var buffer = ByteBuffer(capacity: limit)
    while true {
      do {
        let goesOn = try buffer.fill(from: stream, atMost: limit)
        if !goesOn { return (bytes, nil) }
      } catch {
        return (bytes, error)
      }
      bytes.append(buffer.bytes, 0..<buffer.count)
      buffer.discard(buffer.count)
    }
  }

  private let plain = (0..<3_000_000).map { UInt8(truncatingIfNeeded: $0 &* 2_654_435_761 >> 7) }

  @Test(arguments: [7_001, 262_144, 1 << 20]) func givesTheSameBytes(limit: Int) {
    let stream = PrefetchedStream(Pieces(plain))
    let (bytes, failure) = readAll(stream, atMost: limit)
    #expect(bytes == plain)
    #expect(failure == nil)
    #expect(stream.notes == ["a note"])
  }

  @Test func givesWhatCameBeforeAFailure() {
    let stream = PrefetchedStream(Pieces(plain, failure: .truncated(atByte: 9)))
    let (bytes, failure) = readAll(stream, atMost: 262_144)
    #expect(bytes == plain)
    #expect(failure == .truncated(atByte: 9))
  }

  @Test func stopsWhenNobodyReadsOn() {
    for _ in 0..<50 {
      var buffer = ByteBuffer(capacity: 1000)
      let stream = PrefetchedStream(Pieces(plain))
      let goesOn = try? buffer.fill(from: stream, atMost: 1000)
      #expect(goesOn == true)
    }
  }
}
