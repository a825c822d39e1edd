/// What a server did, or all servers of a fleet.
struct ReplicaCounts: Sendable {
  var iterations = 0
  var evictions = 0
  /// Requests that an iteration before theirs left waiting.
  var queued = 0
  var completed = 0
  /// Seconds.
  var busy = 0.0
  /// The most tokens in one KV cache, prompts being read included.
  var peakContext = 0
  var peakSequences = 0

  mutating func add(_ other: ReplicaCounts) {
    iterations += other.iterations
    evictions += other.evictions
    queued += other.queued
    completed += other.completed
    busy += other.busy
    peakContext = max(peakContext, other.peakContext)
    peakSequences = max(peakSequences, other.peakSequences)
  }
}
