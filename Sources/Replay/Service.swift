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
    /// The fewest servers that keep the SLO; nil where they are not looked for.
    package var replicas: (low: Int, high: Int)?
  }

  /// The same with other arrivals inside the buckets of the history.
  package struct ArrivalBound: Sendable {
    /// Coefficient of variation of the gaps between requests.
    package var burst: Double
    package var replicas: Int
    package var timeToFirstToken: Percentiles?
    package var endToEnd: Percentiles?
    package var sloMet: Bool?
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
  /// Requests that got no answer: too large, or without any server.
  package var lost: Int64 { rejected + unserved }
  package var peakSequences: Int?
  package var peakCacheTokens: Int?
  /// Requests with an arrival of their own, and those that a bucket stands for.
  package var realRequests: Int64?
  package var assumedRequests: Int64?
  /// Nil where the times are taken as exact.
  package var band: Band?
  package var trials: [Trial] = []
  /// Runs of the fleet that all this took.
  package var simulations = 0
  /// Smoothest and most uneven; empty where every request came as logged.
  package var arrivalBounds: [ArrivalBound] = []
}
