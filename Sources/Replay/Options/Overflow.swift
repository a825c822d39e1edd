import Usage

extension Deployment {
  /// Prices what a simulation sent elsewhere.
  func price(overflowed use: FleetUse?, _ replay: ReplayContext, _ cost: inout OptionCost) {
    if overflow != nil, !hasThroughput { cost.overflowing = .simulated }
    guard let use else { return }
    let band = use.overflowedBand
    guard !use.overflowed.isEmpty || band.map({ !$0.fast.isEmpty || !$0.slow.isEmpty }) ?? false
    else { return }
    let over = replay.parts("overflow") {
      [use.overflowed, band?.fast, band?.slow].compactMap(\.self).map {
        $0.history(of: replay.history)
      }
    }
    if let overflow {
      replay.price(overflow: over[0], ends: Array(over[1...]), on: overflow, &cost)
    } else if !over[0].isEmpty {
      cost.reasons.append(
        "over capacity: \(counted(over[0].sums.requests, "request")) with "
          + "\(counted(over[0].sums.tokens.total, "token")) not taken, and no 'overflow' names who takes "
          + "them")
    }
  }
}

extension [FleetUse.Part] {
  fileprivate func history(of whole: History) -> History {
    var history = whole.emptied
    for part in self {
      let request = whole.requests[part.place]
      history.append(part.tokens < part.all ? request.cut(part.tokens, of: part.all).kept : request)
    }
    return history
  }
}

extension ReplayContext {
  /// Adds what `history` costs on another option as the overflow line; `ends` is what goes there with the
  /// most and with the least of what is in `doubt`, empty where nothing is.
  func price(
    overflow history: History, ends: [History] = [], doubt: String = "speed", on name: String,
    _ cost: inout OptionCost
  ) {
    guard !history.isEmpty || !ends.allSatisfy(\.isEmpty) else {
      cost.assumptions.append("Nothing overflows to \(name).")
      return
    }
    guard let other = total(of: history, on: name, "") else {
      cost.cannotBePriced("what overflows has no price on '\(name)'")
      return
    }
    var amount = other.lines.total
    var basis =
      "\(counted(history.sums.requests, "request")) with "
      + counted(history.sums.tokens.total, "token")
    for (end, part) in zip(ends, ["upper", "lower"]) {
      guard let other = total(of: end, on: name, part) else {
        cost.reasons.append(
          "what overflows at the \(part) end of the \(doubt) has no price on '\(name)'")
        continue
      }
      amount.low = min(amount.low, other.lines.total.low)
      amount.high = max(amount.high, other.lines.total.high)
    }
    let requests = ends.map(\.sums.requests)
    if requests.contains(where: { $0 != history.sums.requests }) {
      basis += " (\(grouped(requests[0])) to \(grouped(requests[1])) as the \(doubt) is in doubt)"
    }
    cost.lines.add(.overflow, amount, "\(basis) on \(name)")
    cost.unpriced.requests += other.unpriced.requests
    cost.unpriced.tokens += other.unpriced.tokens
    cost.unpriced.models += other.unpriced.models.filter { !cost.unpriced.models.contains($0) }
    cost.pricesUsed += other.pricesUsed
    cost.assumptions += other.assumptions.map { "\(name): \($0)" }
  }

  /// Nil where it has no price.
  private func total(of history: History, on name: String, _ part: String) -> OptionCost? {
    if history.isEmpty { return OptionCost() }
    guard let cost = costOn(history, name, part), cost.isPriced, cost.lines.isExact else {
      return nil
    }
    return cost
  }
}
