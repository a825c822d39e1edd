import Foundation
import Testing

/// What is read where paths name more than plain files.
@Suite struct InputFilesTests {
  private func pipe(_ url: URL) throws {
    try run("/usr/bin/env", ["mkfifo", url.path]).waitUntilExit()
  }

  private func run(_ program: String, _ arguments: [String]) throws -> Process {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: program)
    process.arguments = arguments
    try process.run()
    return process
  }

  /// `hindcast ingest <(zcat old.gz)`: what a pipe holds can be read but once.
  @Test func aPipeIsReadAndNothingOfItLost() throws {
    let scratch = try Scratch()
    let log = try scratch.write("log.json", ExactlyOnceTests.log(0..<50))
    let fifo = scratch.file("fifo")
    try pipe(fifo)
    let writer = try run("/bin/sh", ["-c", "cat '\(log.path)' > '\(fifo.path)'"])
    let ingest = try Program.run([
      "ingest", "--json", "--ledger", scratch.file("l.sqlite").path, fifo.path,
    ])
    writer.waitUntilExit()
    #expect((ingest.json["totals"] as? [String: Any])?["requests"] as? Int == 50)
    #expect(ingest.exit == 0)
  }

  /// Nobody may ever write to it.
  @Test func aPipeInAFolderIsLeftOut() throws {
    let scratch = try Scratch()
    try scratch.write("logs/log.json", ExactlyOnceTests.log(0..<50))
    try pipe(scratch.file("logs/fifo"))
    let ingest = try Program.run([
      "ingest", "--json", "--ledger", scratch.file("l.sqlite").path, scratch.file("logs").path,
    ])
    #expect((ingest.json["totals"] as? [String: Any])?["requests"] as? Int == 50)
    #expect(ingest.exit == 2)
    let files = try #require(ingest.json["files"] as? [[String: Any]])
    #expect(files.map { $0["status"] as? String } == ["ingested", "failed"])
  }

  /// Nothing to read is no fault, but seldom what was meant.
  @Test func aFolderWithoutFilesIsTold() throws {
    let scratch = try Scratch()
    let ingest = try Program.run([
      "ingest", "--ledger", scratch.file("l.sqlite").path, scratch.folder.path,
    ])
    #expect(ingest.errors == "no files in \(scratch.folder.path); nothing was read\n")
    #expect(ingest.exit == 0)
  }

  /// A link into the folders that are read adds nothing; one that leads out of them is named, for its
  /// logs are not counted.
  @Test func linkedFoldersAreTold() throws {
    let scratch = try Scratch()
    try scratch.write("logs/2026/log.json", ExactlyOnceTests.log(0..<50))
    try scratch.write("archive/log.json", ExactlyOnceTests.log(50..<70))
    for (link, target) in [("latest", "2026"), ("loop", "."), ("2025", "../archive")] {
      try FileManager.default.createSymbolicLink(
        atPath: scratch.file("logs/\(link)").path, withDestinationPath: target)
    }
    let ingest = try Program.run(
      ["ingest", "--json", "--ledger", scratch.file("l.sqlite").path, "logs"], in: scratch.folder)
    #expect((ingest.json["totals"] as? [String: Any])?["requests"] as? Int == 50)
    #expect(ingest.exit == 2)
    let files = try #require(ingest.json["files"] as? [[String: Any]])
    #expect(files.map { $0["path"] as? String } == ["logs/2026/log.json", "logs/2025"])
  }

  @Test(arguments: [["--dry-run"], []]) func theLedgerIsNoLog(options: [String]) throws {
    let scratch = try Scratch()
    try scratch.write("log.json", ExactlyOnceTests.log(0..<50))
    for _ in 0..<2 {
      let ingest = try Program.run(["ingest", "--json", "."] + options, in: scratch.folder)
      #expect(ingest.exit == 0)
      let files = try #require(ingest.json["files"] as? [[String: Any]])
      #expect(files.map { $0["path"] as? String } == ["./log.json"])
    }
  }
}
