import Foundation
import Testing
import Usage
import UsageLogs

@Suite struct VLLMStatisticsTests {
  @Test func addsUpAMinute() throws {
    let log = try readServerLog(sixStatistics.joined(separator: "\n") + "\n", model: "qwen3")
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
    let log = try readServerLog(sixStatistics.joined(separator: "\n"), year: nil)
    #expect(log.records.isEmpty)
    #expect(log.outcome.skipped == 6)
    #expect(log.outcome.problems.first?.reason == "has no year: give --year YYYY")
    #expect(log.outcome.problems.map(\.line) == [1, 2, 3, 4, 5, 6])
  }

  /// Golden values of the format reference: issue 19680 and issue 43295 of vLLM, LMCache 3655.
  @Test func readsRealLines() throws {
    let old = try readServerLog(v1Line("10:03:14", "1254.4", "29.2", hit: "40.5"))
    #expect(old.prompt == 12544 && old.output == 292)
    #expect(old.records[0].kind.splitKnown == false)
    #expect(old.notes("no model for 1 interval: give --model NAME"))
    let new = try readServerLog(
      v1Line("10:03:14", "12068.8", "734.9", source: "loggers.py:271", hit: "91.1"))
    #expect(new.prompt == 120_688 && new.output == 7349)
    #expect(new.records[0].kind.splitKnown)
  }

