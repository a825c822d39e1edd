import Usage

/// Dated prices of models by provider, the user's own rows over the compiled-in ones.
package struct PriceBook: Sendable {
  /// One price file as text scalars.
  package struct File: Sendable {
    package var name: String
    package var layer: PriceMatch.Layer
    package var tree: TextTree

    package init(name: String, layer: PriceMatch.Layer, tree: TextTree) {
      self.name = name
      self.layer = layer
      self.tree = tree
    }
  }

  /// Throws `PriceFaults` that names every fault of every file at once.
  package init(files: [File]) throws {}

  /// The price row in force for a model name as a log wrote it, or nil: unpriced, never 0.
  ///
  /// `provider` is what the log says ("" when it does not); the same weights cost differently
  /// elsewhere, so another provider's row never stands in.
  package func match(model: String, provider: String, at instant: Instant) -> PriceMatch? { nil }

  /// Up to three ids that look like `model`: a hint for people, never a price.
  package func similarModels(to model: String) -> [String] { [] }
}

/// The row that prices a request, and how it was found.
package struct PriceMatch: Sendable {
  package enum Layer: String, Sendable { case user, book }
  /// In the order tried.
  package enum Rule: String, Sendable { case exact, snapshot, alias, family }

  /// `provider/model`.
  package var id: String
  package var rule: Rule
  package var layer: Layer
  package var period: PricePeriod
}

/// Prices of one model between two moments.
package struct PricePeriod: Sendable {
  /// Nil: the start is unknown or open.
  package var from: Instant?
  /// Exclusive; nil: open.
  package var to: Instant?
  package var currency: String
  package var status: String
  package var source: PriceSource

  /// What this row charges, or nil where it has no rate for a kind of token that occurs.
  ///
  /// Exact: rates are whole picodollars a token, so charges of single requests add up to the charge
  /// of all of them. The tier of the context length is decided on `tokens.input` of one request.
  package func charge(
    for tokens: TokenCounts, requests: Int64, at instant: Instant, tier: ServiceTier,
    region: String
  ) -> Charge? { nil }
}

/// Where a price was read and when.
package struct PriceSource: Sendable, Hashable {
  package var name: String
  package var reference: String
  package var asOf: Day?
}

package struct Charge: Sendable, Hashable {
  package var tokens: Money
  package var requestFees: Money
}
