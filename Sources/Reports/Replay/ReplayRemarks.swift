import Replay
import Usage

/// What stands under each option: how its numbers came about, and what would change them.
extension ReplayReport {
  static func remarks(_ option: OptionResult, baseline: String?) -> [String] {
    var lines: [String] = []
    for line in option.lines where !line.basis.isEmpty && line.amount != .zero {
      lines.append("\(line.name): \(line.basis)")
    }
    lines += option.legs.map { leg in
      "\(leg.to) takes \(counted(leg.requests, "request")) with \(grouped(leg.tokens)) tokens"
        + (leg.total.map { ", \(grouped($0.rounded(to: 2))) \(option.currency)" } ?? "")
    }
    if let service = option.service { lines.append(remark(service)) }
    if let capacity = option.capacity { lines += remark(capacity, option) }
    if let limits = option.limits { lines.append(remark(limits)) }
    if let availability = option.availability { lines.append(remark(availability)) }
    if let seconds = option.roundTripSeconds {
      lines.append("network round trips add up to \(rounded(seconds, 1)) s, one after the other")
    }
    if option.unpriced.tokens > 0 {
      lines.append(
        "excluded: \(unpriced(option.unpriced)): \(option.unpriced.models.joined(separator: ", "))")
    }
    lines += option.reasons
    // Against the baseline first; programs get all of them.
    let volumes =
      option.breakEven.filter { $0.against == baseline }
      + option.breakEven.filter { $0.against != baseline }
    lines += volumes.prefix(3).map(remark)
    if let payback = chosen(option.payback, baseline, \.against) {
      lines.append(
        "its purchase price equals \(grouped(String(payback.days))) days of \(payback.against); "
          + (payback.netDays.map {
            "less what it costs to run, it pays back in \(grouped(String($0))) days"
          } ?? "it costs more to run than that, so it never pays back"))
    }
    if let crossover = chosen(option.crossovers, baseline, \.against) {
      lines.append(remark(crossover, option.currency))
    }
    if let spread = spread(option) { lines.append(spread) }
    lines += option.assumptions.map { "assumed: \($0)" }
    return lines
  }

  private static func remark(_ service: Service) -> String {
    var parts = ["utilisation \(percent(service.utilisation))"]
    if let times = service.timeToFirstToken {
      parts.append(
        "first token p50 \(duration(times.p50)), p95 \(duration(times.p95)), p99 \(duration(times.p99))"
      )
    }
    if let times = service.endToEnd {
      parts.append(
        "end to end p50 \(duration(times.p50)), p95 \(duration(times.p95)), p99 \(duration(times.p99))"
      )
    }
    parts.append("\(counted(service.queued, "request")) waited")
    if let capacity = service.capacityRequests {
      parts.append("capacity \(counted(capacity, "such request")) in the period")
    }
    return "service: " + parts.joined(separator: "; ")
  }

  private static func remark(_ capacity: Capacity, _ option: OptionResult) -> [String] {
    var parts = [
      "capacity \(grouped(rounded(capacity.totalPerSecond, 1))) tokens a second, "
        + "\(grouped(String(capacity.tokensInPeriod))) in the period, \(percent(capacity.utilisation)) used"
    ]
    if let output = capacity.outputPerSecond {
      parts.append("\(grouped(rounded(output, 1))) of output")
    }
    if let requests = capacity.requestsPerHour {
      parts.append("\(grouped(String(requests))) such requests an hour")
    }
    var lines = ["service: " + parts.joined(separator: "; ")]
    lines.append(
      "the history needs \(grouped(rounded(capacity.neededPerSecond, 1))) tokens a second while it is on, "
        + "\(grouped(rounded(capacity.peakPerSecond, 1))) at its peak: "
        + "\(grouped(String(capacity.replicasForPeak))) "
        + (option.kind == "provisioned" ? "units" : "of these"))
    if let full = capacity.perMillionAtFullLoad {
      lines.append(
        "at full load \(grouped(full.rounded(to: 3))) \(option.currency) per 1M tokens"
          + (capacity.perMillionOutputAtFullLoad.map {
            ", \(grouped($0.rounded(to: 3))) per 1M of output"
          } ?? ""))
    }
    if capacity.overflowTokens > 0 {
      lines.append(
        "overflow: \(counted(capacity.overflowRequests, "request")) with "
          + "\(grouped(capacity.overflowTokens)) tokens")
    }
    return lines
  }

