import Foundation
import Testing
import Usage
import UsageLogs

/// What one log gave, added up.
struct ServerLogReading {
  var records: [UsageRecord] = []
  var models: [String] = []
  var outcome: ReadOutcome

  var prompt: Int64 { records.reduce(0) { $0 + $1.tokens.uncachedInput } }
  var output: Int64 { records.reduce(0) { $0 + $1.tokens.output } }
  var starts: [String] { records.map(\.start.description) }
  func notes(_ text: String) -> Bool { outcome.notes.contains { $0.contains(text) } }
}

func readServerLog(
  _ text: String, year: Int? = 2025, model: String? = nil, settings: ReadSettings = ReadSettings()
) throws -> ServerLogReading {
  var settings = settings
  settings.year = settings.year ?? year
  settings.model = model
  let path = FileManager.default.temporaryDirectory.appendingPathComponent(
    "hindcast-\(UUID().uuidString).log")
  try Data(text.utf8).write(to: path)
  defer { try? FileManager.default.removeItem(at: path) }
  var records: [UsageRecord] = []
  var models: [String] = []
  let outcome = try UsageReader().read(path.path, settings: settings) { batch in
    records += batch.records
    for record in batch.records { models.append(batch.names[record.model]) }
  }
  return ServerLogReading(records: records, models: models, outcome: outcome)
}

/// A V1 statistics line of 2025-06-16 at `clock`.
private func v1(
  _ clock: String, _ prompt: String, _ output: String, engine: String = "Engine 000: ",
  source: String = "loggers.py:87", day: String = "06-16", hit: String = "0.0"
) -> String {
  "INFO \(day) \(clock) [\(source)] \(engine)Avg prompt throughput: \(prompt) tokens/s, "
    + "Avg generation throughput: \(output) tokens/s, Running: 1 reqs, Waiting: 0 reqs, "
    + "GPU KV cache usage: 5.7%, Prefix cache hit rate: \(hit)%"
}

private func v0(_ clock: String, _ prompt: String, _ output: String, day: String = "09-22")
  -> String
{
  "INFO \(day) \(clock) metrics.py:351] Avg prompt throughput: \(prompt) tokens/s, "
    + "Avg generation throughput: \(output) tokens/s, Running: 16 reqs, Swapped: 0 reqs, "
    + "Pending: 11 reqs, GPU KV cache usage: 87.1%, CPU KV cache usage: 0.0%."
}

/// Six lines, ten seconds apart. By hand: prompt rates 100 + 0 + 50.5 + 12.3 + 0 + 0.1 = 162.9, times
/// 10 s = 1,629; output rates 10 + 20.5 + 30.3 + 0 + 5 + 1.1 = 66.9, times 10 s = 669.
private let minute = [
  v1("10:00:10", "100.0", "10.0"), v1("10:00:20", "0.0", "20.5"), v1("10:00:30", "50.5", "30.3"),
  v1("10:00:40", "12.3", "0.0"), v1("10:00:50", "0.0", "5.0"), v1("10:01:00", "0.1", "1.1"),
]
private func clock(_ i: Int) -> String {
  ["00:10", "00:20", "00:30", "00:40", "00:50", "01:00"][i]
}
private func escaped(_ line: String) -> String {
  line.replacingOccurrences(of: "\\", with: "\\\\").replacingOccurrences(of: "\"", with: "\\\"")
}
private func epoch(_ i: Int) -> Int { 1_750_068_010 + 10 * i }  // 2025-06-16T10:00:10Z

@Suite struct VLLMStatisticsTests {
  @Test func addsUpAMinute() throws {
    let log = try readServerLog(minute.joined(separator: "\n") + "\n", model: "qwen3")
    #expect(log.outcome.format == "vllm")
    #expect(log.prompt == 1629)
    #expect(log.output == 669)
    #expect(log.records.count == 6)
    #expect(log.starts.first == "2025-06-16T10:00:00Z")
    #expect(log.records.allSatisfy { $0.width == 10_000_000 && $0.requests == nil })
    #expect(Set(log.models) == ["qwen3"])
    #expect(log.outcome.skipped == 0)
    #expect(log.notes("2025 is taken from --year"))
    #expect(log.notes("read as UTC"))
  }

