import Foundation
import Testing
import Usage
import UsageLedger
import UsageLogs

/// Every format's fixtures, changed in ways that must not change what they say.
@Suite struct FormatPropertyTests {
  /// A file's plain bytes and the settings it needs.
  struct Log {
    var name: String
    var bytes: [UInt8]

    var lines: [[UInt8]] {
      var lines: [[UInt8]] = []
      var start = 0
      for (i, byte) in bytes.enumerated() where byte == 0x0A {
        lines.append(Array(bytes[start...i]))
        start = i + 1
      }
      if start < bytes.count { lines.append(Array(bytes[start...]) + [0x0A]) }
      return lines
    }
  }

  static let formats = LogFormats.all

  static let names = formats.map { $0.facts.name }

  /// Whether what a line says depends on the lines before it, as the format states.
  static func dependsOnOrder(_ name: String) -> Bool {
    // Intervals reach from line to line; a message's last line tells its output; deltas follow each
    // other; a row's identity is its content and how often it came.
    let facts = formats.first { $0.facts.name == name }?.facts
    return facts?.identifiesByContent == true || facts?.layout == .csv
      || name == "claude-code"
  }

  private static func logs(_ format: String) throws -> [Log] {
    let folder = FixtureTests.logs.appending(path: format)
    let walk = try #require(FileManager.default.enumerator(atPath: folder.path))
    return try walk.compactMap { $0 as? String }.sorted().compactMap { name in
      let url = folder.appending(path: name)
      guard try url.resourceValues(forKeys: [.isRegularFileKey]).isRegularFile == true else {
        return nil
      }
      let data = name.hasSuffix(".gz") ? try Gzip.inflate(url) : try Data(contentsOf: url)
      return Log(name: name, bytes: [UInt8](data))
    }
  }

