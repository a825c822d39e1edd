import Prices
import Usage

extension Comparison {
  /// Replays a history against every option of a file.
  ///
  /// `budget` scales the ratios: what the cheaper option costs at the volume at which the dearer one
  /// costs that much.
  ///
  /// Fleets are run several at a time.
  package static func make(
    _ history: History, options file: OptionsFile, prices: PriceBook, budget: Money? = nil,
    traces: Bool = false
  ) async -> (comparison: Comparison, traces: [String: [RequestTrace]]) {
    var excluded: [String] = []
    let kept = exclude(file.exclude, from: history, &excluded)
    let fleets = FleetRuns()
    await fleets.run(file, kept, prices, traces: traces)
    return make(
      Costing(
        history: kept, file: file, prices: prices, traces: traces, fleets: fleets,
        memo: CostMemo()),
      budget: budget, excluded)
  }

  /// The same, one after the other.
  package static func make(
    _ history: History, options file: OptionsFile, prices: PriceBook, budget: Money? = nil,
    traces: Bool = false
  ) -> (comparison: Comparison, traces: [String: [RequestTrace]]) {
    var excluded: [String] = []
    let kept = exclude(file.exclude, from: history, &excluded)
    return make(
      Costing(
        history: kept, file: file, prices: prices, traces: traces, memo: CostMemo()),
      budget: budget, excluded)
  }

  private static func make(
    _ costing: Costing, budget: Money?, _ excluded: [String]
  ) -> (comparison: Comparison, traces: [String: [RequestTrace]]) {
    let kept = costing.history
    let file = costing.file
    var results: [OptionResult] = []
    var costs: [String: OptionCost] = [:]
    for option in file.options {
      guard let cost = costing.cost(of: option.basics.name) else { continue }
      costs[option.basics.name] = cost
      results.append(result(option, cost, kept, file))
    }
    weigh(&results, costs, costing)
    addMonths(&results, costing)
    let excluded = excluded + notes(results, kept, file)
    let tokens = Int128(kept.sums.tokens.total)
    let comparison = Comparison(
      period: kept.period, history: kept.sums, skippedLines: kept.skippedLines,
      averageTokensPerSecond: ExactDecimal(
        units: (tokens * 1_000_000_000_000).dividedHalfToEven(
          by: Int128(kept.period.microseconds)), scale: 6),
      baseline: results.contains { $0.name == file.baseline } ? file.baseline : nil,
      observed: ObservedService.all(kept, file), options: results,
      ratios: ratios(results, budget), excluded: excluded,
      prices: costing.prices.identity)
    return (comparison, costs.mapValues(\.trace))
  }

  private static func notes(
    _ results: [OptionResult], _ history: History, _ file: OptionsFile
  ) -> [String] {
    var notes: [String] = []
    if file.namesBaseline, !file.names.contains(file.baseline) {
      let hint = nearest(to: file.baseline, among: file.names).map { "; did you mean '\($0)'?" }
      notes.append(
        "No differences are shown: the baseline '\(file.baseline)' is none of the options\(hint ?? ".")"
      )
    }
    if !file.require.isEmpty, !results.contains(where: \.eligible) {
      notes.append("No option offers \(file.require.joined(separator: " and ")).")
    }
    for requirement in file.require {
      if let hint = Requirements.misspelling(requirement, file) {
        notes.append("No option states '\(requirement)'; did you mean '\(hint)'?")
      }
    }
    if history.skippedLines > 0 {
      notes.append(
        "\(counted(Int64(history.skippedLines), "line")) of the ingested files could not be read and are not in the "
          + "history.")
    }
    for result in results where result.unpriced.tokens > 0 && result.total != nil {
      notes.append(
        "\(counted(result.unpriced.requests, "request")) (\(counted(result.unpriced.tokens, "token"))) without a price are not "
          + "in the total of '\(result.name)', nor in what is measured against it.")
    }
    return notes
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
    kept.requests = History.Requests(from: kept.period.start)
    kept.sums = UsageSums()
    for request in history.requests {
      if let rule = rule[request.kind] {
        out[rule].add(request, history.kinds[request.kind])
      } else {
        kept.append(request)
      }
    }
    for (rule, out) in zip(rules, out) {
      var known = LabelKey.allCases.map(\.name)
      known.append(contentsOf: ["model", "provider", "region"])
      let hint =
        known.contains(rule.key) || out.requests > 0
        ? nil : nearest(to: rule.key, among: known).map { " Did you mean '\($0)'?" }
      notes.append(
        "\(counted(out.requests, "request")) with \(counted(out.tokens.total, "token")) left out of the decision "
          + "(exclude: \(rule.key) \(rule.value)).\(hint ?? "")")
    }
    return kept
  }
}
