import Usage

/// Dated prices of models by provider, the user's own rows over the book's.
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
    /// Regular expressions that a whole name must match.
    package var patterns: [String]
    /// Ascending by time.
    package var periods: [PricePeriod]
    /// Rows that were wrong and stay for the record.
    package var corrected: [PricePeriod]
    package var note: String?
    package var line: Int

    /// What stands after the provider in the id.
    package var ownName: String { String(id.drop { $0 != "/" }.dropFirst()) }

    func matchesPattern(_ name: String) -> Bool {
      patterns.contains { pattern in
        guard let regex = try? Regex(pattern).ignoresCase() else { return false }
        return name.wholeMatch(of: regex) != nil
      }
    }
  }

  /// What a report says of the prices it rests on.
  package struct Identity: Sendable, Hashable {
    /// `price book 2026-11-26 (sha256 ...)`, or the folder that stands in its place.
    package var book: String
    package var version: String?
    package var hash: String?
    package var userFiles: [String]

    package var sentence: String {
      userFiles.isEmpty ? book : "\(book) under \(userFiles.joined(separator: ", "))"
    }
  }

  private var user = PriceTable()
  private let book: BookFiles
  package private(set) var identity: Identity
  /// Times between two prices of one model of the user's that have none.
  package private(set) var gaps: [String] = []

  /// The compiled-in book under the user's files; `parse` makes a tree of a text and its name.
  ///
  /// Throws `PriceFaults` that names every fault of the user's files at once.
  package init(
    user files: [File],
    parse: @escaping @Sendable (_ text: String, _ file: String) throws -> TextTree
  ) throws {
    book = BookFiles(parse: parse)
    identity = Identity(
      book: Catalogue.identity, version: Catalogue.version, hash: Catalogue.hash,
      userFiles: files.map(\.name))
    try add(files)
  }

  /// Files instead of the compiled-in book; `name` stands for it in reports.
  package init(files: [File], named name: String = "price files") throws {
    var faults: [String] = []
    book = BookFiles(files: files.filter { $0.layer == .book }, &faults)
    let own = files.filter { $0.layer == .user }
    identity = Identity(book: name, userFiles: own.map(\.name))
    if !faults.isEmpty { throw PriceFaults(faults: faults) }
    try add(own)
  }

  private mutating func add(_ files: [File]) throws {
    var faults: [String] = []
    for file in files {
      var reader = PriceFileReader(file)
      user.add(reader.read(), &reader)
      for alias in user.aliases where priced(alias.target) == nil {
        reader.complain(
          at: alias.line, "alias '\(alias.name)': there is no model '\(alias.target)'")
      }
      faults += reader.faults
      gaps += reader.gaps
    }
    if !faults.isEmpty { throw PriceFaults(faults: faults) }
  }

  /// Every model, the user's first. Reads the whole book.
  package var models: [Model] { user.models + book.providers.flatMap { book.table($0).models } }

  package var aliases: [PriceAlias] {
    user.aliases + book.providers.flatMap { book.table($0).aliases }
  }

  /// A model by its id, the user's before the book's.
  private func priced(_ id: String) -> Model? {
    user.model(id: id) ?? book.table(PriceBook.provider(of: id)).model(id: id)
  }

  private static func provider(of id: String) -> String {
    ModelName.canonical(String(id.prefix { $0 != "/" }).lowercased())
  }

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
    let name = ModelName(model: model, provider: provider)
    let inBook = finds(name, .book)
    // A user's row for a model of the book holds for all of the book's names of it.
    let inUser =
      user.models.isEmpty
      ? []
      : finds(name, .user)
        + inBook.compactMap { find in
          user.model(id: find.model.id).map {
            Find(model: $0, rule: find.rule, alias: find.alias, region: find.region)
          }
        }
    for (layer, finds) in [(PriceMatch.Layer.user, inUser), (.book, inBook)] {
      for find in finds {
        if let alias = find.alias, !answer.tries(alias.from, alias.to, at: instant) { continue }
        if answer.take(find.model, rule: find.rule, layer, at: instant) {
          if let alias = find.alias { answer.narrow(from: alias.from, to: alias.to) }
          answer.match?.region = find.region
          return answer
        }
      }
    }
    return answer
  }

  private struct Find {
    var model: Model
    var rule: PriceMatch.Rule
    var alias: PriceAlias?
    var region: String?
  }

  /// The models of a layer that a name may mean, in the order to try: the exact snapshot, then dated
  /// aliases, then what the rules of names make of it.
  private func finds(_ name: ModelName, _ layer: PriceMatch.Layer) -> [Find] {
    var finds: [Find] = []
    func table(_ provider: String) -> PriceTable { layer == .user ? user : book.table(provider) }
    func add(_ model: Model?, _ rule: PriceMatch.Rule) {
      if let model { finds.append(Find(model: model, rule: rule)) }
    }
    func addAliases(_ provider: String, _ text: String) {
      let all = user.aliases(provider, text) + book.table(provider).aliases(provider, text)
      for alias in all {
        if let model = table(PriceBook.provider(of: alias.target)).model(id: alias.target) {
          finds.append(Find(model: model, rule: .alias, alias: alias))
        }
      }
    }
    // A user's own names, as for deployments and profiles, hold whatever the provider.
    addAliases("", name.whole)
    if !name.givenProvider.isEmpty { addAliases(name.givenProvider, name.whole) }
    for place in name.places {
      let (provider, text) = (place.provider, place.name)
      let first = finds.count
      defer { for find in first..<finds.count { finds[find].region = place.region } }
      let own = table(provider)
      add(own.model(provider, named: text), .exact)
      let respelt = NameForms.respelt(text)
      for form in respelt { add(own.model(provider, named: form), .respelt) }
      for form in [text] + respelt { addAliases(provider, form) }
      add(own.model(provider, matching: text), .pattern)
      add(own.model(provider, speltLike: text), .respelt)
      if let tuned = NameForms.fineTune(text) {
        for form in [tuned] + NameForms.respelt(tuned) {
          add(own.model(provider, named: form), .fineTune)
        }
      }
      for form in families(text, provider) {
        add(own.model(provider, named: form), .family)
        addAliases(provider, form)
        add(own.model(provider, speltLike: form), .family)
      }
      if provider == "bedrock", let place = NameForms.geography(text),
        !own.hasGeographies(of: place.model)
      {
        add(own.model(provider, named: place.model), .geography)
      }
    }
    return finds
  }

  private func families(_ name: String, _ provider: String) -> [String] {
    var forms = [NameForms.family(name)].compactMap(\.self)
    if provider == "bedrock", let plain = NameForms.withoutVersion(name) {
      forms.insert(plain, at: 0)
      if let family = NameForms.family(plain) { forms.append(family) }
    }
    return forms
  }

  /// What one unit of `currency` is worth in `other` at a moment, where the user's files say so.
  package func exchangeRate(
    from currency: String, into other: String, at instant: Instant
  ) -> ExchangeRate? {
    user.exchangeRates.last {
      $0.currency == currency && $0.into == other && instant.isBetween($0.from, $0.to)
    }
  }

  /// Up to three ids that look like `model`: a hint for people, never a price.
  package func similarModels(to model: String, provider: String = "") -> [String] {
    let name = model.lowercased()
    let bare = name.split(separator: "/").last.map(String.init) ?? name
    // The first parties' and the named provider's models; a router lists everything twice.
    let named = ModelName(model: model, provider: provider).places.map(\.provider)
    let scored = (user.models + named.flatMap { book.table($0).models }).map {
      model -> (id: String, score: Int) in
      let own = model.id.lowercased().split(separator: "/").last.map(String.init) ?? model.id
      return (model.id, editDistance(bare, own))
    }
    return scored.filter { $0.score <= max(3, bare.count / 2) }
      .sorted { ($0.score, $0.id) < ($1.score, $1.id) }.prefix(3).map(\.id)
  }
}

/// Everything that is wrong with price files.
package struct PriceFaults: Error, CustomStringConvertible {
  package var faults: [String]

  package var description: String { faults.joined(separator: "\n") }
}