  @Test func takesTheExactIntervalOfSpeculation() throws {
    let log = try readServerLog(
      v1Line("10:03:14", "0.0", "124.5") + "\n"
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
    #expect(try readServerLog(v1Line("10:03:14", "10.0", "20.0", engine: engine)).prompt == 100)
  }

  @Test func sumsEnginesOnce() throws {
    var lines: [String] = []
    for i in 0..<4 {
      lines.append(v1Line("10:00:\(i + 1)0", "10.0", "1.0", engine: "Engine 000: "))
      lines.append(v1Line("10:00:\(i + 1)0", "20.0", "2.0", engine: "Engine 001: "))
    }
    let log = try readServerLog(lines.joined(separator: "\n"))
    // 4 ticks of 10 s: 4 x 10 x (10 + 20) and 4 x 10 x (1 + 2).
    #expect(log.prompt == 1200 && log.output == 120)
  }

  @Test func doesNotFillSilenceInV1() throws {
    let lines = [
      v1Line("10:00:10", "10.0", "1.0"), v1Line("10:00:20", "10.0", "1.0"),
      v1Line("10:00:30", "0.0", "0.0"),
      v1Line("23:00:00", "10.0", "1.0"), v1Line("23:00:10", "0.0", "0.0"),
    ]
    let log = try readServerLog(lines.joined(separator: "\n"))
    #expect(log.prompt == 300 && log.output == 30)
    #expect(log.records.count == 3)
  }

  @Test func learnsAnotherIntervalFromTheLines() throws {
    let lines = (0..<6).map { v1Line("10:0\($0):00", "10.0", "1.0") }
    // Six lines a minute apart, none idle before the next: 6 x 60 s x 10.
    #expect(try readServerLog(lines.joined(separator: "\n")).prompt == 3600)
    let quick = (0..<6).map { v1Line("10:00:0\($0)", "10.0", "1.0") }
    #expect(try readServerLog(quick.joined(separator: "\n")).prompt == 60)
  }

  @Test func twoLinesFarApartStayTenSeconds() throws {
    let log = try readServerLog(
      v1Line("10:00:00", "10.0", "1.0") + "\n" + v1Line("10:05:00", "10.0", "1.0"))
    #expect(log.prompt == 200)
  }

  @Test func spreadsDriftOverARun() throws {
    // Ticks of 10.2 s under stamps of whole seconds: (51 - 0) / 5 = 10.2; the first line is nominal.
    let seconds = [0, 10, 20, 31, 41, 51]
    let lines = seconds.map { v1Line("10:00:" + ($0 < 10 ? "0\($0)" : "\($0)"), "100.0", "0.0") }
    // 1,000 + 5 x 1,020 = 6,100.
    #expect(try readServerLog(lines.joined(separator: "\n")).prompt == 6100)
  }

  @Test func multipliesV0RatesByTheTimeSinceTheLastLine() throws {
    let lines = [
      v0Line("23:46:00", "0.0", "77.3"), v0Line("23:46:05", "0.0", "77.3"),
      v0Line("23:46:12", "10.0", "100.0"),
      v0Line("23:46:17", "0.0", "77.3"), v0Line("23:46:27", "0.0", "0.0"),
      v0Line("23:46:57", "1.0", "2.0"),
    ]
    let log = try readServerLog(lines.joined(separator: "\n"))
    // Output: 3 x 5 x 77.3 = 1159.5, 7 x 100 = 700, 30 x 2 = 60: 1919.5. Prompt: 70 + 30.
    #expect(log.prompt == 100)
    #expect(log.output == 1919 || log.output == 1920)
  }

  @Test func secondLineOfV0TellsCacheHits() throws {
    let hit = "INFO 09-22 23:46:42 metrics.py:367] Prefix cache hit rate: GPU: 26.68%, CPU: 0.00%"
    let line = v0Line("23:46:42", "100.0", "1.0")
    #expect(try readServerLog(line).records[0].kind.splitKnown)
    #expect(try !readServerLog(line + "\n" + hit).records[0].kind.splitKnown)
  }

  @Test func longLogsAreHandedOverInParts() throws {
    let lines = (0..<40_000).map { i in
      let (hour, minute, second) = (i / 360, i / 6 % 60, i % 6)
      return v1Line(
        "\(hour % 24 < 10 ? "0" : "")\(hour % 24):\(minute < 10 ? "0" : "")\(minute):\(second)0",
        "0.3", "0.1", day: "06-0\(1 + hour / 24)")
    }
    let log = try readServerLog(lines.joined(separator: "\n"), model: "m")
    #expect(log.records.count == 40_000)
    #expect(log.prompt == 120_000 && log.output == 40_000)
    #expect(log.outcome.notes.count { $0.contains("taken from") } == 1)
  }

  @Test func keepsFractionsThatRoundingLeaves() throws {
    let lines = (0..<4).map { v0Line("23:46:\($0 * 5 + 10)", "0.0", "77.3") }
    // 4 x 386.5 = 1,546; each rounded by itself would give 1,548 or 1,544.
    #expect(try readServerLog(lines.joined(separator: "\n")).output == 1546)
  }

  @Test func restartEndsARun() throws {
    let lines = [
      v0Line("10:00:00", "0.0", "10.0"), v0Line("10:00:05", "0.0", "10.0"),
      "INFO 09-22 11:00:00 api_server.py:528] vLLM API server version 0.6.1",
      v0Line("11:30:00", "0.0", "10.0"),
    ]
    // Without the restart the last line would stand for an hour and a half.
    #expect(try readServerLog(lines.joined(separator: "\n")).output == 150)
  }

  @Test func zeroLinesAreNoRecords() throws {
    let log = try readServerLog(
      v1Line("10:00:10", "0.0", "0.0") + "\n" + v1Line("10:00:20", "0.0", "0.0"))
    #expect(log.records.isEmpty && log.outcome.skipped == 0)
  }

  @Test func countsALineThatIsCutOff() throws {
    let log = try readServerLog(
      sixStatistics.joined(separator: "\n") + "\n" + sixStatistics[0].prefix(90) + "\n")
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
      (steps + ["(APIServer pid=1) " + v1Line("10:00:10", "99.0", "99.0")]).joined(separator: "\n"))
    #expect(log.prompt == 300 && log.output == 6)
    #expect(log.records.count == 1)
  }

  @Test func growingFileKeepsIdentities() throws {
    let short = try readServerLog(sixStatistics[..<4].joined(separator: "\n") + "\n")
    let grown = try readServerLog(sixStatistics.joined(separator: "\n") + "\n")
    #expect(short.records.map(\.identity) == grown.records.prefix(4).map(\.identity))
    #expect(Set(grown.records.map(\.identity)).count == 6)
  }
}
