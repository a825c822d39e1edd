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

  /// Leaves some of what is there each time, up to `most` bytes.
  private func readAll(
    _ stream: ByteStream, leaving most: Int
  ) -> (bytes: [UInt8], failure: StreamFailure?) {
    var random = SeededRandom(seed: 72)
    var bytes: [UInt8] = []
    var buffer = ByteBuffer(capacity: 0)
    var failure: StreamFailure?
    var goesOn = true
    while goesOn {
      do {
        goesOn = try stream.fill(&buffer, atMost: 4096)
      } catch {
        failure = error
        goesOn = false
      }
      let left = goesOn ? min(buffer.count, Int(random.next() % UInt64(most + 1))) : 0
      bytes.append(buffer.bytes, 0..<buffer.count - left)
      buffer.discard(buffer.count - left)
    }
    return (bytes, failure)
  }

  private let plain = (0..<3_000_000).map { UInt8(truncatingIfNeeded: $0 &* 2_654_435_761 >> 7) }

  /// A few bytes that are left go in front of the next block; of many, the next block goes behind them.
  @Test(arguments: [0, 7_001, 100_000, 1 << 20]) func givesTheSameBytes(leaving most: Int) {
    let stream = PrefetchedStream(Pieces(plain))
    let (bytes, failure) = readAll(stream, leaving: most)
    #expect(bytes == plain)
    #expect(failure == nil)
    #expect(stream.notes == ["a note"])
  }

  @Test func givesWhatCameBeforeAFailure() {
    let stream = PrefetchedStream(Pieces(plain, failure: .truncated(atByte: 9)))
    let (bytes, failure) = readAll(stream, leaving: 500)
    #expect(bytes == plain)
    #expect(failure == .truncated(atByte: 9))
  }

  @Test func givesTheSameBytesInPieces() throws {
    let stream = PrefetchedStream(Pieces(plain))
    var bytes: [UInt8] = []
    var piece = [UInt8](repeating: 0, count: 70_000)
    while true {
      let count = try unsafe piece.withUnsafeMutableBytes { buffer throws(StreamFailure) in
        try unsafe stream.read(into: buffer)
      }
      if count == 0 { break }
      bytes += piece[..<count]
    }
    #expect(bytes == plain)
  }

  @Test func stopsWhenNobodyReadsOn() {
    for _ in 0..<50 {
      var buffer = ByteBuffer(capacity: 1000)
      let stream = PrefetchedStream(Pieces(plain))
      let goesOn = try? stream.fill(&buffer, atMost: 1000)
      #expect(goesOn == true)
    }
  }
}
