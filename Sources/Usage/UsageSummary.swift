/// Token counts of a period, grouped.
package struct UsageSummary: Sendable {
  package enum Dimension: String, Sendable, CaseIterable {
    case hour, day, week, month
    case model, provider, project, team, user, key, application, step, tier, region, source

    /// Whether it cuts time rather than names something.
    package var isTime: Bool { [.hour, .day, .week, .month].contains(self) }
  }

  package struct Row: Sendable {
    /// One value for each dimension of `by`, in its order; nil where the source did not say.
    package var keys: [String?]
    package var sums: UsageSums

    package init(keys: [String?], sums: UsageSums) {
      self.keys = keys
      self.sums = sums
    }
  }

  package var period: Period
  package var by: [Dimension]
  package var rows: [Row]
  package var totals: UsageSums
  /// Lines of the ingested files that could not be read.
  package var skippedLines: Int
  /// Plain sentences about what the numbers cannot show, for people.
  package var notes: [String]

  package init(
    period: Period, by: [Dimension], rows: [Row], totals: UsageSums, skippedLines: Int,
    notes: [String]
  ) {
    self.period = period
    self.by = by
    self.rows = rows
    self.totals = totals
    self.skippedLines = skippedLines
    self.notes = notes
  }
}

/// Requests, tokens and reported cost added up.
package struct UsageSums: Sendable, Hashable {
  package var requests: Int64 = 0
  package var failed: Int64 = 0
  package var tokens = TokenCounts()
  /// Cost the sources reported by currency; empty where none did.
  package var reportedCost: [String: Money] = [:]
  /// Records whose source cannot know the cache split.
  package var unknownCacheSplit: Int64 = 0
  /// Buckets whose number of requests the source does not tell.
  package var unknownRequests: Int64 = 0

  package init() {}

  package static func += (a: inout UsageSums, b: UsageSums) {
    a.requests &+= b.requests
    a.failed &+= b.failed
    a.tokens += b.tokens
    a.reportedCost.merge(b.reportedCost, uniquingKeysWith: +)
    a.unknownCacheSplit &+= b.unknownCacheSplit
    a.unknownRequests &+= b.unknownRequests
  }
}
