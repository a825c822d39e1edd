import GRDB
import Usage

/// Keeps only requests with one value: of a column, a label, or a tag of that name.
package struct UsageFilter: Sendable, Hashable {
  package var key: String
  package var value: String

  package init(key: String, value: String) {
    self.key = key
    self.value = value
  }

  /// Whether it asks for a label: cells do not tell those apart.
  var isLabel: Bool {
    !["model", "provider", "tier", "region", "status", "source"].contains(key)
  }

  /// Whether requests of this kind pass; `source` is decided elsewhere.
  func admits(_ kind: History.Kind) -> Bool {
    switch key {
    case "model": kind.model == value
    case "provider": kind.provider == value
    case "tier": kind.tier.name == value
    case "region": kind.region == value
    case "status": kind.status.name == value
    case "source": true
    default: kind.hasLabel(key, value)
    }
  }
}
