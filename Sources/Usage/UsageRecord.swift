/// One call to a model, or one bucket of calls that the source has already added up.
///
/// Plain data without references, so that the hot path copies it freely. Names are numbers into the
/// batch's `NameTable`, attribution is a number into its `LabelTable`.
package struct UsageRecord: Sendable {
  package var identity = Fingerprint.none
  /// A second, weaker identity: see `Identity rules` in docs/formats.md. `none` for most formats.
  package var looseIdentity = Fingerprint.none
  /// The request's start.
  package var start = Instant(microseconds: 0)
  /// Microseconds: 0 for a request, the bucket's length for a bucket.
  package var width: Int64 = 0
  /// 1 for a request; for a bucket the number of its requests, nil if the source does not know.
  package var requests: Int64? = 1
  /// Microseconds.
  package var duration: Int64?
  /// Microseconds from the start to the first token.
  package var timeToFirstToken: Int64?
  package var kind = RecordKind()
  package var tokens = TokenCounts()
  package var reportedTotal: Int64?
  package var reportedCost: Money?
  package var check = TotalCheck.noTotal
  /// Which copy of one identity stays.
  package var precedence = Precedence.largestOutput

  package init() {}
}

/// How the provider billed the request; from the response before the request.
package enum ServiceTier: UInt8, Sendable, CaseIterable {
  case unknown, standard, batch, flex, priority, provisioned

  private static let names = allCases.map { "\($0)" }

  package var name: String { ServiceTier.names[Int(rawValue)] }
}

package enum RequestStatus: UInt8, Sendable, CaseIterable {
  case succeeded, failed, cancelled

  private static let names = allCases.map { "\($0)" }

  package var name: String { RequestStatus.names[Int(rawValue)] }
}

/// Whether the total that the source wrote agrees with its parts.
package enum TotalCheck: UInt8, Sendable, CaseIterable {
  case exact
  /// The parts contradict each other, as when cached tokens exceed the input they are part of.
  case inclusiveMismatch
  /// The total exceeds the parts: the source counts tokens that it does not list.
  case totalLarger
  case noTotal

  package var name: String { "\(self)" }
}

/// Which of two copies of one identity stays: the greater one wins outright.
package enum Precedence: UInt8, Sendable, Comparable {
  /// A replayed copy: gives way to any original.
  case replay = 0
  /// Among equals the copy with the largest output stays.
  case largestOutput = 1
  /// The copy that was ingested last stays: a bucket that a later export brings again.
  case latest = 2
  /// What a log that grows may tell otherwise: gives way to any but a replay, and to one like it of a
  /// longer state of the log.
  case provisional = 3

  private var order: Int {
    switch self {
    case .replay: 0
    case .provisional: 1
    case .largestOutput: 2
    case .latest: 3
    }
  }

  package static func < (a: Precedence, b: Precedence) -> Bool { a.order < b.order }
}
