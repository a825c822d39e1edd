import Testing
import Usage

@testable import Replay

@Suite struct CommitmentTests {
  private static let day = Period(
    first: Day(year: 2026, month: 9, day: 1), last: Day(year: 2026, month: 9, day: 1), zone: .utc)

  private func option(_ fields: String, at seconds: [Int64] = [60]) throws -> OptionResult {
    try Replaying.option(
      "{name: x, kind: rented, price_per_gpu_hour: 4, \(fields)}",
      Replaying.history(
        seconds.map { Replaying.request(at: $0, input: 1, output: 3600) }, period: Self.day))
  }

  private func line(_ name: String, _ option: OptionResult) -> String? {
    option.lines.first { $0.name == name }?.amount.description
  }

  /// Three servers, two of them for 24 h x 2 x 1.50 = 72 and one for 24 h x 4 = 96.
  @Test func fixedServersBeyondItPayTheirOwnPrice() throws {
    let three = try option(
      "billing: {commitment: {replicas: 2, price_per_gpu_hour: 1.50}}, fleet: {replicas: 3}")
    #expect(line("reserved and idle hours", three) == "72.00")
    #expect(line("GPU rental", three) == "96.00")
    #expect(three.totalText == "168.00")
    // One that is not needed is paid for all the same.
    let one = try option(
      "billing: {commitment: {replicas: 2, price_per_gpu_hour: 1.50}}, fleet: {replicas: 1}")
    #expect(one.totalText == "72.00")
  }

  /// Replicas of four GPUs in instances of eight: two fill one, the third takes another.
  @Test func countsInTheUnitThatIsSold() throws {
    let three = try Replaying.option(
      """
      {name: x, kind: rented, instance: {price_per_hour: 10, gpus: 8}, gpus_per_replica: 4,
       billing: {commitment: {replicas: 2, price_per_hour: 6}}, fleet: {replicas: 3}}
      """, Replaying.history([Replaying.request(at: 0, input: 1)], period: Self.day))
    // 24 h x 6 and 24 h x 10.
    #expect(three.totalText == "384.00")
  }

  /// Busy stretches of an hour each from 0:01, 0:31 and 5:00: only from 0:31 to 1:01 do two servers work.
  @Test(arguments: [("second", "38.00"), ("minute", "38.00"), ("hour", "40.00")])
  func onlyWhatRunsBeyondItIsMetered(granularity: String, total: String) throws {
    let busy = try option(
      """
      billing: {granularity: \(granularity), commitment: {replicas: 1, price_per_gpu_hour: 1.50}},
      serving: {time_model: {a: 1}, batching: {max_sequences: 1}}, fleet: {replicas: 2, idle: free}
      """, at: [60, 1860, 18000])
    // 24 h x 1.50 = 36, and half an hour or a whole one at 4.
    #expect(line("reserved and idle hours", busy) == "36.00")
    #expect(busy.totalText == total)
  }

  /// Servers 0 to 2 live from 0 to 10, 2 to 6 and 4 to 8: with one committed, server 1 pays for 2 to 6
  /// and server 2 for 4 to 8; when server 0 ends first, server 1 takes its place.
  @Test func thoseThatStartedFirstAreCovered() throws {
    func lives(_ ends: (Double, Double)...) -> [[FleetRun.Life]] {
      ends.map { [FleetRun.Life(start: $0.0, end: $0.1)] }
    }
    var commitment = Commitment(replicas: 1, price: .one)
    #expect(
      commitment.beyond(lives((0, 10), (2, 6), (4, 8)))
        == [[], lives((2, 6))[0], lives((4, 8))[0]])
    #expect(
      commitment.beyond(lives((0, 3), (2, 6), (4, 8))) == [[], lives((2, 3))[0], lives((4, 6))[0]])
    commitment.replicas = 3
    #expect(commitment.beyond(lives((0, 10), (2, 6), (4, 8))) == [[], [], []])
  }

  /// The commitment costs the same whatever the load, and as many servers as are committed cost no more.
  @Test func theCommittedPartDoesNotFollowTheLoad() throws {
    for requests in [1, 10, 100] {
      let option = try option(
        """
        billing: {commitment: {replicas: 4, price_per_gpu_hour: 1}}, serving: {time_model: {a: 0.01}},
        fleet: {mode: autoscale, min: 0, max: 4, target: 1}
        """, at: (0..<requests).map { Int64($0) * 60 })
      #expect(option.totalText == "96.00")
    }
  }

  @Test(arguments: [
    ("billing: {commitment: {replicas: 0, price_per_gpu_hour: 1}}", "1 or more"),
    ("billing: {commitment: {replicas: 2}}", "price_per_gpu_hour"),
    ("billing: {commitment: {replicas: -1, price_per_gpu_hour: 1}}", "replicas"),
    ("billing: {commitment: {replicas: 1, price_per_hour: 1}}", "price_per_gpu_hour"),
    (
      "gpu: H100-SXM-80GB, model: llama-3.1-8b, precision: fp8, throughput: {total_tok_s: 9000}, "
        + "fleet: {idle: free}, billing: {commitment: {replicas: 1, price_per_gpu_hour: 1}}",
      "'serving'"
    ),
  ])
  func wrongCommitmentsAreNamed(fields: String, expected: String) {
    let faults = Replaying.faults(
      "options: [{name: x, kind: rented, price_per_gpu_hour: 4, \(fields)}]")
    #expect(faults.contains { $0.contains("'x'") && $0.contains(expected) }, "\(faults)")
  }
}
