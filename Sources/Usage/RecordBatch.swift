/// What a reader hands over: some records of one file, and the file's names and labels so far.
package struct RecordBatch: Sendable {
  package var records: [UsageRecord] = []
  package var names = NameTable()
  package var labels = LabelTable()

  package init() {}

  /// Keeps names and labels, whose numbers stay valid for the rest of the file.
  package mutating func removeRecords() { records.removeAll(keepingCapacity: true) }
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
