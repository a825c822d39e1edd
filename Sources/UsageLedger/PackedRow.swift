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
