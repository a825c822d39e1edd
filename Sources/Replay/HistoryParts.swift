import Usage

extension UsageSums {
  mutating func add(_ request: History.Request, _ kind: History.Kind) {
    requests += request.requests ?? 0
    if request.requests == nil { unknownRequests += 1 }
    if !kind.splitKnown { unknownCacheSplit += request.requests ?? 1 }
    if kind.status == .failed { failed += request.requests ?? 1 }
    tokens += request.tokens
    if let cost = request.reportedCost { reportedCost[kind.currency, default: .zero] += cost }
  }
}

extension History {
  /// The same period and kinds without a request.
  var emptied: History {
    History(
      period: period, kinds: kinds, requests: History.Requests(from: period.start),
      sums: UsageSums(), skippedLines: 0)
  }

  mutating func append(_ request: Request) {
    requests.append(request)
    sums.add(request, kinds[request.kind])
  }

  /// Every request in exactly one of `count` histories; `place` names which.
  func parted(into count: Int, by place: (Request) -> Int) -> [History] {
    var parts = [History](repeating: emptied, count: count)
    for request in requests { parts[place(request)].append(request) }
    return parts
  }

  /// The requests of one calendar month, or of the part of it inside the period.
  func month(_ month: (first: Day, days: Int, daysInMonth: Int)) -> History {
    let first = max(month.first, period.first)
    let part = Period(
      first: first, last: first.advanced(by: month.days - 1), zone: period.zone)
    let places = requests.firstPlace(from: part.start)..<requests.firstPlace(from: part.end)
    var history = History(
      period: part, kinds: kinds, requests: requests.part(places), sums: UsageSums(),
      skippedLines: 0)
    for request in history.requests { history.sums.add(request, kinds[request.kind]) }
    return history
  }
}

extension History.Request {
  /// A bucket cut in two: `part` of `whole` of it, and the rest. Nothing is lost to rounding.
  func cut(_ part: Int64, of whole: Int64) -> (kept: History.Request, rest: History.Request) {
    func share(_ value: Int64) -> Int64 { Int64(Int128(value) * Int128(part) / Int128(whole)) }
    var kept = self
    var rest = self
    for field in TokenCounts.fields {
      kept.tokens[keyPath: field] = share(tokens[keyPath: field])
      rest.tokens[keyPath: field] = tokens[keyPath: field] - kept.tokens[keyPath: field]
    }
    kept.requests = requests.map(share)
    rest.requests = requests.flatMap { all in kept.requests.map { all - $0 } }
    kept.reportedCost = reportedCost.map { $0.scaled(by: Int128(part), over: Int128(whole)) }
    rest.reportedCost = reportedCost.flatMap { all in kept.reportedCost.map { all - $0 } }
    return (kept, rest)
  }
}

extension TokenCounts {
  fileprivate static var fields: [WritableKeyPath<TokenCounts, Int64>] {
    [
      \.uncachedInput, \.cacheRead, \.cacheWrite5m, \.cacheWrite1h, \.cacheWriteOther, \.output,
      \.reasoning, \.audioInput, \.audioOutput, \.imageInput,
    ]
  }
}
