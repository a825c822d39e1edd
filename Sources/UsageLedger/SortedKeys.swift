/// The rows of a transaction's drafts in ascending order of their keys.
struct SortedKeys {
  private var chunks: [KeyChunk] = []
  /// Rows of small drafts, which make a chunk together.
  private var loose: [KeyedRow] = []
  private(set) var count = 0

  /// Takes a chunk of a draft over: what nobody else holds is sorted where it is.
  mutating func add(_ chunk: consuming KeyChunk, draft: Int) {
    count += chunk.count
    if draft > 0 { chunk.setDraft(UInt16(draft)) }
    chunks.append(chunk)
  }

  /// Takes the rest of a draft's rows, less than a chunk.
  mutating func add(_ rows: [KeyedRow], draft: Int) {
    if loose.count + rows.count > KeyChunk.capacity { packLoose() }
    count += rows.count
    for row in rows {
      loose.append(row)
      loose[loose.count - 1].draft = UInt16(draft)
    }
  }

  private mutating func packLoose() {
    guard !loose.isEmpty else { return }
    chunks.append(KeyChunk(loose))
    loose.removeAll(keepingCapacity: true)
  }

  /// A small transaction is sorted as one part, which is named nil.
  private var parts: [Int?] {
    count <= KeyChunk.capacity ? [nil] : (0..<KeyChunk.parts).map { $0 }
  }

  /// Calls `body` with ascending runs of rows; equal keys are never in two runs.
  func forEachRun(_ body: ([KeyedRow]) throws -> Void) rethrows {
    var run: [KeyedRow] = []
    for part in parts {
      gather(part, into: &run)
      if !run.isEmpty { try body(run) }
    }
  }

  private func gather(_ part: Int?, into run: inout [KeyedRow]) {
    run.removeAll(keepingCapacity: true)
    // No more than it takes: a part of 42 million rows has 2.6 MB.
    run.reserveCapacity(chunks.reduce(0) { $0 + $1.rows(of: part).count })
    for chunk in chunks { run += chunk.rows(of: part) }
  }

  /// Sorts each part and puts it back into the chunks it came from, in their order.
  mutating func sort() {
    packLoose()
    loose = []
    var run: [KeyedRow] = []
    for part in parts {
      gather(part, into: &run)
      run.sortByKey(skippedBits: part == nil ? 0 : 8)
      var next = 0
      for i in chunks.indices { next += chunks[i].replace(part: part, with: run, from: next) }
    }
  }
}

extension [KeyedRow] {
  /// Sorts rows whose keys are evenly spread behind `skippedBits` that they have in common: each goes
  /// where its next bits say, which leaves next to nothing for insertion.
  fileprivate mutating func sortByKey(skippedBits: Int) {
    guard count > 1 else { return }
    let bits = Int.bitWidth - (count - 1).leadingZeroBitCount
    var starts = [UInt32](repeating: 0, count: 1 << bits + 1)
    var places = starts.mutableSpan
    for row in self { places[row.bits(bits, behind: skippedBits) + 1] += 1 }
    for i in 0..<(1 << bits) { places[i + 1] += places[i] }
    var scattered = self
    var rows = scattered.mutableSpan
    for row in self {
      let bucket = row.bits(bits, behind: skippedBits)
      rows[Int(places[bucket])] = row
      places[bucket] += 1
    }
    for i in 1..<rows.count {
      let row = rows[i]
      var j = i
      while j > 0, KeyedRow.precedes(row, rows[j - 1]) {
        rows[j] = rows[j - 1]
        j -= 1
      }
      if j < i { rows[j] = row }
    }
    self = scattered
  }
}
