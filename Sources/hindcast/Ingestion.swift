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

  /// Several small files share a transaction; each is then wholly in or wholly out all the same.
  private static let recordsPerTransaction = 250_000
  private static let filesPerTransaction = 500
  /// The most records of finished files that may wait for an earlier file when another is begun.
  private static let recordsWaiting = 500_000

  /// What a reading task brings back.
  private struct Reading: Sendable {
    var outcome: FileOutcome
    /// Nil when there is nothing to add.
    var draft: SourceDraft?

    init(outcome: FileOutcome, draft: SourceDraft? = nil) {
      self.outcome = outcome
      self.draft = draft
    }
  }

  /// The outcomes in the order of `files`. Ends early, with what is done so far kept, after Ctrl-C.
  func run(_ files: [String]) async throws -> (outcomes: [FileOutcome], isInterrupted: Bool) {
    keep_freed_memory()
    var outcomes: [FileOutcome] = []
    var pending: [Reading] = []
    do {
      try await readAndCommit(files, &pending, &outcomes)
    } catch is Interrupted {
      // What was read to its end is still written down below.
    }
    outcomes += try commit(&pending)
    return (outcomes, Interruption.isRequested)
  }

  private func readAndCommit(
    _ files: [String], _ pending: inout [Reading], _ outcomes: inout [FileOutcome]
  ) async throws {
    // With fewer files than cores, the cores left over inflate ahead of the reading.
    let inflatesAhead = files.count < jobs
    try await withThrowingTaskGroup(of: (index: Int, reading: Reading).self) { group in
      var started = 0
      var taken = 0
      var running = 0
      var ready: [Int: Reading] = [:]
      while taken < files.count, !Interruption.isRequested {
        // Finished files wait for their turn, but not so many that they pile up in memory.
        let waiting = ready.values.reduce(0) { $0 + ($1.draft?.count ?? 0) }
        while running < jobs, started < files.count, waiting < Ingestion.recordsWaiting,
          ready.count < Ingestion.filesPerTransaction
        {
          let index = started
          group.addTask { (index, try read(files[index], inflatesAhead)) }
          started += 1
          running += 1
        }
        guard try await takeNext(&group, into: &ready) else { break }
        running -= 1
        while let reading = ready.removeValue(forKey: taken) {
          taken += 1
          pending.append(reading)
        }
        if isFull(pending) { outcomes += try commit(&pending) }
      }
      group.cancelAll()
    }
  }

  /// In a function of its own, so that nothing but `ready` holds the draft: what two owners hold is
  /// copied before it is sorted.
  private func takeNext(
    _ group: inout ThrowingTaskGroup<(index: Int, reading: Reading), any Error>,
    into ready: inout [Int: Reading]
  ) async throws -> Bool {
    guard let finished = try await group.next() else { return false }
    ready[finished.index] = finished.reading
    return true
  }

  private func isFull(_ pending: [Reading]) -> Bool {
    pending.count >= Ingestion.filesPerTransaction
      || pending.reduce(0) { $0 + ($1.draft?.count ?? 0) } >= Ingestion.recordsPerTransaction
  }

  // MARK: Reading

  private func read(_ path: String, _ inflatesAhead: Bool) throws -> Reading {
    var settings = settings
    settings.fileName = (path as NSString).lastPathComponent
    settings.fileModified = InputFiles.modified(path).map {
      Instant(microseconds: Int64($0.timeIntervalSince1970 * 1e6))
    }
    var source = SourceDescription(path: path, format: "")
    source.allowsRegrouped = allowsRegrouped
    let size = InputFiles.size(path)
    // Only a file of a size that the ledger knows can be in it: all others are read but once.
    if try ledger.hasSource(size: size), let file = try? FileDigest.of(path),
      let known = try ledger.source(digest: ByteHash.combine(file.digest, settings.digest))
    {
      progress.add(records: 0, bytes: size)
      progress.finishFile()
      return Reading(outcome: already(known, path))
    }
    var draft = SourceDraft(source: source, spoolFolder: ledger.folder)
    var reader = UsageReader()
    reader.inflatesAhead = inflatesAhead
    var bytesSeen = 0
    let outcome = try reader.read(path, settings: settings) { batch, bytesRead in
      if Interruption.isRequested { throw Interrupted() }
      progress.add(records: batch.records.count, bytes: bytesRead - bytesSeen)
      bytesSeen = bytesRead
      draft.add(&batch)
    }
    progress.add(records: 0, bytes: max(0, size - bytesSeen))
    progress.finishFile()
    if let file = outcome.file {
      draft.source.digest = ByteHash.combine(file.digest, settings.digest)
      draft.source.size = file.size
    }
    return reading(outcome, draft, path)
  }

  private func already(_ known: StoredSource, _ path: String) -> FileOutcome {
    var outcome = FileOutcome(path: path, format: known.format, status: .already)
    outcome.duplicates = known.records
    if known.isPartial { outcome.notes.append("the file is damaged; what can be read of it is in") }
    return outcome
  }

  private func reading(_ read: ReadOutcome, _ draft: SourceDraft, _ path: String) -> Reading {
    var draft = draft
    var outcome = FileOutcome(path: path, format: read.format, status: .ingested)
    outcome.skipped = read.skipped
    outcome.problems = read.problems
    outcome.checks = read.checks
    outcome.notes = read.notes
    switch read.status {
    case .complete: break
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
    draft.source.skipped = read.skipped
    draft.source.problems = read.problems
    draft.source.checks = read.checks
    draft.source.notes = outcome.notes
    draft.source.grouping = read.grouping
    return Reading(outcome: outcome, draft: draft)
  }

  // MARK: Writing

  private func commit(_ pending: inout [Reading]) throws -> [FileOutcome] {
    var outcomes = pending.map(\.outcome)
    let places = pending.indices.filter { pending[$0].draft != nil }
    var drafts: [SourceDraft] = []
    for place in places {
      if let draft = pending[place].draft.take() { drafts.append(draft) }
    }
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
    pending.removeAll()
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
