/// How fast one server is, and how sure that is.
struct ServingProfile: Sendable, Hashable {
  /// Where the times come from: the better known, the narrower the band.
  enum Origin: Sendable {
    /// Given in the options file as it is.
    case given
    /// Fitted to measurements of this deployment or of one like it.
    case fitted
    /// From hardware facts alone.
    case estimate
    /// To be made once the hardware is known.
    case pending
  }

  /// What to look up in the catalogue where a profile is named rather than a file; nil elsewhere.
  var named: MeasuredProfile?
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
