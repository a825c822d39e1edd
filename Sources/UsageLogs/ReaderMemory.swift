import Usage

/// What a reader keeps from one file to the next, so that many small files cost little more than their
/// bytes: its buffer, the names it has met, and what a format has learnt of its lines.
///
/// One memory serves files that are read one after the other with the same settings, but for the
/// files' names and dates; the numbers of names and labels then mean the same in all their batches. It
/// grows with the names: give it up after some files.
package struct ReaderMemory: ~Copyable {
  private var buffer: ByteBuffer?
  private var format: (any LogFormat)?
  private var sink: RecordSink?
  var documents = Sample.KnownDocuments()

  package init() {}

  /// Larger ones, of files with very long lines, are not kept.
  private static let largestBuffer = 2 << 20

  mutating func takeBuffer() -> ByteBuffer? { buffer.take() }

  mutating func keep(_ used: consuming ByteBuffer) {
    guard used.capacity <= ReaderMemory.largestBuffer else { return }
    used.discard(used.count)
    buffer = consume used
  }

  /// A format and a sink for the next file.
  mutating func begin(
    _ type: any LogFormat.Type, _ settings: ReadSettings
  ) -> (format: any LogFormat, sink: RecordSink) {
    guard var sink = sink.take() else {
      return (type.init(settings: settings), RecordSink(settings: settings))
    }
    sink.beginFile()
    guard var format = format.take(), Swift.type(of: format) == type else {
      return (type.init(settings: settings), sink)
    }
    format.beginFile(settings)
    return (format, sink)
  }

  mutating func keep(_ format: any LogFormat, _ sink: RecordSink) {
    self.format = format
    self.sink = sink
  }
}