  @Test func namesTheYearItCannotKnow() throws {
    let log = try readServerLog(minute.joined(separator: "\n"), year: nil)
    #expect(log.records.isEmpty)
    #expect(log.outcome.skipped == 6)
    #expect(log.outcome.problems.first?.reason == "has no year: give --year YYYY")
    #expect(log.outcome.problems.map(\.line) == [1, 2, 3, 4, 5, 6])
  }

  /// Golden values of the format reference: issue 19680 and issue 43295 of vLLM, LMCache 3655.
  @Test func readsRealLines() throws {
    let old = try readServerLog(v1("10:03:14", "1254.4", "29.2", hit: "40.5"))
    #expect(old.prompt == 12544 && old.output == 292)
    #expect(old.records[0].splitKnown == false)
    #expect(old.notes("1 intervals have no model: give --model NAME"))
    let new = try readServerLog(
      v1("10:03:14", "12068.8", "734.9", source: "loggers.py:271", hit: "91.1"))
    #expect(new.prompt == 120_688 && new.output == 7349)
    #expect(new.records[0].splitKnown)
  }

  @Test func takesTheExactIntervalOfSpeculation() throws {
    let log = try readServerLog(
      v1("10:03:14", "0.0", "124.5") + "\n"
        + "INFO 06-16 10:03:14 [metrics.py:101] SpecDecoding metrics: Mean acceptance length: 2.66, "
        + "Accepted throughput: 77.69 tokens/s, Drafted throughput: 234.48 tokens/s, Accepted: 777 "
        + "tokens, Drafted: 2345 tokens, Per-position acceptance rate: 0.8, Avg Draft acceptance "
        + "rate: 33.1%\n")
    // 2345 / 234.48 = 10.000853 s; 124.5 x 10.000853 = 1245.1.
    #expect(log.records[0].width == 10_000_852)
    #expect(log.output == 1245)
  }

  @Test(arguments: [
    "", "Engine 000: ", "2 Engines Aggregated: ",
  ]) func readsEveryWording(engine: String) throws {
    #expect(try readServerLog(v1("10:03:14", "10.0", "20.0", engine: engine)).prompt == 100)
  }

  @Test func sumsEnginesOnce() throws {
    var lines: [String] = []
    for i in 0..<4 {
      lines.append(v1("10:00:\(i + 1)0", "10.0", "1.0", engine: "Engine 000: "))
      lines.append(v1("10:00:\(i + 1)0", "20.0", "2.0", engine: "Engine 001: "))
    }
    let log = try readServerLog(lines.joined(separator: "\n"))
    // 4 ticks of 10 s: 4 x 10 x (10 + 20) and 4 x 10 x (1 + 2).
    #expect(log.prompt == 1200 && log.output == 120)
  }

  @Test func doesNotFillSilenceInV1() throws {
    let lines = [
      v1("10:00:10", "10.0", "1.0"), v1("10:00:20", "10.0", "1.0"), v1("10:00:30", "0.0", "0.0"),
      v1("23:00:00", "10.0", "1.0"), v1("23:00:10", "0.0", "0.0"),
    ]
    let log = try readServerLog(lines.joined(separator: "\n"))
    #expect(log.prompt == 300 && log.output == 30)
    #expect(log.records.count == 3)
  }

  @Test func learnsAnotherIntervalFromTheLines() throws {
    let lines = (0..<6).map { v1("10:0\($0):00", "10.0", "1.0") }
    // Six lines a minute apart, none idle before the next: 6 x 60 s x 10.
    #expect(try readServerLog(lines.joined(separator: "\n")).prompt == 3600)
    let quick = (0..<6).map { v1("10:00:0\($0)", "10.0", "1.0") }
    #expect(try readServerLog(quick.joined(separator: "\n")).prompt == 60)
  }

  @Test func twoLinesFarApartStayTenSeconds() throws {
    let log = try readServerLog(
      v1("10:00:00", "10.0", "1.0") + "\n" + v1("10:05:00", "10.0", "1.0"))
    #expect(log.prompt == 200)
  }

