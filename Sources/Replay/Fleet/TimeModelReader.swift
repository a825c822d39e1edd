/// Reads `time_model` and `batching`: times as in docs/options.md, in seconds.
extension ServingProfile {
  static let batchingFields = [
    "token_budget", "max_sequences", "kv_blocks", "kv_tokens", "block_size", "watermark", "policy",
    "prefix_caching",
  ]

  /// Nil when there is none or it cannot be read.
  init?(timeModelOf serving: OptionReader) {
    let fields = ["a", "b", "c", "d", "table", "experts", "floor", "overhead"]
    guard let model = serving.map("time_model", known: fields + ["b_tok", "c_kv", "d_pk"]),
      let time = IterationTime(model)
    else { return nil }
    self.init(time: time, batching: Batching())
    readBatching(serving)
  }

  mutating func readBatching(_ serving: OptionReader) {
    guard let reader = serving.map("batching", known: ServingProfile.batchingFields) else {
      notes.append(
        "No 'batching' was given: \(batching.tokenBudget) tokens an iteration, "
          + "\(batching.maxSequences) sequences, no memory limit"
          + " (vLLM's defaults, documentation of 2026-11).")
      return
    }
    let policies = Batching.Policy.allCases.map(\.rawValue)
    batching.policy =
      reader.word("policy", among: policies).flatMap(Batching.Policy.init) ?? batching.policy
    if batching.policy == .singleStream { batching = .singleStream }
    func count(_ key: String, most: Int) -> Int? {
      reader.count(key, atMost: most).map { Int($0.low.units) }
    }
    batching.tokenBudget = count("token_budget", most: 1 << 20) ?? batching.tokenBudget
    batching.maxSequences = count("max_sequences", most: 1 << 20) ?? batching.maxSequences
    batching.blockSize = count("block_size", most: 4096) ?? batching.blockSize
    if let blocks = count("kv_blocks", most: 1 << 30) {
      batching.blocks = blocks
    } else if let tokens = count("kv_tokens", most: 1 << 40) {
      batching.blocks = tokens / batching.blockSize
    } else if batching.blocks == Batching.unlimited {
      notes.append("Neither 'kv_blocks' nor 'kv_tokens' was given: memory is no limit here.")
    }
    if let share = reader.real("watermark", atMost: 0.9), batching.blocks != Batching.unlimited {
      batching.watermark = Int(share * Double(batching.blocks) + 1e-9)
    }
    reusesPrefixes = reader.flag("prefix_caching") ?? true
    if batching.blocks < 1 {
      reader.complain(
        reader.line, "the KV cache must hold one block of \(batching.blockSize) tokens")
    }
  }
}

extension IterationTime {
  /// Seconds. The fastest iterations known take a third of a millisecond.
  private static let shortest = 1e-6
  /// Times of one iteration are below this many seconds.
  private static let longest = 1000.0

  fileprivate init?(_ reader: OptionReader) {
    func seconds(_ keys: String...) -> Double? {
      keys.compactMap { reader.real($0, atMost: IterationTime.longest) }.first
    }
    let perContextToken = seconds("c", "c_kv")
    let perPair = seconds("d", "d_pk")
    let overhead = seconds("overhead") ?? 0
    let each = seconds("a")
    let base = (each ?? 0) + overhead
    let perToken = seconds("b", "b_tok") ?? 0
    if reader.field("table") != nil {
      guard
        let table = IterationTime.table(reader, perContextToken: perContextToken, perPair: perPair)
      else { return nil }
      if reader.field("a") != nil || reader.field("b") != nil {
        reader.complain(reader.line(of: "a"), "'table' stands instead of 'a' and 'b'")
      }
      self = table
    } else if let experts = reader.map("experts", known: ["time", "active", "total"]) {
      guard let experts = IterationTime.Experts(experts) else { return nil }
      self.init(perContextToken: perContextToken ?? 0, perPair: perPair ?? 0, slope: perToken) {
        base + perToken * Double($0) + experts.seconds(tokens: $0)
      }
    } else {
      self.init(
        base: base, perToken: perToken, perContextToken: perContextToken ?? 0,
        perPair: perPair ?? 0)
    }
    if let other = reader.map("floor", known: ["a", "b", "c", "d"]) {
      func seconds(_ key: String) -> Double { other.real(key, atMost: IterationTime.longest) ?? 0 }
      self = atLeast(
        Floor(
          base: seconds("a") + overhead, perToken: seconds("b"), perContextToken: seconds("c"),
          perPair: seconds("d")))
    }
    if each == nil, reader.field("a") != nil { return nil }  // said already
    let shortest = max(step(1), floor?.base ?? 0)
    if shortest < IterationTime.shortest {
      reader.complain(
        reader.line,
        shortest <= 0
          ? "an iteration takes no time; give 'a', seconds of each one, or a 'table'"
          : "an iteration takes \(shortest) s; times are in seconds, of some milliseconds")
      return nil
    }
  }

