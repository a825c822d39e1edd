import GRDB
import Usage

/// What is added up in a quarter of an hour for one kind of request.
struct CellSums: Hashable {
  var records: Int64 = 0
  var requests: Int64 = 0
  var failed: Int64 = 0
  var tokens = TokenCounts()
  var cost: Money?
  var costRecords: Int64 = 0
  var unknownCacheSplit: Int64 = 0
  var unknownRequests: Int64 = 0

  /// Of the rollup tables, in the order written; the first ones are all that most cells have.
  static let columns =
    commonColumns + [
      "cache_write_5m", "cache_write_1h", "reasoning", "audio_input", "audio_output",
      "image_input", "cost_micro", "cost_pico", "cost_records", "unknown_cache_split",
      "unknown_requests",
    ]
  static let commonColumns = [
    "records", "requests", "uncached_input", "cache_read", "cache_write_other", "output", "failed",
  ]

  /// For `columns`.
  var values: StatementArguments {
    let cost = cost?.picodollars ?? 0
    let micro = cost.dividedRoundingDown(by: 1_000_000)
    return [
      records, requests, tokens.uncachedInput, tokens.cacheRead, tokens.cacheWriteOther,
      tokens.output, failed, tokens.cacheWrite5m, tokens.cacheWrite1h, tokens.reasoning,
      tokens.audioInput, tokens.audioOutput, tokens.imageInput, Int64(micro),
      Int64(cost - micro * 1_000_000), costRecords, unknownCacheSplit, unknownRequests,
    ]
  }

  /// Whether each record is one request, and all but the common columns are zero.
  var isCommon: Bool {
    let rare =
      tokens.cacheWrite5m | tokens.cacheWrite1h | tokens.reasoning | tokens.audioInput
      | tokens.audioOutput | tokens.imageInput | costRecords | unknownCacheSplit | unknownRequests
    return rare == 0 && cost == nil && requests == records && records > 0
  }

  /// Adds a row, or takes it away again with `sign` -1.
  mutating func add(_ row: PackedRow, _ kind: KindTraits, sign: Int64 = 1) {
    records += sign
    requests &+= sign &* (row.requests ?? 0)
    if kind.isFailed { failed &+= sign &* (row.requests ?? 1) }
    tokens.add(row.tokens, sign: sign)
    if let rowCost = row.reportedCost {
      costRecords += sign
      add(cost: sign < 0 ? -rowCost : rowCost)
    }
    if !kind.splitKnown { unknownCacheSplit &+= sign &* (row.requests ?? 1) }
    if row.requests == nil { unknownRequests += sign }
  }

  /// Without any record that has a cost, and without a difference, there is none.
  private mutating func add(cost other: Money) {
    let sum = (cost ?? .zero) + other
    cost = costRecords == 0 && sum == .zero ? nil : sum
  }

  mutating func add(_ other: CellSums) {
    records += other.records
    requests &+= other.requests
    failed &+= other.failed
    tokens.add(other.tokens, sign: 1)
    costRecords += other.costRecords
    if let otherCost = other.cost { add(cost: otherCost) }
    unknownCacheSplit &+= other.unknownCacheSplit
    unknownRequests += other.unknownRequests
  }
}

extension CellSums {
  /// The same for many rows that have nothing rare.
  mutating func add(_ tally: GroupTally.Sums, _ kind: KindTraits) {
    records += tally.records
    requests &+= tally.records
    tokens.uncachedInput &+= tally.uncachedInput
    tokens.output &+= tally.output
    tokens.cacheRead &+= tally.cacheRead
    tokens.cacheWriteOther &+= tally.cacheWriteOther
    if kind.isFailed { failed &+= tally.records }
    if !kind.splitKnown { unknownCacheSplit &+= tally.records }
  }
}

/// What sums need to know of a kind: without its names, whose references would be counted up and down
/// for every record (lean set: 1.19 -> 1.02 microseconds a record).
struct KindTraits: Sendable {
  var isFailed: Bool
  var splitKnown: Bool

  init(_ kind: History.Kind) {
    isFailed = kind.status == .failed
    splitKnown = kind.splitKnown
  }
}

/// The two sums that a ledger keeps beside the requests themselves.
enum Rollup: CaseIterable {
  /// By quarter of an hour and by all that a kind is but its labels: what days of any zone are cut
  /// from. Some zones sit at :30 or :45, so this is the widest cell that serves them all.
  case quarterHour
  /// By UTC day and kind, labels included: for people with SQL.
  case day

  var table: String { self == .quarterHour ? "cell" : "label_day" }

  /// Whether each source has sums of its own.
  var isBySource: Bool { self == .quarterHour }

  static let ofSources = allCases.filter(\.isBySource)
  static let ofAllSources = allCases.filter { !$0.isBySource }

  /// What a row of the table is known by.
  var keyColumns: [String] { isBySource ? ["start", "kind", "source"] : ["start", "kind"] }

  var microseconds: Int64 { self == .quarterHour ? 900_000_000 : Instant.microsecondsPerDay }

  /// The cell, counted from 1970 on, that a row belongs to: the one its start is in; for short
  /// intervals of server logs the one that holds most of it.
  func cell(of row: PackedRow) -> Int64 {
    Rollup.moment(of: row).dividedRoundingDown(by: microseconds)
  }

  /// The microsecond that decides where a row belongs.
  static func moment(of row: PackedRow) -> Int64 {
    let isShort = row.width > 0 && row.width <= 3_600_000_000
    return row.start.microseconds &+ (isShort ? row.width / 2 : 0)
  }

  /// What rows of one kind are summed under.
  func group(of kind: History.Kind) -> History.Kind {
    guard self == .quarterHour, !kind.labels.isEmpty else { return kind }
    var group = kind
    group.labels = []
    return group
  }
}

extension TokenCounts {
  fileprivate mutating func add(_ other: TokenCounts, sign: Int64) {
    uncachedInput &+= sign &* other.uncachedInput
    cacheRead &+= sign &* other.cacheRead
    cacheWrite5m &+= sign &* other.cacheWrite5m
    cacheWrite1h &+= sign &* other.cacheWrite1h
    cacheWriteOther &+= sign &* other.cacheWriteOther
    output &+= sign &* other.output
    reasoning &+= sign &* other.reasoning
    audioInput &+= sign &* other.audioInput
    audioOutput &+= sign &* other.audioOutput
    imageInput &+= sign &* other.imageInput
  }
}
