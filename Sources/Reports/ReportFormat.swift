/// A result in both of its shapes: for people and for programs.
package struct Report: Sendable {
  package var document: Document
  package var json: JSONValue
  /// What CSV holds: one tidy table.
  package var data: Table

  package init(document: Document, json: JSONValue, data: Table) {
    self.document = document
    self.json = json
    self.data = data
  }
}

/// What the page is like that a report is laid out for.
package struct Layout: Sendable {
  /// Columns; nil where nothing may be shortened, as in a pipe.
  package var width: Int?
  package var color: Bool
  package var unicode: Bool

  package init(width: Int? = nil, color: Bool = false, unicode: Bool = true) {
    self.width = width
    self.color = color
    self.unicode = unicode
  }
}

/// What a writer of reports must answer.
package protocol ReportFormat: Sendable {
  /// As typed after `--format`.
  static var name: String { get }
  /// File endings that choose it, without the dot.
  static var fileEndings: [String] { get }
  static func render(_ report: Report, layout: Layout) -> [UInt8]
}

/// Every format a report can be written in; the first is the default.
package enum ReportFormats {
  package static let all: [any ReportFormat.Type] = [
    TerminalFormat.self,
    CSVFormat.self,
    JSONFormat.self,
    MarkdownFormat.self,
  ]

  package static func named(_ name: String) -> (any ReportFormat.Type)? {
    all.first { $0.name == name }
  }
}
