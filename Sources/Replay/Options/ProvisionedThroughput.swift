import Prices
import Usage

/// Reserved model capacity: Azure provisioned throughput units, Bedrock model units, Vertex GSUs.
///
/// Units are paid for all hours whatever the use. What they take in a minute is counted in input
/// tokens, output and cached tokens at weights of their own.
struct ProvisionedThroughput: HostingOption {
  static let kind = "provisioned"
  static let fields =
    [
      "units", "minimum_units", "unit_step", "price_per_unit_hour", "price_per_unit_month",
      "input_tokens_per_minute_per_unit", "output_weight", "cached_weight", "model", "overflow",
    ] + PeopleCosts.fields

  let basics: OptionBasics
  private var units = DecimalRange.one
  private var pricePerHour: DecimalRange?
  private var pricePerMonth: DecimalRange?
  private var perMinutePerUnit = ExactDecimal.one
  private var outputWeight = ExactDecimal.one
  private var cachedWeight = ExactDecimal.one
  private var hasCachedWeight = false
  private let overflow: String?
  private let overflowLine: Int
  private var people: PeopleCosts

  init?(_ reader: OptionReader) {
    basics = OptionBasics(reader, name: reader.text("name") ?? "")
    // Told to the reader of the file only: what a unit takes stands beside it.
    _ = reader.text("model")
    units = reader.count("units", atMost: 1_000_000) ?? .one
    pricePerHour = reader.range("price_per_unit_hour")
    pricePerMonth = reader.range("price_per_unit_month")
    perMinutePerUnit = reader.decimal("input_tokens_per_minute_per_unit") ?? .zero
    outputWeight = reader.decimal("output_weight", atMost: 1000) ?? .one
    cachedWeight = reader.decimal("cached_weight", atMost: 1000) ?? .one
    hasCachedWeight = reader.field("cached_weight") != nil
    overflow = reader.text("overflow")
    overflowLine = reader.line(of: "overflow")
    people = PeopleCosts(reader)
    if reader.field("units") == nil { reader.complain(reader.line, "needs 'units'") }
    if (pricePerHour == nil) == (pricePerMonth == nil) {
      reader.complain(
        reader.line, "needs one of 'price_per_unit_hour' and 'price_per_unit_month'")
    }
    if perMinutePerUnit.isZero {
      reader.lack(
        ["input_tokens_per_minute_per_unit"],
        "needs 'input_tokens_per_minute_per_unit', above 0: what one unit takes")
    }
    checkQuantity(reader)
  }

  private func checkQuantity(_ reader: OptionReader) {
    let minimum = reader.number("minimum_units", atMost: 1_000_000) ?? 1
    let step = reader.number("unit_step", atMost: 1_000_000) ?? 1
    guard !reader.isRefused("units") else { return }
    if units.low.units < Int128(minimum) {
      reader.complain(
        reader.line(of: "units"), "'units: \(units)' is less than the smallest order of \(minimum)")
    }
    for count in [units.low.units, units.high.units]
    where step > 0 && count % Int128(step) != 0 {
      reader.complain(reader.line(of: "units"), "'units: \(count)' is no multiple of \(step)")
      break
    }
  }

  var references: [OptionReference] {
    (overflow.map { [OptionReference(name: $0, field: "overflow", line: overflowLine)] } ?? [])
      + people.references
  }

  func inputs(_ cost: OptionCost) -> [OptionInput<ProvisionedThroughput>] {
    let throughput = OptionInput<ProvisionedThroughput>(
      name: "unit throughput", unit: "tokens a minute", value: perMinutePerUnit, effort: 1,
      isCapacity: true
    ) {
      $0.perMinutePerUnit = ($0.perMinutePerUnit * $1).limited(to: OptionReader.mostDigits)
    }
    return [
      OptionInput("unit price", "an hour", \.pricePerHour, of: self),
      OptionInput("unit price", "a month", \.pricePerMonth, of: self),
      OptionInput(
        "output weight", "", \.outputWeight, of: self, effort: 1),
      OptionInput(
        "cached weight", "", \.cachedWeight, of: self, effort: 1),
    ].compactMap(\.self) + [throughput] + people.inputs.map { $0.inside(\.people) }
  }

  func cost(of replay: ReplayContext) -> OptionCost {
    var cost = OptionCost()
    cost.isFixed = true
    addUnits(replay, to: &cost)
    var over = replay.history.emptied
    if let overflow {
      // The middle, and where the number of units is in doubt also the most and the fewest.
      let counts = units.wholePoints
      let parts = replay.parts("overflow") {
        (units.isRange ? [counts[1], counts[2], counts[0]] : [counts[1]]).map { count in
          WindowedLoad.split(
            replay.history, width: WindowedLoad.minute, capacity: perMinute(count), weigh: weigh
          ).over
        }
      }
      over = parts[0]
      cost.overflowing = .byCapacity
      replay.price(
        overflow: over, ends: Array(parts[1...]), doubt: "number of units", on: overflow, &cost)
    }
    note(replay, over, &cost)
    people.add(to: &cost, replay)
    if units.isRange || pricePerHour?.isRange ?? false || pricePerMonth?.isRange ?? false {
      cost.assumptions.append("The total is taken at the middle of each range.")
    }
    return cost
  }

