import Foundation
import Testing
import Usage
import UsageLedger

@testable import UsageLogs

/// Files that are read one after the other by one memory say what each says alone.
@Suite struct ReaderMemoryTests {
  private static func fixtures() throws -> [String] {
    let walk = try #require(FileManager.default.enumerator(atPath: FixtureTests.logs.path))
    return try walk.compactMap { $0 as? String }.sorted().map {
      FixtureTests.logs.appending(path: $0)
    }.filter { try $0.resourceValues(forKeys: [.isRegularFileKey]).isRegularFile == true }
      .map(\.path)
  }

  private static func settings(_ path: String) -> ReadSettings {
    var settings = ReadSettings()
    settings.year = 2026
    settings.model = "m"
    settings.start = Instant("2026-09-01T00:00:00Z")
    settings.fileName = (path as NSString).lastPathComponent
    settings.tags = [("env", "prod")]
    return settings
  }

  /// What was read, spelt out: numbers of names differ.
  private static func words(_ reading: Reading) -> [String] {
    let outcome = reading.outcome
    return reading.records.map { record in
      "\(record.identity) \(record.looseIdentity) \(record.start) \(record.tokens) "
        + "\(record.kind.status) \(record.check) \(reading.provider(record)) \(reading.model(record)) "
        + "\(reading.region(record)) \(reading.currency(record)) \(reading.labels(record))"
    } + [
      "\(outcome.status) \(outcome.format ?? "") \(outcome.skipped) \(outcome.notes)",
      "\(outcome.problems) \(outcome.fieldChanges) \(outcome.grouping ?? "")",
      "\(outcome.checks.sorted { $0.key.rawValue < $1.key.rawValue }) \(outcome.plainBytes)",
    ]
  }

  @Test(arguments: [1, 2]) func oneMemoryReadsAllFixturesTheSame(seed: UInt64) throws {
    var random = SeededRandom(seed: seed)
    let paths = try Self.fixtures().shuffled(using: &random)
    #expect(paths.count > 20)
    var memory = ReaderMemory()
    for path in paths + paths {
      var shared = Reading()
      shared.outcome = try UsageReader().read(path, settings: Self.settings(path), memory: &memory)
      {
        batch, _ in shared.take(batch)
      }
      let alone = try readAll(path: path, settings: Self.settings(path))
      #expect(Self.words(shared) == Self.words(alone), "\(path)")
    }
  }

  /// Drafts that share a book hold what drafts with books of their own hold.
  @Test func oneBookMakesTheSameLedger() throws {
    let (shared, alone) = (try Ledger.inMemory(), try Ledger.inMemory())
    var memory = ReaderMemory()
    var book = KindBook()
    for path in try Self.fixtures() {
      let settings = Self.settings(path)
      let source = SourceDescription(path: path, format: "x")
      var draft = SourceDraft(source: source)
      _ = try UsageReader().read(path, settings: settings, memory: &memory) { batch, _ in
        draft.add(&batch, &book)
      }
      _ = try shared.add([draft])
      draft = SourceDraft(source: source)
      _ = try UsageReader().read(path, settings: settings) { batch, _ in draft.add(&batch) }
      _ = try alone.add([draft])
    }
    #expect(try shared.verify() == [])
    let period = Period(first: Day("1970-01-01")!, last: Day("2099-12-31")!, zone: .utc)
    let by: [UsageSummary.Dimension] = [.hour, .model, .user, .tier, .region, .project, .key]
    let found = try shared.usage(period: period, by: by).rows.map { "\($0.keys) \($0.sums)" }
    let expected = try alone.usage(period: period, by: by).rows.map { "\($0.keys) \($0.sums)" }
    #expect(found == expected)
    #expect(found.count > 100)
  }

  /// A file that fits one block is known by its digest before it is looked into.
  @Test func aKnownSmallFileIsNotLookedInto() throws {
    let scratch = try Scratch()
    let url = try scratch.write("a.log", "anything\n")
    var memory = ReaderMemory()
    let digest = try #require(try FileDigest.of(url.path)).digest
    let outcome = try UsageReader().read(
      url.path, settings: ReadSettings(), memory: &memory, unless: { $0 == digest },
      deliver: { _, _ in })
    #expect(outcome.status == .known)
    #expect(outcome.file?.size == 9)
  }
}
