import Usage

/// How fast a deployment is when it is full: a figure of the user's, or measured points.
struct Throughput: Sendable {
  static let fields = [
    "engine", "input", "output", "total_tok_s", "output_tok_s", "tokens_per_hour",
    "batching_factor", "speculative", "concurrency", "headroom", "peak_factor", "band",
  ]

  private enum Source: Sendable {
    case catalogue(engine: String?)
    case total(perHour: DecimalRange)
    case output(perHour: DecimalRange)
  }

  private var source: Source
  /// Tokens of a request that the figure holds for.
  private var lengths: (input: Int, output: Int)?
  private var batchingFactor = DecimalRange.one
  private var speculative: (factor: DecimalRange, upTo: Int)?
  private var concurrency: Int?
  /// Share of the throughput that the busiest hour must leave free.
  let headroom: ExactDecimal
  /// Busiest hour over mean, where the history does not tell.
  let peakFactor: ExactDecimal?
  private var band = ExactDecimal.zero
  private var measured: MeasuredThroughput?
  /// What everything above is multiplied by, to see what hangs on it.
  var speedUp = ExactDecimal.one
  let line: Int

  init?(_ option: OptionReader) {
    guard let reader = option.map("throughput", known: Throughput.fields) else { return nil }
    line = reader.line
    let own = ["total_tok_s", "output_tok_s", "tokens_per_hour"].filter {
      reader.field($0) != nil
    }
    if own.count > 1 || (!own.isEmpty && reader.field("engine") != nil) {
      reader.complain(
        reader.line, "takes one of 'engine', 'total_tok_s', 'output_tok_s' and 'tokens_per_hour'")
    }
    let perHour = ExactDecimal(units: 3600)
    func hourly(_ key: String) -> DecimalRange {
      let rate = reader.range(key, atMost: 10_000_000) ?? .one
      return DecimalRange(low: (rate.low * perHour).limited, high: (rate.high * perHour).limited)
    }
    switch own.first {
    case "total_tok_s": source = .total(perHour: hourly("total_tok_s"))
    case "output_tok_s": source = .output(perHour: hourly("output_tok_s"))
    case "tokens_per_hour": source = .total(perHour: reader.range("tokens_per_hour") ?? .one)
    default: source = .catalogue(engine: reader.text("engine"))
    }
    headroom = reader.decimal("headroom", atMost: 1) ?? .zero
    peakFactor = reader.decimal("peak_factor", atMost: 10_000)
    readLengths(reader)
    batchingFactor = reader.range("batching_factor", atMost: 100) ?? .one
    concurrency = reader.number("concurrency", atMost: 1_000_000)
    band = reader.decimal("band", atMost: 1) ?? .zero
    if let guess = reader.map("speculative", known: ["factor", "up_to_concurrency"]) {
      speculative = (
        guess.range("factor", atMost: 100) ?? .one,
        guess.number("up_to_concurrency", atMost: 1_000_000) ?? 1
      )
    }
    for (key, isWrong) in [
      ("headroom", headroom >= .one), ("band", band >= .one),
      ("batching_factor", batchingFactor.low.isZero), ("peak_factor", peakFactor?.isZero ?? false),
    ] where isWrong {
      reader.complain(reader.line(of: key), "'\(key)' is out of reach: above 0, shares below 1")
    }
    for key in own where reader.range(key)?.low.isZero ?? false {
      reader.complain(reader.line(of: key), "'\(key)' must be above 0")
    }
  }

  private mutating func readLengths(_ reader: OptionReader) {
    switch (reader.number("input"), reader.number("output")) {
    case (let input?, let output?) where input + output > 0: lengths = (input, output)
    case (nil, nil): lengths = nil
    default:
      reader.complain(
        reader.line, "'input' and 'output' tokens of a request stand together, above 0")
    }
    if case .output = source, lengths?.output == 0 {
      reader.complain(reader.line(of: "output"), "an output rate needs requests with output")
    }
  }

  /// Whether the catalogue must know the deployment.
  var needsCatalogue: Bool {
    if case .catalogue = source { return true }
    return false
  }

