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
  var growth: Growth?
  var options: [any HostingOption] = []

  package var names: [String] { options.map { $0.basics.name } }

  func option(_ name: String) -> (any HostingOption)? { options.first { $0.basics.name == name } }

  /// Throws `OptionFaults` that names everything wrong with the file at once. `hardware` is asked for
  /// only when an option names a GPU and a model; `attachment` reads files that the file names.
  package init(
    tree: TextTree, file: String, attachment: ((String) throws -> TextTree)? = nil,
    hardware: () throws -> HardwareCatalogue = { HardwareCatalogue() }
  ) throws {
    let faults = FaultList(file: file, attachment: attachment ?? FaultList.none)
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
    growth = Growth(reader)
    try readOptions(reader, faults, hardware)
    checkReferences(faults)
    if !faults.faults.isEmpty { throw OptionFaults(faults: faults.faults) }
  }

  private mutating func readOptions(
    _ reader: OptionReader, _ faults: FaultList, _ hardware: () throws -> HardwareCatalogue
  ) throws {
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
      guard var option = type?.init(fields) else { continue }
      if option.needsHardware { option.lookUp(in: try hardware(), fields) }
      options.append(option)
    }
  }

  /// Options may name each other, but not in a circle.
  private func checkReferences(_ faults: FaultList) {
    for option in options {
      for reference in option.references {
        let place = "option '\(option.basics.name)'"
        guard
          reference.mayBeModel || names.contains(reference.name)
            || BuiltInOptions.named(reference.name) != nil
        else {
          let hint = nearest(to: reference.name, among: names).map { "; did you mean '\($0)'?" }
          faults.add(
            reference.line,
            "\(place): '\(reference.field): \(reference.name)' is no option of this file\(hint ?? "")"
          )
          continue
        }
        if let path = path(from: reference.name, to: option.basics.name, []) {
          let circle = ([option.basics.name] + path).joined(separator: " -> ")
          faults.add(
            reference.line,
            "\(place): '\(reference.field)' leads back to itself: \(circle)")
        }
      }
    }
  }

  private func path(from name: String, to goal: String, _ seen: [String]) -> [String]? {
    if name == goal { return [name] }
    guard !seen.contains(name), let option = option(name) else { return nil }
    for next in option.references {
      if let rest = path(from: next.name, to: goal, seen + [name]) { return [name] + rest }
    }
    return nil
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
    "schema", "currency", "month_hours", "baseline", "require", "exclude", "people", "growth",
    "options",
  ]

  /// Options that others name and that are not here.
  package var missing: [String] {
    let named = options.flatMap(\.references).map(\.name).filter { !names.contains($0) }
    return Set(named).sorted()
  }

  /// Further requirements, from the command line.
  package mutating func add(requirements: [String]) {
    require += requirements.filter { !require.contains($0) }
  }

  /// Whether requests tagged with a region bind options to it.
  package var requiresResidency = false

  /// Several files as one: the first one's settings, everyone's options.
  package mutating func add(_ other: OptionsFile) {
    options += other.options.filter { !names.contains($0.basics.name) }
  }
}