  private static func remark(_ limits: RateLimits.Outcome) -> String {
    "limits: \(counted(Int64(limits.throttledMinutes), "throttled minute")), "
      + "\(grouped(String(limits.tokensOver))) tokens over; the busiest minute has "
      + "\(grouped(limits.peakTokens)) tokens in \(counted(limits.peakRequests, "request"))"
  }

  private static func remark(_ availability: Availability) -> String {
    "availability: \(availability.needed) of \(availability.replicas) up for "
      + "\(decimals(availability.share * 100, 4)) % of the time, "
      + "\(decimals(availability.hoursDown, 3)) h down"
  }

  private static func remark(_ volume: OptionResult.BreakEven) -> String {
    var text =
      "breaks even with \(volume.against) at \(grouped(String(volume.tokens))) tokens "
      + "(\(grouped(String(volume.requests))) requests) in this period, "
      + "\(grouped(String(volume.tokensPerDay))) a day, \(times(volume.times)) times this volume"
    if let rate = volume.tokensPerSecond {
      text += ", \(grouped(rounded(rate, 1))) tokens a second"
    }
    if volume.overflows {
      text += ", the overflow counted"
      if volume.isApproximate {
        text += " as growing with the volume; it grows faster, so the true volume is higher"
      }
    } else if let load = volume.load {
      text +=
        load <= 1
        ? ": feasible at \(percent(load)) load"
        : ": impossible at any volume, it is \(times(load)) times what the hardware can do"
    }
    return text
  }

  private static func remark(_ crossover: OptionResult.Crossover, _ currency: String) -> String {
    var text =
      "with the growth given \(crossover.against) costs \(grouped(crossover.other.rounded(to: 2))) "
      + "\(currency) in month \(crossover.month), this option "
      + "\(grouped(crossover.own.rounded(to: 2))): "
      + (crossover.isWithinPlan ? "within the months planned for" : "later than planned for")
    if let load = crossover.load {
      text += load <= 1 ? "" : ", but by then at \(times(load)) times its capacity"
    }
    func month(_ month: Int?) -> String { month.map { "month \($0)" } ?? "never" }
    text +=
      "; with growth 20 % slower \(month(crossover.monthIfSlower)), faster "
      + month(crossover.monthIfFaster)
    if let needed = crossover.growthNeeded {
      let percent = ExactDecimal(units: needed.units * 100, scale: needed.scale).reduced
      text += "; within the plan from \(percent) % a month on"
    }
    return text
  }

  private static func spread(_ option: OptionResult) -> String? {
    guard let spread = option.monthlySpread else { return nil }
    let months = option.monthly.compactMap { month in
      month.total.map { "\(month.month.description.prefix(7)) \(grouped($0.rounded(to: 2)))" }
    }
    return "months differ by \(grouped(spread.rounded(to: 2))): " + months.joined(separator: ", ")
  }

  static func percent(_ share: Double) -> String {
    let tenths = Int64((share * 1000).rounded())
    if tenths == 0, share > 0 { return "under 0.1 %" }
    return "\(grouped(tenths / 10)).\(tenths % 10) %"
  }

  /// A factor for people, with about three digits that say something.
  static func times(_ factor: ExactDecimal) -> String {
    times(Double(factor.units) / Double(ExactDecimal.powerOfTen(factor.scale)))
  }

  static func times(_ factor: Double) -> String {
    let digits = factor >= 100 ? 0 : factor >= 10 ? 1 : factor >= 0.1 ? 2 : 4
    return grouped(decimals(factor, digits))
  }

  /// A number for people, not money.
  static func decimals(_ value: Double, _ digits: Int) -> String {
    let unit = ExactDecimal.powerOfTen(digits)
    let units = Int128((max(-1e15, min(value, 1e15)) * Double(unit)).rounded())
    return ExactDecimal(units: units, scale: digits).description
  }
}
