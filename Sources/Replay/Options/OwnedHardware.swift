import Prices
import Usage

/// Hardware that was bought: depreciation, electricity, space and the people who run it.
struct OwnedHardware: HostingOption {
  static let kind = "owned"
  static let fields =
    [
      "capex", "life_months", "residual", "power", "colocation_per_month", "gpus", "serving",
      "fleet", "slo",
    ] + Deployment.fields + PeopleCosts.fields

  let basics: OptionBasics
  private var parts: [(name: String, price: DecimalRange)] = []
  private var lifeMonths = DecimalRange.one
  private var residual = DecimalRange.zero
  private var power: Power?
  private var colocationPerMonth = DecimalRange.zero
  private var serving: Serving?
  private var fleet: FleetOptions
  private var slo: ServiceLevel?
  private var deployment: Deployment
  private var gpus: Int?
  private var people: PeopleCosts

  private struct Power: Sendable {
    var loadKW: DecimalRange
    var idleKW: DecimalRange
    var pricePerKWh: DecimalRange
    var pue: DecimalRange
    /// Hours a day at load; the others are idle.
    var hoursPerDay: ExactDecimal
    /// Whether load lasts as long as the work does, instead of fixed hours.
    var followsWork: Bool
    var hasPUE: Bool

    static let fields = ["load_kw", "idle_kw", "price_per_kwh", "pue", "hours_per_day"]

    init(_ reader: OptionReader) {
      loadKW = reader.range("load_kw", atMost: 100_000) ?? .zero
      idleKW = reader.range("idle_kw", atMost: 100_000) ?? .zero
      let price = reader.range("price_per_kwh", atMost: 100_000)
      pricePerKWh = price ?? .zero
      hasPUE = reader.field("pue") != nil
      pue = reader.range("pue", atMost: 10) ?? .one
      followsWork = reader.field("hours_per_day")?.text == "busy"
      hoursPerDay =
        followsWork
        ? ExactDecimal(units: 24)
        : reader.decimal("hours_per_day", atMost: 24) ?? ExactDecimal(units: 24)
      if hoursPerDay.isZero {
        reader.complain(reader.line(of: "hours_per_day"), "'hours_per_day' must be above 0")
      }
      for (key, value) in [
        ("load_kw", reader.field("load_kw")), ("price_per_kwh", reader.field("price_per_kwh")),
      ]
      where value == nil {
        reader.complain(reader.line, "needs '\(key)'")
      }
    }

    var inputs: [OptionInput<Power>] {
      [
        OptionInput("electricity price", "a kWh", \.pricePerKWh, of: self),
        OptionInput("power under load", "kW", \.loadKW, of: self),
        OptionInput("power when idle", "kW", \.idleKW, of: self),
        OptionInput("PUE", "", \.pue, of: self, most: ExactDecimal(units: 10)),
      ].compactMap(\.self)
        + (followsWork
          ? []
          : [
            OptionInput(
              "hours under load", "a day", \.hoursPerDay, of: self, most: ExactDecimal(units: 24),
              effort: 1)
          ].compactMap(\.self))
    }

    /// The same with load for the hours the work takes, idle draw for the rest of the period.
    func cost(_ point: Int, _ hours: Quantity, busy: Quantity) -> Money? {
      let price = pricePerKWh.points[point]
      let idle = busy.cost(at: price, times: idleKW.points[point], pue.points[point])
      guard let load = busy.cost(at: price, times: loadKW.points[point], pue.points[point]),
        let all = hours.cost(at: price, times: idleKW.points[point], pue.points[point]), let idle
      else { return nil }
      return load + all - idle
    }

    /// kWh x price: load for the active hours of each day, idle draw for the others.
    func cost(_ point: Int, _ hours: Quantity) -> Money? {
      let idleHours = ExactDecimal(units: 24) - hoursPerDay
      let kWhPerDay =
        (loadKW.points[point] * hoursPerDay + idleKW.points[point] * idleHours)
        * pue.points[point]
      let days = Quantity(numerator: hours.numerator, denominator: hours.denominator * 24)
      return days.cost(at: pricePerKWh.points[point], times: kWhPerDay)
    }
  }

