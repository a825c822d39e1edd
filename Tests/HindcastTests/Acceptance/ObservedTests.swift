import Foundation
import Testing

/// Rows A13, E5, E6 and E12 of the acceptance table: how fast providers were, from their logs.
@Suite struct AcceptanceObservedTests {
  static let actual = "options: [{name: actual, kind: actual, slo: {ttft_p95: 2s}}]\n"

  static func observed(_ ledger: SyntheticLedger) throws -> [[String: Any]] {
    let replay = try ledger.replay(actual, "--month", "2026-09")
    return try #require(replay.run.json["observed"] as? [[String: Any]], "\(replay.run.errors)")
  }

  @Test("A13: output speed of a request") func a13() throws {
    let ledger = try SyntheticLedger(gateway: [("openai", 0, 0.5, 3.5)], output: 300)
    let service = try #require(try Self.observed(ledger).first)
    #expect((service["ttft"] as? [String: Any])?["p50"] as? Double == 0.5)
    #expect((service["outputTokensPerSecond"] as? [String: Any])?["p50"] as? Double == 100)
  }

  @Test("E5: time to first token against a limit") func e5() throws {
    let times = [0.2, 0.4, 0.6, 0.8, 2.4]
    let ledger = try SyntheticLedger(
      gateway: times.enumerated().map {
        ("openai", Double($0 * 10), Double($0 * 10) + $1, Double($0 * 10) + 5)
      },
      output: 10)
    let service = try #require(try Self.observed(ledger).first)
    #expect(service["withinSLO"] as? Double == 0.8)
    let ttft = try #require(service["ttft"] as? [String: Any])
    #expect(ttft["p50"] as? Double == 0.6)
    #expect(ttft["p99"] as? Double == 2.4)
  }

  @Test("E6: one row a provider") func e6() throws {
    let ledger = try SyntheticLedger(
      gateway: [("openai", 0, 0.5, 3.5), ("anthropic", 10, 10.7, 13)], output: 10)
    let services = try Self.observed(ledger)
    #expect(services.map { $0["provider"] as? String } == ["anthropic", "openai"])
  }

  /// The fourth begins as the second ends: still three.
  @Test("E12: requests under way at once", arguments: [false, true]) func e12(hasFourth: Bool)
    throws
  {
    let fourth = hasFourth ? [("openai", 6.0, nil as Double?, 7.0)] : []
    let ledger = try SyntheticLedger(
      gateway: [("openai", 0, nil, 10), ("openai", 2, nil, 6), ("openai", 5, nil, 7)] + fourth,
      output: 10)
    let service = try #require(try Self.observed(ledger).first)
    #expect(service["peakConcurrency"] as? Int == 3)
  }
}
