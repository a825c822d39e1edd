import Usage

/// Where a format puts what it finds in one file, and what it asks for names.
package struct RecordSink: Sendable {
  package private(set) var batch = RecordBatch()
  package private(set) var skipped = 0
  package private(set) var problems: [LineNote] = []
  package private(set) var checks: [TotalCheck: Int] = [:]
  /// Sentences for the file's outcome.
  package var notes: [String] = []
  /// For buckets: which family of exports this is and how it was grouped; see `Ledger`.
  package var grouping: String?
  /// The digest of all lines so far, for formats without request ids.
  private(set) var digest: Fingerprint
  /// The same without the present line.
  private var digestBefore: Fingerprint

  private let settings: ReadSettings
  /// Names as written. Models have a cache of their own: they may be kept under another name.
  private var names = NameCache()
  private var models = NameCache()
  private let tags: [Label]
  /// Of a table: its header.
  private(set) var firstRow: [UInt8] = []
  private var line = 0
  /// Whether the file ends without the present line's end: it may have been read while it was written.
  private(set) var isLineOpen = false
  private var extraLines = 0
  /// Offset in the plain content of the block's first byte.
  private var blockStart = 0
  private var recordStart = 0
  private var checkCounts = (exact: 0, mismatch: 0, larger: 0, none: 0)
  private var implausible = (count: 0, sample: Instant(microseconds: 0))
  private var passedOver: [String: Int] = [:]
  private var drift = FieldDrift()
  private var repeatedLines = RepeatedLines()
  /// How many records told their fields before they were emitted; nil for formats that emit at once.
  private var notedRecords: Int?

  /// How many of the skipped lines are kept with their place and reason.
  static let keptProblems = 20

  package init(settings: ReadSettings) {
    self.settings = settings
    var tags: [Label] = []
    for tag in settings.tags {
      tags.append(
        Label(.tag, name: batch.names.intern(tag.name), batch.names.intern(tag.value)))
    }
    self.tags = tags
    digest = RecordSink.emptyDigest
    digestBefore = digest
  }

  private static let emptyDigest = ByteHash.of("hindcast content", seed: 1)

  /// Forgets all about the file that was read but its names and labels, which keep their numbers.
  mutating func beginFile() {
    batch.removeRecords()
    batch.labels.discard()
    (skipped, problems, checks, notes, grouping) = (0, [], [:], [], nil)
    digest = RecordSink.emptyDigest
    digestBefore = digest
    (line, extraLines, blockStart, recordStart, isLineOpen) = (0, 0, 0, 0, false)
    firstRow = []
    checkCounts = (exact: 0, mismatch: 0, larger: 0, none: 0)
    implausible = (count: 0, sample: Instant(microseconds: 0))
    passedOver = [:]
    drift = FieldDrift()
    repeatedLines = RepeatedLines()
    notedRecords = nil
  }

  // MARK: Records

  package mutating func emit(_ record: UsageRecord) {
    guard note(record.start, record.check) else { return }
    var record = record
    if !tags.isEmpty, record.kind.labels == .none { record.kind.labels = finishLabels() }
    batch.append(record)
  }

  @inline(__always)
  mutating func emit(_ record: consuming PlainRecord) {
    guard note(record.start, record.check) else { return }
    if !tags.isEmpty, record.kind.labels.number == 0 { record.kind.labels = finishLabels() }
    batch.append(record)
  }

  /// Counts a record that begins at `start`; false when no calendar has such a time.
  @inline(__always)
  private mutating func note(_ start: Instant, _ check: TotalCheck) -> Bool {
    let time = start.microseconds
    guard time >= RecordSink.calendarStart, time < RecordSink.calendarEnd else {
      skip(.badTime)
      return false
    }
    switch check {
    case .exact: checkCounts.exact += 1
    case .inclusiveMismatch: checkCounts.mismatch += 1
    case .totalLarger: checkCounts.larger += 1
    case .noTotal: checkCounts.none += 1
    }
    if time < RecordSink.plausibleStart || time >= RecordSink.plausibleEnd {
      if implausible.count == 0 { implausible.sample = start }
      implausible.count += 1
    }
    return true
  }

  /// Notes which of its format's `reliedFields` a record has, before it is emitted or skipped.
  @inline(__always)
  mutating func noteFields(_ fields: PresentFields) {
    if fields != drift.present { drift.begin(fields, record: recordCount, line: line) }
  }

  /// The same for a format that emits at the end of the file: `number` records came before.
  mutating func noteFields(_ fields: PresentFields, ofRecord number: Int) {
    notedRecords = number + 1
    if fields != drift.present { drift.begin(fields, record: number, line: line) }
  }

  private var recordCount: Int {
    checkCounts.exact + checkCounts.mismatch + checkCounts.larger + checkCounts.none + skipped
  }

  mutating func fieldChanges(of names: [String]) -> [FieldChange] {
    drift.changes(of: names, count: notedRecords ?? recordCount)
  }

  /// Counts a record that is sound but describes no request of its own; `kind` says what it is.
  mutating func passOver(_ kind: String, count: Int = 1) {
    if count > 0 { passedOver[kind, default: 0] += count }
  }

  /// Counts a record that cannot be counted, and keeps the first few with their place.
  mutating func skip(_ problem: LineProblem) { skip(reason: problem.reason) }

  mutating func skip(reason: String) { skip(reason: reason, at: place) }

  /// Counts a record that turns out at the end of the file to be of no use; without its place only the
  /// number is kept.
  mutating func skip(reason: String, at place: Place?) {
    skipped += 1
    batch.labels.discard()
    guard let place, problems.count < RecordSink.keptProblems else { return }
    problems.append(LineNote(line: place.line, byte: place.byte, reason: reason))
  }

  // Microseconds since 1970, as numbers: a `static let` that is worked out is asked for at each use
  // whether it has been.

  /// What a calendar with years of four digits can name: from 0001-01-01 to before 10000-01-01.
  static let calendarStart: Int64 = -62_135_596_800_000_000
  static let calendarEnd: Int64 = 253_402_300_800_000_000
  /// Usage of hosted language models is not older than 2018, and dates from 2100 on are clock faults.
  static let plausibleStart: Int64 = 1_514_764_800_000_000
  static let plausibleEnd: Int64 = 4_102_444_800_000_000

  // MARK: Names

  /// The number of a JSON string's content in its slot's cache.
  @inline(__always)
  mutating func name(
    _ json: borrowing JSONCursor, _ text: JSONCursor.Text, _ slot: NameSlot
  ) -> NameID {
    if let id = known(json.bytes, text.range, slot) { return id }
    let id = intern(json.unescaped(text), slot)
    if slot == .model {
      models.remember(json.bytes, text.range, as: id)
    } else {
      names.remember(json.bytes, text.range, as: id)
    }
    return id
  }

  @inline(__always)
  private func known(_ bytes: Span<UInt8>, _ range: Range<Int>, _ slot: NameSlot) -> NameID? {
    slot == .model ? models.id(of: bytes, range) : names.id(of: bytes, range)
  }

  /// The number of a field's text; `none` when it is no text or empty.
  @inline(__always)
  mutating func name(_ bytes: Span<UInt8>, _ field: JSONField, _ slot: NameSlot) -> NameID {
    guard let text = field.text, !text.isEmpty else { return .none }
    if let id = known(bytes, text.range, slot) { return id }
    return name(JSONCursor(bytes), text, slot)
  }

  /// The string that comes next as a name; `none` when it is not a string or empty.
  @inline(__always)
  mutating func name(_ json: inout JSONCursor, _ slot: NameSlot) throws(LineProblem) -> NameID {
    guard let text = try json.text(), !text.isEmpty else { return .none }
    return name(json, text, slot)
  }

  mutating func intern(_ name: String, _ slot: NameSlot = .label) -> NameID {
    if slot == .model, let mapped = settings.modelMap[name] { return batch.names.intern(mapped) }
    return batch.names.intern(name)
  }

  func text(_ id: NameID) -> String { batch.names[id] }

  // MARK: Labels

  mutating func label(_ key: LabelKey, _ value: NameID) { batch.labels.add(Label(key, value)) }

  mutating func label(_ key: LabelKey, _ value: String) {
    batch.labels.add(Label(key, intern(value)))
  }

  mutating func tag(_ name: NameID, _ value: NameID) {
    batch.labels.add(Label(.tag, name: name, value))
  }

  /// The labels added since the last call, with the user's own tags.
  mutating func finishLabels() -> LabelSetID {
    for tag in tags { batch.labels.add(tag) }
    return batch.labels.finish()
  }

  mutating func discardLabels() { batch.labels.discard() }

  // MARK: Place

  /// Where a record stands in the plain content.
  struct Place {
    var line: Int
    var byte: Int
  }

  var place: Place { Place(line: line, byte: blockStart + recordStart) }

  mutating func startLine(at offset: Int, isOpen: Bool = false) {
    isLineOpen = isOpen
    line += 1 + extraLines
    extraLines = 0
    recordStart = offset
  }

  mutating func noteRow(_ block: Span<UInt8>, _ row: Range<Int>) {
    if line == 1 { firstRow.append(block, row) }
  }

  /// Notes that what comes next is on the same line still.
  mutating func continueLine() { line -= 1 }

  mutating func startRecord(at offset: Int) {
    if line == 0 { line = 1 }
    recordStart = offset
  }

  /// Lines that end inside the present record; they count when the next one starts.
  mutating func countLines(in block: Span<UInt8>, _ range: Range<Int>) {
    var i = range.lowerBound
    while true {
      i = block.firstIndex(of: 0x0A, from: i, to: range.upperBound)
      if i == range.upperBound { return }
      extraLines += 1
      i += 1
    }
  }

  mutating func endBlock(consumed: Int) { blockStart += consumed }

  /// Notes that a record was dropped because it outgrew the buffer.
  mutating func skipTooLong(limit: Int) {
    startLine(at: 0)
    skip(.tooLong(limit: limit))
  }

  // MARK: Identity without an id

  /// The identity of a record that has none but its line's text.
  mutating func identity(
    ofLine bytes: Span<UInt8>, _ line: Range<Int>, seed: UInt64
  ) -> Fingerprint {
    repeatedLines.identity(of: bytes.hash(line, seed: seed))
  }

  mutating func extendDigest(_ block: Span<UInt8>, _ range: Range<Int>) {
    digestBefore = digest
    digest = ByteHash.combine(digest, block.hash(range, seed: 1))
  }

  /// Forgets the present line, which turned out to be several.
  mutating func takeBackDigest() { digest = digestBefore }

  /// The identity of a record of which the present line's first bytes tell all, so that it keeps it
  /// when a line that was half written is whole: the digest of everything before and of those bytes.
  func contentIdentity(of text: Span<UInt8>, upTo end: Int) -> Fingerprint {
    ByteHash.combine(digestBefore, text.hash(0..<end, seed: 1))
  }

  /// The identity of the `index`th record made from the present line: the digest of everything up to
  /// here. A file that grew, was renamed or compressed keeps the identities of its old lines.
  func contentIdentity(index: Int64 = 0) -> Fingerprint { ByteHash.combine(digest, index) }

  // MARK: Handing over

  mutating func deliver(_ take: (inout RecordBatch) throws -> Void) rethrows {
    guard batch.count > 0 else { return }
    defer { batch.removeRecords() }
    try take(&batch)
  }

  mutating func close() {
    checks = [
      .exact: checkCounts.exact, .inclusiveMismatch: checkCounts.mismatch,
      .totalLarger: checkCounts.larger, .noTotal: checkCounts.none,
    ].filter { $0.value > 0 }
    if implausible.count > 0 {
      notes.append(
        "\(counted(implausible.count, "record")) with a time before 2018 or after 2099 (the first: "
          + "\(implausible.sample)), counted on that day: check the clock that wrote it")
    }
    for (kind, count) in passedOver.sorted(by: { $0.key < $1.key }) {
      notes.append("\(kind): \(grouped(count)) passed over")
    }
  }
}

/// Fields whose values repeat, each with a cache of its own.
enum NameSlot: Int, CaseIterable {
  case model, provider, region, user, project, key, team, session, label, tagName
}
