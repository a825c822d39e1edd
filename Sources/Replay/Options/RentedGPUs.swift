import Prices
import Usage

/// GPUs or instances rented by the hour.
struct RentedGPUs: HostingOption {
  static let kind = "rented"
  static let fields =
    [
      "gpus_per_replica", "price_per_gpu_hour", "instance", "other_per_hour", "billing", "serving",
      "fleet", "slo",
    ] + Deployment.fields + PeopleCosts.fields

  let basics: OptionBasics
  private var pricePerGPUHour: DecimalRange?
  /// The smallest unit sold, where it is larger than one GPU.
  private var instance: (pricePerHour: DecimalRange, gpus: Int)?
  private var gpusPerReplica = DecimalRange.one
  private var otherPerHour = DecimalRange.zero
  private var billing = RentalBilling()
  private var serving: Serving?
  private var fleet: FleetOptions
  private var slo: ServiceLevel?
  private var deployment: Deployment
  private var people: PeopleCosts

  init?(_ reader: OptionReader) {
    basics = OptionBasics(reader, name: reader.text("name") ?? "")
    pricePerGPUHour = reader.range("price_per_gpu_hour")
    if let unit = reader.map("instance", known: ["price_per_hour", "gpus"]) {
      let gpus = unit.number("gpus", atMost: 10_000)
      if let price = unit.range("price_per_hour"), let gpus, gpus > 0 {
        instance = (price, gpus)
      } else {
        unit.lack(["price_per_hour", "gpus"], "needs 'price_per_hour' and 'gpus', 1 or more")
      }
    }
    gpusPerReplica = reader.range("gpus_per_replica", atMost: 10_000) ?? .one
    if gpusPerReplica.low.isZero {
      reader.complain(reader.line(of: "gpus_per_replica"), "'gpus_per_replica' must be above 0")
    }
    otherPerHour = reader.range("other_per_hour") ?? .zero
    billing = RentalBilling(reader)
    fleet = FleetOptions(reader)
    slo = ServiceLevel(reader)
    serving = Serving(reader, fleet: fleet, slo: slo)
    deployment = Deployment(reader)
    people = PeopleCosts(reader)
    if (reader.field("price_per_gpu_hour") == nil) == (reader.field("instance") == nil) {
      reader.complain(
        reader.line, "needs one of 'price_per_gpu_hour' and 'instance: {price_per_hour, gpus}'")
    }
    if serving == nil, reader.field("serving") == nil, fleet.idleIsFree,
      billing.commitment != nil
    {
      reader.complain(
        reader.line(of: "billing"),
        "'commitment' with 'idle: free' needs 'serving' to know how many servers run at once")
    }
    if serving == nil, reader.field("serving") == nil {
      let needsServing =
        deployment.hasThroughput ? fleet.isMoving : fleet.needsServing
      for (isAsked, field) in [(needsServing, "fleet"), (slo != nil, "slo")] where isAsked {
        reader.complain(
          reader.line(of: field), "'\(field)' needs 'serving' to know how long a request takes")
      }
    }
  }

  var references: [OptionReference] { deployment.references + people.references }
  var runsFleet: Bool { serving?.isSimulated ?? false }
  var needsHardware: Bool {
    deployment.needsHardware || (serving?.needsHardware ?? false)
  }

  mutating func lookUp(in hardware: HardwareCatalogue, _ reader: OptionReader) {
    let gpus = gpusPerReplica.wholePoints[1]
    guard gpus.scale == 0 else {
      reader.complain(
        reader.line(of: "gpus_per_replica"), "'gpus_per_replica' must be whole to fit a model")
      return
    }
    deployment.lookUp(gpus: Int(gpus.units), in: hardware, reader)
    serving?.lookUp(deployment.fit, gpus: Int(gpus.units), in: hardware, reader)
  }

  func inputs(_ cost: OptionCost) -> [OptionInput<RentedGPUs>] {
    var own = [
      OptionInput("GPU price", "an hour", \.pricePerGPUHour, of: self),
      OptionInput("other infrastructure", "an hour", \.otherPerHour, of: self),
    ].compactMap(\.self)
    if let instance {
      own.append(
        OptionInput(
          name: "instance price", unit: "an hour", value: instance.pricePerHour.middle
        ) { $0.instance?.pricePerHour = instance.pricePerHour.scaled(by: $1) })
    }
    if let commitment = billing.commitment, commitment.price.high > .zero {
      own.append(
        OptionInput(name: "committed price", unit: "an hour", value: commitment.price.middle) {
          $0.billing.commitment?.price = commitment.price.scaled(by: $1)
        })
    }
    return own + deployment.throughputInput(cost, \.deployment)
      + Serving.speed(serving, paysWork: fleet.idleIsFree, \.serving)
      + people.inputs.map { $0.inside(\.people) }
  }

