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

  static let microseconds: Int64 = 900_000_000

  /// The cell, counted in quarters of an hour since 1970, that a row belongs to: the one its start is
  /// in; for short intervals of server logs the one that holds most of it.
  static func quarter(of row: PackedRow) -> Int64 {
    let isShort = row.width > 0 && row.width <= 3_600_000_000
    let middle = row.start.microseconds &+ (isShort ? row.width / 2 : 0)
    return middle.dividedRoundingDown(by: microseconds)
  }

  /// Adds a row, or takes it away again with `sign` -1.
  mutating func add(_ row: PackedRow, _ kind: History.Kind, sign: Int64 = 1) {
    records += sign
    requests &+= sign &* (row.requests ?? 0)
    if kind.status == .failed { failed &+= sign &* (row.requests ?? 1) }
    tokens.add(row.tokens, sign: sign)
    if let rowCost = row.reportedCost {
      cost = (cost ?? .zero) + (sign < 0 ? -rowCost : rowCost)
      costRecords += sign
      if costRecords == 0 { cost = nil }
    }
    if !kind.splitKnown { unknownCacheSplit &+= sign &* (row.requests ?? 1) }
    if row.requests == nil { unknownRequests += sign }
  }
}

struct CellKey: Hashable, Comparable {
  /// Quarters of an hour since 1970.
  var quarter: Int64
  var kind: Int

  static func < (a: CellKey, b: CellKey) -> Bool {
    a.quarter == b.quarter ? a.kind < b.kind : a.quarter < b.quarter
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

/// The cells of one draft: sums by quarter of an hour and kind.
struct CellTable: Sendable {
  private(set) var sums: [CellSums] = []
  private(set) var keys: [CellKey] = []
  private var numbers: [CellKey: Int] = [:]
  /// By kind: the cell its last row went to. Logs are in order of time, so the next goes there too.
  private var recent: [(quarter: Int64, cell: Int)] = []

  mutating func add(_ row: PackedRow, _ kind: History.Kind, sign: Int64 = 1) {
    let quarter = CellSums.quarter(of: row)
    while recent.count <= row.kind { recent.append((.min, 0)) }
    if recent[row.kind].quarter != quarter {
      let key = CellKey(quarter: quarter, kind: row.kind)
      if let cell = numbers[key] {
        recent[row.kind] = (quarter, cell)
      } else {
        numbers[key] = sums.count
        recent[row.kind] = (quarter, sums.count)
        keys.append(key)
        sums.append(CellSums())
      }
    }
    sums[recent[row.kind].cell].add(row, kind, sign: sign)
  }
}
