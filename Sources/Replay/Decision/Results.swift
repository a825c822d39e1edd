import Usage

extension Comparison {
  /// What an option's cost comes to, before it is set against others.
  static func result(
    _ option: any HostingOption, _ cost: OptionCost, _ history: History, _ file: OptionsFile
  ) -> OptionResult {
    let total = cost.lines.total
    let basics = option.basics
    var objections = basics.objections(period: history.period)
    let missing = file.require.filter { !Requirements.meets($0, option, file) }
    if !missing.isEmpty {
      objections.append("not eligible: does not offer \(missing.joined(separator: ", "))")
    }
    let violations = cost.residencyViolations ?? 0
    if file.requiresResidency, violations > 0 {
      objections.append(
        "not eligible: \(violations) request\(violations == 1 ? "" : "s") would leave the region they "
          + "are tagged with")
    }
    let requests = Int128(history.sums.requests - cost.unpriced.requests)
    let tokens = Int128(history.sums.tokens.total - cost.unpriced.tokens)
    func share(_ numerator: Int128, _ count: Int128) -> Money? {
      guard cost.isPriced, count > 0 else { return nil }
      return exactQuotient([total.middle.picodollars, numerator], over: [count])
        .map(Money.init(picodollars:))
    }
    var capacity = cost.capacity
    if cost.isFixed, let full = capacity {
      capacity?.perMillionAtFullLoad = share(1_000_000, full.tokensInPeriod)
      capacity?.perMillionOutputAtFullLoad = share(1_000_000, full.outputTokensInPeriod ?? 0)
    }
    return OptionResult(
      name: basics.name, kind: type(of: option).kind, currency: file.currency,
      total: cost.isPriced ? total.middle : nil, low: cost.isPriced ? total.low : nil,
      high: cost.isPriced ? total.high : nil, lines: cost.lines.lines,
      // Where a source does not tell how many requests there were, a share of them is not known.
      perRequest: history.sums.unknownRequests > 0 ? nil : share(1, requests),
      perMillionTokens: share(1_000_000, tokens), difference: nil, service: cost.service,
      breakEven: [], payback: [], eligible: objections.isEmpty,
      reasons: objections + cost.reasons, unpriced: cost.unpriced, pricesUsed: cost.pricesUsed,
      assumptions: cost.assumptions, capacity: capacity, fit: cost.fit,
      availability: cost.availability, limits: cost.limits, legs: cost.legs,
      attributes: basics.attributes, region: basics.region, tags: basics.tags,
      qualities: basics.qualities.map { ($0.text, $0.source) },
      residencyViolations: violations, roundTripSeconds: roundTrips(basics, history),
      crossovers: [], sensitivity: [], monthly: [])
  }

  private static func roundTrips(_ basics: OptionBasics, _ history: History) -> ExactDecimal? {
    basics.roundTrip.map {
      ExactDecimal(units: Int128($0) * Int128(history.sums.requests), scale: 6).reduced
    }
  }
}
