import Usage

/// The fields that every kind has.
struct OptionBasics: Sendable {
  static let fields = [
    "name", "kind", "valid_from", "valid_to", "attributes", "round_trip", "reasons",
  ]

  var name: String
  var validFrom: Day?
  var validTo: Day?
  /// What the option says of itself, by the names of `Requirements.attributes`.
  var attributes: [String: Bool] = [:]
  var region: String?
  var tags: [String] = []
  /// Microseconds that the network adds to every request.
  var roundTrip: Int64?
  /// Why people choose it, beside money.
  var qualities: [Quality] = []
  var line: Int

  /// A reason in words, and who gives it.
  struct Quality: Sendable {
    var text: String
    var source: String
  }

  init(_ reader: OptionReader, name: String) {
    self.name = name
    line = reader.line
    validFrom = reader.day("valid_from")
    validTo = reader.day("valid_to")
    roundTrip = reader.duration("round_trip")
    let names = Requirements.attributes.map(\.name)
    if let stated = reader.map("attributes", known: names + ["region", "tags"]) {
      for name in names { attributes[name] = stated.flag(name) }
      region = stated.text("region")
      tags = stated.texts("tags") ?? []
    }
    for item in reader.field("reasons")?.list ?? [] {
      let entry = OptionReader(
        item, place: reader.place + ", reasons", known: ["text", "source"], faults: reader.faults)
      if let text = entry.text("text") {
        qualities.append(Quality(text: text, source: entry.text("source") ?? "options file"))
      } else {
        entry.complain(entry.line, "needs 'text', and 'source' for who says so")
      }
    }
  }

  /// Why the option is not one for this period; empty when it is.
  func objections(period: Period) -> [String] {
    var objections: [String] = []
    if let validFrom, period.first < validFrom {
      objections.append("hypothetical: available from \(validFrom)")
    }
    if let validTo, period.last > validTo {
      objections.append("hypothetical: not available after \(validTo)")
    }
    return objections
  }
}
