import Usage

/// The requests to serve, in order of arrival: 16 bytes each, 4 more where prompts are partly cached, and
/// none where they are those of the history as it stands.
struct Load: Sendable {
  /// Tokens of one request.
  struct Size: Sendable, Hashable {
    /// At least 1, cached tokens included.
    var prompt: UInt32
    /// The part of the prompt that prefix caching spares computing; less than `prompt`.
    var cached: UInt32
    /// At least 1.
    var output: UInt32

    init(prompt: Int64, cached: Int64 = 0, output: Int64) {
      self.prompt = UInt32(clamping: min(max(prompt, 1), Size.largest))
      self.output = UInt32(clamping: min(max(output, 1), Size.largest))
      self.cached = min(UInt32(clamping: max(cached, 0)), self.prompt - 1)
    }

    @inline(__always)
    fileprivate init(_ row: History.Requests.Row, cached: UInt32) {
      prompt = row.input
      self.cached = cached
      output = row.output
    }

    /// Beyond any context window, and small enough that sums stay far from overflow.
    static let largest: Int64 = 1 << 30

    var total: Int { Int(prompt) + Int(output) }
  }

  /// Times ascend.
  private var rows: [History.Requests.Row] = []
  /// By request; empty where nothing is cached.
  private var cached: [UInt32] = []

  init() {}

  /// The requests of a history as they are, without a copy.
  ///
  /// - Parameters:
  ///   - rows: all with a prompt and an answer; times count from the start of the period.
  ///   - cached: less than the prompt each; empty for none.
  init(_ rows: [History.Requests.Row], cached: [UInt32]) {
    self.rows = rows
    self.cached = cached
  }

  var count: Int { rows.count }

  /// Seconds from the start of the period.
  @inline(__always)
  func arrival(_ id: Int) -> Double { rows[id].time }

  @inline(__always)
  func size(_ id: Int) -> Size { Size(rows[id], cached: cached.isEmpty ? 0 : cached[id]) }

  /// Prompt and output.
  @inline(__always)
  func total(_ id: Int) -> Int { Int(rows[id].input) &+ Int(rows[id].output) }

  var arrivals: some RandomAccessCollection<Double> { (0..<count).lazy.map(arrival) }
  var sizes: some RandomAccessCollection<Size> { (0..<count).lazy.map(size) }

  mutating func reserve(_ count: Int) { rows.reserveCapacity(count) }

  /// At `arrival` seconds from the start of the period.
  mutating func append(at arrival: Double, _ size: Size) {
    if size.cached > 0, cached.isEmpty { cached = [UInt32](repeating: 0, count: rows.count) }
    if size.cached > 0 || !cached.isEmpty { cached.append(size.cached) }
    rows.append(
      History.Requests.Row(time: arrival, input: size.prompt, output: size.output))
  }
}
