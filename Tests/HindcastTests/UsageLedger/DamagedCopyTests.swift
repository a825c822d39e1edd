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
    draft.source.plainSize = outcome.plainBytes
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

  /// Ten flipped bits all over the file; or the first of them near its start and its end cut off.
  @Test(arguments: ["bedrock", "vllm"], [true, false])
  func bringNothingWithDamageInSeveralPlaces(format: String, isCut: Bool) throws {
    let scratch = try Scratch()
    let bytes = try Gzip.deflate(Array(Self.log(format).utf8))
    let whole = scratch.file("whole.log.gz")
    try Data(bytes).write(to: whole)
    let clean = try Ledger.inMemory()
    _ = try ingest(whole, as: format, into: clean)
    let expected = try totals(clean)
    var random = SeededRandom(seed: 5)
    var damagedFiles = 0
    for trial in 0..<60 {
      var flipped = bytes
      for _ in 0..<(isCut ? 1 : 10) {
        let end = isCut ? 600 : bytes.count
        flipped[20 + Int(random.next() % UInt64(end - 20))] ^= 1 << UInt8(random.next() % 8)
      }
      if isCut { flipped.removeLast(bytes.count / 5) }
      let damaged = scratch.file("damaged.log.gz")
      try Data(flipped).write(to: damaged)
      for order in [[damaged, whole], [whole, damaged]] {
        let ledger = try Ledger.inMemory()
        for file in order where try ingest(file, as: format, into: ledger) != nil {
          if file == damaged { damagedFiles += 1 }
        }
        let found = try totals(ledger)
        #expect(
          found == expected,
          "trial \(trial), \(order[0].lastPathComponent) first: \(Set(found).symmetricDifference(expected))"
        )
      }
    }
    #expect(damagedFiles > 20)
  }

  /// A log that grew by a gzip member and then was cut off: what is new in it counts.
  @Test(arguments: [true, false]) func whatADamagedLaterStateAddsCounts(
    damagedComesFirst: Bool
  ) throws {
    let scratch = try Scratch()
    let lines = Self.log("bedrock").split(separator: "\n").map { $0 + "\n" }
    let first = try Gzip.deflate(Array(lines[..<300].joined().utf8))
    let second = try Gzip.deflate(Array(lines[300...].joined().utf8))
    let earlier = scratch.file("earlier.gz")
    let grown = scratch.file("grown.gz")
    let complete = scratch.file("complete.gz")
    try Data(first).write(to: earlier)
    try Data(first + second.dropLast(second.count / 2)).write(to: grown)
    try Data(first + second).write(to: complete)
    let ledger = try Ledger.inMemory()
    let order = damagedComesFirst ? [grown, earlier] : [earlier, grown]
    for file in order { _ = try ingest(file, as: "bedrock", into: ledger) }
    let met = try ledger.sources().reduce(0) { $0 + $1.records }
    let period = Period(first: Day("2018-01-01")!, last: Day("2099-12-31")!, zone: .utc)
    func requests() throws -> Int64 {
      #expect(try ledger.verify() == [])
      return try ledger.usage(period: period, by: []).rows.reduce(0) { $0 + $1.sums.requests }
    }
    #expect(try requests() > 310)
    #expect(try requests() == Int64(met - 300))
    _ = try ingest(complete, as: "bedrock", into: ledger)
    #expect(try requests() == Int64(Set(lines).count))
  }

  /// Damage in the first part of what was cut off, and any difference behind it.
  @Test func theBeginningOfALongerFileIsKnown() {
    func parts(_ size: Int, changedAt changed: Int? = nil) -> FileParts {
      var parts = FileParts()
      for byte in stride(from: 0, to: size, by: 512) {
        parts.add(byte == changed ? 1 : UInt64(byte) &* 0x9E37_79B9_7F4A_7C15 | 1, at: byte)
      }
      return parts
    }
    let whole = parts(100_000)
    #expect(parts(70_000).isBeginning(ofSize: 70_000, of: whole))
    #expect(parts(70_000, changedAt: 1024).isBeginning(ofSize: 70_000, of: whole))
    #expect(parts(70_000, changedAt: 66_048).isBeginning(ofSize: 70_000, of: whole))
    #expect(!parts(70_000, changedAt: 40_960).isBeginning(ofSize: 70_000, of: whole))
    #expect(!parts(1500).isBeginning(ofSize: 1500, of: whole))
    #expect(FileParts(words: whole.words) == whole)
  }

  /// The same size alone says nothing.
  @Test func otherFilesOfTheSizeAreNoCopies() {
    let parts = FileParts(digests: [1, 2, 3, 4, 5, 6, 7, 8])
    #expect(parts.areCopies(of: parts))
    #expect(parts.areCopies(of: FileParts(digests: [1, 2, 3, 99, 5, 6, 7, 8])))
    #expect(parts.areCopies(of: FileParts(digests: [9, 2, 99, 99, 99, 6, 99, 99])))
    #expect(!parts.areCopies(of: FileParts(digests: [9, 2, 99, 99, 99, 99, 99, 99])))
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
      try String.fetchAll(
        db,
        sql: """
          SELECT day || ' ' || requests || ' ' || uncached_input || ' ' || output FROM v_usage_daily ORDER BY day
          """)
    }
    #expect(rows == ["1970-01-01 22 33 55", "1970-01-02 1 1 1"])
    #expect(try ledger.sources().map(\.path) == ["a.log"])
    // The old one is kept beside it, as it was.
    let version = try DatabaseQueue(path: path + ".version-1").read {
      try Int.fetchOne($0, sql: "PRAGMA user_version")
    }
    #expect(version == 1)
  }
}