  @Test func spreadsDriftOverARun() throws {
    // Ticks of 10.2 s under stamps of whole seconds: (51 - 0) / 5 = 10.2; the first line is nominal.
    let seconds = [0, 10, 20, 31, 41, 51]
    let lines = seconds.map { v1("10:00:" + ($0 < 10 ? "0\($0)" : "\($0)"), "100.0", "0.0") }
    // 1,000 + 5 x 1,020 = 6,100.
    #expect(try readServerLog(lines.joined(separator: "\n")).prompt == 6100)
  }

  @Test func multipliesV0RatesByTheTimeSinceTheLastLine() throws {
    let lines = [
      v0("23:46:00", "0.0", "77.3"), v0("23:46:05", "0.0", "77.3"), v0("23:46:12", "10.0", "100.0"),
      v0("23:46:17", "0.0", "77.3"), v0("23:46:27", "0.0", "0.0"), v0("23:46:57", "1.0", "2.0"),
    ]
    let log = try readServerLog(lines.joined(separator: "\n"))
    // Output: 3 x 5 x 77.3 = 1159.5, 7 x 100 = 700, 30 x 2 = 60: 1919.5. Prompt: 70 + 30.
    #expect(log.prompt == 100)
    #expect(log.output == 1919 || log.output == 1920)
  }

  @Test func secondLineOfV0TellsCacheHits() throws {
    let hit = "INFO 09-22 23:46:42 metrics.py:367] Prefix cache hit rate: GPU: 26.68%, CPU: 0.00%"
    let line = v0("23:46:42", "100.0", "1.0")
    #expect(try readServerLog(line).records[0].splitKnown)
    #expect(try !readServerLog(line + "\n" + hit).records[0].splitKnown)
  }

  @Test func longLogsAreHandedOverInParts() throws {
    let lines = (0..<40_000).map { i in
      let (hour, minute, second) = (i / 360, i / 6 % 60, i % 6)
      return v1(
        "\(hour % 24 < 10 ? "0" : "")\(hour % 24):\(minute < 10 ? "0" : "")\(minute):\(second)0",
        "0.3", "0.1", day: "06-0\(1 + hour / 24)")
    }
    let log = try readServerLog(lines.joined(separator: "\n"), model: "m")
    #expect(log.records.count == 40_000)
    #expect(log.prompt == 120_000 && log.output == 40_000)
    #expect(log.outcome.notes.count { $0.contains("taken from") } == 1)
  }

  @Test func keepsFractionsThatRoundingLeaves() throws {
    let lines = (0..<4).map { v0("23:46:\($0 * 5 + 10)", "0.0", "77.3") }
    // 4 x 386.5 = 1,546; each rounded by itself would give 1,548 or 1,544.
    #expect(try readServerLog(lines.joined(separator: "\n")).output == 1546)
  }

  @Test func restartEndsARun() throws {
    let lines = [
      v0("10:00:00", "0.0", "10.0"), v0("10:00:05", "0.0", "10.0"),
      "INFO 09-22 11:00:00 api_server.py:528] vLLM API server version 0.6.1",
      v0("11:30:00", "0.0", "10.0"),
    ]
    // Without the restart the last line would stand for an hour and a half.
    #expect(try readServerLog(lines.joined(separator: "\n")).output == 150)
  }

  @Test func zeroLinesAreNoRecords() throws {
    let log = try readServerLog(v1("10:00:10", "0.0", "0.0") + "\n" + v1("10:00:20", "0.0", "0.0"))
    #expect(log.records.isEmpty && log.outcome.skipped == 0)
  }

  @Test func countsALineThatIsCutOff() throws {
    let log = try readServerLog(
      minute.joined(separator: "\n") + "\n" + minute[0].prefix(90) + "\n")
    #expect(log.outcome.skipped == 1)
    #expect(log.outcome.problems.first?.line == 7)
    #expect(log.prompt == 1629)
  }

  @Test func prefersExactIterations() throws {
    let steps = (0..<3).map {
      "(EngineCore pid=9) INFO 06-16 10:00:0\($0) [core.py:300] Iteration(\($0)): 1 context requests, "
        + "100 context tokens, 2 generation requests, 2 generation tokens, iteration elapsed time: "
        + "9.12 ms"
    }
    let log = try readServerLog(
      (steps + ["(APIServer pid=1) " + v1("10:00:10", "99.0", "99.0")]).joined(separator: "\n"))
    #expect(log.prompt == 300 && log.output == 6)
    #expect(log.records.count == 1)
  }

