import ArgumentParser
import Foundation
import Prices
import Usage

/// Which prices apply: the compiled-in book under the user's own file.
struct PriceOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "Your own prices, which win over the book (default: $HINDCAST_PRICES, else prices.yaml beside "
        + "the ledger).", valueName: "file"),
    completion: .file(extensions: ["yaml", "yml"]))
  var prices: String?

  /// `ledger` is the path beside which a prices.yaml may lie.
  func book(beside ledger: String?) throws -> PriceBook {
    try PriceBook(user: userFiles(beside: ledger), parse: YAMLDocument.parse)
  }

  func userFiles(beside ledger: String?) throws -> [PriceBook.File] {
    var path = prices ?? Terminal.environment("HINDCAST_PRICES")
    if path == nil, let ledger {
      let beside = URL(fileURLWithPath: ledger).deletingLastPathComponent()
        .appending(path: "prices.yaml").path
      if FileManager.default.fileExists(atPath: beside) { path = beside }
    }
    guard let path else { return [] }
    return [PriceBook.File(name: path, layer: .user, tree: try YAMLDocument.read(path: path))]
  }
}
