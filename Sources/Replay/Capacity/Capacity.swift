import Usage

/// What hardware of a known throughput could do in a period, without simulating single requests.
package struct Capacity: Sendable {
  /// Input and output together, over all replicas.
  package var totalPerSecond: ExactDecimal
  /// At the mix the throughput was taken at; nil where that is unknown.
  package var outputPerSecond: ExactDecimal?
  /// Hours that it is on.
  package var activeHours: ExactDecimal
  package var tokensInPeriod: Int128
  package var outputTokensInPeriod: Int128?
  /// The history's tokens over `tokensInPeriod`.
  package var utilisation: Double
  /// The history's mean rate over the active hours.
  package var neededPerSecond: ExactDecimal
  /// Mean rate of the busiest hour, or the mean over all hours x the peak factor given.
  package var peakPerSecond: ExactDecimal
  /// Replicas that the busiest hour takes with the headroom asked for.
  package var replicasForPeak: Int128
  /// Requests of the history's mean size.
  package var requestsPerHour: Int128?
  /// What went to the overflow option.
  package var overflowTokens: Int64 = 0
  package var overflowRequests: Int64 = 0
  /// Where the throughput comes from.
  package var source: String

  // Filled in when the option's total is known: the cost of a token if it were busy all the time.
  package var perMillionAtFullLoad: Money?
  package var perMillionOutputAtFullLoad: Money?
}
