import Foundation
import Testing
import Usage
import UsageLedger
import UsageLogs

@testable import hindcast

/// Files that are in are not read again as long as the file system says that nothing of them changed.
@Suite struct FileStateTests {
  private let scratch: Scratch
  private let ledger: Ledger

  init() throws {
    scratch = try Scratch()
    ledger = try Ledger(path: scratch.file("l.sqlite").path)
  }

  /// Where the file system is none of those, every file is read each time.
  private func keepsChangeTimes(_ url: URL) -> Bool { listed(url).state != nil }

  private static let later = Instant(
    microseconds: Int64(Date().timeIntervalSince1970 * 1e6) + 3_600_000_000)

  private func listed(_ url: URL, now: Instant = Self.later) -> InputFile {
    InputFiles.list([url.path], now: now).files[0]
  }

  private func ingest(_ file: InputFile, into ledger: Ledger) async throws -> FileOutcome {
    let ingestion = Ingestion(
      ledger: ledger, settings: ReadSettings(), jobs: 1,
      progress: Progress(files: 1, bytes: file.size, isEnabled: false))
    return try #require(try await ingestion.run([file]).outcomes.first)
  }

  private func write(_ text: String, to url: URL, keepingTimes: Bool) throws {
    let modified = try FileManager.default.attributesOfItem(atPath: url.path)[.modificationDate]
    let handle = try FileHandle(forWritingTo: url)
    try handle.write(contentsOf: Data(text.utf8))
    try handle.close()
    if keepingTimes, let modified {
      try FileManager.default.setAttributes([.modificationDate: modified], ofItemAtPath: url.path)
    }
  }

  /// The program itself, an hour later, so that the file has been left alone.
  @Test func whatIsUnchangedIsNotReadAgain() async throws {
    let log = try scratch.write("log.json", ExactlyOnceTests.log(0..<50))
    guard keepsChangeTimes(log) else { return }
    let first = listed(log)
    #expect(try await ingest(first, into: ledger).requests == 50)
    // In another run of the program, and with nothing at its path: nobody looks.
    let again = try Ledger(path: ledger.path)
    var moved = first
    moved.path = scratch.file("gone").path
    let outcome = try await ingest(moved, into: again)
    #expect(outcome.status == .already)
    #expect(outcome.format == "bedrock")
    #expect(outcome.duplicates == 50)
  }

  /// Of the same size and with its old time, as a careful forger would leave it.
  @Test func aChangedByteIsRead() async throws {
    let log = try scratch.write("log.json", ExactlyOnceTests.log(10..<60))
    guard keepsChangeTimes(log) else { return }
    #expect(try await ingest(listed(log), into: ledger).requests == 50)
    let facts = try #require(FileFacts(log.path))
    try await Task.sleep(for: .milliseconds(20))
    try write(ExactlyOnceTests.log(60..<61), to: log, keepingTimes: true)
    let changed = try #require(FileFacts(log.path))
    #expect(changed.size == facts.size)
    #expect(abs(changed.modified.microseconds - facts.modified.microseconds) <= 1)
    let outcome = try await ingest(listed(log), into: Ledger(path: ledger.path))
    #expect(outcome.requests == 1)
    #expect(outcome.duplicates == 49)
  }

  /// What was written to a moment ago may be written to again without its times telling.
  @Test func aFreshFileIsReadEachTime() throws {
    let log = try scratch.write("log.json", ExactlyOnceTests.log(0..<50))
    let now = Instant(microseconds: Int64(Date().timeIntervalSince1970 * 1e6))
    #expect(listed(log, now: now).state == nil)
    #expect(listed(log, now: now.advanced(byMicroseconds: 290_000_000)).state == nil)
    guard keepsChangeTimes(log) else { return }
    #expect(listed(log, now: now.advanced(byMicroseconds: 302_000_000)).state != nil)
  }

  /// A copy is known by its bytes once, then like the first one.
  @Test func aCopyIsRemembered() async throws {
    let log = try scratch.write("log.json", ExactlyOnceTests.log(0..<50))
    guard keepsChangeTimes(log) else { return }
    _ = try await ingest(listed(log), into: ledger)
    let copy = try scratch.write("copy.json", ExactlyOnceTests.log(0..<50))
    var file = listed(copy)
    #expect(file.state != listed(log).state)
    #expect(try await ingest(file, into: Ledger(path: ledger.path)).status == .already)
    file.path = scratch.file("gone").path
    #expect(try await ingest(file, into: Ledger(path: ledger.path)).status == .already)
  }

  @Test func whatWasForgottenIsReadAgain() async throws {
    let log = try scratch.write("log.json", ExactlyOnceTests.log(0..<50))
    _ = try await ingest(listed(log), into: ledger)
    let run = try Program.run(["ledger", "forget", log.path, "--ledger", ledger.path])
    #expect(run.exit == 0, "\(run.errors)")
    #expect(try await ingest(listed(log), into: Ledger(path: ledger.path)).requests == 50)
  }

  /// Another way of reading it makes other records.
  @Test func otherSettingsReadAgain() async throws {
    let log = try scratch.write("log.json", ExactlyOnceTests.log(0..<50))
    _ = try await ingest(listed(log), into: ledger)
    var settings = ReadSettings()
    settings.tags = [("env", "prod")]
    let ingestion = Ingestion(
      ledger: try Ledger(path: ledger.path), settings: settings, jobs: 1,
      progress: Progress(files: 1, bytes: 0, isEnabled: false))
    var gone = listed(log)
    gone.path = scratch.file("gone").path
    #expect(try await ingestion.run([gone]).outcomes.first?.status == .failed)
  }
}
