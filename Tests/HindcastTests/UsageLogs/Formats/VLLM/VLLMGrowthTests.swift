import Foundation
import Testing

/// Server logs whose states disagree about lines that both have: the longest is right.
@Suite struct VLLMGrowthTests {
  /// 0.1 tokens a second are 0.5 tokens in an interval of five seconds and none in one of two: the
  /// shorter state, which knows no interval, says one token, the longer one none.
  @Test func aRowThatLosesItsTokensLosesThemInTheLedger() throws {
    func line(_ second: Int) -> String { v0Line("10:00:0\(second)", "0.0", "0.1") + "\n" }
    let short = line(0)
    let long = (0..<4).map { line($0 * 2) }.joined()
    #expect(try readServerLog(short).output == 1)
    // Four lines of 0.2 tokens.
    #expect(try readServerLog(long).output == 1)
    try expectTheLongest(of: [short, long])
  }

  /// The rates of a server that turns out to log every iteration no longer count.
  @Test func ratesGiveWayToIterations() throws {
    let short = sixStatistics[..<3].joined(separator: "\n") + "\n"
    #expect(try readServerLog(short).prompt == 1505)
    let iteration =
      "INFO 06-16 10:00:31 [core.py:400] Iteration(7): 2 context requests, 300 context tokens, 5 "
      + "generation requests, 5 generation tokens, iteration elapsed time: 12.3 ms\n"
    let long = short + sixStatistics[3] + "\n" + iteration
    let reading = try readServerLog(long)
    #expect((reading.prompt, reading.output) == (300, 5))
    try expectTheLongest(of: [short, long])
  }

  @Test(arguments: 1...LedgerModel.rounds * 4) func randomLogsGrow(seed: UInt64) throws {
    var random = SeededRandom(seed: seed)
    let lines = Self.randomLog(&random)
    var states = (0..<4).map { _ in Int(random.next() % UInt64(lines.count)) + 1 }
    states.append(lines.count)
    try expectTheLongest(of: states.sorted().map { lines[..<$0].joined() })
  }

  /// Intervals of any length, pauses, restarts, and sometimes iterations.
  private static func randomLog(_ random: inout SeededRandom) -> [String] {
    let isV0 = random.next() % 2 == 0
    let tick = [1, 2, 5, 10, 10, 60][Int(random.next() % 6)]
    let logsIterations = random.next() % 4 == 0
    var clock = 0
    func stamp() -> String {
      [clock / 3600, clock / 60 % 60, clock % 60].map { $0 < 10 ? "0\($0)" : "\($0)" }
        .joined(separator: ":")
    }
    var lines: [String] = []
    for _ in 0..<(8 + Int(random.next() % 40)) {
      clock += tick
      switch random.next() % 16 {
      case 0: clock += Int(random.next() % 400)
      case 1:
        lines.append(
          "INFO 06-16 \(stamp()) [core.py:71] Initializing a V1 LLM engine (v0.11.0) with config: "
            + "model='m', served_model_name=m\n")
      case 2 where logsIterations:
        lines.append(
          "INFO 06-16 \(stamp()) [core.py:400] Iteration(7): 2 context requests, 300 context "
            + "tokens, 5 generation requests, 5 generation tokens, iteration elapsed time: 1.3 ms\n"
        )
      case 3: clock += Int(random.next() % 3)
      default: break
      }
      let rate = ["0.0", "0.1", "0.1", "0.3", "12.3", "140.7"]
      let (prompt, output) = (rate[Int(random.next() % 6)], rate[Int(random.next() % 6)])
      let line =
        isV0 ? v0Line(stamp(), prompt, output, day: "06-16") : v1Line(stamp(), prompt, output)
      lines.append(line + "\n")
    }
    return lines
  }

  /// That a ledger of all states, or of one and the last, says what the last of them says alone.
  private func expectTheLongest(
    of states: [String], sourceLocation: SourceLocation = #_sourceLocation
  ) throws {
    func totals(_ states: [String]) throws -> [String] {
      try FormatPropertyTests().totals(states.map { ("x.log", Array($0.utf8)) }, as: "vllm")
    }
    let last = states[states.count - 1]
    let expected = try totals([last])
    let pairs = states.dropLast().map { [$0, last] }
    for order in [states, states.reversed()] + pairs {
      let found = differences(try totals(order), expected)
      #expect(found == [], sourceLocation: sourceLocation)
    }
  }
}
