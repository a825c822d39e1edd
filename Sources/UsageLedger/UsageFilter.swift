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

extension History.Kind {
  /// Whether a label of this key, or a tag of this name, has this value. A bare tag has its text as
  /// value: `tag=experiment`.
  package func hasLabel(_ key: String, _ value: String) -> Bool {
    let tagName = key.hasPrefix("tag:") ? String(key.dropFirst(4)) : key
    return labels.contains { label in
      label.value == value
        && (label.key.name == key || (label.key == .tag && label.name == tagName))
    }
  }

  /// The value of the first label of this key; nil when there is none.
  package func label(_ key: LabelKey) -> String? { labels.first { $0.key == key }?.value }
}
