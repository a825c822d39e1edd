import Usage

/// How the requests of a bucket, of which only sums are known, are spread over its time.
///
/// Gaps are drawn from a Gamma distribution and scaled to the bucket: a coefficient of variation of 1
/// is Poisson arrivals, 0 even ones, 8 bursts as code assistants send them. Sizes are log-normal around
/// the bucket's means and add up to its sums to the token.
struct ArrivalModel: Sendable, Hashable {
  /// Coefficient of variation of the gaps between requests.
  var burst = ArrivalModel.central
  var low = 1.0
  var high = 8.0
  var seed: UInt64 = 1

  /// Between Azure's chat trace of 2023 (1.1) and its code trace (13); Kimi's conversations have 3.0.
  static let central = 3.0
  /// Of the logarithms of prompt and output tokens: half the distance of p50 and p99 in Azure's chat
  /// trace of 2023 (1,020 and 4,142; 129 and 601), widened for output whose mean is far above its median.
  private static let promptSpread = 0.6
  private static let outputSpread = 0.8
  /// Azure's chat trace of 2023: what a request is taken for where its source counts none.
  private static let tokensOfOne = (prompt: Int64(1155), output: Int64(211))
  /// Wider buckets say too little about when their requests came.
  static let widest = Instant.microsecondsPerDay

  init() {}

  init(_ serving: OptionReader) {
    guard let reader = serving.map("arrivals", known: ["burst", "burst_range", "seed"]) else {
      return
    }
    burst = reader.real("burst", atMost: 20) ?? burst
    seed = UInt64(reader.number("seed") ?? 1)
    if let range = reader.range("burst_range", atMost: 20) {
      low = Double(range.low.units) / Double(ExactDecimal.powerOfTen(range.low.scale))
      high = Double(range.high.units) / Double(ExactDecimal.powerOfTen(range.high.scale))
    }
    if !(low...max(low, high)).contains(burst) {
      reader.complain(
        reader.line, "'burst: \(burst)' is outside of 'burst_range', \(low) to \(high)")
    }
  }

  struct Drawn {
    /// Seconds after the bucket's start.
    var arrival: Double
    var size: Load.Size
  }

  /// How many requests a bucket is taken for.
  static func requests(in bucket: History.Request) -> Int64 {
    if let known = bucket.requests { return max(1, known) }
    let byInput = bucket.tokens.input / tokensOfOne.prompt
    let byOutput = bucket.tokens.output / tokensOfOne.output
    return max(1, bucket.tokens.output > 0 ? (byInput + byOutput + 1) / 2 : byInput)
  }

  /// The bucket's requests in order of arrival; `number` tells buckets apart.
  func spread(
    _ bucket: History.Request, number: Int, burst: Double, reusesPrefixes: Bool,
    isSingleRate: Bool
  ) -> [Drawn] {
    let count = Int(ArrivalModel.requests(in: bucket))
    var random = SplitMix64(seed &* 0x9E37_79B9_7F4A_7C15 &+ UInt64(number))
    let arrivals = times(count, seconds: Double(bucket.width) / 1e6, burst, &random)
    let prompts = ArrivalModel.shares(
      of: bucket.tokens.input, count, spread: ArrivalModel.promptSpread, &random)
    let outputs = ArrivalModel.shares(
      of: bucket.tokens.output, count, spread: ArrivalModel.outputSpread, &random)
    let cached =
      reusesPrefixes && bucket.tokens.input > 0
      ? Double(bucket.tokens.cacheRead) / Double(bucket.tokens.input) : 0
    return (0..<count).map { i in
      Drawn(
        arrival: arrivals[i],
        size: Load.Size(
          prompt: isSingleRate && outputs[i] > 0 ? prompts[i] + 1 : prompts[i],
          cached: Int64(Double(prompts[i]) * cached), output: outputs[i]))
    }
  }

  private func times(
    _ count: Int, seconds: Double, _ burst: Double, _ random: inout SplitMix64
  ) -> [Double] {
    guard burst > 0 else {
      return (0..<count).map { (Double($0) + 0.5) / Double(count) * seconds }
    }
    let shape = 1 / (burst * burst)
    var sums: [Double] = []
    sums.reserveCapacity(count)
    var sum = 0.0
    for _ in 0..<count {
      sum += burst == 1 ? random.exponentialDraw() : random.gamma(shape: shape)
      sums.append(sum)
    }
    sum += burst == 1 ? random.exponentialDraw() : random.gamma(shape: shape)
    guard sum > 0 else { return [Double](repeating: 0, count: count) }
    return sums.map { $0 / sum * seconds }
  }

  /// Log-normal parts that add up to `total` exactly.
  private static func shares(
    of total: Int64, _ count: Int, spread: Double, _ random: inout SplitMix64
  ) -> [Int64] {
    if count == 1 { return [total] }
    let weights = (0..<count).map { _ in exponential(spread * random.normal()) }
    let whole = weights.reduce(0, +)
    var sum = 0.0
    var given: Int64 = 0
    return weights.enumerated().map { i, weight in
      sum += weight
      let until =
        i == count - 1 ? total : min(total, Int64((Double(total) * (sum / whole)).rounded()))
      defer { given = max(given, until) }
      return max(0, until - given)
    }
  }
}
