import Usage

/// What an API lets through a minute.
package struct RateLimits: Sendable {
  static let fields = ["tokens_per_minute", "requests_per_minute"]

  private var tokensPerMinute: Int64?
  private var requestsPerMinute: Int64?

  /// Minutes are the clock's, counted from the period's start.
  package struct Outcome: Sendable {
    package var tokensPerMinute: Int64?
    package var requestsPerMinute: Int64?
    /// Minutes above a limit; the provider answers 429 there.
    package var throttledMinutes: Int
    package var tokensOver: Int128
    package var requestsOver: Int128
    package var peakTokens: Int64
    package var peakRequests: Int64
    /// Whether buckets longer than a minute had to be spread over it.
    var isSpread = false
  }

  init?(_ option: OptionReader) {
    guard let reader = option.map("limits", known: RateLimits.fields) else { return nil }
    tokensPerMinute = reader.number("tokens_per_minute", atMost: 1_000_000_000_000).map(Int64.init)
    requestsPerMinute = reader.number("requests_per_minute", atMost: 1_000_000_000_000).map(
      Int64.init)
    if tokensPerMinute == nil, requestsPerMinute == nil {
      reader.lack(
        ["tokens_per_minute", "requests_per_minute"],
        "needs 'tokens_per_minute' or 'requests_per_minute'")
    }
    for key in RateLimits.fields where reader.number(key, atMost: 1_000_000_000_000) == 0 {
      reader.complain(reader.line(of: key), "'\(key)' must be above 0")
    }
  }

  /// Counted in the history's own tokens.
  func outcome(of history: History) -> Outcome {
    let tokens = WindowedLoad(history, width: WindowedLoad.minute) { $0.tokens.total }
    let requests = WindowedLoad(history, width: WindowedLoad.minute) { $0.requests ?? 0 }
    let tokensOver = tokensPerMinute.map { tokens.over($0).units } ?? 0
    let requestsOver = requestsPerMinute.map { requests.over($0).units } ?? 0
    let throttled = tokens.units.indices.count { i in
      (tokensPerMinute.map { tokens.units[i] > $0 } ?? false)
        || (requestsPerMinute.map { requests.units[i] > $0 } ?? false)
    }
    return Outcome(
      tokensPerMinute: tokensPerMinute, requestsPerMinute: requestsPerMinute,
      throttledMinutes: throttled, tokensOver: tokensOver,
      requestsOver: requestsOver, peakTokens: tokens.peak, peakRequests: requests.peak,
      isSpread: tokens.isSpread)
  }
}

extension RateLimits.Outcome {
  func note(in cost: inout OptionCost) {
    cost.limits = self
    if throttledMinutes > 0 {
      var parts: [String] = []
      if tokensOver > 0 { parts.append("\(tokensOver) tokens over") }
      if requestsOver > 0 { parts.append("\(requestsOver) requests over") }
      cost.reasons.append(
        "throttled: \(counted(Int64(throttledMinutes), "minute")) above its limits, "
          + parts.joined(separator: " and "))
    }
    if isSpread {
      cost.assumptions.append(
        "Buckets longer than a minute are spread evenly over it: more minutes may be above the limits."
      )
    }
  }
}
