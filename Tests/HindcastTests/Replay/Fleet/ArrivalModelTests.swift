import Testing
import Usage

@testable import Replay

/// Buckets spread over their time.
@Suite struct ArrivalModelTests {
  private func bucket(_ requests: Int64?, input: Int64, output: Int64, cached: Int64 = 0)
    -> History.Request
  {
    var request = Replaying.request(
      at: 3600, input: input - cached, output: output, requests: requests, width: 3_600_000_000)
    request.tokens.cacheRead = cached
    return request
  }

  @Test(arguments: [0.0, 1, 3, 8]) func keepsTheSumsToTheToken(burst: Double) {
    let bucket = bucket(1000, input: 1_234_567, output: 345_678)
    let drawn = ArrivalModel().spread(
      bucket, number: 4, burst: burst, reusesPrefixes: true, isSingleRate: false)
    #expect(drawn.count == 1000)
    #expect(drawn.reduce(0) { $0 + Int($1.size.prompt) } == 1_234_567)
    #expect(drawn.reduce(0) { $0 + Int($1.size.output) } == 345_678)
    #expect(drawn.allSatisfy { (0...3600).contains($0.arrival) })
    #expect(zip(drawn, drawn.dropFirst()).allSatisfy { $0.arrival <= $1.arrival })
  }

  /// Poisson arrivals: the count of a hundredth of the time has as much variance as mean; bursts more.
  @Test func burstsAreBursty() {
    func dispersion(_ burst: Double) -> Double {
      let drawn = ArrivalModel().spread(
        bucket(20_000, input: 20_000_000, output: 4_000_000), number: 1, burst: burst,
        reusesPrefixes: true, isSingleRate: false)
      var counts = [Double](repeating: 0, count: 100)
      for one in drawn { counts[min(99, Int(one.arrival / 36))] += 1 }
      return counts.map { ($0 - 200) * ($0 - 200) }.reduce(0, +) / 100 / 200
    }
    #expect(dispersion(0) < 0.1)
    #expect(abs(dispersion(1) - 1) < 0.4)
    #expect(dispersion(3) > 4)
    #expect(dispersion(8) > dispersion(3))
  }

  @Test func saysWhatWasRealAndWhatAssumed() {
    let history = Replaying.history([
      Replaying.request(at: 10, input: 100, output: 10),
      bucket(50, input: 50_000, output: 5000, cached: 25_000),
      Replaying.request(at: 7000, input: 100, output: 10),
    ])
    let load = HistoryLoad(history)
    #expect(load.realRequests == 2 && load.assumedRequests == 50)
    #expect(load.load.count == 52)
    #expect(load.place(0) == 0 && load.place(1) == 1 && load.place(50) == 1 && load.place(51) == 2)
    #expect(load.notes.count == 1 && load.notes[0].contains("50 requests, 100 % of the tokens"))
    #expect(load.load.size(1).cached > 0)
    // The same seed, the same load.
    #expect(HistoryLoad(history).load.arrivals.elementsEqual(load.load.arrivals))
  }

  @Test func bucketsWithoutCountsAreTakenForTypicalRequests() {
    let history = Replaying.history([bucket(nil, input: 1_155_000, output: 211_000)])
    let load = HistoryLoad(history)
    #expect(load.load.count == 1000)
    #expect(load.notes.contains { $0.contains("Azure") })
  }

  /// A replay of hours shows both ends of what the hours may have held.
  @Test func boundsAreShown() throws {
    let history = Replaying.history([bucket(4000, input: 4_000_000, output: 800_000)])
    let option = try Replaying.option(
      """
      {name: x, kind: rented, price_per_gpu_hour: 2, fleet: {mode: smallest},
       slo: {ttft_p99: 2s}, serving: {time_model: {a: 0.011, b: 5.25e-5, c: 8.4e-8, d: 2.3e-9}}}
      """, history)
    let service = try #require(option.service)
    #expect(service.assumedRequests == 4000 && service.realRequests == 0)
    #expect(service.arrivalBounds.map(\.burst) == [1, 8])
    #expect(service.arrivalBounds[0].replicas < service.arrivalBounds[1].replicas)
    #expect(option.reasons.contains { $0.contains("a log of single requests would settle it") })
  }
}
