/// The price files that are compiled into the program, one a provider.
///
/// `texts`, `version` (the newest date in the book) and `hash` (SHA-256 of the files one after the
/// other, in the order of their names) are written by the build from Catalogue/*.yaml.
package enum Catalogue {
  /// What every report that rests on the book says of it.
  package static var identity: String { "price book \(version) (sha256 \(hash.prefix(12)))" }

  package static let providers: [String] = texts.map(\.name)

  package static func text(of provider: String) -> String? {
    texts.first { $0.name == provider }?.text
  }
}
