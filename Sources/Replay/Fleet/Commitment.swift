import Usage

/// Servers that are paid for all the time, at a price of their own, whether they run or not. What runs
/// beyond them is paid for as it runs.
struct Commitment: Sendable, Hashable {
  var replicas: Int
  /// Of one GPU or one instance, an hour.
  var price: DecimalRange

  init(replicas: Int, price: DecimalRange) {
    self.replicas = replicas
    self.price = price
  }

  /// Nil where there is none.
  init?(_ billing: OptionReader, isByInstance: Bool) {
    let key = isByInstance ? "price_per_hour" : "price_per_gpu_hour"
    guard let reader = billing.map("commitment", known: ["replicas", key]) else { return nil }
    let count = reader.number("replicas", atMost: 10_000)
    let price = reader.range(key)
    guard let count, count > 0, let price else {
      reader.lack(["replicas", key], "needs 'replicas', 1 or more, and '\(key)'")
      return nil
    }
    self.init(replicas: count, price: price)
  }

  /// Of so many servers those beyond the commitment.
  func beyond(_ servers: ExactDecimal) -> ExactDecimal {
    max(.zero, servers - ExactDecimal(units: Int128(replicas)))
  }

  /// Of every server's stretches the parts in which more servers run than are committed: those that
  /// started last.
  func beyond(_ servers: [[FleetRun.Life]]) -> [[FleetRun.Life]] {
    var events: [(time: Double, isStart: Bool, server: Int)] = []
    for (server, stretches) in servers.enumerated() {
      for stretch in stretches where stretch.end > stretch.start {
        events.append((stretch.start, true, server))
        events.append((stretch.end, false, server))
      }
    }
    // What ends makes room for what starts at the same time.
    events.sort { a, b in
      if a.time != b.time { return a.time < b.time }
      return a.isStart == b.isStart ? a.server < b.server : b.isStart
    }
    var running: [Int] = []
    var paid = [[FleetRun.Life]](repeating: [], count: servers.count)
    for event in events {
      let before = running.dropFirst(replicas)
      if event.isStart {
        running.append(event.server)
      } else if let place = running.firstIndex(of: event.server) {
        running.remove(at: place)
      }
      let now = running.dropFirst(replicas)
      for server in before where !now.contains(server) {
        paid[server][paid[server].count - 1].end = event.time
      }
      for server in now where !before.contains(server) {
        paid[server].append(FleetRun.Life(start: event.time, end: event.time))
      }
    }
    return paid
  }
}
