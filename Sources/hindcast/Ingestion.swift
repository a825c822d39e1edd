import CSystem
import Foundation
import Usage
import UsageLedger
import UsageLogs

/// Reads many files at once and adds them to a ledger in the order given.
struct Ingestion {
  var ledger: Ledger
  var settings: ReadSettings
  /// Files read at the same time.
  var jobs: Int
  var allowsRegrouped = false
  var progress: Progress

  /// The outcomes in the order of `files`. Ends early, with what is done so far kept, after Ctrl-C.
  func run(
    _ files: [InputFile]
  ) async throws -> (outcomes: [FileOutcome], isInterrupted: Bool) {
    keep_freed_memory()
    var course = Course(portions: FilePortions(files).ranges)
    try await withThrowingTaskGroup(of: Done.self) { group in
      while course.taken < course.portions.count || course.isWriting {
        begin(files, &course, in: &group)
        guard try await takeNext(&group, into: &course) else { break }
      }
      group.cancelAll()
    }
    course.outcomes += try commit(course.pending.take())
    return (course.outcomes, Interruption.isRequested)
  }

  /// What a task brings back.
  private enum Done: Sendable {
    case read(portion: Int, [Reading])
    case written([FileOutcome])
  }

  private typealias Tasks = ThrowingTaskGroup<Done, any Error>

  private func begin(_ files: [InputFile], _ course: inout Course, in group: inout Tasks) {
    if course.pending.isFull, !course.isWriting {
      let handover = Handover(course.pending.take())
      group.addTask { .written(try commit(handover.take())) }
      course.isWriting = true
    }
    // With fewer files than cores, the cores left over inflate ahead of the reading.
    let inflatesAhead = files.count < jobs
    while course.running < jobs, course.mayBegin {
      let number = course.begun
      let portion = files[course.portions[number]]
      let isAlone = course.portions.count == 1
      group.addTask {
        let readings = try read(portion, inflatesAhead)
        // On the same thread: `malloc` would not give another one what the reading has freed.
        return isAlone ? .written(try commit(consume readings)) : .read(portion: number, readings)
      }
      course.begun += 1
      course.running += 1
    }
  }

  /// In a function of its own, so that nothing but `course` holds the drafts; false when nothing more
  /// comes.
  private func takeNext(_ group: inout Tasks, into course: inout Course) async throws -> Bool {
    switch try await group.next() {
    case nil: return false
    case .read(let portion, let readings): course.take(portion, readings)
    case .written(let outcomes):
      course.isWriting = false
      course.outcomes += outcomes
    }
    return true
  }

  // MARK: Reading

  /// Reads files one after the other; fewer come back after Ctrl-C.
  private func read(
    _ files: ArraySlice<InputFile>, _ inflatesAhead: Bool
  ) throws -> [Reading] {
    var reader = UsageReader()
    reader.inflatesAhead = inflatesAhead
    reader.isStopped = { Interruption.isRequested }
    var memory = ReaderMemory()
    var book = KindBook()
    let digest = settings.digest
    var readings: [Reading] = []
    for file in files {
      if Interruption.isRequested { break }
      do {
        readings.append(try read(file, reader, &memory, &book, digest))
      } catch is Interrupted {
        break
      }
    }
    return readings
  }

  private func read(
    _ file: InputFile, _ reader: UsageReader, _ memory: inout ReaderMemory,
    _ book: inout KindBook, _ settingsDigest: Fingerprint
  ) throws -> Reading {
    var settings = settings
    settings.fileName = file.name
    settings.fileModified = file.modified
    var source = SourceDescription(path: file.path, format: "")
    source.allowsRegrouped = allowsRegrouped
    let state = file.state.map { ByteHash.combine($0, settingsDigest) }
    if let state, let known = try ledger.known(state: state) { return already(known, file) }
    // Of the large files only one of a size that the ledger knows can be in it: the others are read but
    // once.
    if file.size >= UsageReader.smallFile, try ledger.hasSource(size: file.size),
      let present = try? FileDigest.of(file.path),
      let known = try ledger.known(digest: ByteHash.combine(present.digest, settingsDigest))
    {
      return already(known, file, isUnchanged(file) ? state : nil)
    }
    var draft = SourceDraft(source: source, spoolFolder: ledger.folder)
    var bytesSeen = 0
    var known: KnownSource?
    let outcome = try reader.read(
      file.path, settings: settings, memory: &memory,
      unless: { digest in
        known = try ledger.known(digest: ByteHash.combine(digest, settingsDigest))
        return known != nil
      }
    ) { batch, bytesRead in
      if Interruption.isRequested { throw Interrupted() }
      progress.add(records: batch.count, bytes: bytesRead - bytesSeen)
      bytesSeen = bytesRead
      draft.add(&batch, &book)
    }
    if let known { return already(known, file, isUnchanged(file) ? state : nil) }
    // A pipe that was given up has an end only because of that.
    if file.size == 0, Interruption.isRequested { throw Interrupted() }
    draft.finish()
    progress.add(records: 0, bytes: max(0, file.size - bytesSeen))
    progress.finishFile()
    if let whole = outcome.file {
      draft.source.digest = ByteHash.combine(whole.digest, settingsDigest)
      draft.source.size = whole.size
      draft.source.parts = whole.parts
      if isUnchanged(file) { draft.source.state = state }
    }
    return reading(outcome, draft, file.path)
  }

