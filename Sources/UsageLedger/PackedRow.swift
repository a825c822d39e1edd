import Usage

/// One request as a ledger keeps it: everything but names and identity.
struct PackedRow {
  var start = Instant(microseconds: 0)
  var width: Int64 = 0
  var requests: Int64? = 1
  var kind = 0
  var tokens = TokenCounts()
  var duration: Int64?
  var timeToFirstToken: Int64?
  var reportedCost: Money?
  /// Only where it differs from `tokens.total`.
  var reportedTotal: Int64?
  var check = TotalCheck.exact
  var precedence = Precedence.largestOutput

  init() {}

  init(_ record: borrowing UsageRecord, kind: Int) {
    start = record.start
    width = record.width
    requests = record.requests
    self.kind = kind
    tokens = record.tokens
    duration = record.duration
    timeToFirstToken = record.timeToFirstToken
    reportedCost = record.reportedCost
    reportedTotal = record.reportedTotal == record.tokens.total ? nil : record.reportedTotal
    check = record.check
    precedence = record.precedence
  }
}

/// What most requests are: a time, a kind and four counts. Packed and added up without looking at all
/// that a row can have (lean set: 160 -> 60 ns a request).
struct PlainRow {
  var start: Instant
  var kind: Int
  var check: TotalCheck
  var uncachedInput: Int64
  var output: Int64
  var cacheRead: Int64
  /// Written to a cache for a time that the source does not tell.
  var cacheWriteOther: Int64

  /// Nil when the record says more than this.
  @inline(__always)
  init?(_ record: borrowing UsageRecord, kind: Int) {
    let rare =
      record.width | record.tokens.cacheWrite5m | record.tokens.cacheWrite1h
      | record.tokens.reasoning | record.tokens.audioInput | record.tokens.audioOutput
      | record.tokens.imageInput
    // Matched by case and added up here: `==` and `total` of another module's types are calls.
    guard rare == 0, record.requests == 1, record.duration == nil, record.timeToFirstToken == nil,
      record.reportedCost == nil, case .largestOutput = record.precedence
    else { return nil }
    uncachedInput = record.tokens.uncachedInput
    output = record.tokens.output
    cacheRead = record.tokens.cacheRead
    cacheWriteOther = record.tokens.cacheWriteOther
    if let total = record.reportedTotal,
      total != uncachedInput &+ output &+ cacheRead &+ cacheWriteOther
    {
      return nil
    }
    start = record.start
    self.kind = kind
    check = record.check
  }
}
