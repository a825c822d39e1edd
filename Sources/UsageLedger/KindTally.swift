import Usage

/// Sums of common rows by kind, for the quarter of an hour that a log is at.
///
/// Logs are in order of time, so almost every row goes to the same few small sums; they are added to
/// the rollups, which are larger, when another quarter of an hour begins.
struct KindTally: Sendable {
  struct Sums: Sendable {
    var records: Int64 = 0
    var uncachedInput: Int64 = 0
    var output: Int64 = 0
    var cacheRead: Int64 = 0
  }

  private var sums: [Sums] = []
  /// The kinds with sums above zero.
  private var touched: [Int] = []
  /// The microseconds of the present quarter of an hour.
  private(set) var start = Int64.max
  private(set) var end = Int64.min

  /// Whether a row that starts then belongs to the present quarter of an hour.
  @inline(__always)
  func covers(_ moment: Int64) -> Bool { moment >= start && moment < end }

  @inline(__always)
  mutating func add(_ row: PlainRow) {
    while row.kind >= sums.count { sums.append(Sums()) }
    if sums[row.kind].records == 0 { touched.append(row.kind) }
    sums[row.kind].records += 1
    sums[row.kind].uncachedInput &+= row.uncachedInput
    sums[row.kind].output &+= row.output
    sums[row.kind].cacheRead &+= row.cacheRead
  }

  /// Gives away the present sums and goes on to the quarter of an hour that holds `moment`.
  mutating func enter(_ moment: Int64) -> [(kind: Int, sums: Sums)] {
    let taken = take()
    let width = Rollup.quarterHour.microseconds
    start = moment.dividedRoundingDown(by: width) * width
    end = start + width
    return taken
  }

  mutating func take() -> [(kind: Int, sums: Sums)] {
    let taken = touched.map { (kind: $0, sums: sums[$0]) }
    for kind in touched { sums[kind] = Sums() }
    touched.removeAll(keepingCapacity: true)
    return taken
  }
}
