import Foundation
import Testing
import Usage

@testable import UsageLogs

/// Both engines against gzip(1), and against damage.
@Suite struct GzipStreamTests {
  /// What gzip(1) makes of some bytes.
  private func gzip(_ plain: [UInt8], _ scratch: Scratch) throws -> [UInt8] {
    let file = scratch.file(UUID().uuidString)
    try Data(plain).write(to: file)
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = ["gzip", "-n", file.path]
    try process.run()
    process.waitUntilExit()
    return [UInt8](try Data(contentsOf: file.appendingPathExtension("gz")))
  }

  /// Bytes that deflate has something to do with.
  private func text(_ count: Int) -> [UInt8] {
    var random = SeededRandom(seed: UInt64(count))
    return (0..<count).map { index -> UInt8 in
      let noise = UInt8(truncatingIfNeeded: random.next())
      return index % 7 == 0 ? noise : UInt8(index % 31 + 60)
    }
  }

  private func inflate(
    _ bytes: [UInt8], _ engine: InflateEngine, blockSize: Int = 65_536
  ) -> (plain: [UInt8], failure: StreamFailure?, notes: [String]) {
    let stream = GzipStream(PrefixedStream(bytes, then: ByteStream()), engine: engine)
    var plain: [UInt8] = []
    var block = [UInt8](repeating: 0, count: blockSize)
    do throws(StreamFailure) {
      while true {
        var outcome = Result<Int, StreamFailure>.success(0)
        unsafe block.withUnsafeMutableBytes { buffer in
          do throws(StreamFailure) {
            outcome = .success(try unsafe stream.read(into: buffer))
          } catch {
            outcome = .failure(error)
          }
        }
        let count = try outcome.get()
        if count == 0 { return (plain, nil, stream.notes) }
        plain += block[..<count]
      }
    } catch {
      return (plain, error, stream.notes)
    }
  }

  @Test(arguments: InflateEngine.allCases, [0, 1, 65_535, 65_536, 65_537, 300_000])
  func givesBackWhatWentIn(engine: InflateEngine, size: Int) throws {
    let scratch = try Scratch()
    let plain = text(size)
    let one = try gzip(plain, scratch)
    for blockSize in [1000, 65_536, 1 << 20] {
      let back = inflate(one, engine, blockSize: blockSize)
      #expect(back.plain == plain)
      #expect(back.failure == nil)
    }
    // Members one after the other, an empty one among them.
    let members = try one + gzip([], scratch) + one + gzip([65], scratch)
    let back = inflate(members, engine)
    #expect(back.plain == plain + plain + [65])
    #expect(back.failure == nil)
  }

  @Test(arguments: InflateEngine.allCases) func zerosBehindTheEndAreNoted(
    engine: InflateEngine
  ) throws {
    let one = try gzip(text(5000), Scratch())
    let back = inflate(one + [UInt8](repeating: 0, count: 700), engine)
    #expect(back.plain == text(5000))
    #expect(back.failure == nil)
    #expect(back.notes == ["700 zero bytes after the last gzip member were passed over"])
  }

  @Test(arguments: InflateEngine.allCases) func garbageBehindTheEndIsAFailure(
    engine: InflateEngine
  ) throws {
    let one = try gzip(text(5000), Scratch())
    let back = inflate(one + Array("garbage".utf8), engine)
    #expect(back.plain == text(5000))
    #expect(back.failure == .trailingGarbage(atByte: one.count))
  }

  @Test(arguments: InflateEngine.allCases) func everyCutIsNoticed(engine: InflateEngine) throws {
    let plain = text(3000)
    let one = try gzip(plain, Scratch())
    for cut in 3..<one.count {
      let back = inflate(Array(one[..<cut]), engine)
      guard case .truncated = back.failure else {
        Issue.record("cut at \(cut) of \(one.count): \(back.failure as Any)")
        continue
      }
      #expect(plain.starts(with: back.plain))
    }
  }

  /// No bit can turn over without a failure, save in header fields that carry no content.
  @Test(arguments: InflateEngine.allCases) func everyBitFlipIsNoticed(
    engine: InflateEngine
  ) throws {
    let plain = text(700)
    let one = try gzip(plain, Scratch())
    for byte in one.indices {
      for bit in 0..<8 {
        var damaged = one
        damaged[byte] ^= 1 << UInt8(bit)
        let back = inflate(damaged, engine)
        #expect(
          back.failure != nil || back.plain == plain, "byte \(byte), bit \(bit) went unnoticed")
      }
    }
  }

  /// RFC 1952, section 2.3.1.2: reserved flags must make a reader give up. Found by the fuzzer: ISA-L
  /// passes over them.
  @Test(arguments: [0x20, 0x40, 0x80] as [UInt8]) func reservedFlagsAreRefused(flag: UInt8) throws {
    let scratch = try Scratch()
    let sound = try gzip(text(1000), scratch)
    for first in [[], sound] {
      var bytes = first + sound
      bytes[first.count + 3] |= flag
      for engine in InflateEngine.allCases {
        for blockSize in [1, 65_536] {
          let found = inflate(bytes, engine, blockSize: blockSize)
          #expect(found.failure != nil, "\(engine)")
          #expect(found.plain.count == first.count / sound.count * 1000)
        }
      }
    }
  }
}
