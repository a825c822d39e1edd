import Prices
import Usage

/// What options of one file cost, each worked out once; options may ask for each other, not in circles.
final class Costing {
  let history: History
  let file: OptionsFile
  let prices: PriceBook
  private let traces: Bool
  private let memo: CostMemo?
  /// Options that `memo` says nothing about, since they are served otherwise.
  private let afresh: Set<String>
  private var costs: [String: OptionCost] = [:]
  private var inProgress: Set<String> = []
  private let fleets: FleetRuns
  /// Which month of the period this is about; nil for all of it.
  private let month: Int?

  init(
    history: History, file: OptionsFile, prices: PriceBook, traces: Bool = false,
    fleets: FleetRuns = FleetRuns(), month: Int? = nil, memo: CostMemo? = nil,
    afresh: Set<String> = []
  ) {
    self.fleets = fleets
    self.month = month
    self.history = history
    self.file = file
    self.prices = prices
    self.traces = traces
    self.memo = memo
    self.afresh = afresh
  }

  /// The same history on other options. Those `afresh` are served anew.
  func with(_ file: OptionsFile, afresh: Set<String>) -> Costing {
    Costing(
      history: history, file: file, prices: prices, fleets: fleets, memo: memo, afresh: afresh)
  }

  /// Of the whole history; nil for unknown names and within a circle.
  func cost(of name: String) -> OptionCost? {
    if let known = costs[name] { return known }
    let isAfresh = afresh.contains(name)
    let cost = cost(
      of: history, on: name, place: name, memo: isAfresh ? nil : memo,
      fleet: FleetRuns.Place(runs: fleets, option: name, month: month, isKept: !isAfresh))
    costs[name] = cost
    return cost
  }

  /// Of a part of the history, unless `fleet` says that it is all of it.
  private func cost(
    of history: History, on name: String, place: String, memo: CostMemo?,
    fleet: FleetRuns.Place? = nil
  ) -> OptionCost? {
    guard !inProgress.contains(name), let option = file.option(name) else { return nil }
    inProgress.insert(name)
    defer { inProgress.remove(name) }
    let context = ReplayContext(
      history: history, prices: prices, file: file, traces: traces,
      costOfOther: { [unowned self] in cost(of: $0) },
      costOn: { [unowned self] in
        cost(of: $0, on: $1, place: "\(place) > \($1) \($2)", memo: memo)
      }, fleet: fleet, memo: memo, place: place)
    var result = option.cost(of: context)
    if !result.lines.isExact {
      result.cannotBePriced(
        "an amount is beyond a trillion; look for a number that is far too large")
    }
    if result.residencyViolations == nil {
      result.residencyViolations = context.once("residency") {
        Requirements.violations(history, option.basics)
      }
    }
    return result
  }

  /// The same options over one month of the history, nothing traced.
  func month(
    _ number: Int, _ month: (first: Day, days: Int, daysInMonth: Int)
  ) -> Costing {
    Costing(
      history: history.month(month), file: file, prices: prices, fleets: fleets, month: number)
  }
}

extension Comparison {
  /// What each calendar month costs, where there are several.
  static func addMonths(_ results: inout [OptionResult], _ costing: Costing) {
    let months = costing.history.period.months
    guard months.count > 1 else { return }
    for (number, month) in months.enumerated() {
      let part = costing.month(number, month)
      for i in results.indices {
        let cost = part.cost(of: results[i].name)
        let total = cost.flatMap { $0.isPriced ? $0.lines.total : nil }
        results[i].monthly.append(
          OptionResult.Month(
            month: month.first, total: total?.middle, low: total?.low, high: total?.high))
      }
    }
  }
}
