import Usage

extension Deployment {
  /// Prices what a simulation sent elsewhere.
  func price(overflowed parts: [FleetUse.Part], _ replay: ReplayContext, _ cost: inout OptionCost) {
    if overflow != nil, !hasThroughput { cost.overflowing = .simulated }
    guard !parts.isEmpty else { return }
    let over = replay.parts("overflow") {
      var over = replay.history.emptied
      for part in parts {
        let request = replay.history.requests[part.place]
        over.append(
          part.tokens < part.all ? request.cut(part.tokens, of: part.all).kept : request)
      }
      return [over]
    }[0]
    if let overflow {
      replay.price(overflow: over, on: overflow, &cost)
    } else {
      cost.reasons.append(
        "over capacity: \(counted(over.sums.requests, "request")) with "
          + "\(counted(over.sums.tokens.total, "token")) not taken, and no 'overflow' names who takes them"
      )
    }
  }
}

extension ReplayContext {
  /// Adds what `history` costs on another option as the overflow line.
  func price(overflow history: History, on name: String, _ cost: inout OptionCost) {
    guard !history.isEmpty else {
      cost.assumptions.append("Nothing overflows to \(name).")
      return
    }
    guard let other = costOn(history, name), other.isPriced, other.lines.isExact else {
      cost.cannotBePriced("what overflows has no price on '\(name)'")
      return
    }
    let sums = history.sums
    cost.lines.add(
      .overflow, other.lines.total,
      "\(counted(sums.requests, "request")) with \(counted(sums.tokens.total, "token")) on \(name)")
    cost.unpriced.requests += other.unpriced.requests
    cost.unpriced.tokens += other.unpriced.tokens
    cost.unpriced.models += other.unpriced.models.filter { !cost.unpriced.models.contains($0) }
    cost.pricesUsed += other.pricesUsed
    cost.assumptions += other.assumptions.map { "\(name): \($0)" }
  }
}
