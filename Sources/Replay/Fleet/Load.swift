/// The requests to serve, in order of arrival: 20 bytes each.
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

    /// Beyond any context window, and small enough that sums stay far from overflow.
    static let largest: Int64 = 1 << 30

    var total: Int { Int(prompt) + Int(output) }
  }

  /// Seconds from the start of the period, ascending.
  private(set) var arrivals: [Double] = []
  private(set) var sizes: [Size] = []

  var count: Int { sizes.count }

  mutating func reserve(_ count: Int) {
    arrivals.reserveCapacity(count)
    sizes.reserveCapacity(count)
  }

  mutating func append(at arrival: Double, _ size: Size) {
    arrivals.append(arrival)
    sizes.append(size)
  }
}