  /// `{tokens: seconds, ...}`, `[[tokens, seconds], ...]`, or `{knots_tokens: [...], values_s: [...]}`.
  private static func table(
    _ reader: OptionReader, perContextToken: Double?, perPair: Double?
  ) -> IterationTime? {
    guard let field = reader.field("table") else { return nil }
    var pairs: [(tokens: Double, seconds: Double)?] = []
    var perContextToken = perContextToken
    var perPair = perPair
    func number(_ text: String?) -> Double? {
      text.flatMap(Double.init).flatMap { $0.isFinite && $0 > 0 ? $0 : nil }
    }
    if let knots = field["knots_tokens"]?.list, let values = field["values_s"]?.list {
      pairs = zip(knots, values).map { knot, value in
        number(knot.text).flatMap { x in number(value.text).map { (x, $0) } }
      }
      if knots.count != values.count { pairs.append(nil) }
      perContextToken = perContextToken ?? field["c_kv"]?.text.flatMap(Double.init)
      perPair = perPair ?? field["d_pk"]?.text.flatMap(Double.init)
    } else if let map = field.map {
      pairs = map.map { entry in
        number(entry.key).flatMap { x in number(entry.value.text).map { (x, $0) } }
      }
    } else {
      pairs = (field.list ?? []).map { row in
        guard let cells = row.list, cells.count == 2 else { return nil }
        return number(cells[0].text).flatMap { x in number(cells[1].text).map { (x, $0) } }
      }
    }
    let knots = pairs.compactMap(\.self)
    let ascends = zip(knots, knots.dropFirst()).allSatisfy { $0.tokens < $1.tokens }
    guard !knots.isEmpty, knots.count == pairs.count, ascends,
      knots.allSatisfy({ $0.seconds <= longest }), (perContextToken ?? 0) >= 0, (perPair ?? 0) >= 0
    else {
      reader.complain(
        field.line,
        "'table' is tokens of an iteration and its seconds, ascending: {1: 0.011, 512: 0.038}")
      return nil
    }
    return IterationTime(
      knots: knots, perContextToken: perContextToken ?? 0, perPair: perPair ?? 0)
  }

  /// A mixture of experts: what is read grows with the tokens until every expert is.
  struct Experts: Sendable {
    /// Seconds for reading all experts.
    var time: Double
    /// Share of the experts that one token leaves alone.
    var untouched: Double

    fileprivate init?(_ reader: OptionReader) {
      guard let time = reader.real("time", atMost: longest),
        let active = reader.real("active", atLeast: 1, atMost: 1e5),
        let total = reader.real("total", atLeast: 1, atMost: 1e5), active <= total
      else {
        reader.complain(
          reader.line, "needs 'time' in seconds, and 'active' of 'total' experts a token")
        return nil
      }
      self.init(time: time, active: active, total: total)
    }

    init(time: Double, active: Double, total: Double) {
      self.time = time
      untouched = 1 - active / total
    }

    /// The share of experts touched by so many tokens is 1 - (1 - active / total) ^ tokens.
    func seconds(tokens: Int) -> Double {
      var power = 1.0
      var factor = untouched
      var exponent = tokens
      while exponent > 0 {
        if exponent & 1 == 1 { power *= factor }
        factor *= factor
        exponent >>= 1
      }
      return time * (1 - power)
    }
  }
}
