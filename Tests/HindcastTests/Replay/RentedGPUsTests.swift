import Replay
import Testing
import Usage

@Suite struct RentedGPUsTests {
  /// 33.33 s of work each at 24 tokens a second.
  static func at(_ seconds: Int64...) -> History {
    Replaying.history(seconds.map { Replaying.request(at: $0, input: 600, output: 200) })
  }

  @Test("replicas share an instance", arguments: [(8, "5760.00"), (9, "11520.00"), (1, "5760.00")])
  func instances(replicas: Int, total: String) throws {
    // One instance of eight GPUs is 8 an hour x 720 h.
    let option = try Replaying.option(
      """
      {name: x, kind: rented, instance: {price_per_hour: 8, gpus: 8}, fleet: {replicas: \(replicas)}}
      """, Self.at(0))
    #expect(option.totalText == total)
  }

  @Test("F1: a spare replica stands in its own line") func redundancy() throws {
    let option = try Replaying.comparison(
      """
      month_hours: 730
      options:
        - {name: x, kind: rented, price_per_gpu_hour: 2.50, gpus_per_replica: 2,
           fleet: {replicas: 2, redundancy: 1}}
      """, Self.at(0)
    ).options[0]
    #expect(option.line("GPU rental")?.amount.description == "7300.00")
    #expect(option.line("redundancy")?.amount.description == "3650.00")
    #expect(option.totalText == "10950.00")
  }

  @Test("a request rides along in an hour already paid for, whatever the number of servers")
  func packing() throws {
    // Two requests ten minutes apart: one started hour of one GPU.
    let option = try Replaying.option(
      """
      {name: x, kind: rented, price_per_gpu_hour: 4.42, billing: {granularity: hour},
       serving: {single_stream_tok_s: 24}, fleet: {replicas: 2, idle: free}}
      """, Self.at(0, 600))
    #expect(option.totalText == "4.42")
    #expect(option.service?.peakReplicas == 1)
  }

  @Test("requests at one moment take a server each") func parallel() throws {
    let option = try Replaying.option(
      """
      {name: x, kind: rented, price_per_gpu_hour: 4.42, billing: {granularity: hour},
       serving: {single_stream_tok_s: 24}, fleet: {replicas: 2, idle: free}}
      """, Self.at(0, 0))
    #expect(option.totalText == "8.84")
    #expect(option.service?.queued == 0)
  }

  @Test(
    "a minimum is charged once a stretch",
    arguments: [
      // 100 tokens at 10 a second: 10 s of work. Price 3600 an hour: 1 a second.
      ([Int64(0)], "60.00"),
      ([0, 30], "60.00"),
      // From 0 to 65 without a pause that is not paid for.
      ([0, 55], "65.00"),
      // The second begins one second after the first minute.
      ([0, 61], "120.00"),
    ])
  func minimum(seconds: [Int64], total: String) throws {
    let option = try Replaying.option(
      """
      {name: x, kind: rented, price_per_gpu_hour: 3600, billing: {granularity: second, minimum: 60s},
       serving: {single_stream_tok_s: 10}, fleet: {idle: free}}
      """, Replaying.history(seconds.map { Replaying.request(at: $0, input: 100) }))
    #expect(option.totalText == total)
  }

  @Test("half a server is a whole one") func wholeServers() throws {
    let option = try Replaying.option(
      "{name: x, kind: rented, price_per_gpu_hour: 1, fleet: {replicas: [2, 3]}}", Self.at(0))
    #expect(option.low?.description == "1440.00")
    #expect(option.totalText == "2160.00")
    #expect(option.high?.description == "2160.00")
  }

  @Test("waiting in one line") func queue() throws {
    // 10 s of work each: the second waits 5 s, the third comes when the line is empty.
    let option = try Replaying.option(
      """
      {name: x, kind: rented, price_per_gpu_hour: 1, serving: {single_stream_tok_s: 10},
       slo: {end_to_end_p95: 14s}}
      """, Replaying.history([0, 5, 100].map { Replaying.request(at: $0, input: 100) }))
    let service = try #require(option.service)
    #expect(service.queued == 1)
    #expect(service.endToEnd?.p50 == 10)
    #expect(service.endToEnd?.p99 == 15)
    #expect(service.sloMet == false)
    #expect(option.reasons == [])
  }

  @Test("a last request just before midnight is no lack of capacity") func lastRequest() throws {
    let yaml =
      "{name: x, kind: rented, price_per_gpu_hour: 1, serving: {single_stream_tok_s: 10}}"
    let last: Int64 = 30 * 86_400 - 1
    let alone = try Replaying.option(
      yaml, Replaying.history([Replaying.request(at: last, input: 100)]))
    #expect(alone.reasons == [])
    let two = try Replaying.option(
      yaml,
      Replaying.history([
        Replaying.request(at: last, input: 100), Replaying.request(at: last, input: 100),
      ]))
    #expect(
      two.reasons == ["over capacity: the last request that waited ends 19 s after the period"])
  }

  @Test("the work of wide buckets is charged; waiting times are those of requests alone")
  func buckets() throws {
    // 12,960,000 tokens at 10 a second are 1,296,000 s: half of 30 days, 360 h.
    let bucket = Replaying.request(
      at: 0, input: 12_960_000, requests: 1000, width: 86_400_000_000)
    for granularity in ["second", "hour"] {
      let option = try Replaying.option(
        """
        {name: x, kind: rented, price_per_gpu_hour: 3.60, serving: {single_stream_tok_s: 10},
         billing: {granularity: \(granularity)}, fleet: {idle: free}}
        """, Replaying.history([bucket]))
      #expect(option.totalText == "1296.00")
      #expect(option.service?.utilisation == 0.5)
      #expect(option.service?.endToEnd == nil)
      // Twice the time there was, at 12,960 tokens a request.
      #expect(option.service?.capacityRequests == 2000)
    }
  }

  @Test("an interval of a server's log is no slow request") func intervals() throws {
    // 10 s of statistics that hold 600 s of work, and one request of 10 s an hour later.
    let option = try Replaying.option(
      "{name: x, kind: rented, price_per_gpu_hour: 1, serving: {single_stream_tok_s: 10}}",
      Replaying.history([
        Replaying.request(at: 0, input: 6000, requests: nil, width: 10_000_000),
        Replaying.request(at: 3600, input: 100),
      ]))
    #expect(option.service?.endToEnd?.p99 == 10)
    #expect(option.service?.queued == 0)
    #expect(option.service?.capacityRequests == nil)
  }
}
