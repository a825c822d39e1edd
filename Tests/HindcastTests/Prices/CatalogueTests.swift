import Foundation
import Testing
import Usage

@testable import Prices

/// The compiled-in book.
@Suite struct CatalogueTests {
  @Test func everyPriceHasASourceAndADate() throws {
    for model in try Priced.builtIn.get().models {
      for period in model.periods {
        #expect(!period.source.name.isEmpty && period.source.asOf != nil, "\(model.id)")
      }
    }
  }

  /// The shared collection of price facts, where it lies beside the project.
  @Test func agreesWithTheCollectedFacts() throws {
    let url = Program.package.deletingLastPathComponent()
      .appending(path: "shared/data/prices-starter.json")
    guard let data = try? Data(contentsOf: url) else {
      print("skipped: the collected price facts are not beside the project")
      return
    }
    let json = try #require(try JSONSerialization.jsonObject(with: data) as? [String: Any])
    let models = try #require(json["models"] as? [[String: Any]])
    var compared = 0
    for model in models {
      let id = try #require(model["id"] as? String)
      let prices = try #require(model["prices"] as? [[String: Any]])
      let own = try #require(
        try Priced.builtIn.get().models.first { $0.id == id }, "\(id) is not in the book")
      #expect(own.periods.count == prices.count, "\(id)")
      for (period, price) in zip(own.periods, prices) {
        let rates = try #require(price["rates"] as? [String: String])
        for (key, value) in rates {
          let rate = try #require(Rates.Key(rawValue: key), "\(key)")
          #expect(period.rates[rate] == ExactDecimal(value), "\(id) \(key)")
          compared += 1
        }
        if let from = price["from"] as? String { #expect(period.from == Instant(from), "\(id)") }
        if let to = price["to"] as? String { #expect(period.to == Instant(to), "\(id)") }
      }
    }
    #expect(compared > 300)
  }

  @Test func everyFileIsOfItsProvider() throws {
    for model in try Priced.builtIn.get().models {
      #expect(model.id.hasPrefix(model.provider + "/"), "\(model.id)")
      #expect(Catalogue.providers.contains(model.provider), "\(model.id)")
    }
  }
}
