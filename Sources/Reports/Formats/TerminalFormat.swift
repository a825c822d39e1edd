/// Tables for a terminal or a pipe: aligned, grouped, fitted to the width where there is one.
package enum TerminalFormat: ReportFormat {
  package static let name = "table"
  package static let fileEndings = ["txt"]

  package static func render(_ report: Report, layout: Layout) -> [UInt8] {
    let document = report.document
    var lines: [String] = [style(document.title, .bold, layout)]
    lines += document.facts.flatMap { wrap($0, layout, indent: "") }
    for section in document.sections {
      lines.append("")
      if let title = section.title { lines.append(style(title, .bold, layout)) }
      if let table = section.table {
        for (index, part) in parts(of: table, layout).enumerated() {
          if index > 0 { lines.append("") }
          lines += render(part, layout)
        }
      }
      lines += section.lines.flatMap { wrap($0, layout, indent: "  ") }
    }
    if !document.notes.isEmpty { lines.append("") }
    lines += document.notes.flatMap { wrap("- " + $0, layout, indent: "  ") }
    return Array((lines.map(trimmed).joined(separator: "\n") + "\n").utf8)
  }

  // MARK: Tables

  private static let gap = "  "
  private static let narrowestText = 12

  /// The table, or when its numbers are too wide for the page even so, several: each with the first
  /// column and as many of the others as fit.
  private static func parts(of table: Table, _ layout: Layout) -> [Table] {
    guard let width = layout.width else { return [table] }
    var narrow = table
    for index in table.columns.indices.reversed() where table.columns[index].isOptional {
      narrow.remove(column: index)
    }
    guard neededWidth(narrow, shrunk: true) > width, table.columns.count > 2 else { return [table] }
    var parts: [Table] = []
    var chosen = [0]
    for index in table.columns.indices.dropFirst() {
      if chosen.count > 1, neededWidth(table.keeping(chosen + [index]), shrunk: true) > width {
        parts.append(table.keeping(chosen))
        chosen = [0]
      }
      chosen.append(index)
    }
    return parts + [table.keeping(chosen)]
  }

  private static func render(_ table: Table, _ layout: Layout) -> [String] {
    var table = table
    var left: [String] = []
    if let width = layout.width {
      while neededWidth(table, shrunk: true) > width,
        let index = table.columns.lastIndex(where: \.isOptional)
      {
        left.insert(table.columns[index].title, at: 0)
        table.remove(column: index)
      }
    }
    var widths = table.columns.indices.map { columnWidth(table, $0) }
    if let width = layout.width {
      while widths.reduce(0, +) + gap.count * (widths.count - 1) > width,
        let widest = table.columns.indices.filter({
          !table.columns[$0].isNumber && widths[$0] > narrowestText
        }).max(by: { widths[$0] < widths[$1] })
      {
        widths[widest] -= 1
      }
    }
    let rule = table.columns.indices.map {
      String(repeating: layout.unicode ? "─" : "-", count: widths[$0])
    }.joined(separator: gap)
    var lines = [
      style(line(table.columns.map(\.title), table, widths, layout), .bold, layout), rule,
    ]
    for row in table.rows { lines.append(line(row.map(\.display), table, widths, layout)) }
    if let totals = table.totals {
      lines.append(rule)
      lines.append(style(line(totals.map(\.display), table, widths, layout), .bold, layout))
    }
    if !left.isEmpty {
      lines.append("  (not shown for lack of width: \(left.joined(separator: ", ")))")
    }
    return lines
  }

  private static func columnWidth(_ table: Table, _ index: Int) -> Int {
    let cells =
      table.rows.map { $0[index].display } + (table.totals.map { [$0[index].display] } ?? [])
    return max(table.columns[index].title.displayWidth, cells.map(\.displayWidth).max() ?? 0)
  }

  private static func neededWidth(_ table: Table, shrunk: Bool) -> Int {
    let widths = table.columns.indices.map { index in
      let width = columnWidth(table, index)
      return shrunk && !table.columns[index].isNumber ? min(width, narrowestText) : width
    }
    return widths.reduce(0, +) + gap.count * (widths.count - 1)
  }

  private static func line(
    _ cells: [String], _ table: Table, _ widths: [Int], _ layout: Layout
  ) -> String {
    cells.indices.map { i in
      let text = cells[i].shortened(to: widths[i], ellipsis: layout.unicode ? "…" : "~")
      let blanks = String(repeating: " ", count: max(0, widths[i] - text.displayWidth))
      return table.columns[i].isNumber ? blanks + text : text + blanks
    }.joined(separator: gap)
  }

  // MARK: Text

  private enum Style: String {
    case bold = "\u{1B}[1m"
  }

  private static func style(_ text: String, _ style: Style, _ layout: Layout) -> String {
    let text = text.visible
    return layout.color && !text.isEmpty ? style.rawValue + text + "\u{1B}[0m" : text
  }

  private static func wrap(_ text: String, _ layout: Layout, indent: String) -> [String] {
    let text = text.visible
    guard let width = layout.width, text.displayWidth > width else { return [text] }
    var lines: [String] = []
    var line = ""
    for word in text.split(separator: " ") {
      if !line.isEmpty, line.displayWidth + 1 + String(word).displayWidth > width {
        lines.append(line)
        line = indent + word
      } else {
        line += (line.isEmpty ? "" : " ") + word
      }
    }
    if !line.isEmpty { lines.append(line) }
    return lines
  }

  private static func trimmed(_ line: String) -> String {
    var line = Substring(line)
    while line.last == " " { line.removeLast() }
    return String(line)
  }
}

extension Table {
  fileprivate func keeping(_ indices: [Int]) -> Table {
    Table(
      columns: indices.map { columns[$0] }, rows: rows.map { row in indices.map { row[$0] } },
      totals: totals.map { totals in indices.map { totals[$0] } })
  }

  fileprivate mutating func remove(column: Int) {
    columns.remove(at: column)
    for i in rows.indices { rows[i].remove(at: column) }
    totals?.remove(at: column)
  }
}

extension String {
  /// Columns on a terminal: East Asian wide characters and emoji take two, combining marks none.
  var displayWidth: Int {
    reduce(0) { width, character in
      guard let scalar = character.unicodeScalars.first else { return width }
      switch scalar.value {
      case 0x1100...0x115F, 0x2E80...0xA4CF, 0xAC00...0xD7A3, 0xF900...0xFAFF, 0xFE30...0xFE6F,
        0xFF00...0xFF60, 0xFFE0...0xFFE6, 0x1F300...0x1FAFF, 0x20000...0x3FFFD:
        return width + 2
      case 0x0300...0x036F, 0x200B...0x200F, 0xFE00...0xFE0F: return width
      default: return width + 1
      }
    }
  }

  /// With the middle taken out when it is wider than `width`: model names differ at both ends.
  fileprivate func shortened(to width: Int, ellipsis: String) -> String {
    guard displayWidth > width, width > 1 else { return self }
    let kept = width - 1
    var head = prefix((kept + 1) / 2)
    while String(head).displayWidth > (kept + 1) / 2 { head.removeLast() }
    var tail = suffix(kept / 2)
    while String(tail).displayWidth > kept / 2 { tail.removeFirst() }
    return head + ellipsis + tail
  }
}
