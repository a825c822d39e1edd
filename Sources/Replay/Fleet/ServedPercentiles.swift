import Usage

/// The times of served requests by percentile, in seconds.
struct ServedPercentiles {
  private(set) var timeToFirstToken: Service.Percentiles?
  private(set) var timePerOutputToken: Service.Percentiles?
  private(set) var endToEnd: Service.Percentiles?
  let served: Int

  /// Requests that were refused or sent elsewhere do not count.
  init(_ served: ServedTimes, _ load: Load, _ profile: ServingProfile) {
    let times = served.times
    let overhead = profile.overhead
    let all = ServedPercentiles.percents
    func percentiles(_ value: (Int) -> Float?) -> (Service.Percentiles, Int)? {
      var sum = 0.0
      var count = 0
      let found = PercentileSelection.select(all, count: times.count) { id in
        guard let value = value(id) else { return nil }
        sum += Double(value)
        count += 1
        return value
      }
      guard found.count == all.count else { return nil }
      // Both passes of the selection added up.
      return (
        Service.Percentiles(
          p50: found[0], p95: found[2], p99: found[3], p90: found[1], mean: sum / Double(count)),
        count / 2
      )
    }
    let whole = percentiles { times[$0].completed >= 0 ? times[$0].completed : nil }
    self.served = whole?.1 ?? 0
    endToEnd = whole?.0.later(by: overhead)
    timeToFirstToken = percentiles { times[$0].completed >= 0 ? times[$0].firstToken : nil }?.0
      .later(by: overhead)
    timePerOutputToken =
      percentiles { id in
        let steps = load.sizes[id].output - 1
        guard steps > 0, times[id].completed >= 0 else { return nil }
        return max(0, times[id].completed - times[id].firstToken) / Float(steps)
      }?.0
  }

  private static let percents = [50.0, 90, 95, 99]

  /// Limits that are not kept, with what was reached instead.
  func missed(_ slo: ServiceLevel) -> [String] {
    slo.missed(value).map { limit in
      let reached = value(limit.metric, limit.percent) ?? 0
      return "\(limit.text) is \(ServedPercentiles.text(reached))"
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
  fileprivate func later(by seconds: Double) -> Service.Percentiles {
    guard seconds != 0 else { return self }
    return Service.Percentiles(
      p50: p50 + seconds, p95: p95 + seconds, p99: p99 + seconds, p90: p90.map { $0 + seconds },
      mean: mean.map { $0 + seconds })
  }
}
