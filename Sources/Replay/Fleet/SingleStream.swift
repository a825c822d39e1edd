import Usage

/// Servers that take one request at a time, at one rate for every token: a table of one number.
///
/// Requests wait in one line and go to the server that is free first.
struct SingleStream: Sendable {
  let tokensPerSecond: ExactDecimal

  init?(_ reader: OptionReader) {
    guard let serving = reader.map("serving") else { return nil }
    let rate = serving.decimal("single_stream_tok_s")
    tokensPerSecond = rate ?? .zero
    if tokensPerSecond.isZero {
      serving.complain(
        serving.line, "needs 'single_stream_tok_s', tokens a second of one request, above 0")
    }
    serving.finish()
    if tokensPerSecond.isZero { return nil }
  }

  /// What came of serving a history.
  struct Run {
    /// Total work, not rounded.
    var busyHours: Quantity
    /// Work of buckets whose arrival times are unknown, in microseconds.
    var unplacedWork: Int64 = 0
    /// Start and end of each request's service by server, in order.
    var services: [[(start: Int64, end: Int64)]]

    /// Time paid for when each busy stretch is billed in whole units from its start.
    func billedMicroseconds(unit: Int64, minimum: Int64) -> Int64 {
      var billed = unplacedWork
      for server in services {
        var start = Int64.min
        var paid = Int64.min
        for service in server {
          if service.start >= paid {
            start = service.start
            paid = start
          }
          if service.end > paid {
            let length = max(service.end - start, minimum)
            let units = (length + unit - 1) / unit
            billed += start + units * unit - paid
            paid = start + units * unit
          }
        }
      }
      return billed
    }
  }

  /// Serves the history and notes in `cost` how that went.
  func run(
    _ replay: ReplayContext, replicas: DecimalRange, slo: ServiceLevel?, _ cost: inout OptionCost
  ) -> Run {
    let count = max(1, Int(replicas.middle.units / ExactDecimal.powerOfTen(replicas.middle.scale)))
    let all = replay.history.requests.filter { $0.tokens.total > 0 }
    let requests = all.filter { $0.width <= SingleStream.widestSimulated }
    let unplaced = all.reduce(Int128(0)) {
      $1.width > SingleStream.widestSimulated ? $0 + Int128($1.tokens.total) : $0
    }
    noteBuckets(requests, unplaced, &cost)
    cost.assumptions.append(
      "One request at a time at \(tokensPerSecond) tokens a second, input and output alike, on "
        + "\(count == 1 ? "one server" : "\(count) servers"); no batching.")
    var free = [Int64](repeating: .min, count: count)
    var services = [[(start: Int64, end: Int64)]](repeating: [], count: count)
    var endToEnd: [Int64] = []
    endToEnd.reserveCapacity(requests.count)
    var queued: Int64 = 0
    var tokens = unplaced
    let unit = ExactDecimal.powerOfTen(6 + tokensPerSecond.scale)
    for (number, request) in requests.enumerated() {
      let arrival = request.start.microseconds
      var server = 0
      for i in free.indices where free[i] < free[server] { server = i }
      let start = max(arrival, free[server])
      if start > arrival { queued += 1 }
      let work = Int128(request.tokens.total) * unit
      let end = start + Int64(work.dividedHalfToEven(by: tokensPerSecond.units))
      free[server] = end
      services[server].append((start, end))
      endToEnd.append(end - arrival)
      tokens += Int128(request.tokens.total)
      cost.trace.append(
        RequestTrace(
          id: number, arrival: arrival - replay.period.start.microseconds,
          firstToken: nil, completed: end - replay.period.start.microseconds, replica: server))
    }
    let busy = Quantity(
      numerator: tokens * ExactDecimal.powerOfTen(tokensPerSecond.scale),
      denominator: tokensPerSecond.units * 3600)
    let last = services.compactMap { $0.last?.end }.max() ?? 0
    if !requests.isEmpty || all.isEmpty {
      cost.service = service(replay, count, endToEnd, queued, tokens, all.count, slo)
    }
    if last > replay.period.end.microseconds {
      let late = (last - replay.period.end.microseconds) / 1_000_000
      cost.reasons.append("over capacity: the last request ends \(late) s after the period")
    }
    return Run(
      busyHours: busy,
      unplacedWork: Int64((unplaced * unit).dividedHalfToEven(by: tokensPerSecond.units)),
      services: services)
  }

  /// Wider buckets than an hour say too little about when their requests came.
  private static let widestSimulated: Int64 = 3_600_000_000

  private func noteBuckets(
    _ simulated: [History.Request], _ unplaced: Int128, _ cost: inout OptionCost
  ) {
    let intervals = simulated.filter { $0.width > 0 }.count
    if intervals > 0 {
      cost.assumptions.append(
        "\(intervals) intervals of server logs are served as one request each, at their start.")
    }
    if unplaced > 0 {
      cost.assumptions.append(
        "\(unplaced) tokens come in buckets wider than an hour: their work is charged, their waiting "
          + "is not simulated.")
    }
  }

  private func service(
    _ replay: ReplayContext, _ servers: Int, _ endToEnd: [Int64], _ queued: Int64,
    _ tokens: Int128, _ requests: Int, _ slo: ServiceLevel?
  ) -> Service {
    // Tokens that the servers could do in the period.
    let capacity =
      Int128(replay.period.microseconds) * Int128(servers) * tokensPerSecond.units
    let perToken = ExactDecimal.powerOfTen(6 + tokensPerSecond.scale)
    let percentiles = Percentiles(endToEnd)
    return Service(
      measured: true, utilisation: Double(tokens * perToken) / Double(capacity),
      peakReplicas: servers, timeToFirstToken: nil, endToEnd: percentiles.seconds,
      queued: queued, overflowed: 0, rejected: 0, sloMet: slo.map(percentiles.meet),
      capacityRequests: tokens == 0
        ? nil : Int64(capacity * Int128(requests) / (perToken * tokens)))
  }

  /// Nearest rank.
  private struct Percentiles {
    private let sorted: [Int64]

    init(_ times: [Int64]) { sorted = times.sorted() }

    func rank(_ percent: Int) -> Int64? {
      guard !sorted.isEmpty else { return nil }
      return sorted[max(0, (sorted.count * percent + 99) / 100 - 1)]
    }

    var seconds: Service.Percentiles? {
      guard let p50 = rank(50), let p95 = rank(95), let p99 = rank(99) else { return nil }
      return Service.Percentiles(
        p50: Double(p50) / 1e6, p95: Double(p95) / 1e6, p99: Double(p99) / 1e6)
    }

    func meet(_ slo: ServiceLevel) -> Bool {
      if let limit = slo.endToEndP95, let time = rank(95), time > limit { return false }
      if let limit = slo.endToEndP99, let time = rank(99), time > limit { return false }
      return true
    }
  }
}

/// One request's way through the simulation; times in microseconds since the period's start.
package struct RequestTrace: Sendable {
  package var id: Int
  package var arrival: Int64
  package var firstToken: Int64?
  package var completed: Int64
  package var replica: Int
}
