import Prices
import Usage

/// GPUs or instances rented by the hour.
struct RentedGPUs: HostingOption {
  static let kind = "rented"
  static let fields =
    [
      "gpu", "gpus_per_replica", "price_per_gpu_hour", "instance", "other_per_hour", "billing",
      "serving", "fleet", "slo",
    ] + PeopleCosts.fields

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
  private let people: PeopleCosts

  init?(_ reader: OptionReader) {
    basics = OptionBasics(reader, name: reader.text("name") ?? "")
    // Told to the reader of the file only: what it can do stands in `serving`.
    _ = reader.text("gpu")
    pricePerGPUHour = reader.range("price_per_gpu_hour")
    if let unit = reader.map("instance", known: ["price_per_hour", "gpus"]) {
      let gpus = unit.number("gpus", atMost: 10_000)
      if let price = unit.range("price_per_hour"), let gpus, gpus > 0 {
        instance = (price, gpus)
      } else {
        unit.complain(unit.line, "needs 'price_per_hour' and 'gpus', 1 or more")
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
    people = PeopleCosts(reader)
    if (reader.field("price_per_gpu_hour") == nil) == (reader.field("instance") == nil) {
      reader.complain(
        reader.line, "needs one of 'price_per_gpu_hour' and 'instance: {price_per_hour, gpus}'")
    }
    if serving == nil, reader.field("serving") == nil {
      for (isAsked, field) in [(fleet.needsServing, "fleet"), (slo != nil, "slo")] where isAsked {
        reader.complain(
          reader.line(of: field), "'\(field)' needs 'serving' to know how long a request takes")
      }
    }
  }

  func cost(of replay: ReplayContext) -> OptionCost {
    var cost = OptionCost()
    let use = serving?.run(replay, fleet: fleet, slo: slo, billing: billing, &cost)
    cost.isFixed = use?.billedHours == nil
    if let hours = use?.billedHours {
      addMeteredTime(hours, to: &cost)
    } else {
      addWholePeriod(use?.replicas ?? fleet.replicas.wholePoints, replay, to: &cost)
    }
    people.add(to: &cost, replay)
    if replay.file.monthHours != .calendar, cost.isFixed {
      cost.assumptions.append("A whole month counts \(replay.hours.text()) h here.")
    }
    if [gpusPerReplica, fleet.replicas, price, otherPerHour].contains(where: \.isRange) {
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
    _ replicas: [ExactDecimal], _ replay: ReplayContext, to cost: inout OptionCost
  ) {
    let hours = replay.hours
    func amount(_ units: [ExactDecimal]) -> Amount? {
      Amount(zip(units, price.points).map { hours.cost(at: $1, times: $0) })
    }
    let units = units(for: replicas)
    cost.lines.add(
      .rental, amount(units),
      "\(hours.text()) h x \(units[1]) \(unitName(units[1])) x \(price.middle)")
    if !fleet.redundancy.isZero {
      let all = self.units(for: replicas.map { $0 + fleet.redundancy })
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

  private func addMeteredTime(_ billed: Quantity, to cost: inout OptionCost) {
    let what = fleet.idleIsFree ? "h busy" : "server hours"
    cost.assumptions.append(
      fleet.idleIsFree
        ? billing.description : "A server is billed from its start to its end, \(billing.steps).")
    if !fleet.redundancy.isZero {
      cost.assumptions.append(
        "Spare replicas are never busy here: they cost 0 where servers come and go.")
    }
    let units = units(for: [.one, .one, .one])
    cost.lines.add(
      .rental, Amount(zip(units, price.points).map { billed.cost(at: $1, times: $0) }),
      "\(billed.text(decimals: 4)) \(what) x \(units[1]) \(unitName(units[1])) x \(price.middle)")
    if otherPerHour.high > .zero {
      cost.lines.add(
        .otherInfrastructure, Amount(otherPerHour.points.map { billed.cost(at: $0) }),
        "\(billed.text(decimals: 4)) \(what) x \(otherPerHour.middle)")
    }
  }
}
