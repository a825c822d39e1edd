import Usage

/// What one option would have cost and whether it would have kept up.
package struct OptionResult: Sendable {
  package var name: String
  package var kind: String
  package var currency: String
  /// Nil when the option cannot be priced; `reasons` says why.
  package var total: Money?
  package var low: Money?
  package var high: Money?
  /// Every cost line there is, the ones that are zero too. They add up to `total` exactly.
  package var lines: [CostLine]
  /// Nil without a request: a cost per request without a volume is undefined.
  package var perRequest: Money?
  package var perMillionTokens: Money?
  package var difference: Difference?
  /// Nil for options that are not simulated.
  package var service: Service?
  package var breakEven: [BreakEven]
  package var payback: [Payback]
  package var eligible: Bool
  package var reasons: [String]
  package var unpriced: Unpriced
  /// The price rows or rates used: model, layer (`user` or `book`), source and date.
  package var pricesUsed: [PriceUse]
  /// Sentences; a number the user did not give stands here with its source and date.
  package var assumptions: [String]
  package var capacity: Capacity?
  package var fit: Fit?
  package var availability: Availability?
  package var limits: RateLimits.Outcome?
  /// Parts of the history that a hybrid sent to other options.
  package var legs: [Leg]
  /// By the names of `Requirements.attributes`; what is absent was not stated.
  package var attributes: [String: Bool]
  package var region: String?
  package var tags: [String]
  /// Reasons beside money, with who gives them.
  package var qualities: [(text: String, source: String)]
  /// Requests tagged with a region that the option is not in.
  package var residencyViolations: Int64
  /// Seconds that network round trips add up to, one request after the other; nil where none was given.
  package var roundTripSeconds: ExactDecimal?
  package var crossovers: [Crossover]
  package var sensitivity: [Sensitivity]
  /// What each calendar month cost, where the period has several.
  package var monthly: [Month]

  package struct Leg: Sendable {
    package var to: String
    /// `confirmed`, `announced`, `observed`, `bracketed`, `conflict`; empty for an option's own price.
    package var status = ""
    package var requests: Int64
    package var tokens: Int64
    package var total: Money?
    /// Whether its capacity or service is known.
    package var hasHardware: Bool
  }

  package struct Month: Sendable {
    package var month: Day
    package var total: Money?
    package var low: Money?
    package var high: Money?
  }

  package struct Difference: Sendable {
    package var to: String
    package var amount: Money
    /// One digit behind the point; nil when the baseline's total is 0.
    package var percent: ExactDecimal?
  }

  package struct Unpriced: Sendable {
    package var requests: Int64 = 0
    package var tokens: Int64 = 0
    package var models: [String] = []
    /// Those of them for which the option names no price at all.
    package var notConfigured: [String] = []
  }

  package struct PriceUse: Sendable, Hashable {
    package var model: String
    package var id: String
    package var layer: String
    package var rule: String
    package var source: String
    package var asOf: String
    package var from: String
    package var to: String
    /// `confirmed`, `announced`, `observed`, `bracketed`, `conflict`; empty for an option's own price.
    package var status = ""
    package var requests: Int64
    package var tokens: Int64
    package var amount: Money
  }

  /// The volume at which `against` costs what this option costs, at the history's own mix.
  package struct BreakEven: Sendable {
    package var against: String
    package var tokens: Int128
    package var requests: Int128
    /// Times the history's own volume.
    package var times: ExactDecimal
    package var tokensPerDay: Int128
    /// Over the hours that the hardware is on.
    package var tokensPerSecond: ExactDecimal?
    /// Share of what the hardware could do; nil where its throughput is not known.
    package var load: Double?
    /// Whether what the hardware cannot do goes to another option.
    package var overflows = false
    /// Whether overflow is taken to grow with the volume, though it grows faster: the true volume is
    /// higher, or there is none.
    package var isApproximate = false

    /// Whether the hardware could do it; nil where its throughput is not known.
    package var isFeasible: Bool? { overflows ? true : load.map { $0 <= 1 } }
  }

  /// How long the other option's cost takes to add up to this one's purchase price.
  package struct Payback: Sendable {
    package var against: String
    /// Whole days, rounded up.
    package var days: Int128
    /// The same with what this option costs beside its purchase taken off; nil when that is no less than
    /// what the other one costs.
    package var netDays: Int128?
  }
}

/// One line of an option's cost.
package struct CostLine: Sendable, Hashable {
  package var name: String
  package var amount: Money
  package var low: Money
  package var high: Money
  /// How the amount came about, for people: `720 h x 1 GPU x 4.42`. Empty for a line that is zero.
  package var basis: String
}

extension OptionResult {
  /// Dearest month less cheapest; nil with fewer than two months that have a price.
  package var monthlySpread: Money? {
    let totals = monthly.compactMap(\.total)
    guard totals.count > 1, let low = totals.min(), let high = totals.max() else { return nil }
    return high - low
  }
}
