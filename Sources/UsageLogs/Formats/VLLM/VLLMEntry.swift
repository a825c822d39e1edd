import Usage

/// What is kept of one line until the end of the file, when years, order and intervals are known.
struct VLLMEntry {
  enum Kind: UInt8 { case statistics, iterations, start }

  /// How the line's rates relate to the time before it.
  enum Era: UInt8 {
    /// Printed by the first step more than 5 s after the last line, over all the time since then: V0,
    /// and V1 up to 0.7.
    case sinceLastLine
    /// Printed by a clock of its own, 10 s by default; silent while idle since 0.8.5: V1 since 0.8.0.
    case onceAnInterval

    var nominal: Int64 { self == .sinceLastLine ? 5 : 10 }
  }

  /// Whether prompt tokens that came from the prefix cache are in the prompt rate.
  enum PromptRate: UInt8 { case withCached, computedOnly }

  var identity = Fingerprint.none
  /// Microseconds, to be understood as `clock` says.
  var time: Int64 = 0
  /// Hundredths of a token per second; for iterations tokens; for starts an index into the starts.
  var prompt: UInt32 = 0
  var output: UInt32 = 0
  /// Microseconds of the interval where a companion line tells them exactly, else 0.
  var interval: UInt32 = 0
  var stream: UInt32 = 0
  var kind = Kind.statistics
  var clock = LineClock.Kind.none
  var era = Era.onceAnInterval
  var promptRate = PromptRate.withCached
  var cacheWasHit = false

  var isIdle: Bool { prompt == 0 && output == 0 }
}

/// One engine's sequence of lines.
struct VLLMStream {
  /// Hash of container, process and engine.
  var key: UInt64
  /// Number of the container: engines of one server share its start-up lines.
  var scope: Int
  /// The last statistics line and its time, for the companion lines that follow it.
  var lastEntry: Int?
  /// The iterations being added up.
  var lastIterations: Int?
}
