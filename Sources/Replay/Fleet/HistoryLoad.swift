import Usage

/// A history as a load for a fleet, and what of it was real.
struct HistoryLoad: Sendable {
  private(set) var load = Load()
  /// For each request of the load its place in the history; empty where they are the same.
  private(set) var places: [UInt32] = []
  /// Requests whose arrival and size are as logged.
  private(set) var realRequests: Int64 = 0
  /// Requests that a bucket stands for, spread by a model of arrivals.
  private(set) var assumedRequests: Int64 = 0
  private(set) var realTokens: Int128 = 0
  private(set) var assumedTokens: Int128 = 0
  /// Of those, tokens of buckets too wide to be placed in time.
  private(set) var unplacedTokens: Int128 = 0
  private var countsRequests = true
  /// Requests of more tokens than any server takes.
  private var oversized = 0
  /// Whether some prompt is partly in the prefix cache.
  private(set) var hasCached = false
  private(set) var notes: [String] = []
  /// Requests that arrive in each hour of the period; what comes outside counts with its first or last.
  private(set) var hourly: [Int] = []
  private(set) var mix = SaturatedThroughput()

  /// What a load depends on beside the history.
  struct Settings: Sendable, Hashable {
    /// Whether the history's cache reads spare computing.
    var reusesPrefixes = true
    /// Whether prompts and output take the same time a token, so that a request takes exactly the sum
    /// of both.
    var isSingleRate = false
    var arrivals = ArrivalModel()
    /// How uneven the arrivals inside buckets are; nil takes the model's own.
    var burst: Double?
  }

  init(_ history: History, _ settings: Settings = Settings()) {
    let burst = settings.burst ?? settings.arrivals.burst
    if !share(history.requests, from: history.period.start, settings) {
      copy(history, settings, burst)
    }
    note(settings.arrivals, burst)
    let hours = Int((history.period.microseconds + 3_599_999_999) / 3_600_000_000)
    hourly = [Int](repeating: 0, count: max(1, hours))
    for id in 0..<load.count {
      hourly[hour(of: id)] += 1
      mix.add(load.size(id))
    }
  }

  /// The hour of the period in which a request of the load arrives.
  func hour(of id: Int) -> Int { HistoryLoad.hour(of: load.arrival(id), among: hourly.count) }

  @inline(__always)
  static func hour(of arrival: Double, among hours: Int) -> Int {
    min(max(0, Int(arrival / 3600)), hours - 1)
  }

  /// Takes the requests as they stand in the history; false where they are not served as they stand there.
  private mutating func share(
    _ requests: History.Requests, from start: Instant, _ settings: Settings
  ) -> Bool {
    let sizes = 1...UInt32(Load.Size.largest)
    guard !settings.isSingleRate, requests.areRows, requests.origin == start,
      requests.rows.allSatisfy({ sizes.contains($0.input) && sizes.contains($0.output) })
    else { return false }
    var cached = requests.cacheReads
    hasCached = !cached.isEmpty
    if !settings.reusesPrefixes { cached = [] }
    for (id, read) in cached.enumerated() where read >= requests.rows[id].input {
      cached[id] = requests.rows[id].input - 1
    }
    load = Load(requests.rows, cached: cached)
    realRequests = Int64(load.count)
    for row in requests.rows { realTokens += Int128(row.input) + Int128(row.output) }
    return true
  }

