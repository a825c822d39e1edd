import Prices
import Usage

extension Comparison {
  /// Replays a history against every option of a file.
  ///
  /// `budget` scales the ratios: what the cheaper option costs at the volume at which the dearer one
  /// costs that much.
  package static func make(
    _ history: History, options file: OptionsFile, prices: PriceBook, budget: Money? = nil,
    traces: Bool = false
  ) -> (comparison: Comparison, traces: [String: [RequestTrace]]) {
    var excluded: [String] = []
    let kept = exclude(file.exclude, from: history, &excluded)
    var costs: [String: OptionCost] = [:]
    var inProgress: Set<String> = []
    func cost(of name: String) -> OptionCost? {
      if let known = costs[name] { return known }
      guard !inProgress.contains(name),
        let option = file.options.first(where: { $0.basics.name == name })
      else { return nil }
      inProgress.insert(name)
      let context = ReplayContext(
        history: kept, prices: prices, file: file, traces: traces,
        costOfOther: { other in cost(of: other) })
      var result = option.cost(of: context)
      if !result.lines.isExact {
        result.cannotBePriced(
          "an amount is beyond a trillion; look for a number that is far too large")
      }
      inProgress.remove(name)
      costs[name] = result
      return result
    }
    var results: [OptionResult] = []
    for option in file.options {
      guard let cost = cost(of: option.basics.name) else { continue }
      results.append(result(option, cost, kept, file))
    }
    compare(&results, costs, kept, file)
    if file.namesBaseline, !file.names.contains(file.baseline) {
      let hint = nearest(to: file.baseline, among: file.names).map { "; did you mean '\($0)'?" }
      excluded.append(
        "No differences are shown: the baseline '\(file.baseline)' is none of the options\(hint ?? ".")"
      )
    }
    if history.skippedLines > 0 {
      excluded.append(
        "\(history.skippedLines) lines of the ingested files could not be read and are not in the "
          + "history.")
    }
    for result in results where result.unpriced.tokens > 0 && result.total != nil {
      excluded.append(
        "\(result.unpriced.requests) requests (\(result.unpriced.tokens) tokens) without a price are not "
          + "in the total of '\(result.name)', nor in what is measured against it.")
    }
    let tokens = Int128(kept.sums.tokens.total)
    let comparison = Comparison(
      period: kept.period, history: kept.sums, skippedLines: kept.skippedLines,
      averageTokensPerSecond: ExactDecimal(
        units: (tokens * 1_000_000_000_000).dividedHalfToEven(
          by: Int128(kept.period.microseconds)), scale: 6),
      baseline: results.contains { $0.name == file.baseline } ? file.baseline : nil,
      options: results, ratios: ratios(results, budget), excluded: excluded)
    return (comparison, costs.mapValues(\.trace))
  }

  private static func exclude(
    _ rules: [(key: String, value: String)], from history: History, _ notes: inout [String]
  ) -> History {
    guard !rules.isEmpty else { return history }
    var kept = history
    // The first rule that names a kind of request takes it out.
    let rule = history.kinds.map { kind in
      rules.firstIndex { kind.matches($0.key, $0.value) }
    }
    var out = [UsageSums](repeating: UsageSums(), count: rules.count)
    kept.requests = []
    kept.sums = UsageSums()
    for request in history.requests {
      if let rule = rule[request.kind] {
        out[rule].add(request, history.kinds[request.kind])
      } else {
        kept.requests.append(request)
        kept.sums.add(request, history.kinds[request.kind])
      }
    }
    for (rule, out) in zip(rules, out) {
      var known = LabelKey.allCases.map(\.name)
      known.append(contentsOf: ["model", "provider", "region"])
      let hint =
        known.contains(rule.key) || out.requests > 0
        ? nil : nearest(to: rule.key, among: known).map { " Did you mean '\($0)'?" }
      notes.append(
        "\(out.requests) requests with \(out.tokens.total) tokens are left out of the decision "
          + "(exclude: \(rule.key) \(rule.value)).\(hint ?? "")")
    }
    return kept
  }

