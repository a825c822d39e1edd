import Replay
import Usage

/// One sentence an option for whoever pays: what it would have cost, whether it would have kept up (first
/// of all if not), and what would change that.
extension ReplayReport {
  static func sentence(_ option: OptionResult, baseline: String?) -> String {
    guard option.total != nil else {
      let reason = option.reasons.first ?? "no price is known"
      return reason.hasPrefix("cannot be priced") ? reason : "cannot be priced: " + reason
    }
    var parts: [String] = []
    if !option.eligible { parts.append(option.reasons.first ?? "not eligible") }
    if option.unpriced.tokens > 0 {
      parts.append("leaving out \(counted(option.unpriced.requests, "request")) without a price")
    }
    parts += keepingUp(option)
    let couldNot = verdict(option).isDoubtful && !isOfUnknownCapacity(option)
    parts.insert(price(option), at: couldNot ? parts.count : 0)
    if let volume = chosen(option.breakEven, baseline, \.against) { parts.append(short(volume)) }
    if let crossover = chosen(option.crossovers, baseline, \.against) {
      parts.append(
        "growth makes \(crossover.against) dearer in month \(crossover.month)"
          + (crossover.load.map { $0 > 1 } ?? false
            ? ", beyond what the hardware can do"
            : crossover.isWithinPlan ? "" : ", later than planned for"))
    }
    return parts.joined(separator: "; ")
  }

  /// What is said against the baseline, else the first.
  static func chosen<Entry>(
    _ entries: [Entry], _ baseline: String?, _ against: (Entry) -> String
  ) -> Entry? {
    entries.first { against($0) == baseline } ?? entries.first
  }

  private static func price(_ option: OptionResult) -> String {
    func text(_ money: Money) -> String { "\(grouped(money.rounded(to: 2))) \(option.currency)" }
    let total = option.total ?? .zero
    let low = option.low ?? total
    let high = option.high ?? total
    func plain(_ money: Money) -> String { grouped(money.rounded(to: 2)) }
    guard let difference = option.difference else {
      return "would have cost \(text(total))"
        + (low == high ? "" : " (\(plain(low)) to \(plain(high)))")
    }
    let range =
      low == high ? "" : " (\(plain(total)) in all, \(plain(low)) to \(plain(high)))"
    let amount = difference.amount
    if amount == .zero { return "would have cost as much as \(difference.to)\(range)" }
    return "would have cost \(text(amount < .zero ? -amount : amount)) "
      + (amount < .zero ? "less than " : "more than ") + difference.to + range
  }

  private static func keepingUp(_ option: OptionResult) -> [String] {
    var parts: [String] = []
    let utilisation = option.capacity?.utilisation ?? option.service?.utilisation
    // Above 1 the reason says it.
    if let utilisation, utilisation <= 1 {
      let what = option.kind == "provisioned" ? "units" : "GPUs"
      parts.append("\(what) \(percent(utilisation)) busy")
    }
    if let over = option.reasons.first(where: { $0.contains("over capacity") }) {
      parts.append(over)
    } else if option.service?.sloMet == false {
      parts.append("too slow: misses the SLO")
    } else if let limits = option.limits, limits.throttledMinutes > 0 {
      parts.append("throttled in \(counted(Int64(limits.throttledMinutes), "minute"))")
    } else if let lost = option.service?.lost, lost > 0 {
      parts.append("\(counted(lost, "request")) got no answer")
    } else if utilisation != nil {
      parts.append("kept up")
    }
    if isOfUnknownCapacity(option) {
      parts.append("whether it would have kept up is not known")
    }
    let overflowed = option.capacity?.overflowRequests ?? option.service?.overflowed ?? 0
    if overflowed > 0 {
      let verb = overflowed == 1 ? "overflows" : "overflow"
      parts.append("\(counted(overflowed, "request")) \(verb)")
    }
    if let impossible = option.reasons.first(where: { $0.hasPrefix("impossible") }) {
      parts.append(impossible)
    }
    return parts
  }

  private static func short(_ volume: OptionResult.BreakEven) -> String {
    var text = "break-even with \(volume.against) at \(times(volume.times))x this volume"
    if volume.isApproximate { text = text.replacing(" at ", with: " at about ") }
    if let load = volume.load, !volume.overflows {
      text +=
        load <= 1
        ? ", feasible at \(percent(load)) load"
        : ", impossible: \(times(load))x what the hardware can do"
    }
    return text
  }
}
