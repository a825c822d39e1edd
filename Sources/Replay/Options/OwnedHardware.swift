import Prices
import Usage

/// Hardware that was bought: depreciation, electricity, space and the people who run it.
struct OwnedHardware: HostingOption {
  static let kind = "owned"

  let basics: OptionBasics
  private var parts: [(name: String, price: DecimalRange)] = []
  private var lifeMonths = ExactDecimal.zero
  private var residual = ExactDecimal.zero
  private var power: Power?
  private var colocationPerMonth = DecimalRange.zero
  private var serving: SingleStream?
  private var fleet: FixedFleet
  private var slo: ServiceLevel?
  private let people: PeopleCosts

  private struct Power: Sendable {
    var loadKW: DecimalRange
    var idleKW: DecimalRange
    var pricePerKWh: DecimalRange
    var pue: DecimalRange
    var hoursPerDay: ExactDecimal
    var hasPUE: Bool

    init?(_ reader: OptionReader) {
      loadKW = reader.range("load_kw") ?? .zero
      idleKW = reader.range("idle_kw") ?? .zero
      let price = reader.range("price_per_kwh")
      pricePerKWh = price ?? .zero
      hasPUE = reader.field("pue") != nil
      pue = reader.range("pue") ?? .one
      hoursPerDay = reader.decimal("hours_per_day") ?? ExactDecimal(units: 24)
      if hoursPerDay > ExactDecimal(units: 24) {
        reader.complain(reader.line, "'hours_per_day' is at most 24")
      }
      if price == nil { reader.complain(reader.line, "needs 'price_per_kwh'") }
      reader.finish()
    }

    /// kWh x price: load for the active hours of each day, idle draw for the others.
    func cost(_ point: Int, _ hours: Quantity) -> Money {
      let idleHours = ExactDecimal(units: 24) - hoursPerDay
      let kWhPerDay =
        (loadKW.points[point] * hoursPerDay + idleKW.points[point] * idleHours)
        * pue.points[point]
      let days = Quantity(numerator: hours.numerator, denominator: hours.denominator * 24)
      return days.cost(at: Money(pricePerKWh.points[point]) ?? .zero, times: kWhPerDay)
    }
  }

  init?(_ reader: OptionReader) {
    basics = OptionBasics(reader, name: reader.text("name") ?? "")
    for (name, price) in reader.pairs("capex") ?? [] {
      if let price = OptionReader.range(price, "capex: \(name)", reader) {
        parts.append((name, price))
      }
    }
    let life = reader.decimal("life_months")
    lifeMonths = life ?? .one
    residual = reader.decimal("residual") ?? .zero
    power = reader.map("power").flatMap(Power.init)
    colocationPerMonth = reader.range("colocation_per_month") ?? .zero
    serving = SingleStream(reader)
    fleet = FixedFleet(reader)
    slo = ServiceLevel(reader)
    people = PeopleCosts(reader)
    if parts.isEmpty {
      reader.complain(reader.line, "needs 'capex', what was paid for each part: {gpus: 10000}")
      return nil
    }
    if life == nil || lifeMonths.isZero {
      reader.complain(reader.line, "needs 'life_months', how long it is used, above 0")
      return nil
    }
  }

  private var capex: [ExactDecimal] {
    (0..<3).map { point in parts.reduce(.zero) { $0 + $1.price.points[point] } }
  }

  func cost(of replay: ReplayContext) -> OptionCost {
    var cost = OptionCost()
    cost.isFixed = true
    cost.capex = Money(capex[1])
    addDepreciation(replay, to: &cost)
    if let power {
      cost.lines.add(
        .electricity, Amount((0..<3).map { power.cost($0, replay.hours) }),
        "\(power.loadKW) kW x \(power.hoursPerDay) h a day x \(power.pricePerKWh) a kWh"
          + (power.idleKW.high > .zero ? ", \(power.idleKW) kW idle" : "")
          + (power.hasPUE ? ", PUE \(power.pue)" : ""))
      if !power.hasPUE { cost.assumptions.append("PUE 1.0: no cooling beside the machine's own.") }
      if power.idleKW.high.isZero, power.hoursPerDay < ExactDecimal(units: 24) {
        cost.assumptions.append("No idle draw was given: the idle hours cost no electricity.")
      }
    } else {
      cost.assumptions.append("No 'power' was given: electricity is left out.")
    }
    if colocationPerMonth.high > .zero {
      cost.lines.add(
        .space,
        Amount(colocationPerMonth.points.map { replay.months.cost(at: Money($0) ?? .zero) }),
        "\(colocationPerMonth) a month")
    }
    _ = serving?.run(replay, replicas: fleet.replicas, slo: slo, &cost)
    people.add(to: &cost, replay)
    return cost
  }

  /// Straight line: (purchase price - residual value) / life, for the months of the period.
  private func addDepreciation(_ replay: ReplayContext, to cost: inout OptionCost) {
    let months = replay.months
    let amounts = capex.map { capex -> Money in
      let loss = capex - residual
      return Money(
        picodollars: (Money(loss) ?? .zero).picodollars * months.numerator
          * ExactDecimal.powerOfTen(lifeMonths.scale),
        dividedBy: months.denominator * lifeMonths.units)
    }
    let bill = parts.map { "\($0.name) \($0.price)" }.joined(separator: " + ")
    let sum = DecimalRange(low: capex[0], high: capex[2])
    cost.lines.add(
      .depreciation, Amount(amounts),
      "(\(parts.count > 1 ? "\(bill) = \(sum)" : bill)"
        + (residual.isZero ? "" : " - residual \(residual)")
        + ") / \(lifeMonths) months x \(months.text())")
    if residual.isZero { cost.assumptions.append("Residual value 0 at the end of its life.") }
  }
}