  /// What a ledger says of these files, in a form that can be compared.
  func totals(_ files: [(name: String, bytes: [UInt8])], as format: String) throws
    -> [String]
  {
    let ledger = try Ledger.inMemory()
    let scratch = try Scratch()
    for (name, bytes) in files {
      let url = scratch.file(name)
      try FileManager.default.createDirectory(
        at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
      try Data(bytes).write(to: url)
      var settings = ReadSettings()
      settings.format = format
      settings.year = 2026
      settings.model = "m"
      settings.start = Instant("2026-09-01T00:00:00Z")
      settings.fileName = (name as NSString).lastPathComponent
      var draft = SourceDraft(source: SourceDescription(path: url.path, format: format))
      let outcome = try UsageReader().read(url.path, settings: settings) { batch, _ in
        draft.add(&batch)
      }
      #expect(outcome.status == .complete || bytes.isEmpty)
      draft.source.head = outcome.head
      draft.source.size = bytes.count
      draft.source.plainSize = outcome.plainBytes
      draft.source.grouping = outcome.grouping
      _ = try ledger.add([draft])
    }
    #expect(try ledger.verify() == [])
    let period = Period(first: Day("2018-01-01")!, last: Day("2099-12-31")!, zone: .utc)
    return try ledger.usage(period: period, by: [.hour, .model, .user, .tier]).rows
      .map { "\($0.keys) \($0.sums)" }
  }

  private func whole(_ logs: [Log]) -> [(name: String, bytes: [UInt8])] {
    logs.map { (name($0), $0.bytes) }
  }

  private func name(_ log: Log) -> String {
    log.name.hasSuffix(".gz") ? String(log.name.dropLast(3)) : log.name
  }

  private static func isByLine(_ log: Log) -> Bool {
    // A pretty-printed document has no lines of its own.
    log.bytes.count > 1
      && (log.bytes[0] != UInt8(ascii: "{") || log.lines[0].suffix(3).contains(0x7D))
      && log.bytes[0] != UInt8(ascii: "[")
  }

  @Test(arguments: names) func shuffledLinesSayTheSame(format: String) throws {
    guard !Self.dependsOnOrder(format) else { return }
    let logs = try Self.logs(format)
    let expected = try totals(whole(logs), as: format)
    var random = SeededRandom(seed: 5)
    for _ in 0..<2 {
      let shuffled = logs.map { log -> (name: String, bytes: [UInt8]) in
        guard Self.isByLine(log) else { return (name(log), log.bytes) }
        return (name(log), log.lines.shuffled(using: &random).flatMap { $0 })
      }
      #expect(try differences(totals(shuffled, as: format), expected) == [])
    }
  }

  /// Cut at line ends into files of their own. CSV needs its header again; server logs are states of a
  /// file that grew, which is how they may be cut.
  @Test(arguments: names) func splitFilesSayTheSame(format: String) throws {
    let logs = try Self.logs(format)
    let expected = try totals(whole(logs), as: format)
    let facts = try #require(LogFormats.named(format)?.facts)
    var random = SeededRandom(seed: 6)
    var files: [(name: String, bytes: [UInt8])] = []
    for log in logs {
      guard Self.isByLine(log) else {
        files.append((name(log), log.bytes))
        continue
      }
      let lines = log.lines
      let cuts = (0..<3).map { _ in Int(random.next() % UInt64(lines.count)) + 1 }.sorted()
      if facts.identifiesByContent {
        for (i, cut) in (cuts + [lines.count]).enumerated() where facts.layout == .lines {
          files.append(("\(i)-\(name(log))", lines[..<cut].flatMap { $0 }))
        }
        if facts.layout != .lines { files.append((name(log), log.bytes)) }
        continue
      }
      let header = facts.layout == .csv ? lines[0] : []
      var start = header.isEmpty ? 0 : 1
      for (i, cut) in (cuts + [lines.count]).enumerated() where cut > start {
        files.append(("\(i)-\(name(log))", header + lines[start..<cut].flatMap { $0 }))
        start = cut
      }
    }
    #expect(try differences(totals(files, as: format), expected) == [])
  }

  /// Ticks of 10.3 s stamped in whole seconds, with a pause and a restart: every line moves the mean.
  @Test(arguments: ["0.6.6", "0.11.0"]) func aServerLogThatGrowsSaysTheSame(version: String) throws
  {
    var lines: [String] = []
    var clock = 0.0
    func stamp() -> String {
      let seconds = Int(clock)
      let parts = [seconds / 3600, seconds / 60 % 60, seconds % 60].map {
        $0 < 10 ? "0\($0)" : "\($0)"
      }
      return "INFO 09-03 \(parts.joined(separator: ":"))"
    }
    for i in 0..<60 {
      if i == 0 || i == 41 {
        lines.append(
          "\(stamp()) [core.py:71] Initializing a V1 LLM engine (v\(version)) with config: "
            + "model='m', served_model_name=m")
      }
      clock += i == 25 ? 400 : 10.3
      lines.append(
        "\(stamp()) [loggers.py:116] Engine 000: Avg prompt throughput: \(100 + i).7 tokens/s, Avg "
          + "generation throughput: \(20 + i % 7).3 tokens/s, Running: 1 reqs, Waiting: 0 reqs, GPU KV "
          + "cache usage: 2.3%, Prefix cache hit rate: 0.0%")
    }
    func state(_ count: Int) -> (name: String, bytes: [UInt8]) {
      ("x.log", Array((lines[..<count].joined(separator: "\n") + "\n").utf8))
    }
    let expected = try totals([state(lines.count)], as: "vllm")
    #expect(!expected.isEmpty)
    for cut in 1..<lines.count {
      let found = try totals([state(cut), state(lines.count)], as: "vllm")
      #expect(differences(found, expected) == [], "cut after line \(cut)")
    }
    let all = try totals((1...lines.count).map(state), as: "vllm")
    #expect(differences(all, expected) == [], "line by line")
    // Also when half of a line was there.
    let bytes = state(lines.count).bytes
    for cut in stride(from: 200, to: bytes.count, by: 31) {
      let found = try totals([("x.log", Array(bytes[..<cut])), state(lines.count)], as: "vllm")
      #expect(differences(found, expected) == [], "cut after byte \(cut)")
    }
    // Also when states of it come in any order: the longest knows the most.
    for cut in 1..<lines.count {
      let found = try totals([state(lines.count), state(cut)], as: "vllm")
      #expect(differences(found, expected) == [], "cut after line \(cut), later")
    }
    var random = SeededRandom(seed: 3)
    for _ in 0..<10 {
      let states = (1...lines.count).map(state).shuffled(using: &random)
      #expect(try differences(totals(states, as: "vllm"), expected) == [], "in disorder")
    }
  }

  /// A log that grows, cut at any line end, says what the whole log says, once it is there.
  @Test(arguments: names) func grownFilesSayTheSame(format: String) throws {
    let facts = try #require(LogFormats.named(format)?.facts)
    guard facts.identifiesByContent else { return }
    var random = SeededRandom(seed: 8)
    for log in try Self.logs(format) where Self.isByLine(log) {
      let expected = try totals([(name(log), log.bytes)], as: format)
      let lines = log.lines
      var cuts = Array(1..<max(2, lines.count))
      if cuts.count > 40 { cuts = Array(cuts.shuffled(using: &random).prefix(40)).sorted() }
      func state(_ cut: Int) -> (name: String, bytes: [UInt8]) {
        (name(log), lines[..<cut].flatMap { $0 })
      }
      for cut in cuts {
        let found = try totals([state(cut), (name(log), log.bytes)], as: format)
        #expect(differences(found, expected) == [], "\(log.name) cut after line \(cut)")
      }
      // Every state of it in turn, as when it is ingested again and again.
      let all = try totals(cuts.map(state) + [(name(log), log.bytes)], as: format)
      #expect(differences(all, expected) == [], "\(log.name) bit by bit")
    }
  }

  @Test(arguments: names) func repeatedFilesSayTheSame(format: String) throws {
    let logs = try Self.logs(format)
    let expected = try totals(whole(logs), as: format)
    let twice = whole(logs) + logs.reversed().map { ("again/\(name($0))", $0.bytes) }
    #expect(try differences(totals(twice, as: format), expected) == [])
  }

  /// gzip members begin anywhere, also inside a line.
  @Test(arguments: names) func gzipMembersSayTheSame(format: String) throws {
    let logs = try Self.logs(format)
    let expected = try totals(whole(logs), as: format)
    var random = SeededRandom(seed: 7)
    let cut = try logs.map { log -> (name: String, bytes: [UInt8]) in
      var bytes: [UInt8] = []
      var start = 0
      while start < log.bytes.count {
        let end = min(log.bytes.count, start + Int(random.next() % 5000) + 1)
        bytes += try Gzip.deflate(log.bytes[start..<end])
        start = end
      }
      return (name(log), bytes)
    }
    #expect(try differences(totals(cut, as: format), expected) == [])
  }

  /// What runtimes put around lines of text.
  @Test func wrappedServerLogsSayTheSame() throws {
    for type in Self.formats where type.facts.layout == .lines {
      for log in try Self.logs(type.facts.name) where !log.name.contains("journal") {
        // What is in a wrapper already stays in it.
        guard let first = log.lines.first, first.first != UInt8(ascii: "2") else { continue }
        let expected = try readSums(log.bytes, type.facts.name)
        let wrappers: [(String, ([UInt8]) -> [UInt8])] = [
          ("compose", { Array("vllm-1  | ".utf8) + $0 }),
          ("crlf", { Array($0.dropLast()) + [0x0D, 0x0A] }),
          ("colours", { Array("\u{1B}[36m".utf8) + $0.dropLast() + Array("\u{1B}[0m\n".utf8) }),
          (
            "docker json",
            { line in
              let text = String(decoding: line.dropLast(), as: UTF8.self)
              let quoted = String(
                decoding: (try? JSONEncoder().encode(text + "\n")) ?? Data(), as: UTF8.self)
              return Array(#"{"log":\#(quoted),"stream":"stdout"}"#.utf8) + [0x0A]
            }
          ),
        ]
        for (wrapper, wrap) in wrappers {
          let found = try readSums(log.lines.flatMap(wrap), type.facts.name)
          #expect(found == expected, "\(log.name) in \(wrapper)")
        }
      }
    }
  }

  private func readSums(_ bytes: [UInt8], _ format: String) throws -> [Int64] {
    let scratch = try Scratch()
    let url = scratch.file("x.log")
    try Data(bytes).write(to: url)
    var settings = ReadSettings()
    settings.format = format
    settings.year = 2026
    settings.model = "m"
    var sums: [Int64] = [0, 0, 0]
    _ = try UsageReader().read(url.path, settings: settings) { batch, _ in
      for record in batch.records {
        sums[0] += 1
        sums[1] += record.tokens.uncachedInput
        sums[2] += record.tokens.output
      }
    }
    return sums
  }
}

/// gzip by the system's own program.
enum Gzip {
  static func inflate(_ url: URL) throws -> Data { try run(["-dc", url.path], nil) }

  static func deflate(_ bytes: some Collection<UInt8>) throws -> [UInt8] {
    let scratch = try Scratch()
    let url = scratch.file("plain")
    try Data(bytes).write(to: url)
    return [UInt8](try run(["-c", url.path], nil))
  }

  private static func run(_ arguments: [String], _ input: Data?) throws -> Data {
    let scratch = try Scratch()
    let output = scratch.file("out")
    try Data().write(to: output)
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = ["gzip"] + arguments
    process.standardOutput = try FileHandle(forWritingTo: output)
    try process.run()
    process.waitUntilExit()
    return try Data(contentsOf: output)
  }
}
