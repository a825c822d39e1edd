import Usage

/// Sums of common rows by group, for the quarter of an hour or the day that a log is at.
///
/// Logs are in order of time, so almost every row goes to the same few small sums; they are added to
/// the rollup, which is larger, when its next cell begins.
struct GroupTally: Sendable {
  struct Sums: Sendable {
    var records: Int64 = 0
    var uncachedInput: Int64 = 0
    var output: Int64 = 0
    var cacheRead: Int64 = 0
    var cacheWriteOther: Int64 = 0
  }

  private let width: Int64
  private var sums: [Sums] = []
  /// The groups with sums above zero.
  private var touched: [Int] = []
  /// The microseconds of the present cell.
  private(set) var start = Int64.max
  private(set) var end = Int64.min

  init(_ rollup: Rollup) { width = rollup.microseconds }

  /// Whether a row that starts then belongs to the present cell.
  @inline(__always)
  func covers(_ moment: Int64) -> Bool { moment >= start && moment < end }

  @inline(__always)
  mutating func add(_ row: borrowing PlainRecord, to group: Int) {
    while group >= sums.count { sums.append(Sums()) }
    if sums[group].records == 0 { touched.append(group) }
    // One span a row: every change of the array itself would check that nobody shares it.
    var all = sums.mutableSpan
    all[group].records &+= 1
    all[group].uncachedInput &+= row.uncachedInput
    all[group].output &+= row.output
    all[group].cacheRead &+= row.cacheRead
    all[group].cacheWriteOther &+= row.cacheWriteOther
  }

  /// Goes on to the cell that holds `moment`.
  mutating func enter(_ moment: Int64) {
    start = moment.dividedRoundingDown(by: width) * width
    end = start + width
  }

  /// Gives the sums away.
  mutating func take() -> [(group: Int, sums: Sums)] {
    let taken = touched.map { (group: $0, sums: sums[$0]) }
    for group in touched { sums[group] = Sums() }
    touched.removeAll(keepingCapacity: true)
    return taken
  }
}
