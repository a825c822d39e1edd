import Testing
import Usage

@testable import Prices
@testable import hindcast

/// Price files and requests made by hand.
enum Priced {
  static let builtIn = Result { try PriceBook(user: [], parse: YAMLDocument.parse) }

  static func instant(_ text: String) throws -> Instant { try #require(Instant(text)) }

  /// The compiled-in book under a user's file.
  static func book(under yaml: String) throws -> PriceBook {
    let tree = try YAMLDocument.parse(yaml, file: "own.yaml")
    let file = PriceBook.File(name: "own.yaml", layer: .user, tree: tree)
    return try PriceBook(user: [file], parse: YAMLDocument.parse)
  }

  /// The only row of a file of one model `acme/big`; `yaml` is the row, indented by nothing.
  static func row(_ yaml: String) throws -> PricePeriod {
    let lines = yaml.split(separator: "\n").enumerated().map { place, line in
      (place == 0 ? "      - " : "        ") + line
    }
    let text = """
      schema: hindcast-prices/1
      models:
        - id: acme/big
          prices:

      """ + lines.joined(separator: "\n")
    let book = try book(under: text)
    return book.models[0].periods[0]
  }

  static func tokens(
    _ input: Int64 = 0, _ output: Int64 = 0, cacheRead: Int64 = 0, write5m: Int64 = 0,
    write1h: Int64 = 0, writeOther: Int64 = 0
  ) -> TokenCounts {
    var tokens = TokenCounts()
    tokens.uncachedInput = input
    tokens.output = output
    tokens.cacheRead = cacheRead
    tokens.cacheWrite5m = write5m
    tokens.cacheWrite1h = write1h
    tokens.cacheWriteOther = writeOther
    return tokens
  }

  static func attributes(
    _ tier: ServiceTier = .standard, region: String = "", speed: String = ""
  ) -> PriceAttributes {
    var attributes = PriceAttributes(tier: tier)
    attributes.region = region
    attributes.speed = speed
    return attributes
  }
}

extension PricePeriod {
  /// What the tokens cost, as text; "none" where there is no price.
  func cost(
    _ tokens: TokenCounts, at moment: String = "2026-09-01T12:00:00Z",
    _ attributes: PriceAttributes = PriceAttributes(), isBucket: Bool = false, requests: Int64 = 1
  ) -> String {
    let charge = Instant(moment).flatMap {
      self.charge(
        for: tokens, requests: requests, isBucket: isBucket, at: $0, attributes: attributes)
    }
    guard let charge else { return "none" }
    return (charge.tokens + charge.requestFees).description
  }
}
