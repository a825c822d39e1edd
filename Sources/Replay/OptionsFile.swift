import Usage

/// A file of hosting options, read and checked.
package struct OptionsFile: Sendable {
  var currency = "USD"
  var monthHours = MonthHours.calendar
  var baseline = "actual"
  var require: [String] = []
  var exclude: [(key: String, value: String)] = []
  var hourlyRate: Money?
  var yearlyRate: Money?
  var options: [any HostingOption] = []

  package var names: [String] { options.map { $0.basics.name } }

  /// Throws `OptionFaults` that names everything wrong with the file at once.
  package init(tree: TextTree, file: String) throws {
    let faults = FaultList(file: file)
    let reader = OptionReader(tree, place: "file", faults: faults)
    if reader.text("schema") != "hindcast-options/1" {
      reader.complain(tree.line, "expected 'schema: hindcast-options/1'")
    }
    currency = reader.text("currency") ?? "USD"
    if let text = reader.text("month_hours"), text != "calendar" {
      if let hours = Int(text), (1...744).contains(hours) {
        monthHours = .fixed(hours)
      } else {
        reader.complain(tree.line, "'month_hours: \(text)' is not calendar, 720 or 730")
      }
    }
    baseline = reader.text("baseline") ?? "actual"
    require = reader.texts("require") ?? []
    for (key, value) in reader.pairs("exclude") ?? [] {
      if let text = value.text { exclude.append((key, text)) }
    }
    if let people = reader.map("people") {
      hourlyRate = people.decimal("hourly_rate").flatMap(Money.init)
      yearlyRate = people.decimal("fte_year").flatMap(Money.init)
      people.finish()
    }
    readOptions(reader, faults)
    reader.finish()
    if !faults.faults.isEmpty { throw OptionFaults(faults: faults.faults) }
  }

  private mutating func readOptions(_ reader: OptionReader, _ faults: FaultList) {
    guard let list = reader.field("options")?.list, !list.isEmpty else {
      reader.complain(reader.line, "expected 'options', a list with at least one option")
      return
    }
    for tree in list {
      let name = tree["name"]?.text
      let place = "option '\(name ?? "without a name")'"
      let fields = OptionReader(tree, place: place, faults: faults)
      guard let name, !name.isEmpty else {
        fields.complain(tree.line, "has no 'name'")
        continue
      }
      if names.contains(name) { fields.complain(tree.line, "stands twice") }
      guard let kind = tree["kind"]?.text else {
        fields.complain(
          tree.line, "has no 'kind'; expected \(HostingOptions.kinds.joined(separator: ", "))")
        continue
      }
      guard let type = HostingOptions.all.first(where: { $0.kind == kind }) else {
        let hint = nearest(to: kind, among: HostingOptions.kinds)
        fields.complain(
          tree["kind"]?.line ?? tree.line,
          "kind '\(kind)' is not known" + (hint.map { "; did you mean '\($0)'?" } ?? ";")
            + " Known: \(HostingOptions.kinds.joined(separator: ", "))")
        continue
      }
      if let option = type.init(fields) { options.append(option) }
      fields.finish()
    }
  }

  /// Several files as one: the first one's settings, everyone's options.
  package mutating func add(_ other: OptionsFile) {
    options += other.options.filter { !names.contains($0.basics.name) }
  }
}
