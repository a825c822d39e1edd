import Usage

/// Requests whose times were measured on a server, in order of arrival.
struct ObservedRun: Sendable {
  private(set) var load = Load()
  /// Seconds from each arrival; NaN where it was not measured.
  private(set) var firstToken: [Double] = []
  private(set) var completed: [Double] = []

  init() {}

  /// The requests of a history that have times; `skipped` counts the others with tokens.
  init(_ history: History, reusesPrefixes: Bool) {
    let origin = history.requests.first?.start.microseconds ?? 0
    for request in history.requests
    where request.width == 0 && request.tokens.total > 0 && request.tokens.output > 0 {
      append(
        at: Double(request.start.microseconds - origin) / 1e6,
        Load.Size(
          prompt: request.tokens.input, cached: reusesPrefixes ? request.tokens.cacheRead : 0,
          output: request.tokens.output),
        firstToken: request.timeToFirstToken.map { Double($0) / 1e6 } ?? .nan,
        completed: request.duration.map { Double($0) / 1e6 } ?? .nan)
    }
  }

  mutating func append(
    at arrival: Double, _ size: Load.Size, firstToken: Double, completed: Double
  ) {
    load.append(at: arrival, size)
    self.firstToken.append(firstToken)
    self.completed.append(completed)
  }

  var count: Int { load.count }
  /// Requests with both times.
  var measured: Int {
    (0..<count).count { !firstToken[$0].isNaN && !completed[$0].isNaN }
  }

  func prefix(_ count: Int) -> ObservedRun {
    var part = ObservedRun()
    for id in 0..<min(count, self.count) {
      part.append(
        at: load.arrival(id), load.size(id), firstToken: firstToken[id],
        completed: completed[id])
    }
    return part
  }

  /// Seconds on the clock of the arrivals: until here no request that is not among these can have
  /// begun, where requests are served in order of arrival. What happened later may be due to others.
  var lastOwnMoment: Double {
    var last = 0.0
    for id in 0..<count where !firstToken[id].isNaN {
      last = max(last, load.arrival(id) + firstToken[id])
    }
    return last
  }

  // MARK: What the server's limits seem to be

  /// The most requests that were decoding at one time, the most tokens they held, and how many requests
  /// waited meanwhile.
  func peaks() -> (sequences: Int, tokens: Int, waited: Bool) {
    var events: [(time: Double, change: Int, tokens: Double, slope: Double)] = []
    for id in 0..<count where !firstToken[id].isNaN && !completed[id].isNaN {
      let start = load.arrival(id) + firstToken[id]
      let end = load.arrival(id) + completed[id]
      guard end > start else { continue }
      let size = load.size(id)
      let slope = Double(size.output) / (end - start)
      events.append((start, 1, Double(size.prompt), slope))
      events.append((end, -1, -Double(size.total), -slope))
    }
    events.sort { $0.time < $1.time }
    var sequences = 0
    var tokens = 0.0
    var slope = 0.0
    var last = 0.0
    var most = (sequences: 0, tokens: 0.0)
    for event in events {
      tokens += slope * (event.time - last)
      last = event.time
      most.tokens = max(most.tokens, tokens)
      sequences += event.change
      tokens += event.tokens
      slope += event.slope
      most.sequences = max(most.sequences, sequences)
    }
    let slow = (0..<count).count { !firstToken[$0].isNaN && firstToken[$0] > 2 }
    return (most.sequences, Int(most.tokens), slow * 4 > count)
  }
}