  init?(_ reader: OptionReader) {
    basics = OptionBasics(reader, name: reader.text("name") ?? "")
    for (name, price) in reader.pairs("capex") ?? [] {
      if parts.contains(where: { $0.name == name }) {
        reader.complain(price.line, "'capex: \(name)' stands twice")
      }
      if let price = OptionReader.range(price, "capex: \(name)", reader) {
        parts.append((name, price))
      }
    }
    lifeMonths = reader.range("life_months", atMost: 1200) ?? .zero
    residual = reader.range("residual") ?? .zero
    power = reader.map("power", known: Power.fields).map(Power.init)
    colocationPerMonth = reader.range("colocation_per_month") ?? .zero
    fleet = FleetOptions(reader)
    slo = ServiceLevel(reader)
    serving = Serving(reader, fleet: fleet, slo: slo)
    deployment = Deployment(reader)
    gpus = reader.number("gpus", atMost: 10_000)
    people = PeopleCosts(reader)
    if reader.field("gpu") != nil, reader.field("model") == nil {
      reader.complain(
        reader.line(of: "gpu"),
        "names a 'gpu' but no 'model': whether a model fits, and how fast it is, depends on which")
    }
    if power?.followsWork ?? false, !deployment.hasThroughput, serving == nil {
      reader.complain(
        reader.line(of: "power"),
        "'hours_per_day: busy' needs 'throughput' or 'serving' to know how long the work takes")
    }
    if parts.isEmpty, reader.field("capex")?.map?.isEmpty ?? true {
      reader.complain(reader.line, "needs 'capex', what was paid for each part: {gpus: 10000}")
    }
    if lifeMonths.low < .one {
      reader.lack(["life_months"], "needs 'life_months', how long it is used, from 1 on")
    }
    if !parts.isEmpty, residual.high > capex[0] {
      reader.complain(
        reader.line(of: "residual"),
        "'residual: \(residual)' is more than the purchase price of \(capex[0])")
    }
    if fleet.idleIsFree || !fleet.redundancy.isZero {
      reader.complain(
        reader.line(of: "fleet"),
        "'idle: free' and 'redundancy' belong to rented GPUs; put spare machines into 'capex'")
    }
    if fleet.mode != .fixed || fleet.spot != nil {
      reader.complain(
        reader.line(of: "fleet"),
        "what is owned is there all the time: 'fleet' takes 'mode: fixed' and no 'spot' here")
    }
    for (isAsked, field) in [(fleet.needsServing, "fleet"), (slo != nil, "slo")]
    where isAsked && reader.field("serving") == nil {
      reader.complain(
        reader.line(of: field), "'\(field)' needs 'serving' to know how long a request takes")
    }
  }

  private var capex: [ExactDecimal] {
    (0..<3).map { point in parts.reduce(.zero) { $0 + $1.price.points[point] } }
  }

  var references: [OptionReference] { deployment.references + people.references }
  var runsFleet: Bool { serving?.isSimulated ?? false }
  var needsHardware: Bool {
    deployment.needsHardware || (serving?.needsHardware ?? false)
  }

  mutating func lookUp(in hardware: HardwareCatalogue, _ reader: OptionReader) {
    deployment.lookUp(gpus: max(1, gpus ?? 1), in: hardware, reader)
    serving?.lookUp(deployment.fit, gpus: gpus, in: hardware, reader)
  }

  func inputs(_ cost: OptionCost) -> [OptionInput<OwnedHardware>] {
    let price = OptionInput<OwnedHardware>(
      name: "hardware price", unit: "",
      value: DecimalRange(low: capex[0], high: capex[2]).middle
    ) { option, factor in
      for i in option.parts.indices {
        option.parts[i].price = option.parts[i].price.scaled(by: factor)
      }
    }
    let own = [
      OptionInput(
        "hardware life", "months", \.lifeMonths, of: self, most: ExactDecimal(units: 1200)),
      OptionInput("residual value", "", \.residual, of: self, most: capex[0]),
      OptionInput("colocation", "a month", \.colocationPerMonth, of: self),
    ].compactMap(\.self)
    let electric = power?.inputs.map { $0.inside(\OwnedHardware.power!) } ?? []
    return [price] + own + electric + deployment.throughputInput(cost, \.deployment)
      + Serving.speed(serving, paysWork: power?.followsWork ?? false, \.serving)
      + people.inputs.map { $0.inside(\.people) }
  }

