/// The requests of a period, in order of their start, as replay needs them.
package struct History: Sendable {
  /// What requests have in common: kept once, named by number.
  package struct Kind: Sendable, Hashable {
    package var provider: String
    /// As the source wrote it.
    package var model: String
    package var tier: ServiceTier
    package var region: String
    package var status: RequestStatus
    package var splitKnown: Bool
    package var currency: String
    package var labels: [KindLabel]

    package init(
      provider: String, model: String, tier: ServiceTier = .unknown, region: String = "",
      status: RequestStatus = .succeeded, splitKnown: Bool = true, currency: String = "",
      labels: [KindLabel] = []
    ) {
      self.provider = provider
      self.model = model
      self.tier = tier
      self.region = region
      self.status = status
      self.splitKnown = splitKnown
      self.currency = currency
      self.labels = labels
    }
  }

  package struct KindLabel: Sendable, Hashable {
    package var key: LabelKey
    package var name: String
    package var value: String

    package init(key: LabelKey, name: String = "", value: String) {
      self.key = key
      self.name = name
      self.value = value
    }
  }

  package struct Request: Sendable {
    package var start: Instant
    /// Microseconds; above 0 for a bucket, which stands for many requests and cannot be simulated.
    package var width: Int64
    /// How many requests this stands for; nil where the source does not know.
    package var requests: Int64?
    /// Index into `kinds`.
    package var kind: Int
    package var tokens: TokenCounts
    package var reportedCost: Money?
    package var duration: Int64?
    package var timeToFirstToken: Int64?

    package init(
      start: Instant, width: Int64 = 0, requests: Int64? = 1, kind: Int, tokens: TokenCounts,
      reportedCost: Money? = nil, duration: Int64? = nil, timeToFirstToken: Int64? = nil
    ) {
      self.start = start
      self.width = width
      self.requests = requests
      self.kind = kind
      self.tokens = tokens
      self.reportedCost = reportedCost
      self.duration = duration
      self.timeToFirstToken = timeToFirstToken
    }
  }

  package var period: Period
  package var kinds: [Kind]
  package var requests: Requests
  package var sums: UsageSums
  package var skippedLines: Int

  package init(
    period: Period, kinds: [Kind], requests: Requests, sums: UsageSums, skippedLines: Int
  ) {
    self.period = period
    self.kinds = kinds
    self.requests = requests
    self.sums = sums
    self.skippedLines = skippedLines
  }

  package init(
    period: Period, kinds: [Kind], requests: [Request], sums: UsageSums, skippedLines: Int
  ) {
    self.init(
      period: period, kinds: kinds, requests: Requests(requests, from: period.start), sums: sums,
      skippedLines: skippedLines)
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
