/// What became of one file of an ingest.
package struct FileOutcome: Sendable {
  package enum Status: String, Sendable {
    case ingested, already, partial, failed, unrecognised
  }

  package var path: String
  package var format: String?
  package var status: Status
  /// Newly added to the ledger.
  package var requests = 0
  package var duplicates = 0
  package var replaced = 0
  package var skipped = 0
  /// The first of the skipped lines.
  package var problems: [LineNote] = []
  package var checks: [TotalCheck: Int] = [:]
  /// Why the file failed or is partial, and what a reader should know about it. Plain sentences.
  package var notes: [String] = []
  package var fieldChanges: [FieldChange] = []

  package init(path: String, format: String? = nil, status: Status) {
    self.path = path
    self.format = format
    self.status = status
  }
}
