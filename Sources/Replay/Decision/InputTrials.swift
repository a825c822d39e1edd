import Usage

/// Replays two options with one number changed, all others as they are.
struct InputTrials {
  let costing: Costing
  let own: String
  let rival: String

  /// A simulation of more requests than this is not repeated for the sake of one input.
  private static let mostRequests = 200_000
  /// Up to here it is repeated until the point is found at which the answer turns.
  private static let mostSearched = 50_000

  struct Outcome {
    var own: Money
    var rival: Money
    var keepsUp: Bool?

    var gap: Int128 { own.picodollars - rival.picodollars }
  }

  /// One entry for each number that moves either option, the largest effect first.
  func all() -> [OptionResult.Sensitivity] {
    let options = costing.file.reached(from: own).union(costing.file.reached(from: rival))
    var variations = costing.file.sharedVariations
    for option in costing.file.options where options.contains(option.basics.name) {
      guard let cost = costing.cost(of: option.basics.name) else { continue }
      variations += option.variations(cost)
    }
    return variations.compactMap(entry)
  }

  private func entry(_ variation: Variation) -> OptionResult.Sensitivity? {
    let work = costing.history.workload * variation.effort
    guard work <= InputTrials.mostRequests, variation.value > .zero,
      let now = outcome(variation, .one),
      let lower = outcome(variation, OptionResult.Sensitivity.lowerFactor),
      let higher = outcome(variation, OptionResult.Sensitivity.higherFactor)
    else { return nil }
    let reach = TurningPoint.Reach(
      variation, mayLeap: variation.effort == 0 || work <= InputTrials.mostSearched)
    let search = TurningPoint(most: mostFactor(variation), reach: reach) { factor in
      outcome(variation, factor)?.gap
    }
    let flip =
      variation.movesCost
      ? search.find(
        now: now.gap, at: OptionResult.Sensitivity.lowerFactor, lower: lower.gap,
        raised(variation), higher: higher.gap) : nil
    let entry = OptionResult.Sensitivity(
      input: variation.name, option: variation.option, unit: variation.unit,
      value: variation.value, against: rival, lower: lower.own, higher: higher.own,
      againstLower: lower.rival, againstHigher: higher.rival,
      flipsAt: flip.map { $0.limited(to: $0 < ExactDecimal(units: 1, scale: 2) ? 6 : 4) },
      flipsAtValue: flip.map { ($0 * variation.value).limited },
      keepsUp: service(variation, lower, higher),
      keepsUpUntilValue: limit(variation, lower, now, higher, reach)
        .map { ($0 * variation.value).limited })
    guard
      entry.swing != .zero || flip != nil || entry.keepsUp.map({ $0.lower != $0.higher }) ?? false
        || entry.keepsUpUntilValue != nil
    else { return nil }
    return entry
  }

  // MARK: One trial

  private func mostFactor(_ variation: Variation) -> ExactDecimal {
    let thousand = ExactDecimal(units: 1000)
    guard let most = variation.most else { return thousand }
    // Rounded down: what is beyond the limit would be cut to it.
    let units =
      wholeQuotient(
        [most.units, ExactDecimal.powerOfTen(variation.value.scale), 1_000_000],
        over: [ExactDecimal.powerOfTen(most.scale), variation.value.units]) ?? 0
    return min(thousand, max(.one, ExactDecimal(units: units, scale: 6).reduced))
  }

  private func raised(_ variation: Variation) -> ExactDecimal {
    min(OptionResult.Sensitivity.higherFactor, mostFactor(variation))
  }

  private func outcome(_ variation: Variation, _ factor: ExactDecimal) -> Outcome? {
    let factor = min(factor, mostFactor(variation))
    var file = costing.file
    // As things stand is known.
    let isSame = factor == .one
    if !isSame { variation.apply(&file, factor) }
    // Whatever reaches the option is served otherwise with it.
    let affected = variation.option.map { name in
      Set(costing.file.names.filter { costing.file.reached(from: $0).contains(name) })
    }
    let trial = costing.with(file, afresh: variation.effort > 0 ? affected ?? [] : [])
    func cost(_ name: String) -> OptionCost? {
      !isSame && affected?.contains(name) ?? true
        ? trial.cost(of: name) : costing.cost(of: name)
    }
    guard let own = cost(own), let rival = cost(rival), own.isPriced, rival.isPriced else {
      return nil
    }
    return Outcome(
      own: own.lines.total.middle, rival: rival.lines.total.middle, keepsUp: own.keepsUp)
  }

  // MARK: Keeping up

  private func service(
    _ variation: Variation, _ lower: Outcome, _ higher: Outcome
  ) -> (lower: Bool, higher: Bool)? {
    guard variation.effort > 0, let low = lower.keepsUp, let high = higher.keepsUp else {
      return nil
    }
    return (low, high)
  }

  /// The factor at which the option begins or ceases to keep up.
  private func limit(
    _ variation: Variation, _ lower: Outcome, _ now: Outcome, _ higher: Outcome,
    _ reach: TurningPoint.Reach
  ) -> ExactDecimal? {
    func sign(_ outcome: Outcome?) -> Int128? { outcome?.keepsUp.map { $0 ? 1 : -1 } }
    guard variation.effort > 0, let present = sign(now), let lower = sign(lower),
      let higher = sign(higher)
    else { return nil }
    let search = TurningPoint(most: mostFactor(variation), reach: reach) { factor in
      sign(outcome(variation, factor))
    }
    return search.leap(
      from: present,
      [(OptionResult.Sensitivity.lowerFactor, lower), (raised(variation), higher)])
  }
}

