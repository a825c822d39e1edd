import Foundation
import Testing

/// Data made elsewhere, beside the checkout: Vidur's runs and measured servers. Not part of the project.
enum SharedData {
  static let folder = Program.package.deletingLastPathComponent().appending(path: "shared/data")

  static func url(_ path: String) -> URL { folder.appending(path: path) }

  static func has(_ path: String) -> Bool {
    FileManager.default.fileExists(atPath: url(path).path)
  }

  static let oracleIsThere = has("oracle/results.csv")
  static let serversAreThere = has("measured-servers/LICENSE")

  static let skipped: Comment =
    "skipped: ../shared/data is not there; it holds runs of Vidur and of real servers"

  /// The rows of a CSV file by column name.
  static func table(_ url: URL) throws -> [[String: String]] {
    let text = try String(contentsOf: url, encoding: .utf8)
    let lines = text.split(whereSeparator: \.isNewline).map {
      $0.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
    }
    guard let header = lines.first else { return [] }
    return lines.dropFirst().map {
      Dictionary(zip(header, $0), uniquingKeysWith: { first, _ in first })
    }
  }
}

extension [String: String] {
  func number(_ key: String) throws -> Double {
    try #require(self[key].flatMap(Double.init), "\(key) is no number")
  }
}
