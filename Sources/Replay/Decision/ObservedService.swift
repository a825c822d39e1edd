import Usage

/// How fast a provider was, as its own log tells: nothing is simulated.
package struct ObservedService: Sendable {
  package var provider: String
  package var requests: Int64
  /// Seconds; nil where the log does not tell.
  package var timeToFirstToken: Service.Percentiles?
  package var endToEnd: Service.Percentiles?
  /// Tokens a second of one request, from its first token on.
  package var outputPerSecond: Service.Percentiles?
  /// Requests under way at the same moment at most; nil where durations are missing.
  package var peakConcurrency: Int?
  /// Share of the requests within the limits of the option `actual`; nil without any.
  package var withinSLO: Double?

  /// One a provider, by name; providers whose log tells no times are left out.
  static func all(_ history: History, _ file: OptionsFile) -> [ObservedService] {
    let limits = file.options.compactMap { ($0 as? ActualOption)?.limits }.first
    var byProvider: [String: Times] = [:]
    for request in history.requests where request.width == 0 {
      guard request.duration != nil || request.timeToFirstToken != nil else { continue }
      byProvider[history.kinds[request.kind].provider, default: Times()].add(request, limits)
    }
    return byProvider.keys.sorted().compactMap { provider in
      byProvider[provider].map { ObservedService(provider, $0) }
    }
  }

  /// What a log tells of one provider's requests, as bare numbers: there may be millions.
  private struct Times {
    var requests: Int64 = 0
    /// Microseconds.
    var firstTokens: [Int64] = []
    var durations: [Int64] = []
    var speeds: [Double] = []
    /// When requests with a duration began and ended.
    var starts: [Int64] = []
    var ends: [Int64] = []
    var judged = 0
    var within = 0

    mutating func add(_ request: History.Request, _ limits: ObservedLimits?) {
      requests += 1
      if let time = request.timeToFirstToken { firstTokens.append(time) }
      if let isWithin = limits?.admit(request) {
        judged += 1
        within += isWithin ? 1 : 0
      }
      guard let duration = request.duration else { return }
      durations.append(duration)
      starts.append(request.start.microseconds)
      ends.append(request.start.microseconds + duration)
      let streaming = duration - (request.timeToFirstToken ?? 0)
      if request.tokens.output > 0, streaming > 0 {
        speeds.append(Double(request.tokens.output) * 1e6 / Double(streaming))
      }
    }
  }

  private init(_ provider: String, _ times: Times) {
    self.provider = provider
    requests = times.requests
    timeToFirstToken = ObservedService.percentiles(times.firstTokens)
    endToEnd = ObservedService.percentiles(times.durations)
    outputPerSecond = ObservedService.nearestRank(times.speeds.sorted())
    peakConcurrency = ObservedService.peak(starts: times.starts.sorted(), ends: times.ends.sorted())
    withinSLO = times.judged == 0 ? nil : Double(times.within) / Double(times.judged)
  }

  private static func percentiles(_ microseconds: [Int64]) -> Service.Percentiles? {
    nearestRank(microseconds.map { Double($0) / 1e6 }.sorted())
  }

  private static func nearestRank(_ sorted: [Double]) -> Service.Percentiles? {
    guard !sorted.isEmpty else { return nil }
    func rank(_ percent: Int) -> Double { sorted[max(0, (sorted.count * percent + 99) / 100 - 1)] }
    return Service.Percentiles(p50: rank(50), p95: rank(95), p99: rank(99))
  }

  /// A request that ends when another starts does not overlap it. Both lists ascend.
  private static func peak(starts: [Int64], ends: [Int64]) -> Int? {
    guard !starts.isEmpty else { return nil }
    var ended = 0
    var peak = 0
    for (begun, start) in starts.enumerated() {
      while ended < ends.count, ends[ended] <= start { ended += 1 }
      peak = max(peak, begun + 1 - ended)
    }
    return peak
  }
}

/// Limits that observed requests are held against, in microseconds.
struct ObservedLimits: Sendable {
  var timeToFirstToken: Int64?
  var endToEnd: Int64?

  init?(_ option: OptionReader) {
    let known = ["ttft_p95", "ttft_p99", "end_to_end_p95", "end_to_end_p99"]
    guard let slo = option.map("slo", known: known) else { return nil }
    timeToFirstToken = slo.duration("ttft_p95") ?? slo.duration("ttft_p99")
    endToEnd = slo.duration("end_to_end_p95") ?? slo.duration("end_to_end_p99")
  }

  /// Nil where the log does not tell.
  func admit(_ request: History.Request) -> Bool? {
    var isWithin: Bool?
    for (limit, time) in [
      (timeToFirstToken, request.timeToFirstToken), (endToEnd, request.duration),
    ] {
      guard let limit, let time else { continue }
      isWithin = (isWithin ?? true) && time <= limit
    }
    return isWithin
  }
}
