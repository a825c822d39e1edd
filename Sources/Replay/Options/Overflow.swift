import Usage

extension Deployment {
  /// Prices what a simulation sent elsewhere; `places` are its requests in the history.
  func price(overflowed places: [Int], _ replay: ReplayContext, _ cost: inout OptionCost) {
    guard !places.isEmpty else { return }
    var over = replay.history.emptied
    for place in places { over.append(replay.history.requests[place]) }
    if let overflow {
      replay.price(overflow: over, on: overflow, &cost)
    } else {
      cost.reasons.append(
        "over capacity: \(over.sums.requests) requests with \(over.sums.tokens.total) tokens are not "
          + "taken, and no 'overflow' names who takes them")
    }
  }
}

extension ReplayContext {
  /// Adds what `history` costs on another option as the overflow line.
  func price(overflow history: History, on name: String, _ cost: inout OptionCost) {
    guard !history.requests.isEmpty else {
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
      "\(sums.requests) requests with \(sums.tokens.total) tokens on \(name)")
    cost.unpriced.requests += other.unpriced.requests
    cost.unpriced.tokens += other.unpriced.tokens
    cost.unpriced.models += other.unpriced.models.filter { !cost.unpriced.models.contains($0) }
    cost.pricesUsed += other.pricesUsed
    cost.assumptions += other.assumptions.map { "\(name): \($0)" }
  }
}
