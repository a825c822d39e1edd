/// What a reader hands over: some records of one file, and the file's names and labels so far.
package struct RecordBatch: Sendable {
  private var plain: [PlainRecord] = []
  private var others: [(record: UsageRecord, plainBefore: Int)] = []
  package var names = NameTable()
  package var labels = LabelTable()

  package init() {}

  package var count: Int { plain.count + others.count }

  @inline(__always)
  package mutating func append(_ record: PlainRecord) { plain.append(record) }

  package mutating func append(_ record: UsageRecord) { others.append((record, plain.count)) }

  /// The records in the order they came.
  package var records: [UsageRecord] {
    var records: [UsageRecord] = []
    forEach({ records.append(UsageRecord($0)) }, { records.append($0) })
    return records
  }

  /// Calls one of the two with every record in the order they came.
  @inline(__always)
  package func forEach(
    _ takePlain: (borrowing PlainRecord) -> Void, _ takeOther: (borrowing UsageRecord) -> Void
  ) {
    var next = 0
    for other in others {
      while next < other.plainBefore {
        takePlain(plain[next])
        next += 1
      }
      takeOther(other.record)
    }
    while next < plain.count {
      takePlain(plain[next])
      next += 1
    }
  }

  /// Keeps names and labels, whose numbers stay valid for the rest of the file.
  package mutating func removeRecords() {
    plain.removeAll(keepingCapacity: true)
    others.removeAll(keepingCapacity: true)
  }
}

/// A line that could not be read. Never holds the line's content: logs hold other people's prompts.
package struct LineNote: Sendable, Hashable {
  /// Counted from 1.
  package var line: Int
  /// Offset of the line's first byte in the plain (inflated) content, counted from 0.
  package var byte: Int
  package var reason: String

  package init(line: Int, byte: Int, reason: String) {
    self.line = line
    self.byte = byte
    self.reason = reason
  }
}
