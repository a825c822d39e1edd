import Usage

/// A number of servers that does not change.
struct FixedFleet: Sendable {
  var replicas = DecimalRange.one
  /// Spare replicas.
  var redundancy = ExactDecimal.zero
  /// Whether only busy time is paid for.
  var idleIsFree = false

  init(_ reader: OptionReader) {
    guard let fleet = reader.map("fleet", known: ["mode", "replicas", "redundancy", "idle"])
    else { return }
    _ = fleet.word("mode", among: ["fixed"])
    replicas = fleet.count("replicas") ?? .one
    redundancy = ExactDecimal(units: Int128(fleet.number("redundancy", atMost: 10_000) ?? 0))
    idleIsFree = fleet.word("idle", among: ["billed", "free"]) == "free"
  }
}

/// Limits that the service must keep.
struct ServiceLevel: Sendable {
  /// Microseconds.
  var endToEndP95: Int64?
  var endToEndP99: Int64?

  init?(_ reader: OptionReader) {
    guard let slo = reader.map("slo", known: ["end_to_end_p95", "end_to_end_p99"]) else {
      return nil
    }
    endToEndP95 = slo.duration("end_to_end_p95")
    endToEndP99 = slo.duration("end_to_end_p99")
  }
}
