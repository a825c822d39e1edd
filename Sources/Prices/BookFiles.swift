import Synchronization
import Usage

/// The book's files, each read when a name of its provider is first asked for.
final class BookFiles: Sendable {
  private let tables: Mutex<[String: PriceTable]>
  private let parse: (@Sendable (_ text: String, _ file: String) throws -> TextTree)?
  let providers: [String]

  /// The compiled-in files.
  init(parse: @escaping @Sendable (_ text: String, _ file: String) throws -> TextTree) {
    self.parse = parse
    providers = Catalogue.providers
    tables = Mutex([:])
  }

  /// Files from elsewhere, at once.
  init(files: [PriceBook.File], _ faults: inout [String]) {
    var tables: [String: PriceTable] = [:]
    for file in files {
      var reader = PriceFileReader(file)
      let content = reader.read()
      if content.provider.isEmpty {
        reader.complain(at: 1, "a file that stands for the book needs 'provider'")
      }
      tables[content.provider, default: PriceTable()].add(content, &reader)
      faults += reader.faults
    }
    parse = nil
    providers = tables.keys.sorted()
    self.tables = Mutex(tables)
  }

  /// Empty for a provider that the book does not have.
  func table(_ provider: String) -> PriceTable {
    tables.withLock { tables in
      if let known = tables[provider] { return known }
      guard let parse, let text = Catalogue.text(of: provider) else { return PriceTable() }
      let table = BookFiles.read(text, "\(provider).yaml", parse)
      tables[provider] = table
      return table
    }
  }

  /// The compiled-in files have no faults: CatalogueTests reads every one.
  private static func read(
    _ text: String, _ name: String, _ parse: (String, String) throws -> TextTree
  ) -> PriceTable {
    var table = PriceTable()
    do {
      var reader = PriceFileReader(
        PriceBook.File(name: name, layer: .book, tree: try parse(text, name)))
      table.add(reader.read(), &reader)
      if let fault = reader.faults.first { fatalError("built-in price file \(fault)") }
    } catch {
      fatalError("built-in price file \(name): \(error)")
    }
    return table
  }
}
