import Foundation
import GRDB
import Testing
import Usage
import UsageLogs

@testable import UsageLedger

/// Files with one flipped byte, anywhere in them, and the whole file.
@Suite struct DamagedCopyTests {
  private static func two(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }

  private static func log(_ format: String) -> String {
    switch format {
    case "vllm":
      (0..<900).map { i in
        "INFO 06-13 \(two(10 + i / 360)):\(two(i / 6 % 60)):\(two(i % 6 * 10)) [loggers.py:271] "
          + "Engine 000: Avg prompt "
          + "throughput: \(i * 7919 % 997).\(i % 10) tokens/s, Avg generation throughput: "
          + "\(i * 31 % 89).4 tokens/s, Running: \(i % 7) reqs, Waiting: 0 reqs, GPU KV cache "
          + "usage: \(i % 60).3%, Prefix cache hit rate: 91.1%\n"
      }.joined()
    default:
      (0..<600).map { i in
        #"{"schemaType":"ModelInvocationLog","timestamp":"2026-09-01T00:\#(10 + i % 50):00Z","#
          + #""requestId":"r\#(i * 7919 % 100_003)","modelId":"m\#(i % 3)","#
          + #""input":{"inputTokenCount":\#(i * 7919 % 997)},"output":{"outputTokenCount":\#(i)}}"#
          + "\n"
      }.joined()
    }
  }

  private func ingest(_ url: URL, as format: String, into ledger: Ledger) throws -> DraftOutcome? {
    var settings = ReadSettings()
    settings.year = 2026
    settings.model = "m"
    var draft = SourceDraft(source: SourceDescription(path: url.path, format: format))
    let outcome = try UsageReader().read(url.path, settings: settings) { batch, _ in
      draft.add(&batch)
    }
    switch outcome.status {
    case .complete, .known: break
    case .partial(let why): draft.source.damage = why
    case .failed, .unrecognised: return nil
    }
    guard outcome.format == format else { return nil }
    draft.source.head = outcome.head
    draft.source.digest = outcome.file?.digest
    draft.source.size = outcome.file?.size ?? 0
    draft.source.parts = outcome.file?.parts
    return try ledger.add([draft])[0]
  }

  private func totals(_ ledger: Ledger) throws -> [String] {
    #expect(try ledger.verify() == [])
    let period = Period(first: Day("2018-01-01")!, last: Day("2099-12-31")!, zone: .utc)
    return try ledger.usage(period: period, by: [.hour, .model]).rows.map {
      "\($0.keys) \($0.sums)"
    }
  }

  @Test(arguments: ["bedrock", "vllm"], [true, false])
  func bringNothingBesideTheWholeFile(format: String, damagedComesFirst: Bool) throws {
    let scratch = try Scratch()
    let bytes = try Gzip.deflate(Array(Self.log(format).utf8))
    let whole = scratch.file("whole.log.gz")
    try Data(bytes).write(to: whole)
    let clean = try Ledger.inMemory()
    #expect(try ingest(whole, as: format, into: clean)?.requests ?? 0 > 500)
    let expected = try totals(clean)
    var damagedFiles = 0
    for place in stride(from: 12, to: bytes.count, by: bytes.count / 40) {
      var flipped = bytes
      flipped[place] ^= 1 << UInt8(place % 8)
      let damaged = scratch.file("damaged.log.gz")
      try Data(flipped).write(to: damaged)
      let ledger = try Ledger.inMemory()
      if damagedComesFirst {
        if try ingest(damaged, as: format, into: ledger)?.requests ?? 0 > 0 { damagedFiles += 1 }
        _ = try ingest(whole, as: format, into: ledger)
      } else {
        _ = try ingest(whole, as: format, into: ledger)
        let outcome = try ingest(damaged, as: format, into: ledger)
        #expect(outcome?.requests ?? 0 == 0)
        if outcome != nil { damagedFiles += 1 }
      }
      #expect(try totals(ledger) == expected, "byte \(place)")
    }
    #expect(damagedFiles > 20)
  }

  /// The same size alone says nothing.
  @Test func otherFilesOfTheSizeAreNoCopies() {
    let parts = FileParts(digests: [1, 2, 3, 4, 5, 6, 7, 8])
    #expect(parts.areCopies(of: parts))
    #expect(parts.areCopies(of: FileParts(digests: [1, 2, 3, 99, 5, 6, 7, 8])))
    #expect(!parts.areCopies(of: FileParts(digests: [1, 2, 3, 99, 5, 6, 7, 99])))
    // Short files have few parts.
    #expect(!FileParts(digests: [1, 0, 0, 0, 0, 0, 0, 0]).areCopies(of: FileParts()))
    #expect(
      !FileParts(digests: [1, 2, 0, 0, 0, 0, 0, 0])
        .areCopies(of: FileParts(digests: [1, 9, 0, 0, 0, 0, 0, 0])))
  }
}

/// Ledgers of older versions.
@Suite struct SchemaTests {
  @Test func theFirstVersionIsBroughtUpToDate() throws {
    let scratch = try Scratch()
    let path = scratch.file("old.sqlite").path
    try DatabaseQueue(path: path).write { db in
      try Schema.migrations[0](db)
      try db.execute(sql: "PRAGMA user_version = 1")
      try db.execute(sql: "PRAGMA application_id = \(Schema.applicationID)")
      try db.execute(
        sql: """
          INSERT INTO source VALUES (1, 'a.log', 'bedrock', NULL, NULL, 9, NULL, NULL, NULL, 1, 1, 0,
            0, 0, NULL, 0, 0, '');
          INSERT INTO kind VALUES (1, 'p', 'm', 'unknown', '', 'succeeded', 1, '');
          INSERT INTO label_day (start, kind, source, records, requests, uncached_input, cache_read,
            output) VALUES (0, 1, 1, 1, 2, 3, 4, 5), (0, 1, 2, 10, 20, 30, 40, 50),
            (86400, 1, 1, 1, 1, 1, 1, 1);
          """)
    }
    let ledger = try Ledger(path: path)
    let rows = try ledger.reading { db in
      try Row.fetchAll(
        db,
        sql: "SELECT day, requests, uncached_input, output FROM v_usage_daily ORDER BY day"
      ).map { [$0[0] as String, "\($0[1] as Int)", "\($0[2] as Int)", "\($0[3] as Int)"] }
    }
    #expect(rows == [["1970-01-01", "22", "33", "55"], ["1970-01-02", "1", "1", "1"]])
    #expect(try ledger.sources().map(\.path) == ["a.log"])
    // The old one is kept beside it, as it was.
    let version = try DatabaseQueue(path: path + ".version-1").read {
      try Int.fetchOne($0, sql: "PRAGMA user_version")
    }
    #expect(version == 1)
  }
}
