import Prices
import Usage

/// What people and quality cost beside the machines: for whoever runs models.
struct PeopleCosts: Sendable {
  static let fields = ["people", "quality_gap", "opportunity_cost_per_month"]

  private var setup: (hours: DecimalRange, months: ExactDecimal)?
  private var fullTimeShare = DecimalRange.zero
  private var updatesPerYear = DecimalRange.zero
  private var updateHours = DecimalRange.zero
  private var regression: Regression?
  private var qualityGap: (share: DecimalRange, on: String, line: Int)?
  private var opportunityPerMonth = DecimalRange.zero

  private struct Regression: Sendable {
    var requests: Int
    var input: Int
    var output: Int
    var on: String
    var line: Int
  }

  init(_ reader: OptionReader) {
    if let people = reader.map("people", known: ["setup", "running", "model_updates"]) {
      if let setup = people.map("setup", known: ["hours", "spread_months"]) { read(setup: setup) }
      if let running = people.map("running", known: ["fte"]) {
        fullTimeShare = running.range("fte", atMost: 100_000) ?? .zero
      }
      let known = ["per_year", "hours", "regression"]
      if let updates = people.map("model_updates", known: known) { read(updates: updates) }
    }
    if let gap = reader.map("quality_gap", known: ["rerun_share", "on"]) {
      if let share = gap.range("rerun_share", atMost: 1), let on = gap.text("on") {
        qualityGap = (share, on, gap.line)
      } else {
        gap.lack(
          ["rerun_share", "on"],
          "needs 'rerun_share', from 0 to 1, and 'on', an option or a model")
      }
    }
    opportunityPerMonth = reader.range("opportunity_cost_per_month") ?? .zero
  }

  private mutating func read(setup reader: OptionReader) {
    guard let hours = reader.range("hours"),
      let months = reader.decimal("spread_months", atMost: 1200), months >= .one
    else {
      reader.lack(["hours", "spread_months"], "needs 'hours' and 'spread_months', 1 or more")
      return
    }
    setup = (hours, months)
  }

  private mutating func read(updates reader: OptionReader) {
    updatesPerYear = reader.range("per_year", atMost: 100_000) ?? .zero
    updateHours = reader.range("hours", atMost: 1_000_000) ?? .zero
    if reader.field("per_year") == nil { reader.complain(reader.line, "needs 'per_year'") }
    let known = ["requests", "input", "output", "on"]
    guard let test = reader.map("regression", known: known) else { return }
    if let requests = test.number("requests"), let input = test.number("input"),
      let output = test.number("output"), let on = test.text("on")
    {
      regression = Regression(
        requests: requests, input: input, output: output, on: on, line: test.line)
    } else {
      test.lack(known, "needs 'requests', 'input', 'output' and 'on'")
    }
  }

  /// The options named, or models of the price book.
  var references: [OptionReference] {
    [
      qualityGap.map { OptionReference(name: $0.on, field: "quality_gap: on", line: $0.line) },
      regression.map {
        OptionReference(name: $0.on, field: "model_updates: regression: on", line: $0.line)
      },
    ].compactMap(\.self).map {
      var reference = $0
      reference.mayBeModel = true
      return reference
    }
  }

  var inputs: [OptionInput<PeopleCosts>] {
    var inputs = [
      OptionInput("full-time posts", "", \.fullTimeShare, of: self),
      OptionInput("model updates", "a year", \.updatesPerYear, of: self),
      OptionInput("opportunity cost", "a month", \.opportunityPerMonth, of: self),
    ].compactMap(\.self)
    if updatesPerYear.high > .zero, updateHours.high > .zero {
      inputs += [OptionInput("hours of a model update", "", \.updateHours, of: self)].compactMap(
        \.self)
    }
    if let setup {
      inputs.append(
        OptionInput(name: "hours of set-up", unit: "", value: setup.hours.middle) {
          $0.setup?.hours = setup.hours.scaled(by: $1)
        })
      inputs.append(
        OptionInput(
          name: "spread of the set-up", unit: "months", value: setup.months,
          most: ExactDecimal(units: 1200)
        ) { $0.setup?.months = (setup.months * $1).limited(to: OptionReader.mostDigits) })
    }
    if let qualityGap, qualityGap.share.high > .zero {
      inputs.append(
        OptionInput(
          name: "share asked again", unit: "",
          value: qualityGap.share.middle, most: .one
        ) { $0.qualityGap?.share = qualityGap.share.scaled(by: $1) })
    }
    return inputs
  }

