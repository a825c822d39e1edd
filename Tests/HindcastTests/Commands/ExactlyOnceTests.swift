import Foundation
import Testing

/// Whatever happens to a run, the next one ends with the right totals.
@Suite struct ExactlyOnceTests {
  /// Lines of a Bedrock log; `ids` are the requests.
  static func log(_ ids: some Sequence<Int>) -> String {
    ids.map { id in
      #"{"schemaType":"ModelInvocationLog","timestamp":"2026-09-01T\#(10 + id / 3600 % 10):00:00Z","#
        + #""requestId":"request-\#(id)","modelId":"m","input":{"inputTokenCount":\#(id)},"#
        + #""output":{"outputTokenCount":1}}"# + "\n"
    }.joined()
  }

  private func totals(_ ledger: String) throws -> (requests: Int, input: Int) {
    let usage = try Program.run(["usage", "--ledger", ledger, "--by", "model", "--json"]).json
    let totals = usage["totals"] as? [String: Any] ?? [:]
    return (totals["requests"] as? Int ?? 0, totals["uncachedInput"] as? Int ?? 0)
  }

  private func gzip(_ url: URL) throws -> URL {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = ["gzip", "-kf", url.path]
    try process.run()
    process.waitUntilExit()
    return url.appendingPathExtension("gz")
  }

  @Test func aKillLosesAndDoublesNothing() throws {
    let scratch = try Scratch()
    let files = try (0..<8).map { part in
      try scratch.write("part-\(part).json", Self.log(part * 3000..<(part + 1) * 3000 + 200)).path
    }
    let expected = 8 * 3000 + 200
    let ledger = scratch.file("ledger.sqlite").path
    for delay in [0.02, 0.08, 0.15, 0.3] {
      let process = Process()
      process.executableURL = Program.executable
      process.arguments = ["ingest", "--quiet", "--jobs", "2", "--ledger", ledger] + files
      process.standardOutput = FileHandle.nullDevice
      process.standardError = FileHandle.nullDevice
      try process.run()
      Thread.sleep(forTimeInterval: delay)
      kill(process.processIdentifier, SIGKILL)
      process.waitUntilExit()
    }
    #expect(try Program.run(["ingest", "--quiet", "--ledger", ledger] + files).exit == 0)
    let sums = try totals(ledger)
    #expect(sums.requests == expected)
    #expect(sums.input == expected * (expected - 1) / 2)
    #expect(try Program.run(["ledger", "verify", "--ledger", ledger]).exit == 0)
  }

  @Test func ingestsAtOnceTakeTurns() throws {
    let scratch = try Scratch()
    let files = try (0..<6).map { part in
      try scratch.write("part-\(part).json", Self.log(part * 1000..<(part + 1) * 1000 + 100)).path
    }
    let ledger = scratch.file("ledger.sqlite").path
    let processes = try (0..<4).map { number -> Process in
      let process = Process()
      process.executableURL = Program.executable
      // Overlapping lists, in different orders.
      let own = number % 2 == 0 ? Array(files[0..<4]) : Array(files[2..<6].reversed())
      process.arguments = ["ingest", "--quiet", "--ledger", ledger] + own
      process.standardOutput = FileHandle.nullDevice
      process.standardError = FileHandle.nullDevice
      try process.run()
      return process
    }
    for process in processes {
      process.waitUntilExit()
      #expect(process.terminationStatus == 0)
    }
    let sums = try totals(ledger)
    #expect(sums.requests == 6100)
    #expect(sums.input == 6100 * 6099 / 2)
  }

  @Test func aTruncatedFileIsPartialUntilItArrivesWhole() throws {
    let scratch = try Scratch()
    let whole = try gzip(scratch.write("log.json", Self.log(0..<5000)))
    let bytes = try Data(contentsOf: whole)
    let cut = scratch.file("cut.json.gz")
    try bytes.prefix(bytes.count * 2 / 3).write(to: cut)
    let ledger = scratch.file("ledger.sqlite").path
    let partial = try Program.run(["ingest", "--json", "--ledger", ledger, cut.path])
    let file = try #require((partial.json["files"] as? [[String: Any]])?.first)
    #expect(file["status"] as? String == "partial")
    #expect(partial.exit == 2)
    let before = try totals(ledger).requests
    #expect(before > 1000 && before < 5000)
    let complete = try Program.run(["ingest", "--json", "--ledger", ledger, whole.path])
    let second = try #require((complete.json["files"] as? [[String: Any]])?.first)
    #expect(second["requests"] as? Int == 5000 - before)
    #expect(second["duplicates"] as? Int == before)
    let sums = try totals(ledger)
    #expect(sums.requests == 5000)
    #expect(sums.input == 5000 * 4999 / 2)
  }

