import Usage

/// A history against every option: what `replay` prints.
package struct Comparison: Sendable {
  package var period: Period
  package var history: UsageSums
  package var skippedLines: Int
  /// Mean rate over the whole period.
  package var averageTokensPerSecond: ExactDecimal
  /// Nil when the options file names no baseline that exists.
  package var baseline: String?
  /// In the order of the options file.
  package var options: [OptionResult]
  /// Every ordered pair of options whose totals are known, dearer over cheaper.
  package var ratios: [Ratio]
  /// What the numbers leave out. Plain sentences.
  package var excluded: [String]

  package struct Ratio: Sendable {
    package var dearer: String
    package var cheaper: String
    /// Two digits, rounded half to even.
    package var times: ExactDecimal
    /// What `cheaper` costs at the volume at which `dearer` costs the given budget; nil without one.
    package var budgetBecomes: Money?
  }
}

/// What one option would have cost and whether it would have kept up.
package struct OptionResult: Sendable {
  package var name: String
  package var kind: String
  package var currency: String
  /// Nil when the option cannot be priced; `reasons` says why.
  package var total: Money?
  package var low: Money?
  package var high: Money?
  /// Every cost line there is, the ones that are zero too. They add up to `total` exactly.
  package var lines: [CostLine]
  /// Nil without a request: a cost per request without a volume is undefined.
  package var perRequest: Money?
  package var perMillionTokens: Money?
  package var difference: Difference?
  /// Nil for options that are not simulated.
  package var service: Service?
  package var breakEven: [BreakEven]
  package var payback: [Payback]
  package var eligible: Bool
  package var reasons: [String]
  package var unpriced: Unpriced
  /// The price rows or rates used: model, layer (`user` or `book`), source and date.
  package var pricesUsed: [PriceUse]
  /// Sentences; a number the user did not give stands here with its source and date.
  package var assumptions: [String]

  package struct Difference: Sendable {
    package var to: String
    package var amount: Money
    /// One digit behind the point; nil when the baseline's total is 0.
    package var percent: ExactDecimal?
  }

  package struct Unpriced: Sendable {
    package var requests: Int64 = 0
    package var tokens: Int64 = 0
    package var models: [String] = []
  }

  package struct PriceUse: Sendable, Hashable {
    package var model: String
    package var id: String
    package var layer: String
    package var rule: String
    package var source: String
    package var asOf: String
    package var from: String
    package var to: String
    package var requests: Int64
    package var tokens: Int64
    package var amount: Money
  }

  /// The volume at which `against` costs what this option costs, at the history's own mix.
  package struct BreakEven: Sendable {
    package var against: String
    package var tokens: Int128
    package var requests: Int128
  }

  /// How long the other option's cost takes to add up to this one's purchase price.
  package struct Payback: Sendable {
    package var against: String
    /// Whole days, rounded up.
    package var days: Int128
  }
}

/// One line of an option's cost.
package struct CostLine: Sendable, Hashable {
  package var name: String
  package var amount: Money
  package var low: Money
  package var high: Money
  /// How the amount came about, for people: `720 h x 1 GPU x 4.42`. Empty for a line that is zero.
  package var basis: String
}

/// How the simulated servers coped.
package struct Service: Sendable {
  package struct Percentiles: Sendable {
    package var p50: Double
    package var p95: Double
    package var p99: Double
    package var p90: Double?
    package var mean: Double?
  }

  /// One fleet size that a search for the smallest tried.
  package struct Trial: Sendable {
    package var replicas: Int
    package var sloMet: Bool
    package var timeToFirstToken: Percentiles?
    package var endToEnd: Percentiles?
    /// Limits that were not kept, with what was reached.
    package var missed: [String]
  }

  /// The same run with iterations that much shorter and that much longer.
  package struct Band: Sendable {
    /// Share of the iteration time that is in doubt.
    package var share: Double
    package var timeToFirstToken: (low: Percentiles?, high: Percentiles?)
    package var endToEnd: (low: Percentiles?, high: Percentiles?)
    package var timePerOutputToken: (low: Percentiles?, high: Percentiles?)
    package var sloMet: (low: Bool?, high: Bool?)
  }

  /// Whether the speed comes from a measurement the user gave rather than an estimate.
  package var measured: Bool
  /// Share of the saturated throughput, 0...
  package var utilisation: Double
  package var peakReplicas: Int
  /// Seconds; nil when the time to the first token is not modelled.
  package var timeToFirstToken: Percentiles?
  package var endToEnd: Percentiles?
  /// Requests that had to wait.
  package var queued: Int64
  package var overflowed: Int64
  package var rejected: Int64
  /// Nil without an SLO.
  package var sloMet: Bool?
  /// Requests of the history's mean size that the option could serve in the period.
  package var capacityRequests: Int64?

  // What only a simulation of batching tells.

  package var timePerOutputToken: Percentiles?
  /// Limits of the SLO that are not kept, with what was reached.
  package var sloMissed: [String] = []
  /// Share of the requests that keep every limit: of all, and in the worst hour.
  package var withinSLO: Double?
  package var withinSLOWorstHour: Double?
  /// Arrivals of the busiest hour over what all servers complete in one at full load.
  package var peakUtilisation: Double?
  /// Share of the server time with work; high at any load, so no measure of it.
  package var busyShare: Double?
  package var iterations: Int64?
  package var evictions: Int64?
  /// Requests that started anew since their server went away.
  package var restarted: Int64 = 0
  /// Spot servers taken away.
  package var interruptions = 0
  /// Requests that no server ever was there for.
  package var unserved: Int64 = 0
  package var peakSequences: Int?
  package var peakCacheTokens: Int?
  /// Requests with an arrival of their own, and those that a bucket stands for.
  package var realRequests: Int64?
  package var assumedRequests: Int64?
  /// Nil where the times are taken as exact.
  package var band: Band?
  package var trials: [Trial] = []
}