  private mutating func copy(_ history: History, _ settings: Settings, _ burst: Double) {
    let reusesPrefixes = settings.reusesPrefixes
    let isSingleRate = settings.isSingleRate
    let origin = history.period.start.microseconds
    load.reserve(history.requests.count)
    var isSame = true
    var drawn: [(arrival: Double, size: Load.Size, place: UInt32)] = []
    for (number, request) in history.requests.enumerated() {
      guard request.tokens.total > 0, request.width == 0 else {
        if isSame { places = (0..<UInt32(load.count)).map { $0 } }
        isSame = false
        guard request.tokens.total > 0 else { continue }
        assumedTokens += Int128(request.tokens.total)
        guard request.width <= ArrivalModel.widest else {
          unplacedTokens += Int128(request.tokens.total)
          continue
        }
        let start = Double(request.start.microseconds - origin) / 1e6
        for one in settings.arrivals.spread(
          request, number: number, burst: burst, reusesPrefixes: reusesPrefixes,
          isSingleRate: isSingleRate)
        {
          drawn.append((start + one.arrival, one.size, UInt32(truncatingIfNeeded: number)))
        }
        countsRequests = countsRequests && request.requests != nil
        if request.tokens.cacheRead > 0 { hasCached = true }
        continue
      }
      if !isSame { places.append(UInt32(truncatingIfNeeded: number)) }
      let tokens = request.tokens
      realRequests += 1
      realTokens += Int128(tokens.total)
      if tokens.cacheRead > 0 { hasCached = true }
      let output = tokens.output
      if max(tokens.input, output) > Load.Size.largest { oversized += 1 }
      load.append(
        at: Double(request.start.microseconds - origin) / 1e6,
        Load.Size(
          // An iteration that ends a prompt yields a token at no further cost.
          prompt: isSingleRate && output > 0 ? tokens.input + 1 : tokens.input,
          cached: reusesPrefixes ? tokens.cacheRead : 0, output: output))
    }
    assumedRequests = Int64(drawn.count)
    if !drawn.isEmpty { merge(drawn) }
  }

  private mutating func merge(_ drawn: [(arrival: Double, size: Load.Size, place: UInt32)]) {
    var all = drawn
    for id in 0..<load.count { all.append((load.arrival(id), load.size(id), places[id])) }
    all.sort { ($0.arrival, $0.place) < ($1.arrival, $1.place) }
    load = Load()
    load.reserve(all.count)
    for one in all { load.append(at: one.arrival, one.size) }
    places = all.map(\.place)
  }

  private mutating func note(_ arrivals: ArrivalModel, _ burst: Double) {
    if assumedRequests > 0 {
      let share = 100 * Double(assumedTokens) / Double(max(1, realTokens + assumedTokens))
      notes.append(
        "\(assumedRequests) requests, \(Int(share.rounded())) % of the tokens, are known in sums alone: "
          + "spread inside their buckets with gaps whose coefficient of variation is "
          + "\(ServedPercentiles.short(burst)) (1 is Poisson), sizes log-normal, seed \(arrivals.seed); "
          + "\(realRequests) requests came as logged.")
    }
    if !countsRequests {
      notes.append(
        "Buckets that count no requests are taken for requests of 1155 input and 211 output tokens, as "
          + "in Azure's chat trace of 2023.")
    }
    if oversized > 0 {
      notes.append(
        "\(oversized) \(oversized == 1 ? "request" : "requests") of more than \(Load.Size.largest) tokens, "
          + "which no model takes, are served as if they had so many.")
    }
    if unplacedTokens > 0 {
      notes.append(
        "\(unplacedTokens) tokens come in buckets wider than a day: they are not simulated.")
    }
  }

  /// The place in the history of the load's `id`th request.
  func place(_ id: Int) -> Int { places.isEmpty ? id : Int(places[id]) }

  /// What these requests of the load are of the history; of a bucket only some may be among them.
  func parts(_ ids: [Int]) -> [FleetUse.Part] {
    func tokens(_ id: Int) -> Int64 { Int64(load.total(id)) }
    if places.isEmpty {
      return ids.map { FleetUse.Part(place: $0, tokens: tokens($0), all: tokens($0)) }
    }
    var parts: [UInt32: FleetUse.Part] = [:]
    for id in ids {
      parts[places[id], default: FleetUse.Part(place: Int(places[id]), tokens: 0, all: 0)].tokens +=
        tokens(id)
    }
    for id in places.indices { parts[places[id]]?.all += tokens(id) }
    return parts.values.sorted { $0.place < $1.place }
  }
}
