/// How long one iteration of a serving engine takes.
///
/// `T(tokens) + c x KV + d x PK` seconds, where `tokens` is one for each decoding sequence and all
/// prefill tokens of the iteration, `KV` the context that the decoding sequences read, and `PK` the
/// query-key pairs inside the prefill chunks: the sum of chunk x (done + (chunk + 1) / 2). Four numbers
/// reproduce measured forests of kernel profiles within 0.6 to 5.7 % (docs/fidelity.md).
///
/// A roofline is the larger of two such sums, work and memory traffic, plus a constant.
struct IterationTime: Sendable, Hashable {
  /// T by tokens, 0..<count; beyond it goes on with `slope`.
  private(set) var steps: [Double]
  /// Seconds a token beyond the table.
  private(set) var slope: Double
  /// Seconds for one token of context read.
  private(set) var perContextToken: Double
  /// Seconds for one query-key pair.
  private(set) var perPair: Double
  /// The other branch of a roofline.
  private(set) var floor: Floor?

  /// `base + perToken x tokens + perContextToken x KV + perPair x PK`, whichever is larger counts.
  struct Floor: Sendable, Hashable {
    var base: Double
    var perToken = 0.0
    var perContextToken = 0.0
    var perPair = 0.0
  }

  /// Batches and chunks beyond this are rare enough to be computed.
  private static let tableLength = 8193

  /// A straight line: `base + perToken x tokens`.
  init(base: Double, perToken: Double, perContextToken: Double, perPair: Double) {
    self.init(perContextToken: perContextToken, perPair: perPair, slope: perToken) {
      base + perToken * Double($0)
    }
  }

  /// Any T, given token by token; `slope` is its rise beyond 8,192 tokens.
  init(
    perContextToken: Double, perPair: Double, slope: Double, step: (Int) -> Double
  ) {
    steps = (0..<IterationTime.tableLength).map(step)
    self.slope = slope
    self.perContextToken = perContextToken
    self.perPair = perPair
  }

  /// Straight lines between measured points of (tokens, seconds), in ascending order of tokens; flat
  /// before the first, and after the last as `rise` tells.
  init(knots: [(tokens: Double, seconds: Double)], perContextToken: Double, perPair: Double) {
    precondition(!knots.isEmpty, "a table of times has at least one row")
    var last = 0
    let rise = IterationTime.rise(of: knots)
    self.init(perContextToken: perContextToken, perPair: perPair, slope: rise) { tokens in
      let x = Double(tokens)
      while last + 1 < knots.count, knots[last + 1].tokens <= x { last += 1 }
      let low = knots[last]
      if x <= low.tokens { return low.seconds }
      guard last + 1 < knots.count else { return low.seconds + rise * (x - low.tokens) }
      let high = knots[last + 1]
      let share = (x - low.tokens) / (high.tokens - low.tokens)
      return low.seconds + share * (high.seconds - low.seconds)
    }
  }

  /// Seconds a token that a table rises by beyond its end.
  ///
  /// An iteration takes as long as reading the weights or computing with them, whichever is longer. Times
  /// that have risen to twice the first are those of computing, which takes its time for every token: on
  /// they go in proportion to the tokens. Before that the truth lies between this and the rise so far,
  /// and the middle is taken. From 512 tokens on to 4,096 that is off by 11 % in the mean and 31 % at
  /// worst, where the rise so far is off by 24 and 74 % (12 servers of Llama-2-70B and BLOOM-176B on A100
  /// and H100; splitwise-sim, commit 8f99e7d, data/perf_model.csv).
  private static func rise(of knots: [(tokens: Double, seconds: Double)]) -> Double {
    let end = knots[knots.count - 1]
    let middle = knots[knots.count / 2]
    guard end.tokens > middle.tokens else { return 0 }
    let inProportion = end.seconds / end.tokens
    if end.seconds >= 2 * knots[0].seconds { return inProportion }
    // Over the upper half, as single steps waver.
    let soFar = (end.seconds - middle.seconds) / (end.tokens - middle.tokens)
    return max(0, (inProportion + soFar) / 2)
  }

  /// Of a few of its numbers: times that differ hardly ever agree in them.
  func hash(into hasher: inout Hasher) {
    hasher.combine(steps[1])
    hasher.combine(slope)
    hasher.combine(perContextToken)
    hasher.combine(perPair)
  }

  /// The larger of this and another sum.
  func atLeast(_ floor: Floor) -> IterationTime {
    var copy = self
    copy.floor = floor
    return copy
  }

  /// All times longer or shorter by a factor.
  func scaled(by factor: Double) -> IterationTime {
    var copy = self
    copy.steps = steps.map { $0 * factor }
    copy.slope *= factor
    copy.perContextToken *= factor
    copy.perPair *= factor
    copy.floor = floor.map {
      Floor(
        base: $0.base * factor, perToken: $0.perToken * factor,
        perContextToken: $0.perContextToken * factor, perPair: $0.perPair * factor)
    }
    return copy
  }

  @inline(__always)
  func step(_ tokens: Int) -> Double {
    if tokens < steps.count { return steps[tokens] }
    return steps[steps.count - 1] + slope * Double(tokens - steps.count + 1)
  }

  @inline(__always)
  func seconds(tokens: Int, context: Int, pairs: Double) -> Double {
    let time = step(tokens) + perContextToken * Double(context) + perPair * pairs
    guard let floor else { return time }
    return max(
      time,
      floor.base + floor.perToken * Double(tokens) + floor.perContextToken * Double(context)
        + floor.perPair * pairs)
  }

  /// Iterations that only decode `n` sequences with `context` tokens in all.
  @inline(__always)
  func stretch(_ n: Int, context: Int) -> DecodeStretch {
    let line = DecodeStretch(
      first: step(n) + perContextToken * Double(context), rise: perContextToken * Double(n),
      limit: .max)
    guard let floor else { return line }
    return IterationTime.higher(
      line,
      DecodeStretch(
        first: floor.base + floor.perToken * Double(n) + floor.perContextToken * Double(context),
        rise: floor.perContextToken * Double(n), limit: .max))
  }

  /// The line that is higher at first, until the other crosses it.
  private static func higher(_ a: DecodeStretch, _ b: DecodeStretch) -> DecodeStretch {
    var (top, other) = a.first >= b.first ? (a, b) : (b, a)
    guard other.rise > top.rise else { return top }
    let crossing = (top.first - other.first) / (other.rise - top.rise)
    if crossing < 1e15 { top.limit = max(1, Int(crossing.rounded(.up))) }
    return top
  }
}
