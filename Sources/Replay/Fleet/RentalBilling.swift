/// How rented time is metered when only busy time is paid for.
struct RentalBilling: Sendable, Hashable, CustomStringConvertible {
  enum Granularity: String, CaseIterable {
    case second, minute, hour
  }

  private(set) var granularity = Granularity.second
  /// Microseconds that any stretch costs at least.
  private(set) var minimum: Int64 = 0
  var commitment: Commitment?

  init() {}

  init(_ reader: OptionReader) {
    guard
      let billing = reader.map("billing", known: ["granularity", "minimum", "commitment"])
    else { return }
    let words = Granularity.allCases.map(\.rawValue)
    granularity = billing.word("granularity", among: words).flatMap(Granularity.init) ?? .second
    minimum = billing.duration("minimum") ?? 0
    commitment = Commitment(billing, isByInstance: reader.field("instance") != nil)
  }

  /// Whether the price follows the work exactly, whenever it arrives.
  var isToTheSecond: Bool { granularity == .second && minimum == 0 }

  /// Microseconds. By the second the exact duration counts: meters run on from one request to the next.
  private var unit: Int64 {
    switch granularity {
    case .second: 1
    case .minute: 60_000_000
    case .hour: 3_600_000_000
    }
  }

  /// One server's time that is paid for.
  struct Meter {
    /// The stretch that runs, or ran last.
    private var start: Int64 = .min
    /// Its end as paid for.
    private(set) var paidUntil: Int64 = .min
    private var closed: Int64 = 0

    /// Adds work; a stretch that is still paid for goes on, otherwise a new one starts.
    mutating func work(from begin: Int64, to end: Int64, _ billing: RentalBilling) {
      if begin > paidUntil {
        closed = billed
        start = begin
      }
      let length = max(end - start, billing.minimum)
      let (units, rest) = length.quotientAndRemainder(dividingBy: billing.unit)
      paidUntil = start + (units + (rest > 0 ? 1 : 0)) * billing.unit
    }

    /// Microseconds.
    var billed: Int64 { closed + (start == .min ? 0 : paidUntil - start) }
  }

  /// How a time is rounded: `by the second`.
  var steps: String {
    "in whole \(granularity)s" + (minimum > 0 ? ", \(minimum / 1_000_000) s at least" : "")
  }

  var description: String {
    switch (granularity, minimum) {
    case (.second, 0): "Billed by the second, to the exact duration of the work; idle time is free."
    default:
      "Every busy stretch is billed \(steps) from its start; a request that arrives in time already paid for rides along; idle time is free."
    }
  }
}
