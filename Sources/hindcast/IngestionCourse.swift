import Synchronization
import Usage
import UsageLedger

/// What stands between the tasks that read files and the one that writes them down.
extension Ingestion {
  /// Several small files share a transaction; each is then wholly in or wholly out all the same.
  private static let recordsPerTransaction = 250_000
  private static let filesPerTransaction = 400
  /// The most records of finished files that may wait for an earlier file when another is begun.
  private static let recordsWaiting = 500_000
  /// The same of those whose turn it is while others are written down.
  private static let recordsPending = 2_000_000

  /// What a reading task brings back.
  struct Reading: Sendable {
    var outcome: FileOutcome
    /// Nil when there is nothing to add.
    var draft: SourceDraft?
    /// Of a file that is in, as it was read this time.
    var known: KnownState?
    let records: Int

    init(outcome: FileOutcome, draft: SourceDraft? = nil, known: KnownState? = nil) {
      self.outcome = outcome
      self.draft = draft
      self.known = known
      records = draft?.count ?? 0
    }
  }

  /// Files that were read to their end and are not written down yet.
  struct Pending {
    var readings: [Reading] = []
    var records = 0

    mutating func append(_ new: [Reading]) {
      records += Ingestion.records(of: new)
      readings += new
    }

    mutating func take() -> [Reading] {
      defer { self = Pending() }
      return readings
    }

    var isFull: Bool {
      readings.count >= Ingestion.filesPerTransaction || records >= Ingestion.recordsPerTransaction
    }
  }

  /// How far the files are. While some are written down, one transaction at a time, others are read.
  struct Course {
    let portions: [Range<Int>]
    /// Portions that were begun, and those taken in the order of files.
    var begun = 0
    var taken = 0
    /// Portions being read.
    var running = 0
    var isWriting = false
    /// Read before an earlier one was, by the number of the portion.
    var ready: [Int: [Reading]] = [:]
    var waiting = (files: 0, records: 0)
    var pending = Pending()
    var outcomes: [FileOutcome] = []

    init(portions: [Range<Int>]) { self.portions = portions }

    /// Finished files wait for their turn, but not so many that they pile up in memory.
    var mayBegin: Bool {
      begun < portions.count && !Interruption.isRequested
        && waiting.records < Ingestion.recordsWaiting
        && pending.records < Ingestion.recordsPending
        && waiting.files + pending.readings.count < Ingestion.filesPerTransaction
    }

    mutating func take(_ portion: Int, _ readings: [Reading]) {
      running -= 1
      waiting.files += readings.count
      waiting.records += Ingestion.records(of: readings)
      ready[portion] = readings
      moveOn()
    }

    /// Whatever all earlier files are ready for comes next.
    private mutating func moveOn() {
      while let readings = ready.removeValue(forKey: taken) {
        let isWhole = readings.count == portions[taken].count
        taken += 1
        waiting.files -= readings.count
        waiting.records -= Ingestion.records(of: readings)
        pending.append(readings)
        // After Ctrl-C: what follows in the order of files would be written down before what lacks.
        if !isWhole { taken = portions.count }
      }
    }
  }

  /// Readings on their way to the task that writes them down. What two owners hold is copied before it
  /// is sorted, and a closure would be one.
  final class Handover: Sendable {
    private let readings: Mutex<[Reading]>

    init(_ readings: consuming [Reading]) { self.readings = Mutex(readings) }

    func take() -> [Reading] {
      readings.withLock { readings in
        var taken: [Reading] = []
        swap(&taken, &readings)
        return taken
      }
    }
  }

  private static func records(of readings: [Reading]) -> Int {
    readings.indices.reduce(0) { $0 + readings[$1].records }
  }
}
