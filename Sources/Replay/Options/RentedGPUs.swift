import Prices
import Usage

/// GPUs or instances rented by the hour.
struct RentedGPUs: HostingOption {
  static let kind = "rented"

  let basics: OptionBasics
  private var gpu: String?
  private var pricePerGPUHour: DecimalRange?
  /// The smallest unit sold, where it is larger than one GPU.
  private var instance: (pricePerHour: DecimalRange, gpus: Int)?
  private var gpusPerReplica = DecimalRange.one
  private var otherPerHour = DecimalRange.zero
  private var granularity = Granularity.second
  private var minimum: Int64 = 0
  private var serving: SingleStream?
  private var fleet: FixedFleet
  private var slo: ServiceLevel?
  private let people: PeopleCosts

  enum Granularity: String, CaseIterable {
    case second, minute, hour

    var microseconds: Int64 {
      switch self {
      case .second: 1_000_000
      case .minute: 60_000_000
      case .hour: 3_600_000_000
      }
    }
  }

  init?(_ reader: OptionReader) {
    basics = OptionBasics(reader, name: reader.text("name") ?? "")
    gpu = reader.text("gpu")
    pricePerGPUHour = reader.range("price_per_gpu_hour")
    if let unit = reader.map("instance") {
      if let price = unit.range("price_per_hour") {
        instance = (price, unit.number("gpus") ?? 1)
        if instance?.gpus == 0 { unit.complain(unit.line, "'gpus' must be 1 or more") }
      } else {
        unit.complain(unit.line, "needs 'price_per_hour'")
      }
      unit.finish()
    }
    gpusPerReplica = reader.range("gpus_per_replica") ?? .one
    otherPerHour = reader.range("other_per_hour") ?? .zero
    if let billing = reader.map("billing") {
      let words = Granularity.allCases.map(\.rawValue)
      granularity =
        billing.word("granularity", among: words).flatMap(Granularity.init) ?? .second
      minimum = billing.duration("minimum") ?? 0
      billing.finish()
    }
    serving = SingleStream(reader)
    fleet = FixedFleet(reader)
    slo = ServiceLevel(reader)
    people = PeopleCosts(reader)
    if (pricePerGPUHour == nil) == (instance == nil) {
      reader.complain(
        reader.line,
        "needs one of 'price_per_gpu_hour' and 'instance: {price_per_hour, gpus}', in figures")
      return nil
    }
    if fleet.idleIsFree, serving == nil {
      reader.complain(
        reader.line,
        "'idle: free' needs 'serving: {single_stream_tok_s: N}' to know when the GPUs are busy")
      return nil
    }
  }

  func cost(of replay: ReplayContext) -> OptionCost {
    var cost = OptionCost()
    cost.isFixed = !fleet.idleIsFree
    let run = serving?.run(replay, replicas: fleet.replicas, slo: slo, &cost)
    if fleet.idleIsFree {
      guard let run else {
        cost.isPriced = false
        cost.reasons.append("cannot be priced: without request times no busy time is known")
        return cost
      }
      addBusyTime(run, to: &cost)
    } else {
      addWholePeriod(replay, to: &cost)
    }
    people.add(to: &cost, replay)
    if replay.file.monthHours != .calendar, !fleet.idleIsFree {
      cost.assumptions.append("A whole month counts \(replay.hours.text()) h here.")
    }
    return cost
  }

  /// Price of one replica's hour and how many units it takes, for low, middle and high.
  private var units: [(price: ExactDecimal, count: ExactDecimal)] {
    gpusPerReplica.points.enumerated().map { point, gpus in
      if let instance {
        // A part of the smallest unit cannot be rented.
        let needed =
          (gpus.units + ExactDecimal.powerOfTen(gpus.scale) - 1)
          / ExactDecimal.powerOfTen(gpus.scale)
        let count = (needed + Int128(instance.gpus) - 1) / Int128(instance.gpus)
        return (instance.pricePerHour.points[point], ExactDecimal(units: count))
      }
      return (pricePerGPUHour?.points[point] ?? .zero, gpus)
    }
  }

  private func addWholePeriod(_ replay: ReplayContext, to cost: inout OptionCost) {
    let hours = replay.hours
    func amount(_ replicas: DecimalRange) -> Amount {
      Amount(
        zip(units, replicas.points).map { unit, replicas in
          hours.cost(at: Money(unit.price) ?? .zero, times: unit.count * replicas)
        })
    }
    let unit = instance == nil ? "GPU" : "instance"
    let middle = units[1]
    let count = middle.count * fleet.replicas.middle
    cost.lines.add(
      .rental, amount(fleet.replicas),
      "\(hours.text()) h x \(count) \(unit)\(count == .one ? "" : "s") x \(middle.price)")
    if !fleet.redundancy.isZero {
      cost.lines.add(
        .redundancy, amount(DecimalRange(fleet.redundancy)),
        "\(fleet.redundancy) spare replicas, always on")
    }
    if otherPerHour.high > .zero {
      cost.lines.add(
        .otherInfrastructure,
        Amount(otherPerHour.points.map { hours.cost(at: Money($0) ?? .zero) }),
        "\(hours.text()) h x \(otherPerHour)")
    }
    if gpusPerReplica.isRange || fleet.replicas.isRange || (pricePerGPUHour?.isRange ?? false) {
      cost.assumptions.append("The total is taken at the middle of each range.")
    }
  }

  private func addBusyTime(_ run: SingleStream.Run, to cost: inout OptionCost) {
    let billed: Quantity
    if granularity == .second, minimum == 0 {
      billed = run.busyHours
      cost.assumptions.append(
        "Billed by the second, to the exact duration of the work; idle time is free.")
    } else {
      let time = run.billedMicroseconds(unit: granularity.microseconds, minimum: minimum)
      billed = Quantity(numerator: Int128(time), denominator: 3_600_000_000)
      cost.assumptions.append(
        "Billed in whole \(granularity.rawValue)s from the start of each busy stretch; requests that "
          + "arrive in time already paid ride along; idle time is free.")
    }
    cost.lines.add(
      .rental,
      Amount(units.map { billed.cost(at: Money($0.price) ?? .zero, times: $0.count) }),
      "\(billed.text(decimals: 4)) h busy x \(units[1].count) x \(units[1].price)")
    if otherPerHour.high > .zero {
      cost.lines.add(
        .otherInfrastructure,
        Amount(otherPerHour.points.map { billed.cost(at: Money($0) ?? .zero) }),
        "\(billed.text(decimals: 4)) h busy x \(otherPerHour)")
    }
  }
}
