import Usage

/// One kind of log: told from others by content, and read record by record.
///
/// A format is one file in `Formats` and one line in `LogFormats`. It answers for one line, row or JSON
/// object at a time; cutting the stream into those, counting bad ones and keeping names is done for it.
package protocol LogFormat: Sendable {
  static var facts: FormatFacts { get }

  /// How sure it is, 0...100, that the sample is of this format; 0 is "not mine".
  static func confidence(in sample: Sample) -> Int

  /// The most that `confidence` says: a format that cannot outbid another is not asked.
  static var highestConfidence: Int { get }

  /// The fields whose coming or going part-way through a file is told, at most 63; see
  /// `RecordSink.noteFields`.
  static var reliedFields: [String] { get }

  init(settings: ReadSettings)

  /// Forgets the file that was read. A format may keep what holds for the next one too; names and labels
  /// keep their numbers.
  mutating func beginFile(_ settings: ReadSettings)

  /// Reads one line, row or object and emits what it finds. Throws when the record cannot be counted;
  /// returns without emitting when it is fine but no request (a header, a progress event).
  mutating func read(_ record: Span<UInt8>, into sink: inout RecordSink) throws(LineProblem)

  /// Emits what could only be known at the end of the file.
  mutating func finish(into sink: inout RecordSink)

  /// Emits some of what could only be known at the end; true when there is more. Only formats that
  /// keep a whole file's records back do it in parts, so that they need not be in memory at once.
  mutating func finishPart(into sink: inout RecordSink) -> Bool

  /// Reads the complete records of a block and returns how many bytes they took.
  ///
  /// A requirement so that each format has its own specialised loop; nobody implements it.
  mutating func readBlock(
    _ block: Span<UInt8>, framing: Framing, atEnd: Bool, into sink: inout RecordSink
  ) -> Int
}

/// What a format says about itself, in words for people.
package struct FormatFacts: Sendable {
  /// As typed after `--as`.
  package var name: String
  package var title: String
  /// Where such a file comes from.
  package var origin: String
  /// What makes two copies the same request.
  package var identity: String
  /// What the source does not know.
  package var cannotTell: String
  /// A short, real-looking example of one record.
  package var example: String
  package var layout: Layout
  /// Top-level keys or columns that make it known: the base of the nearest guess.
  package var signature: [String]
  /// Whether every line goes into a running digest that identities are made from.
  package var identifiesByContent = false

  package enum Layout: Sendable { case json, lines, csv }
}

extension LogFormat {
  package static var highestConfidence: Int { 100 }

  package static var reliedFields: [String] { [] }

  package mutating func beginFile(_ settings: ReadSettings) { self = Self(settings: settings) }

  package mutating func finish(into sink: inout RecordSink) {}

  package mutating func finishPart(into sink: inout RecordSink) -> Bool {
    finish(into: &sink)
    return false
  }

  package mutating func readBlock(
    _ block: Span<UInt8>, framing: Framing, atEnd: Bool, into sink: inout RecordSink
  ) -> Int {
    var position = 0
    while let record = framing.next(in: block, from: &position, atEnd: atEnd, sink: &sink) {
      if Self.facts.identifiesByContent { sink.extendDigest(block, record) }
      do {
        try read(block.extracting(record), into: &sink)
      } catch {
        readPieces(of: record, of: block, framing, failedWith: error, into: &sink)
      }
    }
    return position
  }

  /// Reads a record that failed once more, piece by piece, if it is a line with several on it; counts it
  /// as skipped otherwise. Formats emit nothing of a line before they have seen its end.
  @inline(never)
  private mutating func readPieces(
    of record: Range<Int>, of block: Span<UInt8>, _ framing: Framing,
    failedWith problem: LineProblem, into sink: inout RecordSink
  ) {
    let line = block.extracting(record)
    let pieces =
      switch Self.facts.layout {
      case .json where framing == .lines: JoinedLine.pieces(of: line)
      case .csv: JoinedLine.pieces(ofRow: line, header: sink.firstRow)
      default: [record]
      }
    guard pieces.count > 1 else { return sink.skip(problem) }
    sink.discardLabels()
    if Self.facts.identifiesByContent { sink.takeBackDigest() }
    for piece in pieces {
      let part = record.lowerBound + piece.lowerBound..<record.lowerBound + piece.upperBound
      sink.startRecord(at: part.lowerBound)
      if Self.facts.identifiesByContent { sink.extendDigest(block, part) }
      do throws(LineProblem) {
        try read(block.extracting(part), into: &sink)
      } catch {
        sink.skip(error)
      }
    }
  }
}

/// What the user tells about files that do not tell it themselves.
package struct ReadSettings: Sendable {
  /// Read as this format, without detection.
  package var format: String?
  /// The model of servers that never log it.
  package var model: String?
  /// Model names as logged -> names to keep.
  package var modelMap: [String: String] = [:]
  /// The year of logs that never write it.
  package var year: Int?
  /// The zone of clocks without one.
  package var zone = ZoneRules.utc
  /// Where traces that count seconds from zero begin.
  package var start: Instant?
  /// Labels for every record: tag name and value.
  package var tags: [(name: String, value: String)] = []
  /// When the file was last written, if known: the last resort for years.
  package var fileModified: Instant?
  /// The path's last component: may hold a date or a server's name.
  package var fileName = ""

  package init() {}
}
