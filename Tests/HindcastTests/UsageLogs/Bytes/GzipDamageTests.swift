import Foundation
import Testing
import Usage

@testable import UsageLogs

/// One flipped byte anywhere in a gzip file.
@Suite struct GzipDamageTests {
  /// Noticed and reported; and what stands before the damaged member is all there. What comes out of the
  /// damaged member before its checksum fails may be garbled; the ledger drops it when the whole file
  /// comes. Bytes that say nothing about the content (time, name, unused bits) may change unnoticed: all
  /// records are there then.
  @Test(arguments: InflateEngine.allCases) func aFlippedByteIsNoticed(
    engine: InflateEngine
  ) throws {
    let scratch = try Scratch()
    // Two members: the damage of the second must not touch what the first holds.
    let lines = ExactlyOnceTests.log(0..<24).split(separator: "\n").map { $0 + "\n" }
    let first = try Gzip.deflate(Array(lines[..<16].joined().utf8))
    let whole = first + (try Gzip.deflate(Array(lines[16...].joined().utf8)))
    let expected = try records(whole, engine, scratch)
    #expect(expected.records.count == 24)
    for place in whole.indices {
      var damaged = whole
      damaged[place] ^= 1 << UInt8(place % 8)
      let found = try records(damaged, engine, scratch)
      if place >= first.count {
        #expect(found.records.starts(with: expected.records[..<16]), "byte \(place)")
      }
      switch found.status {
      case .complete:
        #expect(found.records == expected.records, "byte \(place) is lost without a word")
      // Too little came out, or none, to tell what it is: nothing is in, which is said.
      case .unrecognised, .failed: #expect(place < first.count && found.records.isEmpty)
      case .partial: break
      case .known: Issue.record("no file is known")
      }
    }
  }

  private func records(
    _ bytes: [UInt8], _ engine: InflateEngine, _ scratch: Scratch
  ) throws -> (records: [String], status: ReadOutcome.Status) {
    let url = scratch.file("x.json.gz")
    try Data(bytes).write(to: url)
    var reader = UsageReader()
    reader.engine = engine
    var found: [String] = []
    let outcome = try reader.read(url.path, settings: ReadSettings()) { batch, _ in
      found += batch.records.map { "\($0.identity) \($0.start) \($0.tokens)" }
    }
    return (found, outcome.status)
  }
}
