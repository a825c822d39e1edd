import Usage

/// Several options at once: every request goes to one of them by rules, and elsewhere while that one
/// is down.
struct Hybrid: HostingOption {
  static let kind = "hybrid"
  static let fields = ["route", "failover"]

  let basics: OptionBasics
  private var routes: [Route] = []
  private var failover: Failover?

  private struct Failover: Sendable {
    var from: String
    var to: String
    var outages: [(start: Instant, end: Instant)]
    var line: Int

    func covers(_ instant: Instant) -> Bool {
      outages.contains { $0.start <= instant && instant < $0.end }
    }
  }

  init?(_ reader: OptionReader) {
    basics = OptionBasics(reader, name: reader.text("name") ?? "")
    for (number, tree) in (reader.field("route")?.list ?? []).enumerated() {
      let place = reader.place + ", route \(number + 1)"
      if let route = Route(tree, place: place, faults: reader.faults) { routes.append(route) }
    }
    if routes.isEmpty, reader.field("route")?.list?.isEmpty ?? true {
      reader.complain(
        reader.line,
        "needs 'route', a list of rules: [{when: {step: extract}, to: NAME}, {to: NAME}]")
    }
    if let map = reader.map("failover", known: ["from", "to", "outages"]) { read(failover: map) }
  }

  private mutating func read(failover reader: OptionReader) {
    guard let from = reader.text("from"), let to = reader.text("to") else {
      reader.complain(reader.line, "needs 'from' and 'to', two options")
      return
    }
    var outages: [(start: Instant, end: Instant)] = []
    for item in reader.field("outages")?.list ?? [] {
      let outage = OptionReader(
        item, place: reader.place + ", outages", known: ["start", "end"], faults: reader.faults)
      let times = ["start", "end"].map { outage.text($0).flatMap { Instant($0) } }
      guard let start = times[0], let end = times[1], start < end else {
        outage.complain(
          outage.line, "needs 'start' and a later 'end' as 2026-09-03T10:00Z")
        continue
      }
      outages.append((start, end))
    }
    if reader.field("outages")?.list?.isEmpty ?? true {
      reader.complain(reader.line, "needs 'outages', a list of {start, end}")
    }
    failover = Failover(from: from, to: to, outages: outages, line: reader.line)
  }

  var references: [OptionReference] {
    routes.map { OptionReference(name: $0.target, field: "route: to", line: $0.line) }
      + (failover.map { failover in
        [("from", failover.from), ("to", failover.to)].map {
          OptionReference(name: $0.1, field: "failover: \($0.0)", line: failover.line)
        }
      } ?? [])
  }

  func cost(of replay: ReplayContext) -> OptionCost {
    let targets = targets
    let parts = replay.parts("routes") { split(replay.history, among: targets) }
    var cost = OptionCost()
    cost.residencyViolations = 0
    for (target, part) in zip(targets, parts) {
      guard let leg = replay.costOn(part, target, "") else {
        cost.cannotBePriced("'\(target)' is no option of this replay")
        continue
      }
      take(leg, of: target, part, &cost)
    }
    let lost = parts[targets.count]
    if lost.sums.tokens.total > 0 {
      cost.unpriced.requests += lost.sums.requests
      cost.unpriced.tokens += lost.sums.tokens.total
      cost.unpriced.models.append("(no route)")
    }
    return cost
  }

  /// In the order of the rules, each once.
  private var targets: [String] {
    var targets: [String] = []
    for name in routes.map(\.target) + (failover.map { [$0.to] } ?? [])
    where !targets.contains(name) {
      targets.append(name)
    }
    return targets
  }

  /// One history a target, and last what no rule takes.
  private func split(_ history: History, among targets: [String]) -> [History] {
    let places = routes.map { route in targets.firstIndex(of: route.target) ?? targets.count }
    let admitted = history.kinds.map { kind in
      routes.indices.filter { routes[$0].admits(kind) }
    }
    let zone = history.period.zone
    return history.parted(into: targets.count + 1) { request in
      let rule = admitted[request.kind].first {
        !routes[$0].looksAtRequests || routes[$0].admits(request, in: zone)
      }
      guard let rule else { return targets.count }
      if let failover, routes[rule].target == failover.from, failover.covers(request.start) {
        return targets.firstIndex(of: failover.to) ?? targets.count
      }
      return places[rule]
    }
  }

  private func take(
    _ leg: OptionCost, of target: String, _ part: History, _ cost: inout OptionCost
  ) {
    cost.lines.add(all: leg.lines, from: target)
    cost.isPriced = cost.isPriced && leg.isPriced
    cost.isFixed = cost.isFixed || leg.isFixed
    if leg.overflowing != .none { cost.overflowing = .simulated }
    if let capex = leg.capex { cost.capex = (cost.capex ?? .zero) + capex }
    cost.unpriced.requests += leg.unpriced.requests
    cost.unpriced.tokens += leg.unpriced.tokens
    cost.unpriced.models += leg.unpriced.models.filter { !cost.unpriced.models.contains($0) }
    cost.pricesUsed += leg.pricesUsed
    cost.reasons += leg.reasons.map { "\(target): \($0)" }
    cost.assumptions += leg.assumptions.map { "\(target): \($0)" }
    cost.residencyViolations = (cost.residencyViolations ?? 0) + (leg.residencyViolations ?? 0)
    // Of one leg with hardware the figures are the mixture's; of several none stands for all.
    if leg.capacity != nil || leg.service != nil {
      let isFirst = !cost.legs.contains(where: \.hasHardware)
      cost.capacity = isFirst ? leg.capacity : nil
      cost.service = isFirst ? leg.service : nil
    }
    cost.legs.append(
      OptionResult.Leg(
        to: target, requests: part.sums.requests, tokens: part.sums.tokens.total,
        total: leg.isPriced ? leg.lines.total.middle : nil,
        hasHardware: leg.capacity != nil || leg.service != nil))
  }
}
