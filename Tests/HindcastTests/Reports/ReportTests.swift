import Foundation
import Testing
import Usage

@testable import Reports

@Suite struct ReportTests {
  private func render(_ table: Table, width: Int? = nil) -> [String] {
    let report = Report(
      document: Document(title: "t", sections: [Document.Section(table: table)]), json: .null,
      data: table)
    return String(
      decoding: TerminalFormat.render(report, layout: Layout(width: width)), as: UTF8.self
    ).split(separator: "\n").map(String.init)
  }

  private static let table = Table(
    columns: [
      .init("model", name: "model"), .init("requests", name: "requests", isNumber: true),
      .init("rare", name: "rare", isNumber: true, isOptional: true),
    ],
    rows: [
      [.text("a-very-long-model-name-that-differs-at-its-end-1"), .count(1_234_567), .count(0)],
      [.text("日本"), .count(1), .count(12)],
    ], totals: [.text("total"), .count(1_234_568), .count(12)])

  @Test func alignsAndGroups() {
    let lines = render(Self.table)
    #expect(lines[3] == "a-very-long-model-name-that-differs-at-its-end-1  1,234,567     0")
    #expect(lines[4].hasSuffix("          1    12"))
    // Wide characters take two columns each.
    #expect(lines[4].count == lines[3].count - 2)
  }

  /// Logs hold what others wrote: it must not move the cursor nor set a title.
  @Test func controlCharactersAreShown() {
    let hostile = "\u{1B}]0;title\u{07}a\r\nb\u{9B}2J\u{7F}é"
    let shown = "␛]0;title␇a␍␊b\u{FFFD}2J␡é"
    let table = Table(columns: [.init("model", name: "model")], rows: [[.text(hostile)]])
    let document = Document(
      title: hostile, facts: [hostile],
      sections: [Document.Section(title: hostile, table: table, lines: [hostile])],
      notes: [hostile])
    let report = Report(document: document, json: .null, data: table)
    for layout in [Layout(), Layout(width: 20)] {
      let text = String(
        decoding: TerminalFormat.render(report, layout: layout), as: UTF8.self)
      #expect(!text.unicodeScalars.contains { $0.value < 0x20 && $0 != "\n" || $0.value == 0x9B })
      #expect(text.hasPrefix(shown + "\n"))
    }
    let lines = render(table)
    #expect(lines.last == shown)
  }

  /// Of ten thousand files only those that somebody must look at.
  @Test func manyFilesAreSummedUp() throws {
    var files = (0..<100).map { number in
      var file = FileOutcome(path: "\(number).log", format: "vllm", status: .ingested)
      file.notes = ["remark \(number)"]
      return file
    }
    func lines() -> [String] {
      String(
        decoding: TerminalFormat.render(IngestReport.make(files), layout: Layout()), as: UTF8.self
      ).split(separator: "\n").map(String.init)
    }
    #expect(!lines().contains { $0.contains("requests added  ") })
    #expect(lines().count { $0.contains(": remark ") } == 40)
    #expect(lines().contains { $0.contains("60 more remarks: --json has them all") })
    #expect(lines().contains { $0.contains("not listed: 100 files without skipped lines") })
    files[99].status = .partial
    #expect(lines().count { $0.contains("99.log") } == 2)
    #expect(lines().contains { $0.contains("not listed: 99 files") })
  }

  @Test(arguments: [30, 40, 60, 80, 120]) func fitsTheWidth(width: Int) {
    for line in render(Self.table, width: width) where !line.contains("not shown") {
      #expect(line.displayWidth <= width, "\(line)")
    }
    // Numbers are never cut.
    #expect(render(Self.table, width: width).contains { $0.contains("1,234,568") })
  }

  @Test func csvQuotesAndDisarms() {
    let table = Table(
      columns: [.init("label", name: "label")],
      rows: [[.text("plain")], [.text("with, comma")], [.text("say \"hi\"")], [.text("=1+1")]])
    let report = Report(
      document: Document(title: "t", sections: []), json: .null, data: table)
    let text = String(decoding: CSVFormat.render(report, layout: Layout()), as: UTF8.self)
    #expect(text == "label\r\nplain\r\n\"with, comma\"\r\n\"say \"\"hi\"\"\"\r\n'=1+1\r\n")
  }

  @Test func jsonKeepsOrderAndDigits() throws {
    let value = JSONValue.object([
      .init("b", .integer(Int64.max)), .init("a", .string("q\"\\\n\u{1}é")), .init("n", .null),
      .init("d", .number(0.1)), .init("list", .strings(["x", "y"])),
    ])
    let text = String(decoding: value.bytes, as: UTF8.self)
    #expect(text.hasPrefix("{\n  \"b\": 9223372036854775807,\n  \"a\": "))
    let back = try JSONSerialization.jsonObject(with: Data(value.bytes)) as? [String: Any]
    #expect(back?["a"] as? String == "q\"\\\n\u{1}é")
    #expect(back?["d"] as? Double == 0.1)
  }

  /// The cents of the rows add up to the cents of the total.
  @Test func roundedColumnsAddUp() throws {
    let thirds = [Money](repeating: Money(picodollars: 333_333_333_333), count: 3)
    let rounded = Money.roundedTogether(thirds, to: 2)
    #expect(rounded.map { $0.rounded(to: 2) } == ["0.34", "0.33", "0.33"])
    #expect(rounded.reduce(Money.zero, +).rounded(to: 2) == "1.00")
  }
}
