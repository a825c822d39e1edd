/// What most requests are: an identity, a time, a kind and four counts, in a third of the bytes of a
/// `UsageRecord`.
///
/// Handed over, packed and added up without looking at all that a record can have (lean set: 100 ns a
/// request).
package struct PlainRecord: Sendable {
  package var identity: Fingerprint
  package var start: Instant
  package var kind = RecordKind()
  package var check = TotalCheck.noTotal
  package var uncachedInput: Int64 = 0
  package var output: Int64 = 0
  package var cacheRead: Int64 = 0
  /// Written to a cache for a time that the source does not tell.
  package var cacheWriteOther: Int64 = 0

  @inline(__always)
  package init(identity: Fingerprint, start: Instant) {
    self.identity = identity
    self.start = start
  }

  /// Nil when the record says more than this.
  package init?(_ record: borrowing UsageRecord) {
    let rare =
      record.width | record.tokens.cacheWrite5m | record.tokens.cacheWrite1h
      | record.tokens.reasoning | record.tokens.audioInput | record.tokens.audioOutput
      | record.tokens.imageInput
    guard rare == 0, record.requests == 1, record.duration == nil, record.timeToFirstToken == nil,
      record.reportedCost == nil, record.looseIdentity == .none,
      record.precedence == .largestOutput
    else { return nil }
    if let total = record.reportedTotal, total != record.tokens.total { return nil }
    self.init(identity: record.identity, start: record.start)
    kind = record.kind
    check = record.check
    uncachedInput = record.tokens.uncachedInput
    output = record.tokens.output
    cacheRead = record.tokens.cacheRead
    cacheWriteOther = record.tokens.cacheWriteOther
  }
}

extension UsageRecord {
  package init(_ plain: PlainRecord) {
    identity = plain.identity
    start = plain.start
    kind = plain.kind
    check = plain.check
    tokens.uncachedInput = plain.uncachedInput
    tokens.output = plain.output
    tokens.cacheRead = plain.cacheRead
    tokens.cacheWriteOther = plain.cacheWriteOther
  }
}
