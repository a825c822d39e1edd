/// The rows of a transaction's drafts in ascending order of their keys.
struct SortedKeys {
  /// Each with the number its rows' draft has in the transaction: they are told it when they are sorted.
  private var chunks: [(keys: KeyChunk, draft: UInt16)] = []
  /// Rows of small drafts, which make a chunk together.
  private var loose: [KeyedRow] = []
  private(set) var count = 0

  /// Takes a chunk of a draft over: what nobody else holds is sorted where it is.
  mutating func add(_ chunk: consuming KeyChunk, draft: Int) {
    count += chunk.count
    chunks.append((chunk, UInt16(draft)))
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
    chunks.append((KeyChunk(loose), 0))
    loose.removeAll(keepingCapacity: true)
  }

  /// A small transaction is sorted as one part, which is named nil.
  private var parts: [Int?] {
    count <= KeyChunk.capacity ? [nil] : (0..<KeyChunk.parts).map { $0 }
  }

  /// Calls `body` with all rows in ascending order, some at a time, once they are sorted.
  func forEach(_ body: (ArraySlice<KeyedRow>) throws -> Void) rethrows {
    for part in parts {
      for chunk in chunks { try body(chunk.keys.rows(of: part)) }
    }
  }

  /// Sorts part by part, calls `body` with each as an ascending run, and puts it back into the chunks it
  /// came from, in their order. Equal keys are never in two runs.
  mutating func sort(_ body: ([KeyedRow]) throws -> Void) rethrows {
    packLoose()
    loose = []
    var run: [KeyedRow] = []
    for part in parts {
      take(part, into: &run)
      if run.isEmpty { continue }
      try body(run)
      var next = 0
      for i in chunks.indices { next += chunks[i].keys.replace(part: part, with: run, from: next) }
    }
  }

  /// Makes `run` the rows of a part in ascending order. Their keys are evenly spread behind the bits that
  /// they have in common: each goes where its next bits say, which leaves next to nothing for insertion.
  private func take(_ part: Int?, into run: inout [KeyedRow]) {
    let count = chunks.reduce(0) { $0 + $1.keys.rows(of: part).count }
    run.resize(to: count)
    guard count > 0 else { return }
    let skipped = part == nil ? 0 : KeyChunk.partBits
    let bits = Int.bitWidth - (count - 1).leadingZeroBitCount
    var starts = [UInt32](repeating: 0, count: 1 << bits + 1)
    var places = starts.mutableSpan
    for chunk in chunks {
      for row in chunk.keys.rows(of: part) { places[row.bits(bits, behind: skipped) + 1] += 1 }
    }
    for i in 0..<(1 << bits) { places[i + 1] += places[i] }
    var rows = run.mutableSpan
    for chunk in chunks {
      for row in chunk.keys.rows(of: part) {
        let bucket = row.bits(bits, behind: skipped)
        rows[Int(places[bucket])] = row
        rows[Int(places[bucket])].draft |= chunk.draft
        places[bucket] += 1
      }
    }
    for i in 1..<count {
      let row = rows[i]
      var j = i
      while j > 0, KeyedRow.precedes(row, rows[j - 1]) {
        rows[j] = rows[j - 1]
        j -= 1
      }
      if j < i { rows[j] = row }
    }
  }
}

extension [KeyedRow] {
  /// Makes it `size` rows long; which ones they are is of no matter.
  fileprivate mutating func resize(to size: Int) {
    // No more than it takes: a part of 42 million rows has 2.6 MB.
    reserveCapacity(size)
    let nothing = KeyedRow(key: IdentityKey(high: 0, low: 0), row: 0)
    if size < count {
      removeLast(count - size)
    } else {
      self += repeatElement(nothing, count: size - count)
    }
  }
}