  func add(to cost: inout OptionCost, _ replay: ReplayContext) {
    let months = replay.months
    let hourly = replay.file.hourlyRate
    var missing: Set<String> = []
    if let setup, setup.hours.high > .zero {
      if let hourly {
        cost.lines.add(
          .setup,
          Amount(
            zip(setup.hours.points, hourly.points).map {
              months.cost(at: $1, times: $0, over: setup.months)
            }),
          "\(setup.hours) h x \(hourly) spread over \(setup.months) months")
      } else {
        missing.insert("hourly_rate")
      }
    }
    if fullTimeShare.high > .zero {
      if let yearly = replay.file.yearlyRate {
        cost.lines.add(
          .running,
          Amount(
            zip(fullTimeShare.points, yearly.points).map {
              months.cost(at: $1, times: $0, over: PeopleCosts.monthsPerYear)
            }), "\(fullTimeShare) of a full-time post at \(yearly) a year")
      } else {
        missing.insert("fte_year")
      }
    }
    if updatesPerYear.high > .zero {
      if hourly == nil, updateHours.high > .zero { missing.insert("hourly_rate") }
      addUpdates(to: &cost, replay, hourly ?? .zero)
    }
    for field in missing.sorted() {
      cost.cannotBePriced("people work here, but the file has no 'people: {\(field): ...}'")
    }
    if let qualityGap { add(qualityGap, to: &cost, replay) }
    if opportunityPerMonth.high > .zero {
      cost.lines.add(
        .opportunityCost, Amount(opportunityPerMonth.points.map { months.cost(at: $0) }),
        "\(opportunityPerMonth) a month")
    }
  }

  private static let monthsPerYear = ExactDecimal(units: 12)

  private func addUpdates(
    to cost: inout OptionCost, _ replay: ReplayContext, _ hourly: DecimalRange
  ) {
    let work = Amount(
      (0..<3).map {
        replay.months.cost(
          at: hourly.points[$0], times: updatesPerYear.points[$0], updateHours.points[$0],
          over: PeopleCosts.monthsPerYear)
      })
    cost.lines.add(
      .modelUpdates, work, "\(updatesPerYear) a year x \(updateHours) h x \(hourly)")
    guard let regression else { return }
    guard let each = price(of: regression, replay) else {
      cost.cannotBePriced(
        "'model_updates: regression: on: \(regression.on)' is no API option of this file and no "
          + "priced model")
      return
    }
    cost.lines.add(
      .modelUpdates,
      Amount(
        zip([each.low, each.middle, each.high], updatesPerYear.points).map {
          replay.months.cost(
            at: ExactDecimal(units: $0.picodollars, scale: Money.decimals), times: $1,
            over: PeopleCosts.monthsPerYear)
        }),
      "each tested with \(counted(Int64(regression.requests), "request")) on \(regression.on)")
  }

  /// What one test run costs, at the prices of the period's start.
  private func price(of regression: Regression, _ replay: ReplayContext) -> Amount? {
    var tokens = TokenCounts()
    let (input, overIn) = Int64(regression.requests).multipliedReportingOverflow(
      by: Int64(regression.input))
    let (output, overOut) = Int64(regression.requests).multipliedReportingOverflow(
      by: Int64(regression.output))
    guard !overIn, !overOut else { return nil }
    tokens.uncachedInput = input
    tokens.output = output
    let test = History(
      period: replay.period, kinds: [History.Kind(provider: "", model: regression.on)],
      requests: [
        // The width keeps the sum of many requests from passing for one with a long context.
        History.Request(
          start: replay.period.start, width: 1, requests: Int64(regression.requests), kind: 0,
          tokens: tokens)
      ], sums: UsageSums(), skippedLines: 0)
    let other = replay.file.options.first { $0.basics.name == regression.on } as? APIOption
    let context = replay.inside("regression")
    guard let priced = other?.price(test, context) ?? context.price(of: test, on: regression.on),
      priced.isPriced, priced.unpriced.tokens == 0, priced.lines.isExact
    else { return nil }
    return priced.lines.total
  }

  private func add(
    _ gap: (share: DecimalRange, on: String, line: Int), to cost: inout OptionCost,
    _ replay: ReplayContext
  ) {
    guard let other = replay.costOfOther(gap.on) ?? replay.price(of: replay.history, on: gap.on),
      other.isPriced, other.lines.isExact
    else {
      cost.cannotBePriced(
        "'quality_gap: on: \(gap.on)' is no priced option of this file and no priced model")
      return
    }
    if other.unpriced.tokens > 0 {
      cost.reasons.append(
        "the quality gap leaves out \(counted(other.unpriced.tokens, "token")) without a price on \(gap.on)"
      )
    }
    cost.lines.add(
      .qualityGap, other.lines.total.scaled(by: gap.share),
      "a share of \(gap.share) of the history again on \(gap.on)")
  }
}

extension OptionCost {
  /// Something that the option asks for has no known cost: a total without it would be too low.
  mutating func cannotBePriced(_ reason: String) {
    isPriced = false
    reasons.append("cannot be priced: " + reason)
  }
}

extension ReplayContext {
  /// What a history costs on a model of the price book.
  func price(of history: History, on model: String) -> OptionCost? {
    let pricer = HistoryPricer(target: { _ in (model, "") }, currency: file.currency)
    var cost = OptionCost()
    cost.take([once("prices of \(model)") { pricer.price(history, prices) }], ratios: nil)
    return cost
  }
}