  private static func result(
    _ option: any HostingOption, _ cost: OptionCost, _ history: History, _ file: OptionsFile
  ) -> OptionResult {
    let total = cost.lines.total
    let objections = option.basics.objections(period: history.period, require: file.require)
    let requests = Int128(history.sums.requests - cost.unpriced.requests)
    let tokens = Int128(history.sums.tokens.total - cost.unpriced.tokens)
    func share(_ numerator: Int128, _ count: Int128) -> Money? {
      guard cost.isPriced, count > 0 else { return nil }
      return exactQuotient([total.middle.picodollars, numerator], over: [count])
        .map(Money.init(picodollars:))
    }
    // Where a source does not tell how many requests there were, a share of them is not known.
    let perRequest = history.sums.unknownRequests > 0 ? nil : share(1, requests)
    return OptionResult(
      name: option.basics.name, kind: type(of: option).kind, currency: file.currency,
      total: cost.isPriced ? total.middle : nil, low: cost.isPriced ? total.low : nil,
      high: cost.isPriced ? total.high : nil, lines: cost.lines.lines,
      perRequest: perRequest, perMillionTokens: share(1_000_000, tokens),
      difference: nil, service: cost.service, breakEven: [], payback: [],
      eligible: objections.isEmpty, reasons: objections + cost.reasons, unpriced: cost.unpriced,
      pricesUsed: cost.pricesUsed, assumptions: cost.assumptions)
  }

  /// Fills in what sets one option against another.
  private static func compare(
    _ results: inout [OptionResult], _ costs: [String: OptionCost], _ history: History,
    _ file: OptionsFile
  ) {
    let all = results
    let baseline = all.first { $0.name == file.baseline }?.total
    for i in results.indices {
      guard let total = results[i].total else { continue }
      if let baseline, results[i].name != file.baseline {
        let amount = total - baseline
        results[i].difference = OptionResult.Difference(
          to: file.baseline, amount: amount,
          percent: baseline.picodollars == 0
            ? nil
            : ExactDecimal(
              units: (amount.picodollars * 1000).dividedHalfToEven(by: baseline.picodollars),
              scale: 1))
      }
      guard costs[results[i].name]?.isFixed == true else { continue }
      for other in all where costs[other.name]?.isFixed == false {
        guard let price = other.total, price > .zero else { continue }
        func volume(_ count: Int64) -> Int128? {
          exactQuotient([total.picodollars, Int128(count)], over: [price.picodollars])
        }
        // What has no price there is no part of that price's volume either.
        if let tokens = volume(history.sums.tokens.total - other.unpriced.tokens),
          let requests = volume(history.sums.requests - other.unpriced.requests)
        {
          results[i].breakEven.append(
            OptionResult.BreakEven(against: other.name, tokens: tokens, requests: requests))
        }
        guard let capex = costs[results[i].name]?.capex else { continue }
        let days = capex.picodollars * Int128(history.period.dayCount)
        results[i].payback.append(
          OptionResult.Payback(
            against: other.name,
            days: (days + price.picodollars - 1) / price.picodollars))
      }
    }
  }

  private static func ratios(_ results: [OptionResult], _ budget: Money?) -> [Ratio] {
    var ratios: [Ratio] = []
    for dearer in results {
      for cheaper in results where dearer.name != cheaper.name {
        guard let high = dearer.total, let low = cheaper.total, low > .zero, high > low else {
          continue
        }
        ratios.append(
          Ratio(
            dearer: dearer.name, cheaper: cheaper.name,
            times: ExactDecimal(
              units: (high.picodollars * 100).dividedHalfToEven(by: low.picodollars), scale: 2),
            budgetBecomes: budget.flatMap {
              exactQuotient([$0.picodollars, low.picodollars], over: [high.picodollars])
                .map(Money.init(picodollars:))
            }))
      }
    }
    return ratios
  }
}

extension UsageSums {
  fileprivate mutating func add(_ request: History.Request, _ kind: History.Kind) {
    requests += request.requests ?? 0
    if request.requests == nil { unknownRequests += 1 }
    if !kind.splitKnown { unknownCacheSplit += request.requests ?? 1 }
    if kind.status == .failed { failed += request.requests ?? 1 }
    tokens += request.tokens
    if let cost = request.reportedCost { reportedCost[kind.currency, default: .zero] += cost }
  }
}

extension History.Kind {
  /// Whether a column, a label or a tag of this name has this value.
  fileprivate func matches(_ key: String, _ value: String) -> Bool {
    switch key {
    case "model": model == value
    case "provider": provider == value
    case "region": region == value
    default: hasLabel(key, value)
    }
  }
}
