import Usage

/// Servers that take one request at a time, at one rate for every token: a table of one number.
///
/// Requests wait in one line. Among idle servers one whose time is already paid for goes first, then
/// the first of the list; the choice changes no waiting time.
struct SingleStream: Sendable {
  var tokensPerSecond: ExactDecimal

  init?(_ serving: OptionReader) {
    let rate = serving.decimal("single_stream_tok_s", atMost: 10_000_000)
    tokensPerSecond = rate ?? .zero
    guard tokensPerSecond >= ExactDecimal(units: 1, scale: 3) else {
      serving.complain(
        serving.line, "needs 'single_stream_tok_s', tokens a second of one request, above 0.001")
      return nil
    }
  }

  /// What came of serving a history.
  struct Run {
    /// Total work, not rounded.
    var busyHours: Quantity
    /// Time paid for; nil where nothing is billed by its busy time.
    var billedMicroseconds: Int128?
  }

  /// Serves the history and notes in `cost` how that went. `hoursPerDay` is how long it is on.
  func run(
    _ replay: ReplayContext, replicas: DecimalRange, slo: ServiceLevel?, billing: RentalBilling?,
    hoursPerDay: ExactDecimal = ExactDecimal(units: 24), _ cost: inout OptionCost
  ) -> Run {
    let count = Int(replicas.wholePoints[1].units)  // a whole number up to 10,000, as read
    let work = Work(replay.history)
    cost.assumptions += work.notes
    cost.assumptions.append(
      "One request at a time at \(tokensPerSecond) tokens a second, input and output alike, on "
        + "\(count == 1 ? "one server" : "\(count) servers"); no batching.")
    var line = serve(replay, servers: count, billing, &cost.trace)
    if let billed = line.billed {
      let unplaced = work.unplaced * ExactDecimal.powerOfTen(6 + tokensPerSecond.scale)
      line.billed = billed + unplaced.dividedHalfToEven(by: tokensPerSecond.units)
    }
    cost.service = service(replay, count, hoursPerDay, line, work, slo)
    note(replay, line, cost.service?.utilisation ?? 0, &cost)
    return Run(
      busyHours: Quantity(
        numerator: work.tokens * ExactDecimal.powerOfTen(tokensPerSecond.scale),
        denominator: tokensPerSecond.units * 3600),
      billedMicroseconds: line.billed)
  }

  /// Wider buckets than an hour say too little about when their requests came.
  private static let widestPlaced: Int64 = 3_600_000_000

  /// What there is to do.
  private struct Work {
    var tokens: Int128 = 0
    /// Tokens of buckets too wide to be placed in time.
    var unplaced: Int128 = 0
    var intervals = 0
    /// Nil where a source does not tell.
    var requests: Int64? = 0

    init(_ history: History) {
      for request in history.requests where request.tokens.total > 0 {
        tokens += Int128(request.tokens.total)
        requests = requests.flatMap { sum in request.requests.map { sum + $0 } }
        if request.width > SingleStream.widestPlaced {
          unplaced += Int128(request.tokens.total)
        } else if request.width > 0 {
          intervals += 1
        }
      }
    }

    var notes: [String] {
      var notes: [String] = []
      if intervals > 0 {
        notes.append(
          "\(intervals) intervals of server logs occupy a server from their start on for as long as "
            + "their tokens take; waiting times are those of single requests alone.")
      }
      if unplaced > 0 {
        notes.append(
          "\(unplaced) tokens come in buckets wider than an hour: their work is charged, their waiting "
            + "is not simulated.")
      }
      return notes
    }
  }

  /// What waiting came to. Times in microseconds.
  private struct Line {
    var endToEnd: [Int64] = []
    var queued: Int64 = 0
    var serversUsed = 0
    var billed: Int128?
    /// When the last request that had to wait was done.
    var lastQueuedEnd = Int64.min
  }

  private func serve(
    _ replay: ReplayContext, servers: Int, _ billing: RentalBilling?, _ trace: inout [RequestTrace]
  ) -> Line {
    var line = Line()
    line.endToEnd.reserveCapacity(replay.history.requests.count)
    var free = [Int64](repeating: .min, count: servers)
    var meters = [RentalBilling.Meter](
      repeating: RentalBilling.Meter(), count: billing == nil ? 0 : servers)
    let origin = replay.period.start.microseconds
    let time = ServiceTime(tokensPerSecond)
    for (number, request) in replay.history.requests.enumerated()
    where request.tokens.total > 0 && request.width <= SingleStream.widestPlaced {
      let arrival = request.start.microseconds
      let server = SingleStream.server(for: arrival, free, meters)
      let start = max(arrival, free[server])
      let end = min(start + time.microseconds(of: request.tokens.total), ServiceTime.farAway)
      if start > arrival {
        if request.width == 0 { line.queued += 1 }
        line.lastQueuedEnd = max(line.lastQueuedEnd, end)
      }
      free[server] = end
      line.serversUsed = max(line.serversUsed, server + 1)
      if request.width == 0 { line.endToEnd.append(end - arrival) }
      if let billing { meters[server].work(from: start, to: end, billing) }
      if replay.traces {
        trace.append(
          RequestTrace(
            id: number, arrival: (arrival - origin) * 1000, firstToken: nil,
            completed: min(end - origin, Int64.max / 1000) * 1000, replica: server))
      }
    }
    if billing != nil { line.billed = meters.reduce(0) { $0 + Int128($1.billed) } }
    return line
  }