  /// Finds the measured points; an error names what exists instead.
  mutating func lookUp(
    _ model: ModelFacts, _ precision: Precision, on gpu: GPU, count: Int,
    in hardware: HardwareCatalogue, _ reader: OptionReader
  ) {
    guard case .catalogue(let engine) = source else { return }
    do throws(HardwareCatalogue.NoThroughput) {
      measured = try hardware.throughput(
        of: model, precision, on: gpu, count: count, engine: engine)
    } catch {
      reader.complain(line, "'throughput': \(error.reason)")
    }
    guard let lengths, let measured,
      measured.rate(input: lengths.input, output: lengths.output) == nil
    else { return }
    let known = measured.points.compactMap { point in
      point.input.flatMap { input in point.output.map { "\(input)/\($0)" } }
    }
    reader.complain(
      line,
      "'throughput': not measured at \(lengths.input)/\(lengths.output) tokens; measured: "
        + known.joined(separator: ", ")
        + "; without 'input' and 'output' the history's mix is taken")
  }

  struct Rate: Sendable {
    /// Tokens an hour of one replica.
    var perHour: DecimalRange
    /// Output of so many tokens; nil where the mix is unknown.
    var mix: (output: Int64, all: Int64)?
    var source: String
    var notes: [String] = []
  }

  /// At the lengths given, else at the history's own mix.
  func rate(for tokens: TokenCounts) -> Rate? {
    let mix: (output: Int64, all: Int64)? =
      lengths.map { (Int64($0.output), Int64($0.input + $0.output)) }
      ?? (tokens.total > 0 ? (tokens.output, tokens.total) : nil)
    var rate: Rate
    switch source {
    case .total(let perHour):
      rate = Rate(perHour: perHour, mix: mix, source: "the options file")
    case .output(let perHour):
      guard let mix, mix.output > 0 else { return nil }
      func total(_ value: ExactDecimal) -> ExactDecimal {
        let units = exactQuotient(
          [value.units, Int128(mix.all), 1_000_000], over: [Int128(mix.output)])
        return ExactDecimal(units: units ?? 0, scale: value.scale + 6).limited
      }
      rate = Rate(
        perHour: DecimalRange(low: total(perHour.low), high: total(perHour.high)), mix: mix,
        source: "the options file, output alone scaled to input and output")
    case .catalogue:
      let found =
        lengths.flatMap { measured?.rate(input: $0.input, output: $0.output) }
        ?? measured?.rate(
          inputTokens: tokens.total > 0 ? tokens.input : 1,
          outputTokens: tokens.total > 0 ? tokens.output : 1)
      guard let found else { return nil }
      let hour = ExactDecimal(units: 3600)
      rate = Rate(
        perHour: DecimalRange(low: found.total.low * hour, high: found.total.high * hour), mix: mix,
        source: found.basis)
    }
    adjust(&rate)
    return rate
  }

  private func adjust(_ rate: inout Rate) {
    rate.perHour = DecimalRange(
      low: ((rate.perHour.low * batchingFactor.low).limited * (.one - band)).limited,
      high: ((rate.perHour.high * batchingFactor.high).limited * (.one + band)).limited)
    if speedUp != .one {
      rate.perHour = DecimalRange(
        low: (rate.perHour.low * speedUp).limited, high: (rate.perHour.high * speedUp).limited)
    }
    if batchingFactor != .one {
      rate.notes.append("Throughput times \(batchingFactor) for another way of batching.")
    }
    guard let speculative else { return }
    let streams = concurrency ?? measured?.points.compactMap(\.concurrency).max()
    guard let streams, streams <= speculative.upTo else {
      rate.notes.append(
        "Speculative decoding is left out: it helps up to \(speculative.upTo) at a time, the "
          + "throughput is of " + (streams.map { "\($0)." } ?? "a full batch."))
      return
    }
    rate.perHour = DecimalRange(
      low: (rate.perHour.low * speculative.factor.low).limited,
      high: (rate.perHour.high * speculative.factor.high).limited)
    rate.notes.append(
      "Speculative decoding makes \(streams) at a time \(speculative.factor) times as fast.")
  }
}