  /// Whether the file that was read is still the one that was listed.
  private func isUnchanged(_ file: InputFile) -> Bool {
    file.state != nil && FileFacts(file.path)?.state == file.state
  }

  /// `state` is one that the ledger does not know the file by yet.
  private func already(
    _ known: KnownSource, _ file: InputFile, _ state: Fingerprint? = nil
  ) -> Reading {
    progress.add(records: 0, bytes: file.size)
    progress.finishFile()
    var outcome = FileOutcome(path: file.path, format: known.format, status: .already)
    outcome.duplicates = known.records
    if known.isPartial { outcome.notes.append("the file is damaged; what can be read of it is in") }
    return Reading(
      outcome: outcome, known: state.map { KnownState(state: $0, source: known.id) })
  }

  private func reading(
    _ read: ReadOutcome, _ draft: consuming SourceDraft, _ path: String
  ) -> Reading {
    var outcome = FileOutcome(path: path, format: read.format, status: .ingested)
    outcome.skipped = read.skipped
    outcome.problems = read.problems
    outcome.checks = read.checks
    outcome.notes = read.notes
    outcome.fieldChanges = read.fieldChanges
    switch read.status {
    case .complete, .known: break
    case .partial(let why):
      outcome.status = .partial
      outcome.notes.append(why)
      draft.source.damage = why
    case .failed(let why):
      outcome.status = .failed
      outcome.notes.append(why)
    case .unrecognised(let why):
      outcome.status = .unrecognised
      outcome.notes.append(why)
    }
    guard let format = read.format, outcome.status == .ingested || outcome.status == .partial else {
      return Reading(outcome: outcome)
    }
    draft.source.format = format
    draft.source.head = read.head
    draft.source.youngHeads = read.youngHeads
    draft.source.plainSize = read.plainBytes
    draft.source.skipped = read.skipped
    draft.source.problems = read.problems
    draft.source.checks = read.checks
    draft.source.notes = outcome.notes
    draft.source.grouping = read.grouping
    return Reading(outcome: outcome, draft: draft)
  }

  // MARK: Writing

  private func commit(_ readings: consuming [Reading]) throws -> [FileOutcome] {
    var readings = readings
    var outcomes = readings.map(\.outcome)
    let places = readings.indices.filter { readings[$0].draft != nil }
    var drafts: [SourceDraft] = []
    for place in places {
      if let draft = readings[place].draft.take() { drafts.append(draft) }
    }
    try ledger.remember(readings.compactMap(\.known))
    let added = try ledger.add(consume drafts)
    for (place, result) in zip(places, added) {
      outcomes[place].requests = result.requests
      outcomes[place].duplicates = result.duplicates
      outcomes[place].replaced = result.replaced
      if let refusal = result.refusal {
        outcomes[place].status = .failed
        outcomes[place].notes.append(refusal)
      } else if outcomes[place].status == .ingested, result.requests == 0, result.replaced == 0,
        result.duplicates > 0
      {
        outcomes[place].status = .already
      }
    }
    return outcomes
  }
}

extension ReadSettings {
  /// Of everything that changes what a file's records say: the same bytes read otherwise are new.
  fileprivate var digest: Fingerprint {
    let map = modelMap.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }
    let tags = tags.map { "\($0.name)=\($0.value)" }
    let parts: [String] =
      [format ?? "", model ?? "", year.map { "\($0)" } ?? "", zone.name, start?.description ?? ""]
      + map + tags
    return ByteHash.of(parts.joined(separator: "\u{0}"))
  }
}