  func cost(of replay: ReplayContext) -> OptionCost {
    var cost = OptionCost()
    deployment.note(
      replicas: fleet.replicas.wholePoints[1].units, redundancy: fleet.redundancy.units, replay,
      &cost)
    let share = deployment.share(
      replay, replicas: fleet.replicas.wholePoints[1].units,
      hoursPerDay: ExactDecimal(units: 24), &cost
    ) { fleet.idleIsFree ? billing.billed($0) : nil }
    let use = serving?.runOnce(
      replay, fleet: fleet, slo: slo, billing: billing, paysWork: fleet.idleIsFree, &cost)
    deployment.price(overflowed: use, replay, &cost)
    let band = use?.billedBand
    let metered =
      use?.billedHours.map { [band?.low ?? $0, $0, band?.high ?? $0] } ?? share?.billedHours
    cost.isFixed = metered == nil
    if let metered {
      addMeteredTime(metered, busy: use?.busyHours ?? share?.busy.hours[1], to: &cost)
    } else {
      let replicas = use?.replicas ?? fleet.replicas.wholePoints
      // Of all servers together, as if they were one.
      let busy = share?.busy.hours[1] ?? use?.hours(of: replicas[1].units)
      addWholePeriod(
        replicas, busyShare: busy?.over(replay.period.hours(.calendar)), replay, to: &cost)
    }
    if let commitment = billing.commitment { add(commitment, replay, to: &cost) }
    people.add(to: &cost, replay)
    if replay.file.monthHours != .calendar, cost.isFixed {
      cost.assumptions.append("A whole month counts \(replay.hours.text()) h here.")
    }
    if [gpusPerReplica, fleet.replicas, price, otherPerHour, billing.commitment?.price ?? .zero]
      .contains(where: \.isRange)
    {
      cost.assumptions.append("The total is taken at the middle of each range.")
    }
    return cost
  }

  /// Of one GPU or one instance.
  private var price: DecimalRange { instance?.pricePerHour ?? pricePerGPUHour ?? .zero }

  /// GPUs or instances that so many replicas take, for low, middle and high. Instances are rented for
  /// all replicas together: several small replicas share one.
  private func units(for replicas: [ExactDecimal]) -> [ExactDecimal] {
    let isWhole = gpusPerReplica.low.scale == 0 && gpusPerReplica.high.scale == 0
    let each = isWhole ? gpusPerReplica.wholePoints : gpusPerReplica.points
    return zip(each, replicas).map { each, replicas in
      let gpus = each * replicas
      guard let instance else { return gpus }
      let unit = Int128(instance.gpus) * ExactDecimal.powerOfTen(gpus.scale)
      return ExactDecimal(units: (gpus.units + unit - 1) / unit)
    }
  }

  private func unitName(_ count: ExactDecimal) -> String {
    let name = instance.map { "instance of \($0.gpus) GPUs" } ?? "GPU"
    guard count != .one else { return name }
    return instance.map { "instances of \($0.gpus) GPUs" } ?? "GPUs"
  }

  private func addWholePeriod(
    _ replicas: [ExactDecimal], busyShare: Quantity?, _ replay: ReplayContext,
    to cost: inout OptionCost
  ) {
    let hours = replay.hours
    func amount(_ units: [ExactDecimal]) -> Amount? {
      Amount(zip(units, price.points).map { hours.cost(at: $1, times: $0) })
    }
    func onDemand(_ replicas: [ExactDecimal]) -> [ExactDecimal] {
      self.units(for: billing.commitment.map { replicas.map($0.beyond) } ?? replicas)
    }
    let units = onDemand(replicas)
    cost.lines.add(
      rent: amount(units), hours.text(), busyShare: busyShare,
      "h x \(units[1]) \(unitName(units[1])) x \(price.middle)")
    if !fleet.redundancy.isZero {
      let all = onDemand(replicas.map { $0 + fleet.redundancy })
      let spare = zip(all, units).map { $0 - $1 }
      cost.lines.add(
        .redundancy, amount(spare),
        "\(hours.text()) h x \(spare[1]) \(unitName(spare[1])) x \(price.middle), spare and always on"
      )
    }
    if otherPerHour.high > .zero {
      cost.lines.add(
        .otherInfrastructure, Amount(otherPerHour.points.map { hours.cost(at: $0) }),
        "\(hours.text()) h x \(otherPerHour.middle)")
    }
  }

