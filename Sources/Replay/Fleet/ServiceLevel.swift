import Usage

/// Limits that the service must keep.
struct ServiceLevel: Sendable, Hashable {
  enum Metric: String, CaseIterable {
    case timeToFirstToken = "ttft"
    case timePerOutputToken = "tpot"
    case endToEnd = "end_to_end"
  }

  struct Limit: Sendable, Hashable {
    var metric: Metric
    var percent: Double
    /// Microseconds.
    var most: Int64
    /// As written.
    var text: String
  }

  private(set) var limits: [Limit] = []

  /// The percentiles that limits can be set for.
  static let percents = [50, 90, 95, 99]
  static var fields: [String] {
    Metric.allCases.flatMap { metric in percents.map { "\(metric.rawValue)_p\($0)" } }
  }

  init(_ limits: [Limit]) { self.limits = limits }

  init?(_ reader: OptionReader) {
    guard let slo = reader.map("slo", known: ServiceLevel.fields) else { return nil }
    for metric in Metric.allCases {
      for percent in ServiceLevel.percents {
        let key = "\(metric.rawValue)_p\(percent)"
        guard let most = slo.duration(key), let text = slo.text(key) else { continue }
        limits.append(
          Limit(metric: metric, percent: Double(percent), most: most, text: "\(key): \(text)"))
      }
    }
    if limits.isEmpty {
      slo.complain(slo.line, "needs a limit, as 'ttft_p95: 2s' or 'end_to_end_p99: 60s'")
    }
  }

  /// Limits that a service does not keep; `seconds` tells a percentile, nil where it is not known.
  func missed(_ seconds: (Metric, Double) -> Double?) -> [Limit] {
    limits.filter { limit in
      guard let value = seconds(limit.metric, limit.percent) else { return false }
      return (value * 1e6).rounded() > Double(limit.most)
    }
  }

  /// Whether one request alone keeps every limit.
  func isKept(firstToken: Double, perToken: Double?, endToEnd: Double) -> Bool {
    limits.allSatisfy { limit in
      let value: Double? =
        switch limit.metric {
        case .timeToFirstToken: firstToken
        case .timePerOutputToken: perToken
        case .endToEnd: endToEnd
        }
      return value.map { ($0 * 1e6).rounded() <= Double(limit.most) } ?? true
    }
  }
}
