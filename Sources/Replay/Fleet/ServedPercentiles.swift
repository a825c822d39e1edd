import Usage

/// The times of served requests by percentile, in seconds.
struct ServedPercentiles {
  private(set) var timeToFirstToken: Service.Percentiles?
  private(set) var timePerOutputToken: Service.Percentiles?
  private(set) var endToEnd: Service.Percentiles?
  let served: Int

  /// Requests that were refused or sent elsewhere do not count.
  init(_ served: ServedTimes, _ load: Load, _ profile: ServingProfile) {
    self =
      served.isKept
      ? ServedPercentiles(selecting: served, load) : ServedPercentiles(counting: served.tally)
    endToEnd = endToEnd?.later(by: profile.overhead)
    timeToFirstToken = timeToFirstToken?.later(by: profile.overhead)
  }

  private init(counting tally: ServedTally) {
    served = tally.whole.count
    endToEnd = Service.Percentiles(tally.whole)
    timeToFirstToken = Service.Percentiles(tally.firstToken)
    timePerOutputToken = Service.Percentiles(tally.perToken)
  }

  /// In two passes over the times of every request.
  private init(selecting served: ServedTimes, _ load: Load) {
    var first = PercentileSelection()
    var perToken = PercentileSelection()
    var whole = PercentileSelection()
    let ids = 0..<load.count
    for id in ids where served[id].completed >= 0 {
      let time = served[id]
      whole.add(time.completed)
      first.add(time.firstToken)
      let output = load.size(id).output
      if output > 1 { perToken.add(time.perToken(output)) }
    }
    first.look(for: Service.Percentiles.percents)
    perToken.look(for: Service.Percentiles.percents)
    whole.look(for: Service.Percentiles.percents)
    for id in ids where served[id].completed >= 0 {
      let time = served[id]
      whole.find(time.completed)
      first.find(time.firstToken)
      let output = load.size(id).output
      if output > 1 { perToken.find(time.perToken(output)) }
    }
    self.served = whole.count
    endToEnd = Service.Percentiles(whole.found, whole.sum, of: whole.count)
    timeToFirstToken = Service.Percentiles(first.found, first.sum, of: first.count)
    timePerOutputToken = Service.Percentiles(perToken.found, perToken.sum, of: perToken.count)
  }

  /// Limits that are not kept, with what was reached instead; `refused` requests keep none.
  func missed(_ slo: ServiceLevel, refused: Int) -> [String] {
    let all = Double(served + refused)
    var missed = slo.missed(value)
    missed += slo.limits.filter { limit in
      Double(refused) > all * (1 - limit.percent / 100)
        && !missed.contains { $0.text == limit.text }
    }
    return missed.map { limit in
      let reached =
        value(limit.metric, limit.percent).map { "is \(ServedPercentiles.text($0))" }
        ?? "is not reached"
      guard refused > 0 else { return "\(limit.text) \(reached)" }
      return "\(limit.text) \(reached) with \(refused) of \(served + refused) requests refused"
    }
  }

  /// Seconds.
  func value(_ metric: ServiceLevel.Metric, _ percent: Double) -> Double? {
    let percentiles =
      switch metric {
      case .timeToFirstToken: timeToFirstToken
      case .timePerOutputToken: timePerOutputToken
      case .endToEnd: endToEnd
      }
    guard let percentiles else { return nil }
    switch percent {
    case 50: return percentiles.p50
    case 90: return percentiles.p90
    case 95: return percentiles.p95
    default: return percentiles.p99
    }
  }

  /// A number with two digits behind the point at most.
  static func short(_ value: Double) -> String {
    ExactDecimal(units: Int128((value * 100).rounded()), scale: 2).reduced.description
  }

  /// `2.31 s`, with three digits at least below a second.
  static func text(_ seconds: Double) -> String {
    let scale = seconds < 1 ? 4 : 2
    let factor = seconds < 1 ? 1e4 : 1e2
    let units = Int64(min((seconds * factor).rounded(), 1e15))
    var digits = String(units)
    digits = String(repeating: "0", count: max(0, scale + 1 - digits.count)) + digits
    return "\(digits.dropLast(scale)).\(digits.suffix(scale)) s"
  }
}

extension Service.Percentiles {
  fileprivate static let percents = [50.0, 90, 95, 99]

  fileprivate init?(_ bins: TimeBins) {
    self.init(bins.percentiles(Service.Percentiles.percents), bins.sum, of: bins.count)
  }

  /// Nil where there was no time; `found` is in the order of `percents`.
  fileprivate init?(_ found: [Double], _ sum: Double, of count: Int) {
    guard found.count == 4 else { return nil }
    self.init(
      p50: found[0], p95: found[2], p99: found[3], p90: found[1], mean: sum / Double(count))
  }

  fileprivate func later(by seconds: Double) -> Service.Percentiles {
    guard seconds != 0 else { return self }
    return Service.Percentiles(
      p50: p50 + seconds, p95: p95 + seconds, p99: p99 + seconds, p90: p90.map { $0 + seconds },
      mean: mean.map { $0 + seconds })
  }
}