  private func addUnits(_ replay: ReplayContext, to cost: inout OptionCost) {
    let count = units.wholePoints
    if let pricePerHour {
      let hours = replay.hours
      cost.lines.add(
        .idle, Amount(zip(count, pricePerHour.points).map { hours.cost(at: $1, times: $0) }),
        "\(hours.text()) h x \(count[1]) units x \(pricePerHour.middle), used or not")
    } else if let pricePerMonth {
      let months = replay.months
      cost.lines.add(
        .idle, Amount(zip(count, pricePerMonth.points).map { months.cost(at: $1, times: $0) }),
        "\(months.text()) months x \(count[1]) units x \(pricePerMonth.middle), used or not")
    }
  }

  /// Weighted tokens in thousandths, so that weights as 0.25 count.
  private func weigh(_ request: History.Request) -> Int64 {
    let tokens = request.tokens
    func part(_ count: Int64, _ weight: ExactDecimal) -> Int128 {
      Int128(count) * weight.units * 1000 / ExactDecimal.powerOfTen(weight.scale)
    }
    let weighted =
      part(tokens.input - tokens.cacheRead, .one) + part(tokens.cacheRead, cachedWeight)
      + part(tokens.output, outputWeight)
    return Int64(clamping: min(weighted, Int128(1) << 53))
  }

  /// The capacity of so many units in a minute in the same thousandths.
  private func perMinute(_ units: ExactDecimal) -> Int64 {
    let perMinute = (perMinutePerUnit * units).limited
    return Int64(
      clamping: perMinute.units * 1000 / ExactDecimal.powerOfTen(perMinute.scale))
  }

  private func note(_ replay: ReplayContext, _ over: History, _ cost: inout OptionCost) {
    let load = replay.once("minutes") {
      WindowedLoad(replay.history, width: WindowedLoad.minute, weigh: weigh)
    }
    let perMinute = perMinute(units.wholePoints[1])
    let above = load.over(perMinute)
    let weighted = load.units.reduce(Int128(0)) { $0 + Int128($1) }
    let tokens = Int128(replay.history.sums.tokens.total)
    let most = Int128(perMinute) * Int128(load.units.count)
    let perUnit = max(1, Int128(perMinute) / max(1, units.wholePoints[1].units))
    let peakUnits = (Int128(load.peak) + perUnit - 1) / perUnit
    let hours = Double(replay.period.microseconds) / 3.6e9
    func mix(_ value: Int128) -> Int128? {
      weighted == 0 ? nil : exactQuotient([value, tokens], over: [weighted])
    }
    cost.capacity = Capacity(
      totalPerSecond: ExactDecimal(units: mix(Int128(perMinute) * 1_000_000 / 60) ?? 0, scale: 6)
        .reduced,
      outputPerSecond: nil,
      activeHours: ExactDecimal(units: Int128((hours * 1e6).rounded()), scale: 6).reduced,
      tokensInPeriod: mix(most) ?? 0, outputTokensInPeriod: nil,
      utilisation: most == 0 ? 0 : Double(min(weighted, most)) / Double(most),
      neededPerSecond: ExactDecimal(
        units: exactQuotient(
          [tokens, 1_000_000_000_000], over: [Int128(replay.period.microseconds)]) ?? 0, scale: 6
      ).reduced,
      peakPerSecond: ExactDecimal(units: mix(Int128(load.peak) * 1_000_000 / 60) ?? 0, scale: 6)
        .reduced,
      replicasForPeak: peakUnits, requestsPerHour: nil,
      overflowTokens: over.sums.tokens.total, overflowRequests: over.sums.requests,
      source: "\(units.wholePoints[1]) units of \(perMinutePerUnit) input tokens a minute, output "
        + "counting \(outputWeight) times")
    let share = load.units.isEmpty ? 0 : above.count * 1000 / load.units.count
    cost.assumptions.append(
      "The busiest minute needs \(counted(Int64(clamping: peakUnits), "unit")); there are too few in "
        + "\(counted(Int64(above.count), "minute")) (\(share / 10).\(share % 10) %).")
    if !hasCachedWeight { cost.assumptions.append("Cached input counts as much as other input.") }
    if load.isSpread {
      cost.assumptions.append(
        "Buckets longer than a minute are spread evenly over it: peaks may be higher.")
    }
    if overflow == nil, above.count > 0 {
      cost.reasons.append(
        "over capacity: the units are too few in \(counted(Int64(above.count), "minute")); "
          + "\(grouped(String(mix(above.units) ?? 0))) tokens would be refused")
    }
  }
}
