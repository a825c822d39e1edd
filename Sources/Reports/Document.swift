import Usage

/// A result for people: headings, tables and notes, not yet laid out.
package struct Document: Sendable {
  package var title: String
  /// What every page must say: period, time zone, units.
  package var facts: [String]
  package var sections: [Section]
  /// What the numbers leave out or rest on.
  package var notes: [String]

  package struct Section: Sendable {
    package var title: String?
    package var table: Table?
    package var lines: [String]

    package init(title: String? = nil, table: Table? = nil, lines: [String] = []) {
      self.title = title
      self.table = table
      self.lines = lines
    }
  }

  package init(title: String, facts: [String] = [], sections: [Section], notes: [String] = []) {
    self.title = title
    self.facts = facts
    self.sections = sections
    self.notes = notes
  }
}

/// Rows and columns with units.
package struct Table: Sendable {
  package struct Column: Sendable {
    package var title: String
    /// As a spreadsheet's column: lower case, with the unit in the name.
    package var name: String
    package var isNumber: Bool
    /// Whether it may be left out, with a note, when the page is too narrow.
    package var isOptional: Bool

    package init(_ title: String, name: String, isNumber: Bool = false, isOptional: Bool = false) {
      self.title = title
      self.name = name
      self.isNumber = isNumber
      self.isOptional = isOptional
    }
  }

  package enum Cell: Sendable, Hashable {
    case text(String)
    case count(Int64)
    /// Rounded to so many digits for people; exact where machines read.
    case money(Money, decimals: Int)
    case none
  }

  package var columns: [Column]
  package var rows: [[Cell]]
  package var totals: [Cell]?

  package init(columns: [Column], rows: [[Cell]], totals: [Cell]? = nil) {
    self.columns = columns
    self.rows = rows
    self.totals = totals
  }
}

extension Table.Cell {
  /// For people: grouped digits, rounded money.
  package var display: String {
    switch self {
    case .text(let text): text.visible
    case .count(let value): grouped(String(value))
    case .money(let money, let decimals): grouped(money.rounded(to: decimals))
    case .none: ""
    }
  }

  /// For machines: plain digits, all of them.
  package var plain: String {
    switch self {
    case .text(let text): text
    case .count(let value): String(value)
    case .money(let money, _): money.description
    case .none: ""
    }
  }
}