  private static func server(
    for arrival: Int64, _ free: [Int64], _ meters: [RentalBilling.Meter]
  ) -> Int {
    var earliest = 0
    var idle: Int?
    for i in free.indices {
      if free[i] <= arrival {
        if meters.isEmpty || meters[i].paidUntil > arrival { return i }
        if idle == nil { idle = i }
      }
      if free[i] < free[earliest] { earliest = i }
    }
    return idle ?? earliest
  }

  private func service(
    _ replay: ReplayContext, _ servers: Int, _ hoursPerDay: ExactDecimal, _ line: Line,
    _ work: Work, _ slo: ServiceLevel?
  ) -> Service {
    // Tokens that the servers could do in the period = these factors over these divisors.
    let factors = [
      Int128(replay.period.microseconds), Int128(servers), tokensPerSecond.units, hoursPerDay.units,
    ]
    let divisors = [
      ExactDecimal.powerOfTen(6 + tokensPerSecond.scale),
      24 * ExactDecimal.powerOfTen(hoursPerDay.scale),
    ]
    let capacity =
      factors.reduce(1.0) { $0 * Double($1) } / divisors.reduce(1.0) { $0 * Double($1) }
    let percentiles = Percentiles(line.endToEnd)
    return Service(
      measured: true, utilisation: Double(work.tokens) / capacity,
      peakReplicas: line.billed == nil ? servers : line.serversUsed,
      timeToFirstToken: nil, endToEnd: percentiles.seconds, queued: line.queued,
      overflowed: 0, rejected: 0,
      sloMet: percentiles.seconds == nil ? nil : slo.map(percentiles.meet),
      capacityRequests: work.tokens == 0
        ? nil
        : work.requests.flatMap { requests in
          wholeQuotient(factors + [Int128(requests)], over: divisors + [work.tokens])
            .flatMap(Int64.init(exactly:))
        })
  }

  private func note(
    _ replay: ReplayContext, _ line: Line, _ utilisation: Double, _ cost: inout OptionCost
  ) {
    let end = replay.period.end.microseconds
    if line.lastQueuedEnd > end {
      let late = duration(Double((line.lastQueuedEnd - end) / 1_000_000), decimals: 0)
      cost.reasons.append(
        "over capacity: the last request that waited ends \(late) after the period")
    } else if let over = ServiceReport.overCapacity(utilisation) {
      cost.reasons.append(over)
    }
  }
}

/// Tokens -> microseconds at a rate.
struct ServiceTime {
  private let factor: Int128
  private let divisor: Int128
  /// The same where they fit, which is much faster.
  private let small: (factor: Int64, divisor: Int64)?

  /// Beyond any period; sums of times stay below the limit of Int64.
  static let farAway: Int64 = 1 << 61

  init(_ tokensPerSecond: ExactDecimal) {
    factor = ExactDecimal.powerOfTen(6 + tokensPerSecond.scale)
    divisor = tokensPerSecond.units
    small = Int64(exactly: factor).flatMap { factor in
      Int64(exactly: tokensPerSecond.units).map { (factor, $0) }
    }
  }

  /// Rounded half to even.
  func microseconds(of tokens: Int64) -> Int64 {
    if let small {
      let (work, overflow) = tokens.multipliedReportingOverflow(by: small.factor)
      if !overflow {
        let (whole, rest) = work.quotientAndRemainder(dividingBy: small.divisor)
        let up = rest > small.divisor - rest || (rest == small.divisor - rest && whole % 2 != 0)
        return min(whole + (up ? 1 : 0), ServiceTime.farAway)
      }
    }
    let exact = (Int128(tokens) * factor).dividedHalfToEven(by: divisor)
    return Int64(min(exact, Int128(ServiceTime.farAway)))
  }
}

/// Nearest-rank percentiles of times in microseconds.
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
    slo.missed { metric, percent in
      metric == .endToEnd ? rank(Int(percent)).map { Double($0) / 1e6 } : nil
    }.isEmpty
  }
}

/// One request's way through the simulation; times in nanoseconds since the period's start.
package struct RequestTrace: Sendable {
  package var id: Int
  package var arrival: Int64
  package var firstToken: Int64?
  /// Nil when it was not served here.
  package var completed: Int64?
  package var replica: Int?
  package var evictions = 0
}
