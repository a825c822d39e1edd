/// Comma-separated values (RFC 4180): a header with units in the names, plain digits, all of them.
package enum CSVFormat: ReportFormat {
  package static let name = "csv"
  package static let fileEndings = ["csv"]

  package static func render(_ report: Report, layout: Layout) -> [UInt8] {
    var text = row(report.data.columns.map(\.name))
    for cells in report.data.rows {
      text += row(
        cells.map { cell in
          if case .text(let text) = cell { return harmless(text) }
          return cell.plain
        })
    }
    return Array(text.utf8)
  }

  private static func row(_ cells: [String]) -> String {
    cells.map(quoted).joined(separator: ",") + "\r\n"
  }

  private static func quoted(_ cell: String) -> String {
    guard cell.contains(where: { $0 == "," || $0 == "\"" || $0.isNewline }) else { return cell }
    return "\""
      + cell.split(separator: "\"", omittingEmptySubsequences: false)
      .joined(separator: "\"\"") + "\""
  }

  /// Spreadsheets run text that begins like a formula; log labels can hold anything.
  private static func harmless(_ text: String) -> String {
    guard let first = text.first, "=+-@\t\r".contains(first) else { return text }
    return "'" + text
  }
}
