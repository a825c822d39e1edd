import ArgumentParser
import Foundation
import Usage

/// IANA time zones as rules, read from the system through Foundation.
enum TimeZones {
  /// Changes are looked for between these years; outside, the nearest offset holds.
  private static let years = 1970...2101

  static func rules(named name: String) throws -> ZoneRules {
    if name == "UTC" { return .utc }
    return ZoneRules(name: name, of: try zone(named: name), years: years)
  }

  /// Asked for by the shell alone: the names are a walk through the system's files.
  static let completion = CompletionKind.custom { _, _, _ in TimeZone.knownTimeZoneIdentifiers }

  /// Abbreviations that are IANA names, too, and mean one thing. `EST` and `MST` are names, of zones
  /// without summer time, which is not what most who write them mean.
  private static let unambiguous: Set<String> = ["GMT", "CET", "EET", "WET"]

  /// The zone of this name; throws with the nearest one when there is none.
  @discardableResult
  static func zone(named name: String) throws -> TimeZone {
    // Foundation calls it GMT.
    if name == "UTC" { return .gmt }
    if let meant = TimeZone.abbreviationDictionary[name], !unambiguous.contains(name) {
      throw ValidationError(
        "'\(name)' is an abbreviation that differs from place to place: name a time zone by its city, "
          + "such as '\(meant)'")
    }
    guard let zone = TimeZone(identifier: name),
      TimeZone.knownTimeZoneIdentifiers.contains(name)
        || zone.identifier == name
    else {
      let hint = nearest(to: name, among: TimeZone.knownTimeZoneIdentifiers)
      throw ValidationError(
        "'\(name)' is not an IANA time zone" + (hint.map { "; did you mean '\($0)'?" } ?? ""))
    }
    return zone
  }
}

extension ZoneRules {
  /// Finds every change of offset: samples are 6 hours apart, closer than any two real changes, and
  /// each difference is narrowed down to its second.
  fileprivate init(name: String, of zone: TimeZone, years: ClosedRange<Int>) {
    func offset(_ second: Int64) -> Int64 {
      Int64(zone.secondsFromGMT(for: Date(timeIntervalSince1970: TimeInterval(second))))
    }
    let first = Int64(Day(year: years.lowerBound, month: 1, day: 1).number) * 86_400
    let last = Int64(Day(year: years.upperBound, month: 1, day: 1).number) * 86_400
    var changes: [Change] = []
    var second = first
    var current = offset(first)
    while second < last {
      let next = second + 6 * 3600
      let after = offset(next)
      if after != current {
        var low = second
        var high = next
        while high - low > 1 {
          let middle = (low + high) / 2
          if offset(middle) == current { low = middle } else { high = middle }
        }
        changes.append(Change(start: Instant(seconds: high), offset: after))
        current = after
      }
      second = next
    }
    self.init(name: name, firstOffset: offset(first), changes: changes)
  }
}
