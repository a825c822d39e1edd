import Usage

/// Prices of one model between two moments: a row of the price book.
package struct PricePeriod: Sendable {
  /// Nil: the start is unknown, not "always".
  package var from: Instant?
  /// Exclusive; nil: open.
  package var to: Instant?
  /// The last catalogue date that still showed the row before, and the first that shows this one: the
  /// change lies between them.
  package var bracket: (after: Day, upTo: Day)?
  /// From when on an announced price that nobody has confirmed is in doubt.
  package var expires: Instant?
  package var unit = Unit.millionTokens
  package var currency: String
  package var rates: Rates
  /// By the length of the input, ascending.
  package var tiers: [Tier] = []
  package var variants: [Variant] = []
  package var windows: [Window] = []
  /// Per 1,000 calls of a tool, by its name: `web_search`.
  package var toolFees: [(tool: String, fee: ExactDecimal)] = []
  package var status = Status.confirmed
  package var source: PriceSource
  package var note: String?
  /// What other sources say.
  package var dissent: String?
  /// Why this row stands where another one stood.
  package var corrects: String?
  /// Why this row counts no longer; it stays in the file for the record.
  package var corrected: String?
  /// Where it stands in its file.
  package var line = 0

  package enum Status: String, Sendable, CaseIterable {
    /// Two sources agree, or the provider's own page.
    case confirmed
    /// Announced for its date.
    case announced
    /// Seen by one source.
    case observed
    /// The change is only known to lie between two dates.
    case bracketed
    /// Sources disagree; see `dissent`.
    case conflict
  }

  package enum Unit: String, Sendable, CaseIterable {
    case millionTokens = "per_1M_tokens"
    case millionCharacters = "per_1M_characters"
    case request = "per_request"
    case second = "per_second"
    case hour = "per_hour"
    case image = "per_image"
    case page = "per_page"
    case databricksUnit = "per_DBU"
  }

  /// A request whose whole input reaches `least` tokens is charged at these rates as a whole.
  package struct Tier: Sendable {
    package var least: Int64
    /// Whether it was written as `prompt_tokens_gte`.
    package var isInclusive: Bool
    package var rates: Rates
  }

  /// Other rates, or a multiple of them, for requests with certain attributes.
  package struct Variant: Sendable {
    package var when: Condition
    package var from: Instant?
    package var to: Instant?
    package var rates: Rates
    package var tiers: [Tier] = []
    package var multiplier: ExactDecimal?
  }

  /// What a request must be like; an empty field does not ask.
  package struct Condition: Sendable, Hashable {
    package var serviceTier = ""
    package var speed = ""
    package var route = ""
    /// One of these; a `*` at the end stands for anything.
    package var regions: [String] = []

    func admits(_ request: PriceAttributes) -> Bool {
      (serviceTier.isEmpty || serviceTier == request.tier.name)
        && (speed.isEmpty || speed == request.speed) && (route.isEmpty || route == request.route)
        && (regions.isEmpty || regions.contains { Condition.fits(request.region, $0) })
    }

    private static func fits(_ region: String, _ pattern: String) -> Bool {
      pattern.hasSuffix("*") ? region.hasPrefix(pattern.dropLast()) : region == pattern
    }
  }

  /// Rates of a time of the day, in minutes of the UTC day; one that ends before it starts runs over
  /// midnight and belongs to the day on which it starts.
  package struct Window: Sendable {
    package var start: Int
    package var end: Int
    /// ISO 8601 numbers, 1 is Monday; empty: every day.
    package var weekdays: Set<Int> = []
    package var from: Instant?
    package var to: Instant?
    package var rates: Rates
  }

  func holds(_ instant: Instant) -> Bool { instant.isBetween(from, to) }
}

/// What decides a price beside the model, the moment and the tokens.
package struct PriceAttributes: Sendable, Hashable {
  package var tier = ServiceTier.standard
  /// As the source writes it; empty where it does not.
  package var region = ""
  /// Values of the tags `speed` and `route`.
  package var speed = ""
  package var route = ""

  package init(tier: ServiceTier = .standard) { self.tier = tier }

  /// `keepsTier`: whether the history's service tier counts.
  package init(_ kind: History.Kind, keepsTier: Bool = true) {
    tier = keepsTier ? kind.tier : .standard
    region = kind.region
    speed = kind.labels.first { $0.key == .tag && $0.name == "speed" }?.value ?? ""
    route = kind.labels.first { $0.key == .tag && $0.name == "route" }?.value ?? ""
  }

  /// Whether other rates than the standard ones are expected.
  var isSpecial: Bool { tier == .batch || tier == .flex || tier == .priority }
}

extension Instant {
  /// Half-open; nil is open.
  func isBetween(_ from: Instant?, _ to: Instant?) -> Bool {
    if let from, self < from { return false }
    if let to, self >= to { return false }
    return true
  }
}

/// Where a price was read and when.
package struct PriceSource: Sendable, Hashable {
  package var name: String
  package var reference: String
  package var asOf: Day?

  package init(name: String, reference: String = "", asOf: Day? = nil) {
    self.name = name
    self.reference = reference
    self.asOf = asOf
  }
}