  @Test func growingFileKeepsIdentities() throws {
    let short = try readServerLog(minute[..<4].joined(separator: "\n") + "\n")
    let grown = try readServerLog(minute.joined(separator: "\n") + "\n")
    #expect(short.records.map(\.identity) == grown.records.prefix(4).map(\.identity))
    #expect(Set(grown.records.map(\.identity)).count == 6)
  }
}

@Suite struct VLLMModelTests {
  private let line = v1("10:00:10", "10.0", "1.0")

  @Test(arguments: [
    (
      "Initializing a V1 LLM engine (v0.9.1) with config: model='/m/x', seed=0, served_model_name=chat, a=1",
      "chat"
    ),
    (
      "Initializing an LLM engine (v0.6.3) with config: model='Qwen/Qwen2.5-7B', served_model_name=None, a=1",
      "Qwen/Qwen2.5-7B"
    ),
    (
      "non-default args: {'model_tag': '/m/Voxtral-4B', 'host': '0.0.0.0', 'model': '/m/Voxtral-4B/'}",
      "Voxtral-4B"
    ),
    ("non-default args: {'model': 'a/b', 'served_model_name': ['one', 'two']}", "one"),
    ("args: Namespace(host=None, model='a/b', served_model_name=['served'], x=1)", "served"),
    ("args: Namespace(host=None, model='a/b', served_model_name=None, x=1)", "a/b"),
    (
      "vLLM server version 0.18.0, serving model /mnt/models/mistralai/Voxtral-4B-TTS",
      "Voxtral-4B-TTS"
    ),
    ("  █▄█▀ █     █     █     █  model   RedHatAI/Qwen3.6-35B", "RedHatAI/Qwen3.6-35B"),
    ("Starting to load model Qwen/Qwen2.5-7B-Instruct...", "Qwen/Qwen2.5-7B-Instruct"),
    (
      "vLLM server version 0.18.0, serving model "
        + "/root/.cache/huggingface/hub/models--Qwen--Qwen3-8B/snapshots/b968826d",
      "Qwen/Qwen3-8B"
    ),
  ]) func readsTheModel(start: String, model: String) throws {
    let log = try readServerLog("INFO 06-16 10:00:00 [utils.py:1] \(start)\n\(line)\n")
    #expect(log.models == [model])
  }

  @Test func followsAChangeOfModel() throws {
    let text = """
      INFO 06-16 09:00:00 [utils.py:1] non-default args: {'model': 'a/first'}
      INFO 06-16 09:00:01 [core.py:1] Starting to load model /x/y...
      \(v1("10:00:10", "10.0", "1.0"))
      INFO 06-16 11:00:00 [utils.py:1] non-default args: {'model': 'b/second'}
      \(v1("12:00:10", "10.0", "1.0"))
      """
    #expect(try readServerLog(text).models == ["a/first", "b/second"])
  }

  @Test func keepsServicesApart() throws {
    let text = """
      one  | INFO 06-16 09:00:00 [utils.py:1] non-default args: {'model': 'a/first'}
      two  | INFO 06-16 09:00:00 [utils.py:1] non-default args: {'model': 'b/second'}
      one  | \(v1("10:00:10", "10.0", "1.0"))
      two  | \(v1("10:00:11", "10.0", "1.0"))
      six  | \(v1("10:00:12", "10.0", "1.0"))
      """
    let log = try readServerLog(text)
    #expect(log.models == ["a/first", "b/second", ""])
    #expect(log.notes("1 intervals have no model"))
  }

  @Test func versionTellsWhatThePromptRateMeans() throws {
    let start = "INFO 06-16 09:00:00 [utils.py:1] vLLM server version "
    let hit = v1("10:00:10", "10.0", "1.0", source: "fork.py:7", hit: "50.0")
    #expect(try readServerLog(start + "0.16.0, serving model m\n" + hit).records[0].splitKnown)
    #expect(try !readServerLog(start + "0.15.1, serving model m\n" + hit).records[0].splitKnown)
  }
}

