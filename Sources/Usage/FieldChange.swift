/// A field that comes or goes part-way through a file.
package struct FieldChange: Sendable, Hashable {
  package enum Direction: String, Sendable { case appears, vanishes }

  /// As the source spells it, with dots between nested keys.
  package var field: String
  package var direction: Direction
  /// Counted from 1: where the first record with the field stands, or the first of those that lack it
  /// to the end of the file.
  package var line: Int
  /// The records that lack it: all before that line, or all from there on.
  package var recordsWithout: Int

  package init(field: String, _ direction: Direction, line: Int, recordsWithout: Int) {
    self.field = field
    self.direction = direction
    self.line = line
    self.recordsWithout = recordsWithout
  }
}
