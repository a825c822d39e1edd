import Usage

extension Comparison {
  /// Fills in what sets one option against another: differences, break-even, payback, crossover and
  /// what would flip the answer.
  static func weigh(
    _ results: inout [OptionResult], _ costs: [String: OptionCost], _ costing: Costing
  ) {
    let file = costing.file
    let all = results
    for i in results.indices {
      guard let total = results[i].total, let cost = costs[results[i].name] else { continue }
      results[i].difference = difference(all[i], total, all, file)
      let rival = rival(of: all[i], all, file)
      if cost.isFixed {
        for other in all where other.name != all[i].name {
          guard let otherCost = costs[other.name], !otherCost.isFixed else { continue }
          weigh(
            &results[i], cost, against: other, otherCost, costing,
            isRival: other.name == rival?.name)
        }
      }
      if let rival, let rivalCost = costs[rival.name] {
        results[i].sensitivity = sensitivity(
          all[i], cost, against: rival, rivalCost, costing, results[i].breakEven)
      }
    }
  }

  private static func weigh(
    _ result: inout OptionResult, _ cost: OptionCost, against other: OptionResult,
    _ otherCost: OptionCost, _ costing: Costing, isRival: Bool
  ) {
    guard let price = other.total, price > .zero else { return }
    let history = costing.history
    let rival = otherCost.split
    let reach = Reach(cost, history)
    // Worked out exactly against what everything is measured against, near enough against the others.
    let trials = isRival ? VolumeTrials(costing, result.name, cost, against: rival) : nil
    let times = trials.map { $0.even() } ?? OptionResult.BreakEven.times(cost.split, rival)
    if let times,
      var volume = OptionResult.BreakEven.volume(times, against: other.name, other, history, reach)
    {
      volume.overflows = cost.overflowing != .none
      volume.isApproximate = volume.overflows && trials == nil
      result.breakEven.append(volume)
    }
    if let capex = cost.capex {
      result.payback.append(payback(capex, result, other.name, price, history))
    }
    if let crossover = crossover(cost.split, other.name, rival, history, reach, costing.file) {
      result.crossovers.append(crossover)
    }
  }

  /// What moves the distance between both options most comes first.
  private static func sensitivity(
    _ result: OptionResult, _ cost: OptionCost, against rival: OptionResult,
    _ rivalCost: OptionCost, _ costing: Costing, _ breakEven: [OptionResult.BreakEven]
  ) -> [OptionResult.Sensitivity] {
    var entries = InputTrials(costing: costing, own: result.name, rival: rival.name).all()
    let even =
      breakEven.first { $0.against == rival.name }?.times
      ?? OptionResult.Sensitivity.evenVolume(cost.split, rivalCost.split)
    if let volume = OptionResult.Sensitivity.volume(
      cost.split, against: rival.name, rivalCost.split, flipsAt: even)
    {
      entries.append(volume)
    }
    return entries.enumerated().sorted { a, b in
      a.element.swing == b.element.swing
        ? a.offset < b.offset : a.element.swing > b.element.swing
    }.map(\.element)
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
      let otherFixed = monthly(other.fixed), let otherVariable = monthly(other.variable)
    else { return nil }
    func month(_ growth: Growth) -> (month: Int, own: Money, other: Money)? {
      growth.crossover(
        fixed: fixed, variable: variable, againstFixed: otherFixed, againstVariable: otherVariable)
    }
    guard let found = month(growth) else { return nil }
    let load = reach.flatMap { reach -> Double? in
      guard reach.tokens > 0 else { return nil }
      let factor = (0..<found.month).reduce(1.0) { product, _ in
        product * (1 + growth.monthly.approximate)
      }
      return Double(history.sums.tokens.total) * factor / Double(reach.tokens)
    }
    return OptionResult.Crossover(
      against: name, month: found.month, own: found.own, other: found.other,
      isWithinPlan: found.month <= growth.months, load: load,
      monthIfSlower: month(growth.times(OptionResult.Sensitivity.lowerFactor))?.month,
      monthIfFaster: month(growth.times(OptionResult.Sensitivity.higherFactor))?.month,
      growthNeeded: growth.needed { month($0)?.month })
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