@Suite struct VLLMTimeTests {
  @Test func takesTheYearFromTheFileName() throws {
    var settings = ReadSettings()
    settings.fileName = "vllm-2024-06-17.log.gz"
    let log = try readServerLog(minute[0], year: nil, settings: settings)
    #expect(log.starts == ["2024-06-16T10:00:00Z"])
    #expect(log.notes("2024 is taken from the file's name"))
  }

  @Test func walksBackOverNewYear() throws {
    var settings = ReadSettings()
    settings.fileModified = Instant("2026-01-02T08:00:00Z")
    let text = [
      v1("23:59:50", "1.0", "1.0", day: "12-31"), v1("00:00:00", "1.0", "1.0", day: "01-01"),
    ].joined(separator: "\n")
    let log = try readServerLog(text, year: nil, settings: settings)
    #expect(log.starts == ["2025-12-31T23:59:40Z", "2025-12-31T23:59:50Z"])
    #expect(log.notes("2025 to 2026 is taken from the time the file was last written"))
    // A December log read in January is last year's.
    let december = try readServerLog(
      v1("10:00:10", "1.0", "1.0", day: "12-05"), year: nil, settings: settings)
    #expect(december.starts == ["2025-12-05T10:00:00Z"])
    settings.year = 2023
    #expect(
      try readServerLog(text, settings: settings).starts
        == ["2023-12-31T23:59:40Z", "2023-12-31T23:59:50Z"])
  }

  @Test func servicesOneBehindTheOtherShareTheirYear() throws {
    let text = """
      one  | \(v1("10:00:10", "1.0", "1.0", day: "01-05"))
      one  | \(v1("10:00:10", "1.0", "1.0", day: "06-20"))
      two  | \(v1("10:00:10", "1.0", "1.0", day: "01-06"))
      two  | \(v1("10:00:10", "1.0", "1.0", day: "06-21"))
      """
    #expect(
      try readServerLog(text).starts == [
        "2025-01-05T10:00:00Z", "2025-01-06T10:00:00Z", "2025-06-20T10:00:00Z",
        "2025-06-21T10:00:00Z",
      ])
  }

  @Test func takesTheYearFromALineThatWritesIt() throws {
    let text = "INFO 2024-06-16 09:58:20,617 serve 42382 -- Application 'default' is ready\n"
    #expect(try readServerLog(text + minute[0], year: nil).starts == ["2024-06-16T10:00:00Z"])
    #expect(try readServerLog(text + minute[0], year: 2023).starts == ["2023-06-16T10:00:00Z"])
  }

  @Test func leapDayNeedsALeapYear() throws {
    var settings = ReadSettings()
    settings.fileModified = Instant("2026-05-01T00:00:00Z")
    let line = v1("10:00:10", "1.0", "1.0", day: "02-29")
    #expect(
      try readServerLog(line, year: nil, settings: settings).starts == ["2024-02-29T10:00:00Z"])
    let wrong = try readServerLog(line, year: 2025)
    #expect(wrong.records.isEmpty && wrong.outcome.skipped == 1)
  }

  @Test func readsClocksInTheZoneGiven() throws {
    var settings = ReadSettings()
    settings.zone = ZoneRules(name: "Test/East", firstOffset: 7200, changes: [])
    let log = try readServerLog(minute[0], settings: settings)
    #expect(log.starts == ["2025-06-16T08:00:00Z"])
    #expect(log.notes("Test/East"))
  }

  @Test func clockThatFallsBackIsNoGap() throws {
    // Berlin, 2025-10-26: 02:59:50, then 02:00:00 again, one hour east instead of two.
    let lines = ["02:59:30", "02:59:40", "02:59:50", "02:00:00", "02:00:10", "02:00:20"]
      .map { v1($0, "10.0", "1.0", day: "10-26") }
    var settings = ReadSettings()
    settings.zone = ZoneRules(
      name: "Europe/Berlin", firstOffset: 7200,
      changes: [.init(start: Instant("2025-10-26T01:00:00Z")!, offset: 3600)])
    let log = try readServerLog(lines.joined(separator: "\n"), settings: settings)
    #expect(log.prompt == 600)
    #expect(log.starts.first == "2025-10-26T00:59:20Z")
    #expect(log.starts.last == "2025-10-26T01:00:10Z")
    // Read as UTC the hour repeats, but nothing is lost or made up.
    #expect(try readServerLog(lines.joined(separator: "\n")).prompt == 600)
  }

  @Test func outerClockWins() throws {
    let desktop = try readServerLog(
      "2026-04-19 12:18:36.268 | " + v1("10:18:36", "1.0", "1.0", day: "04-19"), year: nil)
    #expect(desktop.starts == ["2026-04-19T10:18:26.268000Z"])
    let docker = try readServerLog(
      "2026-04-19T10:18:36.5Z " + v1("12:18:36", "1.0", "1.0", day: "04-19"), year: 1999)
    #expect(docker.starts == ["2026-04-19T10:18:26.500000Z"])
    // The wrapper's year and offset hold for lines that lost their wrapper, too.
    let mixed = try readServerLog(
      "2026-04-19T10:18:36Z " + v1("12:18:36", "1.0", "1.0", day: "04-19") + "\n"
        + v1("12:18:46", "1.0", "1.0", day: "04-19"), year: nil)
    #expect(mixed.starts == ["2026-04-19T10:18:26Z", "2026-04-19T10:18:36Z"])
  }
}

