/// Tables as GitHub shows them, notes as lists.
package enum MarkdownFormat: ReportFormat {
  package static let name = "markdown"
  package static let fileEndings = ["md", "markdown"]

  package static func render(_ report: Report, layout: Layout) -> [UInt8] {
    let document = report.document
    var blocks = ["# \(document.title)"]
    if !document.facts.isEmpty { blocks.append(document.facts.joined(separator: "  \n")) }
    for section in document.sections {
      if let title = section.title { blocks.append("## \(title)") }
      if let table = section.table { blocks.append(render(table)) }
      if !section.lines.isEmpty { blocks.append(list(section.lines)) }
    }
    if !document.notes.isEmpty { blocks.append(list(document.notes)) }
    return Array((blocks.joined(separator: "\n\n") + "\n").utf8)
  }

  private static func list(_ lines: [String]) -> String {
    lines.map { "- \(escaped($0))" }.joined(separator: "\n")
  }

  private static func render(_ table: Table) -> String {
    var lines = [row(table.columns.map(\.title))]
    lines.append(
      "|" + table.columns.map { $0.isNumber ? "---:" : "---" }.joined(separator: "|") + "|")
    for cells in table.rows { lines.append(row(cells.map(\.display))) }
    if let totals = table.totals { lines.append(row(totals.map { bold($0.display) })) }
    return lines.joined(separator: "\n")
  }

  private static func bold(_ text: String) -> String { text.isEmpty ? "" : "**\(text)**" }

  private static func row(_ cells: [String]) -> String {
    "| " + cells.map(escaped).joined(separator: " | ") + " |"
  }

  private static func escaped(_ text: String) -> String {
    var result = ""
    for character in text {
      if character == "|" { result += "\\" }
      result += character.isNewline ? " " : String(character)
    }
    return result
  }
}
