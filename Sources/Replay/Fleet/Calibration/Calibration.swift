import Usage

/// A serving profile fitted to measured requests, and how well it tells those it did not see.
package struct Calibration: Sendable {
  /// What is known of the server; nil is found from its requests where it can be.
  package struct Settings: Sendable {
    package var tokenBudget: Int?
    package var maxSequences: Int?
    package var cacheTokens: Int?
    package var blockSize = 16
    package var replicas = 1
    package var reusesPrefixes = true

    package init() {}
  }

  /// Measured against predicted, in seconds, for requests that the fit did not see.
  package struct Comparison: Sendable {
    /// `first token`, `time per output token`, `end to end`.
    package var name: String
    /// `mean`, `p50`, `p90`, `p99`.
    package var statistic: String
    package var measured: Double
    package var predicted: Double
    /// predicted / measured - 1
    package var error: Double { measured > 0 ? predicted / measured - 1 : 0 }
  }

  package private(set) var requests = 0
  package private(set) var learned = 0
  package private(set) var heldOut: [Comparison] = []
  package private(set) var profile: ProfileFile
  package private(set) var notes: [String] = []
  package private(set) var replays = 0

  /// Why there is no profile.
  package struct Refusal: Error, CustomStringConvertible {
    package var description: String
  }

  /// Fits iteration times to the requests of a history that have a first-token time and a duration.
  ///
  /// First to the earlier half, to see how well that tells the later one; then to all.
  package init(_ history: History, _ settings: Settings, name: String) throws {
    let run = ObservedRun(history, reusesPrefixes: settings.reusesPrefixes)
    guard run.measured >= 2 * ServerFit.fewest else {
      throw Refusal(
        description:
          "calibrating takes \(2 * ServerFit.fewest) requests with both a time to first token and a "
          + "duration; there are \(run.measured) among \(history.requests.count)")
    }
    requests = run.measured
    let half = run.count / 2
    let moment = run.lastOwnMoment
    let hypotheses = Calibration.hypotheses(run, settings)
    var used = 0
    func fit(_ learning: Range<Int>) -> (fit: ServerFit, batching: Batching)? {
      var best: (fit: ServerFit, batching: Batching)?
      for (batching, cacheTokens) in hypotheses {
        // Where too little had ended by the last own moment, what ended later must do.
        for until in [moment, .infinity] {
          guard
            let found = ServerFit(
              run, learning: learning, batching, replicas: settings.replicas,
              cacheTokens: cacheTokens, until: until)
          else { continue }
          used += found.replays
          var fitted = batching
          if let blocks = found.blocks { fitted.blocks = blocks }
          // One more number must explain more than one more number would by chance.
          if best.map({ found.error < $0.fit.error * 0.97 }) ?? true { best = (found, fitted) }
          break
        }
      }
      return best
    }
    guard let early = fit(0..<half), let all = fit(0..<run.count) else {
      throw Refusal(
        description: "too few requests end while the measured ones run; use a longer log")
    }
    learned = half
    heldOut = Calibration.compare(run, half..<run.count, early.fit, early.batching, settings)
    let worst =
      heldOut.filter { $0.statistic == "mean" && $0.name != "first token" }
      .map { abs($0.error) }.max() ?? 0
    profile = ProfileFile(
      name: name, source: "hindcast calibrate: \(run.measured) measured requests",
      coefficients: all.fit.coefficients, batching: all.batching, band: max(0.05, worst),
      isInferred: settings.maxSequences == nil || settings.cacheTokens == nil)
    replays = used
    notes = Calibration.notes(run, settings, all.batching)
  }

  /// Limits that the server may have had: as given, else what its requests show.
  private static func hypotheses(
    _ run: ObservedRun, _ settings: Settings
  ) -> [(batching: Batching, cacheTokens: Int?)] {
    var batching = Batching()
    batching.tokenBudget = settings.tokenBudget ?? batching.tokenBudget
    batching.maxSequences = settings.maxSequences ?? batching.maxSequences
    batching.blockSize = settings.blockSize
    if let tokens = settings.cacheTokens { batching.blocks = tokens / settings.blockSize }
    let peaks = run.peaks()
    guard peaks.waited else { return [(batching, nil)] }
    let perServer = max(1, peaks.sequences / settings.replicas)
    var seen = [(batching: batching, cacheTokens: Int?.none)]
    if settings.maxSequences == nil, perServer < batching.maxSequences {
      var limited = batching
      limited.maxSequences = perServer
      seen.append((limited, nil))
    }
    if settings.cacheTokens == nil {
      seen.append((batching, max(1024, peaks.tokens / settings.replicas)))
    }
    return seen
  }

  private static func notes(
    _ run: ObservedRun, _ settings: Settings, _ batching: Batching
  ) -> [String] {
    var notes: [String] = []
    if settings.tokenBudget == nil {
      notes.append(
        "Token budget \(batching.tokenBudget): vLLM's default; --token-budget says what it was.")
    }
    if settings.maxSequences == nil {
      notes.append(
        "At most \(batching.maxSequences) sequences: "
          + (batching.maxSequences == Batching().maxSequences
            ? "vLLM's default" : "as many as ever ran at once while others waited")
          + "; --max-sequences says what it was.")
    }
    if settings.cacheTokens == nil {
      notes.append(
        batching.blocks == Batching.unlimited
          ? "No limit of the KV cache shows; --kv-tokens says what it was."
          : "KV cache of \(batching.blocks * batching.blockSize) tokens, fitted; --kv-tokens says "
            + "what it was.")
    }
    if run.measured < run.count {
      notes.append(
        "\(run.count - run.measured) requests without both times took part as load alone.")
    }
    return notes
  }

  // MARK: Held out

  private static func compare(
    _ run: ObservedRun, _ ids: Range<Int>, _ fit: ServerFit, _ batching: Batching,
    _ settings: Settings
  ) -> [Comparison] {
    let served = ServerFit.simulate(
      run.load, fit.coefficients, batching, replicas: settings.replicas)
    let seen = ids.filter {
      !run.firstToken[$0].isNaN && !run.completed[$0].isNaN && served[$0].completed >= 0
    }
    func steps(_ id: Int) -> Double { Double(run.load.size(id).output) - 1 }
    let long = seen.filter { steps($0) > 0 }
    let values: [(name: String, ids: [Int], pair: (Int) -> (Double, Double))] = [
      (
        "first token", seen,
        { (run.firstToken[$0], Double(served[$0].firstToken)) }
      ),
      (
        "time per output token", long,
        {
          (
            (run.completed[$0] - run.firstToken[$0]) / steps($0),
            Double(served[$0].completed - served[$0].firstToken) / steps($0)
          )
        }
      ),
      (
        "end to end", seen,
        { (run.completed[$0], Double(served[$0].completed)) }
      ),
    ]
    return values.flatMap { name, ids, pair -> [Comparison] in
      guard !ids.isEmpty else { return [] }
      let pairs = ids.map(pair)
      let measured = pairs.map(\.0).sorted()
      let predicted = pairs.map(\.1).sorted()
      func rank(_ percent: Int) -> Int { max(0, (percent * ids.count + 99) / 100 - 1) }
      let count = Double(ids.count)
      let mean = Comparison(
        name: name, statistic: "mean", measured: measured.reduce(0, +) / count,
        predicted: predicted.reduce(0, +) / count)
      return [mean]
        + [50, 90, 99].map {
          Comparison(
            name: name, statistic: "p\($0)", measured: measured[rank($0)],
            predicted: predicted[rank($0)])
        }
    }
  }
}
