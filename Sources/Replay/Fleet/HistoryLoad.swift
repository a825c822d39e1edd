import Usage

/// A history as a load for a fleet, and what of it was real.
struct HistoryLoad: Sendable {
  private(set) var load = Load()
  /// For each request of the load its place in the history; empty where they are the same.
  private(set) var places: [UInt32] = []
  /// Requests whose arrival and size are as logged.
  private(set) var realRequests: Int64 = 0
  /// Requests that a bucket stands for, spread by a model of arrivals.
  private(set) var assumedRequests: Int64 = 0
  private(set) var realTokens: Int128 = 0
  private(set) var assumedTokens: Int128 = 0
  /// Whether some prompt is partly in the prefix cache.
  private(set) var hasCached = false
  private(set) var notes: [String] = []

  /// - Parameters:
  ///   - reusesPrefixes: whether the history's cache reads spare computing.
  ///   - isSingleRate: whether prompts and output take the same time a token, so that a request takes
  ///     exactly the sum of both.
  init(_ history: History, reusesPrefixes: Bool, isSingleRate: Bool = false) {
    let origin = history.period.start.microseconds
    load.reserve(history.requests.count)
    var isSame = true
    for (number, request) in history.requests.enumerated() {
      guard request.tokens.total > 0, request.width == 0 else {
        isSame = false
        if request.tokens.total > 0 { assumedTokens += Int128(request.tokens.total) }
        continue
      }
      if !isSame && places.isEmpty { places = (0..<UInt32(load.count)).map { $0 } }
      if !isSame { places.append(UInt32(truncatingIfNeeded: number)) }
      let tokens = request.tokens
      realRequests += 1
      realTokens += Int128(tokens.total)
      if tokens.cacheRead > 0 { hasCached = true }
      let output = tokens.output
      load.append(
        at: Double(request.start.microseconds - origin) / 1e6,
        Load.Size(
          // An iteration that ends a prompt yields a token at no further cost.
          prompt: isSingleRate && output > 0 ? tokens.input + 1 : tokens.input,
          cached: reusesPrefixes ? tokens.cacheRead : 0, output: output))
    }
  }

  /// The place in the history of the load's `id`th request.
  func place(_ id: Int) -> Int { places.isEmpty ? id : Int(places[id]) }
}