  private func add(
    _ commitment: Commitment, _ replay: ReplayContext, to cost: inout OptionCost
  ) {
    let count = ExactDecimal(units: Int128(commitment.replicas))
    let units = units(for: [count, count, count])
    let hours = replay.hours
    cost.lines.add(
      .idle,
      Amount(zip(units, commitment.price.points).map { hours.cost(at: $1, times: $0) }),
      "\(hours.text()) h x \(units[1]) \(unitName(units[1])) x \(commitment.price.middle), committed"
    )
    cost.assumptions.append(
      "\(count) \(count == .one ? "server is" : "servers are") committed: paid for at all hours, whether "
        + "in use or not, and not again while in use.")
  }

  /// `billed` is for a low, a middle and a high cost.
  private func addMeteredTime(
    _ billed: [Quantity], busy: Quantity?, to cost: inout OptionCost
  ) {
    let what = fleet.idleIsFree ? "h busy" : "server hours"
    let share = busy?.over(billed[1])
    let isSplit = share.map { $0.numerator < $0.denominator } ?? false
    cost.assumptions.append(
      fleet.idleIsFree
        ? billing.description : "A server is billed from its start to its end, \(billing.steps).")
    if !fleet.redundancy.isZero {
      cost.assumptions.append(
        "Spare replicas are never busy here: they cost 0 where servers come and go.")
    }
    let units = units(for: [.one, .one, .one])
    let text = billed[1].text(decimals: 4)
    cost.lines.add(
      rent: Amount((0..<3).map { billed[$0].cost(at: price.points[$0], times: units[$0]) }),
      text, busyShare: share,
      "\(isSplit ? "h billed" : what) x \(units[1]) \(unitName(units[1])) x \(price.middle)")
    if otherPerHour.high > .zero {
      cost.lines.add(
        .otherInfrastructure,
        Amount((0..<3).map { billed[$0].cost(at: otherPerHour.points[$0]) }),
        "\(text) \(what) x \(otherPerHour.middle)")
    }
  }
}

extension CostLines {
  /// Rent as two lines that add up to it: hours with work, and hours that are paid for without any.
  fileprivate mutating func add(
    rent: Amount?, _ hours: String, busyShare: Quantity?, _ basis: String
  ) {
    guard let rent, let share = busyShare, share.numerator < share.denominator,
      let busy = rent.scaled(by: share)
    else {
      add(.rental, rent, "\(hours) \(basis)")
      return
    }
    let percent = Quantity(numerator: share.numerator * 100, denominator: share.denominator)
    add(.rental, busy, "\(hours) \(basis), the \(percent.text()) % with work")
    add(.idle, rent - busy, "\(hours) \(basis), the rest of the time")
  }
}

extension RentalBilling {
  /// Hours that served work costs where throughput is a figure: by the second the time that the tokens
  /// take, else every minute or hour of the clock with work in it, for as many replicas as that takes.
  /// The low end is always to the second.
  fileprivate func billed(_ busy: Deployment.Busy) -> [Quantity] {
    let exact = busy.hours
    guard !isToTheSecond else { return exact }
    let width = granularity == .hour ? WindowedLoad.hour : WindowedLoad.minute
    func stepped(_ served: History, _ perHour: ExactDecimal) -> Quantity {
      let load = WindowedLoad(served, width: width) { $0.tokens.total }
      let perWindow =
        perHour.units * Int128(width)
        / (ExactDecimal.powerOfTen(perHour.scale) * Int128(WindowedLoad.hour))
      let windows = load.units.reduce(Int128(0)) { sum, tokens in
        tokens == 0 ? sum : sum + (Int128(tokens) + max(1, perWindow) - 1) / max(1, perWindow)
      }
      return Quantity(numerator: windows * Int128(width), denominator: Int128(WindowedLoad.hour))
    }
    return [exact[0]] + (1...2).map { stepped(busy.served[$0], busy.perHour[$0]) }
  }
}