/// Looks for the factor at which something changes its sign.
struct TurningPoint {
  let most: ExactDecimal
  let reach: Reach
  /// Nil where there is no answer.
  let value: (ExactDecimal) -> Int128?

  private static let least = ExactDecimal(units: 1, scale: 3)
  private static let digits = 8

  /// How far a search goes that needs trial after trial.
  struct Reach {
    /// Halvings at most; 0 for no such search.
    let halvings: Int
    /// The share of the factor that is near enough.
    let precision: Double

    /// A speed that is simulated anew each time is known no closer than to some per cent anyway: eight
    /// halvings between the present and a thousand times tell 2.7 %.
    init(_ variation: Variation, mayLeap: Bool) {
      halvings = mayLeap ? (variation.isSimulated ? 8 : 24) : 0
      precision = variation.isSimulated ? 0.01 : 1e-5
    }
  }

  init(most: ExactDecimal, reach: Reach, value: @escaping (ExactDecimal) -> Int128?) {
    self.most = most
    self.reach = reach
    self.value = value
  }

  /// Prices and hours move a total along a straight line, lives and speeds along a hyperbola: both are
  /// solved and then tried. Anything else is halved in.
  func find(
    now: Int128, at low: ExactDecimal, lower: Int128, _ high: ExactDecimal, higher: Int128
  ) -> ExactDecimal? {
    if now == 0 { return .one }
    let known = [(low, lower), (high, higher)]
    guard lower != now || higher != now else { return leap(from: now, known) }
    // The side with more room tells more.
    let (factor, other) = high - .one > .zero && higher != now ? (high, higher) : (low, lower)
    for root in [straight(now, factor, other), hyperbola(now, factor, other)] {
      guard let root, root > .zero, root <= most else { continue }
      if turns(at: root) { return root }
    }
    // Both lines leave the range in the same direction: there is no such value.
    return leap(from: now, known)
  }

  private func straight(_ now: Int128, _ factor: ExactDecimal, _ other: Int128) -> ExactDecimal? {
    // 1 - now x (factor - 1) / (other - now)
    quotient(-now, times: factor - .one, over: other - now).map { .one + $0 }
  }

  private func hyperbola(_ now: Int128, _ factor: ExactDecimal, _ other: Int128) -> ExactDecimal? {
    // a + b / f through both points: b = (now - other) f / (f - 1), a = now - b, root -b / a.
    guard let b = quotient(now - other, times: factor, over: 1, divided: factor - .one) else {
      return nil
    }
    let whole = b.units / ExactDecimal.powerOfTen(b.scale)
    return quotient(-whole, times: .one, over: now - whole)
  }

  private func quotient(
    _ a: Int128, times b: ExactDecimal, over c: Int128, divided d: ExactDecimal = .one
  ) -> ExactDecimal? {
    guard c != 0, d.units != 0 else { return nil }
    let isNegative = [a < 0, b.units < 0, c < 0, d.units < 0].count { $0 } % 2 == 1
    guard
      let units = exactQuotient(
        [abs(a), abs(b.units), ExactDecimal.powerOfTen(TurningPoint.digits + d.scale)],
        over: [ExactDecimal.powerOfTen(b.scale), abs(c), abs(d.units)])
    else { return nil }
    return ExactDecimal(units: isNegative ? -units : units, scale: TurningPoint.digits).reduced
  }

  /// Whether the sign differs a ten-thousandth to either side.
  private func turns(at factor: ExactDecimal) -> Bool {
    let step = (factor * ExactDecimal(units: 1, scale: 4)).limited(to: 12)
    guard let before = value(factor - step), let after = value(factor + step) else { return false }
    return before == 0 || after == 0 || (before < 0) != (after < 0)
  }

  /// Halves in between here and a thousandth or a thousand times, whichever has another sign; what is
  /// `known` on the way is not tried again.
  func leap(
    from now: Int128, _ known: [(factor: ExactDecimal, value: Int128)]
  ) -> ExactDecimal? {
    guard reach.halvings > 0 else { return nil }
    func isSame(_ value: Int128) -> Bool { (value < 0) == (now < 0) }
    for far in [TurningPoint.least, most] where far != .one {
      let side = known.first { $0.factor != .one && ($0.factor < .one) == (far < .one) }
      if let side, side.value != 0, !isSame(side.value) { return halve(.one, side.factor, isSame) }
      guard let there = value(far), there != 0, !isSame(there) else { continue }
      return halve(side?.factor ?? .one, far, isSame)
    }
    return nil
  }

  private func halve(
    _ near: ExactDecimal, _ far: ExactDecimal, _ isSame: (Int128) -> Bool
  ) -> ExactDecimal? {
    var (near, far) = (near.approximate, far.approximate)
    for _ in 0..<reach.halvings where abs(near - far) >= reach.precision * near {
      let middle = (near * far).squareRoot()
      guard let units = Int128(exactly: (middle * 1e8).rounded()),
        let here = value(ExactDecimal(units: units, scale: 8).reduced)
      else { return nil }
      if isSame(here) { near = middle } else { far = middle }
    }
    return Int128(exactly: (far * 1e6).rounded()).map {
      ExactDecimal(units: $0, scale: 6).reduced
    }
  }
}

extension History {
  /// How many requests there are to look at, those inside buckets among them.
  var workload: Int { max(requests.count, Int(clamping: min(sums.requests, 1 << 40))) }
}

extension OptionsFile {
  /// An option and all that it names, and what those name.
  func reached(from name: String) -> Set<String> {
    var reached: Set<String> = []
    var open = [name]
    while let next = open.popLast() {
      guard let option = option(next), reached.insert(next).inserted else { continue }
      open += option.references.map(\.name)
    }
    return reached
  }
}
