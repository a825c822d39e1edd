import Usage

/// What an ingest did, file by file.
package enum IngestReport {
  /// `showsProblems` lists the first skipped lines of each file.
  package static func make(_ files: [FileOutcome], showsProblems: Bool = false) -> Report {
    Report(
      document: document(files, showsProblems), json: json(files), data: table(files, all: true))
  }

  /// One line that can be trusted: `4 files, 1,000,000 requests added, 12 already there, 3 lines skipped`.
  private static func summary(_ files: [FileOutcome], _ showsProblems: Bool) -> String {
    let totals = Totals(files)
    var parts = [
      counted(Int64(files.count), "file"), "\(counted(totals.requests, "request")) added",
      "\(grouped(totals.duplicates)) already there",
    ]
    if totals.replaced > 0 {
      parts.append("\(grouped(totals.replaced)) replaced by fuller or later copies")
    }
    for (status, words) in [
      (FileOutcome.Status.partial, "partial"), (.unrecognised, "not recognised"),
      (.failed, "failed"),
    ] {
      let count = files.filter { $0.status == status }.count
      if count > 0 { parts.append("\(counted(Int64(count), "file")) \(words)") }
    }
    let isHidden = totals.skipped > 0 && !showsProblems
    parts.append(
      "\(counted(totals.skipped, "line")) skipped"
        + (isHidden ? ": run with --problems to see them" : ""))
    return parts.joined(separator: ", ")
  }

  private struct Totals {
    var requests: Int64 = 0
    var duplicates: Int64 = 0
    var replaced: Int64 = 0
    var skipped: Int64 = 0

    init(_ files: [FileOutcome]) {
      for file in files {
        requests += Int64(file.requests)
        duplicates += Int64(file.duplicates)
        replaced += Int64(file.replaced)
        skipped += Int64(file.skipped)
      }
    }
  }

  // MARK: For people

  /// With more files than this only those in trouble get a row; more remarks are not shown.
  private static let mostRows = 40

  private static func isTroubled(_ file: FileOutcome) -> Bool {
    file.status != .ingested && file.status != .already || file.skipped > 0
  }

  private static func document(_ files: [FileOutcome], _ showsProblems: Bool) -> Document {
    let table = table(files, all: false)
    var notes = remarks(files, problems: showsProblems ? .max : 0)
    if notes.count > mostRows, !showsProblems {
      notes = remarks(files.filter(isTroubled) + files.filter { !isTroubled($0) }, problems: 0)
      let rest = notes.count - mostRows
      notes.removeLast(rest)
      notes.append("\(counted(Int64(rest), "more remark")): --json has them all")
    }
    let unlisted = files.count - table.rows.count
    if unlisted > 0 {
      notes.append(
        "not listed: \(counted(Int64(unlisted), "file")) without skipped lines or trouble (--json has "
          + "them all)")
    }
    return Document(
      title: summary(files, showsProblems),
      sections: table.rows.isEmpty && unlisted > 0 ? [] : [Document.Section(table: table)],
      notes: notes)
  }

  /// What there is to say about single files, a line each; of each file's skipped lines the first
  /// `problems`, as far as they are kept.
  package static func remarks(_ files: [FileOutcome], problems: Int) -> [String] {
    var lines: [String] = []
    for file in files {
      for note in file.notes { lines.append("\(file.path): \(note)") }
      if let verdict = verdict(file.checks) { lines.append("\(file.path): \(verdict)") }
      for change in file.fieldChanges { lines.append("\(file.path): \(sentence(change))") }
      let shown = file.problems.prefix(problems)
      for problem in shown {
        lines.append("\(file.path):\(problem.line): \(problem.reason); line skipped")
      }
      if !shown.isEmpty, file.skipped > shown.count {
        lines.append("\(file.path): \(grouped(file.skipped)) lines skipped in all")
      }
    }
    return lines
  }

  private static func sentence(_ change: FieldChange) -> String {
    let count = counted(Int64(change.recordsWithout), "record")
    return switch change.direction {
    case .appears:
      "'\(change.field)' appears from line \(grouped(change.line)) on; \(count) before it had none"
    case .vanishes:
      "'\(change.field)' is missing from line \(grouped(change.line)) on; \(count) from there have "
        + "none"
    }
  }

  /// `12,031 of 12,040 records: total = sum of parts; 9 have hidden output`; nil when all is well.
  private static func verdict(_ checks: [TotalCheck: Int]) -> String? {
    let exact = checks[.exact] ?? 0
    let larger = checks[.totalLarger] ?? 0
    let mismatch = checks[.inclusiveMismatch] ?? 0
    guard larger + mismatch > 0 else { return nil }
    var text =
      "\(grouped(exact)) of \(grouped(exact + larger + mismatch)) records: "
      + "total = sum of its parts"
    if larger > 0 {
      text += "; \(grouped(larger)) \(larger == 1 ? "has" : "have") a larger total (hidden output)"
    }
    if mismatch > 0 { text += "; in \(grouped(mismatch)) the parts contradict each other" }
    return text
  }

  private static func table(_ files: [FileOutcome], all: Bool) -> Table {
    let shown = all || files.count <= mostRows ? files : files.filter(isTroubled)
    var columns = [
      Table.Column("file", name: "path"), Table.Column("format", name: "format"),
      Table.Column("status", name: "status"),
    ]
    for (title, name) in [
      ("requests added", "requests"), ("already there", "duplicates"), ("replaced", "replaced"),
      ("lines skipped", "skipped_lines"),
    ] { columns.append(Table.Column(title, name: name, isNumber: true)) }
    return Table(
      columns: columns,
      rows: shown.map { file in
        [
          .text(file.path), .text(file.format ?? "-"), .text(file.status.rawValue),
          .count(Int64(file.requests)), .count(Int64(file.duplicates)),
          .count(Int64(file.replaced)), .count(Int64(file.skipped)),
        ]
      })
  }

  // MARK: For programs

  private static func json(_ files: [FileOutcome]) -> JSONValue {
    let totals = Totals(files)
    return .object([
      .init("schemaVersion", .integer(1)), .init("files", .array(files.map(json))),
      .init(
        "totals",
        .object([
          .init("files", .integer(files.count)), .init("requests", .integer(totals.requests)),
          .init("duplicates", .integer(totals.duplicates)),
          .init("replaced", .integer(totals.replaced)), .init("skipped", .integer(totals.skipped)),
        ])),
    ])
  }

  private static func json(_ file: FileOutcome) -> JSONValue {
    .object([
      .init("path", .string(file.path)), .init("format", .string(file.format)),
      .init("status", .string(file.status.rawValue)), .init("requests", .integer(file.requests)),
      .init("duplicates", .integer(file.duplicates)), .init("replaced", .integer(file.replaced)),
      .init("skipped", .integer(file.skipped)),
      .init(
        "problems",
        .array(
          file.problems.map {
            .object([
              .init("line", .integer($0.line)), .init("byte", .integer($0.byte)),
              .init("reason", .string($0.reason)),
            ])
          })),
      .init(
        "check",
        .object(
          TotalCheck.allCases.compactMap { check in
            file.checks[check].map { .init(check.name, .integer($0)) }
          })),
      .init("notes", .strings(file.notes)),
      .init(
        "fieldChanges",
        .array(
          file.fieldChanges.map {
            .object([
              .init("field", .string($0.field)), .init("change", .string($0.direction.rawValue)),
              .init("line", .integer($0.line)),
              .init("recordsWithout", .integer($0.recordsWithout)),
            ])
          })),
    ])
  }
}
