/// How fast one server is, and how sure that is.
struct ServingProfile: Sendable {
  /// Where the times come from: the better known, the narrower the band.
  enum Origin: Sendable {
    /// Given in the options file as it is.
    case given
    /// Fitted to measurements of this deployment.
    case fitted
    /// From hardware facts alone.
    case estimate
    /// To be estimated once the hardware is known.
    case pending
  }

  var time: IterationTime
  var batching: Batching
  var origin = Origin.given
  /// The share by which iterations may take less or more time.
  var band = 0.0
  /// Seconds that every request takes outside the iterations.
  var overhead = 0.0
  /// Whether the history's cache reads spare computing.
  var reusesPrefixes = true
  /// Sentences for `assumptions`.
  var notes: [String] = []
}