@Suite struct VLLMWrapperTests {
  /// Every wrapper around the same six lines.
  static let wrappers: [(name: String, wrap: @Sendable (Int, String) -> String)] = [
    ("CRLF", { _, line in line + "\r" }),
    ("ANSI", { _, line in "\u{1B}[32mINFO\u{1B}[0m" + line.dropFirst(4) }),
    ("coloured tag", { _, line in "\u{1B}[1;36m(APIServer pid=1)\u{1B}[0;0m " + line }),
    ("process tag", { _, line in "(APIServer pid=1) " + line }),
    ("CRI", { i, line in "2025-06-16T10:\(clock(i)).000000000Z stdout F " + line }),
    (
      "CRI in pieces",
      { i, line in
        let head = "2025-06-16T10:\(clock(i)).000000000Z stdout "
        let other = "2025-06-16T10:\(clock(i)).000000000Z stderr P something else"
        let cut = line.range(of: "Avg generation ")!.upperBound
        return head + "P " + line[..<cut] + "\n" + other + "\n" + head + "F " + line[cut...]
      }
    ),
    (
      "docker json",
      { i, line in
        #"{"log":"\#(escaped(line))\n","stream":"stdout","time":"2025-06-16T10:\#(clock(i)).000000Z"}"#
      }
    ),
    (
      "docker json in pieces",
      { i, line in
        let tail = #"","stream":"stdout","time":"2025-06-16T10:\#(clock(i)).000000Z"}"#
        let cut = line.range(of: "Avg generation ")!.upperBound
        return #"{"log":"other\n"# + tail + "\n" + #"{"log":"\#(line[..<cut])"# + tail + "\n"
          + #"{"log":"\#(line[cut...])\n"# + tail
      }
    ),
    ("docker logs -t", { i, line in "2025-06-16T10:\(clock(i)).000000000Z " + line }),
    ("compose", { _, line in "qwen35-4b-vllm  | (APIServer pid=1) " + line }),
    ("Docker Desktop", { i, line in "2025-06-16 12:\(clock(i)).000 | " + line }),
    ("journald", { i, line in "Jun 16 10:\(clock(i)) ml2-1 vllm[361991]: " + line }),
    ("journald iso", { i, line in "2025-06-16T12:\(clock(i))+0200 ml2-1 vllm[361991]: " + line }),
    (
      "journald JSON",
      { i, line in
        #"{"__REALTIME_TIMESTAMP":"\#(epoch(i))000000","MESSAGE":"\#(escaped(line))","_PID":"7"}"#
      }
    ),
    (
      "journald bytes",
      { i, line in
        #"{"__REALTIME_TIMESTAMP":"\#(epoch(i))000000","MESSAGE":\#(Array(line.utf8)),"_PID":"7"}"#
      }
    ),
    ("kubectl", { i, line in "[pod/vllm-0/server] 2025-06-16T10:\(clock(i))Z " + line }),
    (
      "epoch and tab",
      { i, line in
        "\(epoch(i))000\t2025-06-16T10:\(clock(i)).000Z\t" + line
      }
    ),
    (
      "Ray",
      { _, line in
        "(ServeReplica:default:LLMServer:qwen-0_5b pid=62683) (EngineCore pid=64296) " + line
      }
    ),
    ("Ray actor", { _, line in "(_AsyncLLMEngine pid=1974, ip=10.0.0.2) " + line }),
    (
      "Loki jsonl",
      { i, line in
        #"{"labels":{"app":"vllm"},"line":"\#(escaped(line))","timestamp":"2025-06-16T10:\#(clock(i))Z"}"#
      }
    ),
    ("Loki text", { i, line in #"2025-06-16T10:\#(clock(i))Z {app="vllm", pod="a"} "# + line }),
    (
      "Fluent Bit",
      { i, line in
        #"{"date":\#(epoch(i)).0,"stream":"stdout","logtag":"F","log":"\#(escaped(line))","#
          + #""kubernetes":{"pod_name":"vllm-0"}}"#
      }
    ),
    (
      "JSON logging",
      { i, line in
        let message = line[line.range(of: "Engine 000")!.lowerBound...]
        return #"2025-06-16T10:\#(clock(i))Z {"message": "\#(message)"}"#
      }
    ),
    (
      "CRI around docker logs around compose",
      { i, line in
        "2025-06-16T10:\(clock(i)).000Z stdout F a-1  | 2025-06-16T10:\(clock(i)).1Z (Worker pid=3) "
          + line
      }
    ),
    ("a prefix of the user's", { _, line in "[gpu-7] " + line }),
    (
      "NIM",
      { i, line in
        "INFO 2025-06-16 10:\(clock(i)).000 loggers.py:87] "
          + line[line.range(of: "Engine 000")!.lowerBound...]
      }
    ),
  ]

  @Test(arguments: wrappers.indices) func changesNothing(index: Int) throws {
    let (name, wrap) = VLLMWrapperTests.wrappers[index]
    let text = minute.enumerated().map { wrap($0.offset, $0.element) }.joined(separator: "\n")
    let log = try readServerLog(text)
    #expect(log.outcome.format == "vllm", "\(name)")
    #expect(log.prompt == 1629, "\(name)")
    #expect(log.output == 669, "\(name)")
    #expect(log.starts.first == "2025-06-16T10:00:00Z", "\(name)")
    #expect(log.outcome.skipped == 0, "\(name)")
  }

  @Test func sortsNewestFirst() throws {
    let (_, wrap) = VLLMWrapperTests.wrappers.first { $0.name == "Loki jsonl" }!
    let lines = minute.enumerated().map { wrap($0.offset, $0.element) }
    for text in [
      lines.reversed().joined(separator: "\n"),
      [3, 0, 5, 1, 4, 2].map { lines[$0] }.joined(separator: "\n"),
    ] {
      let log = try readServerLog(text)
      #expect(log.prompt == 1629 && log.output == 669)
      #expect(log.starts.first == "2025-06-16T10:00:00Z")
    }
    let bare = try readServerLog(minute.reversed().joined(separator: "\n"))
    #expect(bare.prompt == 1629 && bare.output == 669)
  }

  @Test func loneLinesOfJSONLoggingCannotBeDated() throws {
    let message = minute[0][minute[0].range(of: "Engine 000")!.lowerBound...]
    let log = try readServerLog(#"{"message": "\#(message)"}"#)
    #expect(log.records.isEmpty && log.outcome.skipped == 1)
  }

  @Test func saysThatNothingWasLogged() throws {
    let access =
      #"(APIServer pid=1) INFO:     172.31.0.1:37016 - "POST /v1/chat/completions HTTP/1.1" 200 OK"#
    let probe = #"(APIServer pid=1) INFO:     172.31.0.1:37016 - "GET /health HTTP/1.1" 200 OK"#
    let log = try readServerLog([access, access, probe].joined(separator: "\n"))
    #expect(log.outcome.format == "vllm")
    #expect(log.records.isEmpty && log.outcome.skipped == 0)
    #expect(log.notes("2 access lines seen"))
    #expect(log.notes("no statistics lines: start vLLM without --disable-log-stats"))
    let off = try readServerLog(
      "INFO 10-02 13:00:42 [async_llm.py:1] AsyncLLM created with api_server_count more than 1; "
        + "disabling stats logging to avoid incomplete stats.\n" + access
        + "\nINFO 10-02 13:00:42 [utils.py:1] vLLM server version 0.11.0, serving model m\n")
    #expect(off.notes("turned its statistics off"))
  }

  @Test func promptsThatQuoteStatisticsAreNotCounted() throws {
    let quoting =
      "INFO 06-16 10:00:05 [logger.py:39] Received request cmpl-1: prompt: '\(minute[0])'"
    let log = try readServerLog([quoting, minute[0], quoting].joined(separator: "\n"))
    #expect(log.prompt == 1000)
  }

  @Test(arguments: [
    "[2025-09-18 06:32:40 DP0] Avg prompt throughput: 250.0 tokens/s, Avg generation throughput: 812.3 tokens/s, Finished: 12 reqs, Unfinished: 3 reqs, Running: 3 reqs, Waiting: 0 reqs, GPU KV cache usage: 4.1%",
    "[2025-09-18 06:32:40] Prefill batch. #new-seq: 1, #new-token: 3, #cached-token: 0, token usage: 0.00\n[2025-09-18 06:32:40] INFO:     127.0.0.1:33 - \"POST /v1/chat/completions HTTP/1.1\" 200 OK",
    "2024-01-01T00:00:00.1Z  INFO generate{total_time=\"1ms\"}: text_generation_router::server: Success",
    "INFO 07-11 11:11:21 [manager.py:554] lightllm_req_id:8 first_token_cost:81.2ms total_cost_time:912.4ms,out_token_counter:64 mean_per_token_cost_time: 12.98ms",
  ]) func leavesOtherServersAlone(text: String) throws {
    #expect(try readServerLog(text).outcome.format != "vllm")
  }
}

@Suite struct VLLMSampleTests {
  private static let folder = URL(fileURLWithPath: #filePath)
    .deletingLastPathComponent().appendingPathComponent(
      "../../../../shared/data/samples/servers/vllm"
    )
    .standardizedFileURL

  /// Sums by hand from the lines of real logs; the samples stay outside the project.
  @Test(
    .enabled(
      if: FileManager.default.fileExists(atPath: folder.path),
      "no samples beside the project: ../shared/data/samples/servers/vllm"),
    arguments: [
      ("issue-19680_v0.8.4_engine-line.log", 12544, 292),
      // 30,101.3 x 10 and (1055.3 + 1226.3 + 734.9 + 589.8 + 1242.7) x 10.
      ("issue-43295_v0.19plus_engine.log", 301_013, 48490),
      // 0 + (77.3 + 77.3 + 76.8 + 76.4) x 5.
      ("issue-2595_v0.2.7_ray-actor-prefix.log", 0, 1539),
      // One line; V0's interval is 5 s.
      ("issue-8719_v0.6.1_journald-prefix.log", 29510, 1153),
      ("lmcache-3655_external-cache.log", 2368, 1062),
      ("compose-prefix_mmcache.log", 2470, 304),
      ("docker-desktop_logo_tz-offset.log", 0, 0), ("librechat-5116_v0.6.log", 0, 0),
      ("pr-9023_v0.6.2_received-request.log", 0, 0), ("doc_v0.8.5_received-request-chat.log", 0, 0),
      ("ray-54732_65486_rayserve-prefix.log", 0, 0),
    ]) func sumsRealLogs(file: String, prompt: Int64, output: Int64) throws
  {
    let text = try String(
      contentsOf: VLLMSampleTests.folder.appendingPathComponent(file), encoding: .utf8)
    var settings = ReadSettings()
    settings.format = "vllm"
    let log = try readServerLog(text, settings: settings)
    #expect(log.prompt == prompt && log.output == output)
    #expect(log.outcome.skipped == 0)
    if prompt + output > 0 {
      settings.format = nil
      #expect(try readServerLog(text, settings: settings).outcome.format == "vllm")
    }
  }
}
