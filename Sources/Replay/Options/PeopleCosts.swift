import Prices
import Usage

/// What people and quality cost beside the machines: for whoever runs models.
struct PeopleCosts: Sendable {
  private var setupHours = ExactDecimal.zero
  private var setupMonths = ExactDecimal.one
  private var fullTimeShare = ExactDecimal.zero
  private var updatesPerYear = ExactDecimal.zero
  private var updateHours = ExactDecimal.zero
  private var regression: Regression?
  private var qualityGap: (share: ExactDecimal, on: String)?
  private var opportunityPerMonth = Money.zero

  private struct Regression: Sendable {
    var requests: Int
    var input: Int
    var output: Int
    var model: String
  }

  init(_ reader: OptionReader) {
    if let people = reader.map("people") {
      if let setup = people.map("setup") {
        setupHours = setup.decimal("hours") ?? .zero
        setupMonths = setup.decimal("spread_months") ?? ExactDecimal(units: 12)
        if setupMonths.isZero { setup.complain(setup.line, "'spread_months' must be above 0") }
        setup.finish()
      }
      if let running = people.map("running") {
        fullTimeShare = running.decimal("fte") ?? .zero
        running.finish()
      }
      if let updates = people.map("model_updates") { readUpdates(updates) }
      people.finish()
    }
    if let gap = reader.map("quality_gap") {
      if let share = gap.decimal("rerun_share"), let on = gap.text("on") {
        qualityGap = (share, on)
      } else {
        gap.complain(gap.line, "needs 'rerun_share' and 'on', an option or a model")
      }
      gap.finish()
    }
    opportunityPerMonth =
      reader.decimal("opportunity_cost_per_month").flatMap(Money.init) ?? .zero
  }

  private mutating func readUpdates(_ reader: OptionReader) {
    updatesPerYear = reader.decimal("per_year") ?? .zero
    updateHours = reader.decimal("hours") ?? .zero
    if let test = reader.map("regression") {
      if let requests = test.number("requests"), let input = test.number("input"),
        let output = test.number("output"), let model = test.text("on")
      {
        regression = Regression(requests: requests, input: input, output: output, model: model)
      } else {
        test.complain(test.line, "needs 'requests', 'input', 'output' and 'on'")
      }
      test.finish()
    }
    reader.finish()
  }

  func add(to cost: inout OptionCost, _ replay: ReplayContext) {
    let months = replay.months
    let hourly = replay.file.hourlyRate
    var missing: Set<String> = []
    if !setupHours.isZero {
      if let hourly {
        // hours x rate / months it is spread over, for the months of the period
        let money = Money(
          picodollars: hourly.picodollars * setupHours.units * months.numerator
            * ExactDecimal.powerOfTen(setupMonths.scale),
          dividedBy: ExactDecimal.powerOfTen(setupHours.scale) * setupMonths.units
            * months.denominator)
        cost.lines.add(
          .setup, Amount(money), "\(setupHours) h x \(hourly) spread over \(setupMonths) months")
      } else {
        missing.insert("hourly_rate")
      }
    }
    if !fullTimeShare.isZero {
      if let yearly = replay.file.yearlyRate {
        let month = Quantity(numerator: months.numerator, denominator: months.denominator * 12)
        cost.lines.add(
          .running, Amount(month.cost(at: yearly, times: fullTimeShare)),
          "\(fullTimeShare) of a full-time post at \(yearly) a year")
      } else {
        missing.insert("fte_year")
      }
    }
    if !updatesPerYear.isZero {
      if hourly == nil, !updateHours.isZero { missing.insert("hourly_rate") }
      addUpdates(to: &cost, replay, hourly)
    }
    for field in missing.sorted() {
      cost.reasons.append("incomplete: people work here, but the file has no 'people: \(field)'")
    }
    if let qualityGap { add(qualityGap, to: &cost, replay) }
    if opportunityPerMonth != .zero {
      cost.lines.add(
        .opportunityCost, Amount(months.cost(at: opportunityPerMonth)),
        "\(opportunityPerMonth) a month")
    }
  }

  private func addUpdates(
    to cost: inout OptionCost, _ replay: ReplayContext, _ hourly: Money?
  ) {
    let month = Quantity(
      numerator: replay.months.numerator, denominator: replay.months.denominator * 12)
    var amount = Amount()
    if let hourly {
      amount += Amount(month.cost(at: hourly, times: updatesPerYear * updateHours))
    }
    var basis = "\(updatesPerYear) a year x \(updateHours) h"
    if let regression {
      var tokens = TokenCounts()
      tokens.uncachedInput = Int64(regression.requests) * Int64(regression.input)
      tokens.output = Int64(regression.requests) * Int64(regression.output)
      let match = replay.prices.match(
        model: regression.model, provider: "", at: replay.period.start)
      if let match,
        let charge = match.period.rates.charge(
          for: tokens, requests: Int64(regression.requests))
      {
        amount += Amount(
          month.cost(at: charge.tokens + charge.requestFees, times: updatesPerYear))
        basis += ", each tested with \(regression.requests) requests on \(match.id)"
      } else {
        cost.reasons.append(
          "incomplete: no price is known for the regression model '\(regression.model)'")
      }
    }
    cost.lines.add(.modelUpdates, amount, basis)
  }

  private func add(
    _ gap: (share: ExactDecimal, on: String), to cost: inout OptionCost, _ replay: ReplayContext
  ) {
    let all: Amount?
    if let other = replay.costOfOther(gap.on) {
      all = other
    } else {
      let pricer = HistoryPricer(target: { _ in (gap.on, "") })
      let result = pricer.price(replay.history, replay.prices)
      all =
        result.unpriced.tokens > 0
        ? nil
        : Amount(
          result.tokens.reduce(.zero, +) + result.requestFees.reduce(.zero, +))
    }
    guard let all else {
      cost.reasons.append(
        "incomplete: 'quality_gap: on: \(gap.on)' is no option of this file and no priced model")
      return
    }
    cost.lines.add(
      .qualityGap, all.scaled(by: DecimalRange(gap.share)),
      "a share of \(gap.share) of the history again on \(gap.on)")
  }
}
