import Usage

/// The models of one layer of the book (the user's, or one provider's built-in file) by their names.
struct PriceTable: Sendable {
  private(set) var models: [PriceBook.Model] = []
  private(set) var aliases: [PriceAlias] = []
  private(set) var exchangeRates: [ExchangeRate] = []
  /// `provider name` in lower case -> places in `models`, `aliases`.
  private var named: [String: Int] = [:]
  private var spelt: [String: Int?] = [:]
  private var aliased: [String: [Int]] = [:]
  private var geographies: Set<String> = []

  static func key(_ provider: String, _ name: String) -> String { provider + " " + name }

  mutating func add(_ file: PriceFileReader.Content, _ reader: inout PriceFileReader) {
    for model in file.models { add(model, &reader) }
    for alias in file.aliases {
      aliases.append(alias)
      aliased[PriceTable.key(alias.provider, alias.name), default: []].append(aliases.count - 1)
    }
    exchangeRates += file.exchangeRates
  }

  private mutating func add(_ model: PriceBook.Model, _ reader: inout PriceFileReader) {
    let index = models.count
    models.append(model)
    var names = Set(model.names.map { $0.lowercased() })
    names.insert(model.ownName.lowercased())
    for name in names.sorted() {
      let key = PriceTable.key(model.provider, name)
      if let other = named.updateValue(index, forKey: key), models[other].id != model.id {
        reader.complain(
          at: model.line,
          "'\(name)' of \(model.provider) stands for both \(models[other].id) and \(model.id)")
      }
      if let spelling = ModelSpelling.key(name) {
        let key = PriceTable.key(model.provider, spelling)
        // Two models of one spelling: neither is meant by it.
        if let known = spelt[key], known != index {
          spelt[key] = .some(nil)
        } else {
          spelt[key] = index
        }
      }
      if model.provider == "bedrock", let place = NameForms.geography(name) {
        geographies.insert(place.model)
      }
    }
  }

  func model(_ provider: String, named name: String) -> PriceBook.Model? {
    named[PriceTable.key(provider, name)].map { models[$0] }
  }

  func model(_ provider: String, speltLike name: String) -> PriceBook.Model? {
    guard let spelling = ModelSpelling.key(name),
      let found = spelt[PriceTable.key(provider, spelling)], let index = found
    else { return nil }
    return models[index]
  }

  func model(_ provider: String, matching name: String) -> PriceBook.Model? {
    models.first { $0.provider == provider && $0.matchesPattern(name) }
  }

  func model(id: String) -> PriceBook.Model? { models.first { $0.id == id } }

  /// A name's targets, at any time.
  func aliases(_ provider: String, _ name: String) -> [PriceAlias] {
    (aliased[PriceTable.key(provider, name)] ?? []).map { aliases[$0] }
  }

  /// Whether some geography of this Bedrock model has a row of its own: then the others' prices are not
  /// that of the plain id.
  func hasGeographies(of model: String) -> Bool { geographies.contains(model) }
}

/// A name that stands for one model after the other.
package struct PriceAlias: Sendable {
  package var provider: String
  package var name: String
  /// `provider/model`.
  package var target: String
  package var from: Instant?
  package var to: Instant?
  package var line: Int
}

/// What one unit of a currency was worth in another.
package struct ExchangeRate: Sendable {
  package var currency: String
  package var into: String
  package var rate: ExactDecimal
  package var from: Instant?
  package var to: Instant?
  package var source: PriceSource
  package var line: Int
}