  func cost(of replay: ReplayContext) -> OptionCost {
    var cost = OptionCost()
    cost.isFixed = true
    cost.capex = Money(capex[1])
    addDepreciation(replay, to: &cost)
    let hoursPerDay = power?.hoursPerDay ?? ExactDecimal(units: 24)
    let replicas = fleet.replicas.wholePoints[1].units
    deployment.note(replicas: replicas, redundancy: 0, replay, &cost)
    let share = deployment.share(replay, replicas: replicas, hoursPerDay: hoursPerDay, &cost)
    let use = serving?.runOnce(
      replay, fleet: fleet, slo: slo, billing: nil, hoursPerDay: hoursPerDay,
      paysWork: power?.followsWork ?? false, &cost)
    deployment.price(overflowed: use, replay, &cost)
    if let power {
      let busy = power.followsWork ? share?.busy.hours[1] ?? use?.hours(of: replicas) : nil
      cost.lines.add(
        .electricity,
        Amount(
          (0..<3).map { point in
            busy.map { power.cost(point, replay.hours, busy: $0) }
              ?? power.cost(point, replay.hours)
          }),
        "\(power.loadKW) kW x "
          + (busy.map { "\($0.text()) h busy" } ?? "\(power.hoursPerDay) h a day")
          + " x \(power.pricePerKWh) a kWh"
          + (power.idleKW.high > .zero ? ", \(power.idleKW) kW idle" : "")
          + (power.hasPUE ? ", PUE \(power.pue)" : ""))
      if !power.hasPUE { cost.assumptions.append("PUE 1.0: no cooling beside the machine's own.") }
      if power.idleKW.high.isZero, power.hoursPerDay < ExactDecimal(units: 24) || busy != nil {
        cost.assumptions.append("No idle draw was given: the idle hours cost no electricity.")
      }
    } else {
      cost.assumptions.append("No 'power' was given: electricity is left out.")
    }
    if colocationPerMonth.high > .zero {
      cost.lines.add(
        .space,
        Amount(colocationPerMonth.points.map { replay.months.cost(at: $0) }),
        "\(colocationPerMonth) a month")
    }
    if serving != nil, hoursPerDay < ExactDecimal(units: 24) {
      cost.assumptions.append(
        "Which \(hoursPerDay) hours of the day it is on is not known: waiting times take it as on "
          + "whenever a request comes, capacity and utilisation count these hours only.")
    }
    people.add(to: &cost, replay)
    return cost
  }

  /// Straight line: (purchase price - residual value) / life, for the months of the period.
  private func addDepreciation(_ replay: ReplayContext, to cost: inout OptionCost) {
    let months = replay.months
    // The cheap end is a long life and a high residual value.
    let residuals = [residual.high, residual.middle, residual.low]
    let lives = [lifeMonths.high, lifeMonths.middle, lifeMonths.low]
    let amounts = (0..<3).map {
      months.cost(at: capex[$0] - residuals[$0], over: lives[$0])
    }
    let bill = parts.map { "\($0.name) \($0.price)" }.joined(separator: " + ")
    let sum = DecimalRange(low: capex[0], high: capex[2])
    cost.lines.add(
      .depreciation, Amount(amounts),
      "(\(parts.count > 1 ? "\(bill) = \(sum)" : bill)"
        + (residual == .zero ? "" : " - residual \(residual)")
        + ") / \(lifeMonths) months x \(months.text())")
    if residual == .zero { cost.assumptions.append("Residual value 0 at the end of its life.") }
  }
}
