import Usage

/// The row that prices a request, and how it was found.
package struct PriceMatch: Sendable {
  package enum Layer: String, Sendable { case user, book }

  /// In the order tried.
  package enum Rule: String, Sendable {
    /// The name stands in the book.
    case exact
    /// A date or version number of the name is written in another way.
    case respelt
    /// A dated alias.
    case alias
    /// A regular expression of the row.
    case pattern
    /// The row of the base model's fine-tunes.
    case fineTune = "fine-tune"
    /// Without the date at its end, or Bedrock's version.
    case family
    /// A Bedrock profile of a model whose geographies all cost the same.
    case geography
  }

  /// `provider/model`.
  package var id: String
  package var rule: Rule
  package var layer: Layer
  package var period: PricePeriod
  /// The row that may hold instead: the moment lies where the change between the two is only known to
  /// have happened, or an announced price went unconfirmed.
  package var alternative: PricePeriod?
  /// Where the name itself says that it runs: `us-east-1/model`.
  package var region: String?

  /// What decides the price, of the request and of its model's name.
  package func attributes(_ request: PriceAttributes) -> PriceAttributes {
    var attributes = request
    if attributes.region.isEmpty, let region { attributes.region = region }
    return attributes
  }
}

/// What the book says of a model at a moment, and for how long it says so.
package struct PriceAnswer: Sendable {
  /// Nil: no row is in force.
  package internal(set) var match: PriceMatch?
  /// Nil: since ever.
  package private(set) var from: Instant?
  /// Exclusive; nil: for good.
  package private(set) var to: Instant?

  mutating func narrow(from other: Instant?, to end: Instant?) {
    if let other { from = max(from ?? other, other) }
    if let end { to = min(to ?? end, end) }
  }

  /// Whether what is tried first holds now. If not, it wins from its beginning on, or won until its
  /// end.
  mutating func tries(_ from: Instant?, _ to: Instant?, at instant: Instant) -> Bool {
    if let from, from > instant {
      narrow(from: nil, to: from)
      return false
    }
    if let to, to <= instant {
      narrow(from: to, to: nil)
      return false
    }
    return true
  }

  /// Takes the row of a model that is in force; false when there is none.
  mutating func take(
    _ model: PriceBook.Model, rule: PriceMatch.Rule, _ layer: PriceMatch.Layer, at instant: Instant
  ) -> Bool {
    let periods = model.periods
    for place in periods.indices.reversed() {
      let period = periods[place]
      guard tries(period.from, period.to, at: instant) else { continue }
      var match = PriceMatch(id: model.id, rule: rule, layer: layer, period: period)
      narrow(from: period.from, to: period.to)
      if place > 0, let bracket = period.bracket,
        isBefore(Instant(midnightOf: bracket.upTo), instant)
      {
        match.alternative = periods[place - 1]
      }
      if place > 0, let expires = period.expires, !isBefore(expires, instant) {
        match.alternative = periods[place - 1]
      }
      if place + 1 < periods.count, let bracket = periods[place + 1].bracket,
        !isBefore(Instant(midnightOf: bracket.after), instant)
      {
        match.alternative = periods[place + 1]
      }
      self.match = match
      return true
    }
    return false
  }

  /// Whether `instant` lies before `edge`; the answer holds on that side only.
  private mutating func isBefore(_ edge: Instant, _ instant: Instant) -> Bool {
    if instant < edge {
      narrow(from: nil, to: edge)
      return true
    }
    narrow(from: edge, to: nil)
    return false
  }
}

extension Instant {
  init(midnightOf day: Day) {
    self.init(microseconds: Int64(day.number) * Instant.microsecondsPerDay)
  }
}
