import Usage

/// A file of hosting options, read and checked.
package struct OptionsFile: Sendable {
  var currency = "USD"
  var monthHours = MonthHours.calendar
  var baseline = "actual"
  /// Whether the baseline was asked for rather than taken by default.
  var namesBaseline = false
  var require: [String] = []
  var exclude: [(key: String, value: String)] = []
  var hourlyRate: DecimalRange?
  var yearlyRate: DecimalRange?
  var options: [any HostingOption] = []

  package var names: [String] { options.map { $0.basics.name } }

  /// Throws `OptionFaults` that names everything wrong with the file at once.
  package init(tree: TextTree, file: String) throws {
    let faults = FaultList(file: file)
    let reader = OptionReader(tree, place: "file", known: OptionsFile.fields, faults: faults)
    if reader.text("schema") != "hindcast-options/1" {
      reader.complain(reader.line(of: "schema"), "expected 'schema: hindcast-options/1'")
    }
    currency = reader.text("currency") ?? "USD"
    if let text = reader.text("month_hours"), text != "calendar" {
      if let hours = Int(text), (1...744).contains(hours) {
        monthHours = .fixed(hours)
      } else {
        reader.complain(
          reader.line(of: "month_hours"), "'month_hours: \(text)' is not calendar, 720 or 730")
      }
    }
    baseline = reader.text("baseline") ?? "actual"
    namesBaseline = reader.field("baseline") != nil
    require = reader.texts("require") ?? []
    for (key, value) in reader.pairs("exclude") ?? [] {
      let values = (value.list ?? [value]).map(\.text)
      exclude += values.compactMap(\.self).map { (key, $0) }
      if values.isEmpty || values.contains(nil) {
        reader.complain(value.line, "'exclude: \(key)' takes one word or a list of words")
      }
    }
    if let people = reader.map("people", known: ["hourly_rate", "fte_year"]) {
      hourlyRate = people.range("hourly_rate")
      yearlyRate = people.range("fte_year")
    }
    readOptions(reader, faults)
    if !faults.faults.isEmpty { throw OptionFaults(faults: faults.faults) }
  }

  private mutating func readOptions(_ reader: OptionReader, _ faults: FaultList) {
    guard let list = reader.field("options")?.list, !list.isEmpty else {
      reader.complain(reader.line, "expected 'options', a list with at least one option")
      return
    }
    var names: Set<String> = []
    for tree in list {
      // The name and the kind first, however they are spelt: the other faults are said with them.
      let draft = OptionReader(
        tree, place: "", known: HostingOptions.fields, faults: FaultList(file: ""))
      let name = draft.text("name") ?? ""
      let place = "option '\(name.isEmpty ? "without a name" : name)'"
      let type = kind(of: draft, place, faults)
      // The fields of an unknown kind cannot be judged, save those that every kind has.
      let others = (tree.map ?? []).map(\.key).filter {
        nearest(to: $0, among: OptionBasics.fields) == nil
      }
      let fields = OptionReader(
        tree, place: place, known: OptionBasics.fields + (type?.fields ?? others), faults: faults)
      if name.isEmpty { fields.complain(tree.line, "has no 'name'") }
      if !name.isEmpty, !names.insert(name).inserted { fields.complain(tree.line, "stands twice") }
      if let option = type?.init(fields) { options.append(option) }
    }
  }

  /// The kind of an option; the nearest one when it is misspelt, so that its fields can be read.
  private func kind(
    of option: OptionReader, _ place: String, _ faults: FaultList
  ) -> (any HostingOption.Type)? {
    let kinds = HostingOptions.kinds
    guard let kind = option.text("kind") else {
      faults.add(
        option.line, "\(place): has no 'kind'; expected \(kinds.joined(separator: ", "))")
      return nil
    }
    if let type = HostingOptions.all.first(where: { $0.kind == kind }) { return type }
    let hint = nearest(to: kind, among: kinds)
    faults.add(
      option.line(of: "kind"),
      "\(place): kind '\(kind)' is not known" + (hint.map { "; did you mean '\($0)'?" } ?? ";")
        + " Known: \(kinds.joined(separator: ", "))")
    return HostingOptions.all.first { $0.kind == hint }
  }

  private static let fields = [
    "schema", "currency", "month_hours", "baseline", "require", "exclude", "people", "options",
  ]

  /// Several files as one: the first one's settings, everyone's options.
  package mutating func add(_ other: OptionsFile) {
    options += other.options.filter { !names.contains($0.basics.name) }
  }
}
