import Testing

@testable import Usage

/// What a reader of a replay on a terminal sees first.
@Suite struct ReplayReportTests {
  /// 3,000,000 tokens in a day, 125 s of work each at 24 tokens a second: the thousandth request ends
  /// 125,000 s after midnight, 38,600 s (10.7 h) after the day.
  @Test func whatCouldNotKeepUpIsNoBargain() throws {
    let ledger = try SyntheticLedger([
      .daily("gpt-4", perDay: 1000, input: 2000, output: 1000, from: "2026-09-01", days: 1)
    ])
    let text = try ledger.table(
      """
      baseline: api
      options:
        - {name: slow, kind: rented, price_per_gpu_hour: 0.01, serving: {single_stream_tok_s: 24}}
        - {name: silent, kind: rented, price_per_gpu_hour: 0.02}
        - {name: api, kind: api, price: {input: 1, output: 1}}
        - {name: fast, kind: rented, price_per_gpu_hour: 0.5, serving: {single_stream_tok_s: 240}}
      """, "--from", "2026-09-01", "--to", "2026-09-01")
    let lines = text.split(separator: "\n").map(String.init)
    func places(_ start: (String) -> String) -> [Int?] {
      ["api", "fast", "slow", "silent"].map { name in
        lines.firstIndex { $0.hasPrefix(start(name)) }
      }
    }
    for order in [places { "\($0): " }, places { "\($0) " }] {
      let known = order.compactMap { $0 }
      #expect(known.count == 4 && known == known.sorted(), "\(text)")
    }
    #expect(
      text.contains(
        "\nslow: over capacity: the last request that waited ends 10.7 h after the period; "
          + "would have cost 2.76 USD less than api"), "\(text)")
    #expect(
      text.contains(
        "\nsilent: would have cost 2.52 USD less than api; whether it would have kept up is not known"
      ), "\(text)")
    #expect(text.contains("what leaves something out or may not have kept up stands last"))
  }

  @Test(arguments: [
    (0.531, "0.53 s"), (599.994, "599.99 s"), (600, "10.0 min"), (7199, "120.0 min"),
    (7200, "2.0 h"), (172_799, "48.0 h"), (172_800, "2.0 days"), (824_375_998, "9,541.4 days"),
  ])
  func longTimesHaveLargeUnits(seconds: Double, expected: String) {
    #expect(duration(seconds) == expected)
  }

  @Test func wholeSecondsHaveNoPoint() { #expect(duration(19, decimals: 0) == "19 s") }
}
