/// Files cut into portions that one task reads one after the other: a large file is a portion of its own,
/// small ones go together, since to begin anew takes as long as reading a hundred records.
struct FilePortions {
  private(set) var ranges: [Range<Int>] = []

  private static let mostFiles = 125
  /// Compressed or not: some tens of milliseconds of work.
  private static let mostBytes = 2 << 20

  init(_ files: [InputFile]) {
    var start = 0
    var bytes = 0
    for (i, file) in files.enumerated() {
      // What has no size, a pipe, may be of any.
      let isFull = i - start == FilePortions.mostFiles || bytes + file.size > FilePortions.mostBytes
      if i > start, isFull || file.size == 0 || files[i - 1].size == 0 {
        ranges.append(start..<i)
        (start, bytes) = (i, 0)
      }
      bytes += file.size
    }
    if start < files.count { ranges.append(start..<files.count) }
  }
}
