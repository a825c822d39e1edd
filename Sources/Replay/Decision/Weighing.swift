import Usage

extension Comparison {
  /// Fills in what sets one option against another: differences, break-even, payback, crossover and
  /// what would flip the answer.
  static func weigh(
    _ results: inout [OptionResult], _ costs: [String: OptionCost], _ history: History,
    _ file: OptionsFile
  ) {
    let all = results
    for i in results.indices {
      guard let total = results[i].total, let cost = costs[results[i].name] else { continue }
      results[i].difference = difference(all[i], total, all, file)
      let own = split(total, cost)
      if cost.isFixed {
        for other in all where other.name != all[i].name {
          guard let price = other.total, price > .zero, let otherCost = costs[other.name],
            !otherCost.isFixed
          else { continue }
          let rival = split(price, otherCost)
          let reach = Reach(cost, history)
          if let volume = OptionResult.BreakEven.volume(
            own, against: other.name, rival, otherUnpriced: other.unpriced.tokens,
            otherUnpricedRequests: other.unpriced.requests, history, reach)
          {
            results[i].breakEven.append(volume)
          }
          if let capex = cost.capex {
            results[i].payback.append(payback(capex, all[i], other.name, price, history))
          }
          if let crossover = crossover(own, other.name, rival, history, reach, file) {
            results[i].crossovers.append(crossover)
          }
        }
      }
      if let rival = rival(of: all[i], all, file), let price = rival.total,
        let rivalCost = costs[rival.name]
      {
        results[i].sensitivity = OptionResult.Sensitivity.all(
          lines: all[i].lines, own, against: rival.name, split(price, rivalCost))
      }
    }
  }

  private static func payback(
    _ capex: Money, _ own: OptionResult, _ other: String, _ price: Money, _ history: History
  ) -> OptionResult.Payback {
    let depreciation = own.lines.first { $0.name == CostLines.Name.depreciation.rawValue }
    let running = (own.total ?? .zero) - (depreciation?.amount ?? .zero)
    func days(_ saved: Money) -> Int128? {
      guard saved > .zero else { return nil }
      let whole = capex.picodollars * Int128(history.period.dayCount)
      return (whole + saved.picodollars - 1) / saved.picodollars
    }
    return OptionResult.Payback(
      against: other, days: days(price) ?? 0, netDays: days(price - running))
  }

  private static func split(_ total: Money, _ cost: OptionCost) -> CostSplit {
    CostSplit(total: total, variable: cost.lines.variable(isFixed: cost.isFixed))
  }

  /// What an option is measured against: the baseline, or where there is none, or for itself, the
  /// cheapest other one.
  static func rival(
    of option: OptionResult, _ all: [OptionResult], _ file: OptionsFile
  ) -> OptionResult? {
    let others = all.filter { $0.name != option.name && $0.total != nil && $0.eligible }
    return others.first { $0.name == file.baseline }
      ?? others.min { ($0.total ?? .zero) < ($1.total ?? .zero) }
  }

  private static func difference(
    _ option: OptionResult, _ total: Money, _ all: [OptionResult], _ file: OptionsFile
  ) -> OptionResult.Difference? {
    guard option.name != file.baseline,
      let baseline = all.first(where: { $0.name == file.baseline })?.total
    else { return nil }
    let amount = total - baseline
    return OptionResult.Difference(
      to: file.baseline, amount: amount,
      percent: baseline.picodollars == 0
        ? nil
        : ExactDecimal(
          units: (amount.picodollars * 1000).dividedHalfToEven(by: baseline.picodollars), scale: 1))
  }

  private static func crossover(
    _ own: CostSplit, _ name: String, _ other: CostSplit, _ history: History, _ reach: Reach?,
    _ file: OptionsFile
  ) -> OptionResult.Crossover? {
    guard let growth = file.growth else { return nil }
    let months = history.period.monthCount
    func monthly(_ money: Money) -> Money? {
      exactQuotient([money.picodollars, months.denominator], over: [months.numerator])
        .map(Money.init(picodollars:))
    }
    guard let fixed = monthly(own.fixed), let variable = monthly(own.variable),
      let otherFixed = monthly(other.fixed), let otherVariable = monthly(other.variable),
      let found = growth.crossover(
        fixed: fixed, variable: variable, againstFixed: otherFixed, againstVariable: otherVariable)
    else { return nil }
    let load = reach.flatMap { reach -> Double? in
      guard reach.tokens > 0 else { return nil }
      let factor = (0..<found.month).reduce(1.0) { product, _ in
        product * (1 + growth.monthly.approximate)
      }
      return Double(history.sums.tokens.total) * factor / Double(reach.tokens)
    }
    return OptionResult.Crossover(
      against: name, month: found.month, own: found.own, other: found.other,
      isWithinPlan: found.month <= growth.months, load: load)
  }

  static func ratios(_ results: [OptionResult], _ budget: Money?) -> [Ratio] {
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
