import Usage

/// The front door: a file in; records, skipped lines and a verdict out.
package struct UsageReader: Sendable {
  package var engine = InflateEngine.preferred
  /// A record longer than this is skipped and counted, so that memory stays bounded.
  package var longestRecord = 16 << 20

  /// Asked while a pipe says nothing; true ends the reading.
  package var isStopped: @Sendable () -> Bool = { false }

  package init() {}

  /// Whether a thread of its own inflates what comes next while this one reads records: worth its two
  /// extra buffers when there are fewer files than cores.
  package var inflatesAhead = false

  /// Bytes from which a file counts as large; see `read`.
  package static let smallFile = FileStream.blockSize

  /// What detection sees.
  private static let sampleSize = 1 << 20
  /// What is inflated at a time: between two calls ISA-L copies the 64 KiB that it looks back to.
  private static let blockSize = 512 << 10
  /// What is read of it at a time: small enough that its records stay in the processor's caches.
  private static let portionSize = 64 << 10

  package func read(
    _ path: String, settings: ReadSettings, deliver: (inout RecordBatch, Int) throws -> Void
  ) throws -> ReadOutcome {
    var memory = ReaderMemory()
    return try read(path, settings: settings, memory: &memory, deliver: deliver)
  }

  /// Reads one file (`-` is the standard input) and hands its records over block by block, with the
  /// number of the file's raw bytes read so far.
  ///
  /// A small file is not looked into when `isKnown` says so of its digest. What `deliver` throws ends
  /// the reading and comes out here; trouble with the file itself is in the outcome, together with what
  /// could be read.
  package func read(
    _ path: String, settings: ReadSettings, memory: inout ReaderMemory,
    unless isKnown: (Fingerprint) throws -> Bool = { _ in false },
    deliver: (inout RecordBatch, Int) throws -> Void
  ) throws -> ReadOutcome {
    var outcome = ReadOutcome()
    let file: FileStream
    let stream: ByteStream
    do {
      file = try FileStream(path: path, isStopped: isStopped)
      if let small = try file.smallDigest(), try isKnown(small.digest) {
        outcome.status = .known
        outcome.file = small
        return outcome
      }
      let plain = try PlainStream.of(file, engine: engine)
      stream = inflatesAhead ? PrefetchedStream(plain) : plain
    } catch let failure as StreamFailure {
      outcome.status = .failed("\(failure)")
      return outcome
    } catch let container as UnreadContainer {
      outcome.status = .unrecognised(container.advice)
      return outcome
    }
    try read(stream, settings: settings, memory: &memory, outcome: &outcome) { batch in
      try deliver(&batch, file.bytesRead)
    }
    if outcome.format != nil { outcome.file = file.wholeDigest() }
    return outcome
  }

  private func read(
    _ stream: ByteStream, settings: ReadSettings, memory: inout ReaderMemory,
    outcome: inout ReadOutcome, deliver: (inout RecordBatch) throws -> Void
  ) throws {
    // A stream that is read ahead exchanges it for its own.
    var buffer =
      memory.takeBuffer() ?? ByteBuffer(capacity: inflatesAhead ? 0 : UsageReader.sampleSize)
    try read(
      stream, settings: settings, memory: &memory, buffer: &buffer, outcome: &outcome,
      deliver: deliver)
    memory.keep(buffer)
  }

  private func read(
    _ stream: ByteStream, settings: ReadSettings, memory: inout ReaderMemory,
    buffer: inout ByteBuffer, outcome: inout ReadOutcome,
    deliver: (inout RecordBatch) throws -> Void
  ) throws {
    var trouble: StreamFailure?
    var isOpen = true
    // The whole first block, so that detection sees more than a pipe's first 64 KiB.
    while isOpen, buffer.count < UsageReader.sampleSize {
      isOpen = fill(&buffer, from: stream, trouble: &trouble)
    }
    if buffer.count == 0 {
      outcome.status = trouble.map { .failed("\($0)") } ?? .complete
      if trouble == nil { outcome.notes.append("the file is empty") }
      return
    }
    let bom = buffer.bytes.hasPrefix("\u{FEFF}") ? 3 : 0
    buffer.discard(bom)
    let sample = Sample(buffer.bytes, &memory.documents)
    guard let type = settings.format.map(LogFormats.named) ?? LogFormats.detect(sample) else {
      outcome.status = .unrecognised(
        trouble.map { "\($0)" } ?? UsageReader.describe(buffer.bytes, sample))
      return
    }
    outcome.format = type.facts.name
    let headEnd = min(buffer.count, 4096)
    outcome.head = buffer.bytes.hash(0..<headEnd, seed: 2)
    if type.facts.identifiesByContent {
      outcome.youngHeads = UsageReader.youngHeads(buffer.bytes.extracting(0..<headEnd))
    }

    var (format, sink) = memory.begin(type, settings)
    sink.endBlock(consumed: bom)
    let framing = Framing.of(type.facts.layout, sample: sample)
    var isSkipping = false
    var portion = UsageReader.portionSize
    while true {
      let end = isSkipping ? buffer.count : min(portion, buffer.count)
      let isAll = end == buffer.count
      var used = 0
      if isSkipping {
        used = UsageReader.endOfLine(buffer.bytes)
        isSkipping = used == buffer.count && buffer.bytes[used - 1] != 0x0A
      }
      if !isSkipping {
        let isLast = isAll && !isOpen && trouble == nil
        used += format.readBlock(
          buffer.bytes.extracting(used..<end), framing: framing, atEnd: isLast, into: &sink)
      }
      outcome.plainBytes += used
      buffer.discard(used)
      sink.endBlock(consumed: used)
      try sink.deliver(deliver)
      guard isAll else {
        // A record that is longer than a portion is looked for in all that is there.
        portion = used == 0 ? buffer.count : UsageReader.portionSize
        continue
      }
      if !isOpen { break }
      if buffer.count >= longestRecord {
        var taken = buffer.count
        if framing == .lines, type.facts.layout == .json,
          let whole = JoinedLine.wholePieces(of: buffer.bytes)
        {
          taken = format.readBlock(
            buffer.bytes.extracting(0..<whole), framing: framing, atEnd: true, into: &sink)
          sink.continueLine()
        } else {
          sink.skipTooLong(limit: longestRecord)
          isSkipping = true
        }
        sink.endBlock(consumed: taken)
        outcome.plainBytes += taken
        buffer.discard(taken)
      }
      isOpen = fill(&buffer, from: stream, trouble: &trouble)
      if !isOpen, isSkipping, buffer.count == 0 { break }
    }
    while format.finishPart(into: &sink) { try sink.deliver(deliver) }
    try sink.deliver(deliver)
    sink.close()
    outcome.take(sink)
    outcome.fieldChanges = sink.fieldChanges(of: type.reliedFields)
    memory.keep(format, sink)
    outcome.notes += stream.notes
    if let trouble { outcome.status = .partial("\(trouble)") }
  }

  private func fill(
    _ buffer: inout ByteBuffer, from stream: ByteStream, trouble: inout StreamFailure?
  ) -> Bool {
    do {
      return try stream.fill(&buffer, atMost: UsageReader.blockSize)
    } catch {
      trouble = error
      return false
    }
  }

  /// Behind the first line end, or the end of the bytes.
  private static func endOfLine(_ bytes: Span<UInt8>) -> Int {
    min(bytes.firstIndex(of: 0x0A, from: 0, to: bytes.count) + 1, bytes.count)
  }

  /// The heads that the file had when it ended with one of these lines.
  private static func youngHeads(_ bytes: Span<UInt8>) -> [Fingerprint] {
    var heads: [Fingerprint] = []
    var end = 0
    while heads.count < 128 {
      end = bytes.firstIndex(of: 0x0A, from: end, to: bytes.count) + 1
      if end >= bytes.count { break }
      heads.append(bytes.hash(0..<end, seed: 2))
    }
    return heads
  }

  private static func describe(_ bytes: Span<UInt8>, _ sample: Sample) -> String {
    if bytes.count >= 2, bytes[0] ^ bytes[1] == 0x01, min(bytes[0], bytes[1]) == 0xFE {
      return "is UTF-16 text, as PowerShell's > writes it; "
        + "`iconv -f UTF-16 -t UTF-8 FILE | hindcast ingest -` reads it"
    }
    // The magic number of POSIX tar.
    if bytes.count >= 262, bytes.equals(257..<262, "ustar") {
      return "is a tar archive; unpack it and ingest the files in it"
    }
    let looked = min(bytes.count, 4096)
    for i in 0..<looked where bytes[i] == 0 { return "holds binary data, not a text log" }
    return NearestFormat(sample).reason
  }
}

/// What became of reading one file.
package struct ReadOutcome: Sendable {
  package enum Status: Sendable, Equatable {
    case complete
    /// Not looked into.
    case known
    case partial(String)
    case failed(String)
    case unrecognised(String)
  }

  package var status = Status.complete
  package var format: String?
  package var skipped = 0
  package var problems: [LineNote] = []
  package var checks: [TotalCheck: Int] = [:]
  package var notes: [String] = []
  package var fieldChanges: [FieldChange] = []
  package var grouping: String?
  package var plainBytes = 0
  /// Of the raw bytes as they were read; nil for a pipe.
  package var file: FileDigest?
  /// The digest of the first plain bytes: the same for a file that grew or arrived complete later.
  package var head: Fingerprint?
  /// Of a log that is known by its content: the heads of states of it that were not that long yet.
  package var youngHeads: [Fingerprint] = []

  fileprivate mutating func take(_ sink: RecordSink) {
    skipped = sink.skipped
    problems = sink.problems
    checks = sink.checks
    notes += sink.notes
    grouping = sink.grouping
  }
}
