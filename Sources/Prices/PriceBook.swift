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

  package struct Model: Sendable {
    /// `provider/model`.
    package var id: String
    package var provider: String
    package var layer: PriceMatch.Layer
    /// Names in logs that mean this model, besides the id's own.
    package var names: [String]
    /// Ascending by time.
    package var periods: [PricePeriod]
    package var note: String?
  }

  package private(set) var models: [Model] = []
  /// `provider name` in lower case -> the user's model, the book's model.
  private var user: [String: Int] = [:]
  private var book: [String: Int] = [:]

  /// Throws `PriceFaults` that names every fault of every file at once.
  package init(files: [File]) throws {
    var faults: [String] = []
    for file in files {
      var reader = PriceFileReader(file)
      for model in reader.read() { add(model, &reader) }
      faults += reader.faults
    }
    if !faults.isEmpty { throw PriceFaults(faults: faults) }
  }

  private mutating func add(_ model: Model, _ reader: inout PriceFileReader) {
    let index = models.count
    models.append(model)
    var names = Set(model.names.map { $0.lowercased() })
    names.insert(String(model.id.drop { $0 != "/" }.dropFirst()).lowercased())
    for name in names {
      let key = PriceBook.key(model.provider, name)
      if model.layer == .user {
        user[key] = index
      } else if let other = book.updateValue(index, forKey: key), models[other].id != model.id {
        reader.complain(
          at: 1,
          "'\(name)' of \(model.provider) stands for both \(models[other].id) and \(model.id)")
      }
    }
  }

  private static func key(_ provider: String, _ name: String) -> String { provider + " " + name }

  /// The price row in force for a model name as a log wrote it, or nil: unpriced, never 0.
  ///
  /// `provider` is what the log says ("" when it does not); the same weights cost differently
  /// elsewhere, so another provider's row never stands in.
  package func match(model: String, provider: String, at instant: Instant) -> PriceMatch? {
    answer(for: model, provider: provider, at: instant).match
  }

  /// The same, with the time in which the answer stays as it is, also when it is that there is none.
  package func answer(
    for model: String, provider: String, at instant: Instant
  ) -> PriceAnswer {
    var answer = PriceAnswer()
    for candidate in ModelNames.candidates(model: model, provider: provider) {
      let key = PriceBook.key(candidate.provider, candidate.name)
      for (table, layer) in [(user, PriceMatch.Layer.user), (book, .book)] {
        guard let index = table[key] else { continue }
        for period in models[index].periods.reversed() {
          if period.holds(instant) {
            answer.match = PriceMatch(
              id: models[index].id, rule: candidate.rule, layer: layer, period: period)
            answer.narrow(from: period.from, to: period.to)
            return answer
          }
          // A row that is tried first wins from its beginning on, or won until its end.
          if let from = period.from, from > instant { answer.narrow(from: nil, to: from) }
          if let to = period.to, to <= instant { answer.narrow(from: to, to: nil) }
        }
      }
    }
    return answer
  }

  /// Up to three ids that look like `model`: a hint for people, never a price.
  package func similarModels(to model: String) -> [String] {
    let name = model.lowercased()
    let bare = name.split(separator: "/").last.map(String.init) ?? name
    let scored = models.map { model -> (id: String, score: Int) in
      let own = model.id.lowercased().split(separator: "/").last.map(String.init) ?? model.id
      return (model.id, editDistance(bare, own))
    }
    return scored.filter { $0.score <= max(3, bare.count / 2) }
      .sorted { ($0.score, $0.id) < ($1.score, $1.id) }.prefix(3).map(\.id)
  }
}

/// The row that prices a request, and how it was found.
package struct PriceMatch: Sendable {
  package enum Layer: String, Sendable { case user, book }
  /// In the order tried.
  package enum Rule: String, Sendable { case exact, snapshot, geography }

  /// `provider/model`.
  package var id: String
  package var rule: Rule
  package var layer: Layer
  package var period: PricePeriod
}

/// What the book says of a model at a moment, and for how long it says so.
package struct PriceAnswer: Sendable {
  /// Nil: no row is in force.
  package var match: PriceMatch?
  /// Nil: since ever.
  package private(set) var from: Instant?
  /// Exclusive; nil: for good.
  package private(set) var to: Instant?

  mutating func narrow(from other: Instant?, to end: Instant?) {
    if let other { from = max(from ?? other, other) }
    if let end { to = min(to ?? end, end) }
  }
}

/// Everything that is wrong with price files.
package struct PriceFaults: Error, CustomStringConvertible {
  package var faults: [String]

  package var description: String { faults.joined(separator: "\n") }
}