  /// Server logs have no ids: their identity is their content, whatever the file is called.
  @Test func aServerLogThatGrowsAndRotatesCountsOnce() throws {
    let scratch = try Scratch()
    func line(_ number: Int) -> String {
      let minute = number / 6
      let second = number % 6 * 10
      return "INFO 06-16 10:\(minute < 10 ? "0" : "")\(minute):\(second == 0 ? "00" : "\(second)") "
        + "[loggers.py:87] Engine 000: Avg prompt throughput: 100.0 tokens/s, Avg generation "
        + "throughput: 10.0 tokens/s, Running: 1 reqs, Waiting: 0 reqs, GPU KV cache usage: 1.0%, "
        + "Prefix cache hit rate: 0.0%\n"
    }
    let ledger = scratch.file("ledger.sqlite").path
    func ingest(_ url: URL) throws {
      let run = try Program.run([
        "ingest", "--quiet", "--year", "2026", "--model", "m", "--ledger", ledger, url.path,
      ])
      #expect(run.exit == 0, "\(run.output)")
    }
    let log = try scratch.write("x.log", (0..<30).map(line).joined())
    try ingest(log)
    #expect(try totals(ledger).input == 30 * 1000)
    try scratch.write("x.log", (0..<60).map(line).joined())
    try ingest(log)
    #expect(try totals(ledger).input == 60 * 1000)
    try FileManager.default.moveItem(at: log, to: scratch.file("x.log.1"))
    try ingest(scratch.file("x.log.1"))
    try ingest(gzip(scratch.file("x.log.1")))
    #expect(try totals(ledger).input == 60 * 1000)
  }

  /// Its first states are shorter than what files are told apart by.
  @Test func aServerLogIsOneFileFromItsFirstLineOn() throws {
    let scratch = try Scratch()
    let ledger = scratch.file("ledger.sqlite").path
    let lines = (10..<50).map { v1Line("10:00:\($0)", "100.0", "10.0") + "\n" }
    for count in [1, 2, 5, 30, 40] {
      let log = try scratch.write("x.log", lines[..<count].joined())
      let run = try Program.run([
        "ingest", "--quiet", "--year", "2026", "--model", "m", "--ledger", ledger, log.path,
      ])
      #expect(run.exit == 0, "\(run.output)")
    }
    let info = try Program.run(["ledger", "info", "--ledger", ledger])
    #expect(info.output.split(separator: "\n").count { $0.contains("superseded") } == 4)
    let forgotten = try Program.run(["ledger", "forget", "x.log", "--ledger", ledger])
    #expect(forgotten.exit == 0, "\(forgotten.errors)")
    #expect(try totals(ledger).input == 0)
    #expect(try Program.run(["ledger", "verify", "--ledger", ledger]).exit == 0)
  }

  @Test func shuffledAndSplitFilesGiveTheSameTotals() throws {
    let scratch = try Scratch()
    var lines = Self.log(0..<2000).split(separator: "\n").map { $0 + "\n" }
    var random = SeededRandom(seed: 11)
    lines.shuffle(using: &random)
    let ledger = scratch.file("ledger.sqlite").path
    var paths: [String] = []
    while !lines.isEmpty {
      let part = lines.prefix(Int(random.next() % 400) + 1)
      lines.removeFirst(part.count)
      paths.append(try scratch.write("\(paths.count).json", part.joined()).path)
    }
    let run = try Program.run(["ingest", "--quiet", "--ledger", ledger] + paths + paths)
    #expect(run.exit == 0)
    let sums = try totals(ledger)
    #expect(sums.requests == 2000)
    #expect(sums.input == 2000 * 1999 / 2)
  }

  @Test func aReadOnlyLedgerIsRefused() throws {
    let scratch = try Scratch()
    let log = try scratch.write("log.json", Self.log(0..<3))
    // A folder that does not exist cannot take a ledger, whoever asks.
    let run = try Program.run([
      "ingest", "--ledger", scratch.file("no/such/folder/l.sqlite").path, log.path,
    ])
    #expect(run.exit == 1)
    #expect(run.errors.contains("cannot be opened"), "\(run.errors)")
  }
}
