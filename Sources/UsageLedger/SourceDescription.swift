import Usage

/// What is known about a file whose records come into the ledger.
package struct SourceDescription: Sendable {
  package var path: String
  package var format: String
  /// The digest of the file's raw bytes and of how it was read; nil for standard input.
  package var digest: Fingerprint?
  /// The file system's word for the file as it was read; nil where that tells nothing.
  package var state: Fingerprint?
  /// The digest of its first plain bytes: the same when it grew or arrives complete later.
  package var head: Fingerprint?
  /// What `head` was before the file was as long as that looks; not kept.
  package var youngHeads: [Fingerprint] = []
  package var size: Int = 0
  /// Bytes after inflating, as far as it was read; nil where an older ledger does not know.
  package var plainSize: Int?
  /// Samples of its raw bytes: nearly the same for a damaged copy; nil for standard input.
  package var parts: FileParts?
  /// How many records the file held, for a draft without those that are known to be copies; nil for a
  /// draft with all of them.
  var records: Int?
  /// Why the file was not read to its end; nil for a complete one.
  package var damage: String?
  package var skipped = 0
  package var problems: [LineNote] = []
  package var checks: [TotalCheck: Int] = [:]
  package var notes: [String] = []
  /// For exports of usage that was already added up: the family, a bar, and how it is grouped.
  package var grouping: String?
  /// Of a file of another ledger: the digests of readings of it that gave way to this one there. Nil for
  /// a file read just now, to which all others give way.
  var replacedReadings: [Fingerprint]?
  /// Takes the file in although its tokens are there under another grouping.
  package var allowsRegrouped = false

  package init(path: String, format: String) {
    self.path = path
    self.format = format
  }
}

/// A file that is in the ledger.
package struct StoredSource: Sendable {
  package var id: Int64
  package var path: String
  package var format: String
  package var isPartial: Bool
  package var isSuperseded: Bool
  /// Records it brought, copies included.
  package var records: Int
  package var skipped: Int
  package var first: Instant?
  package var last: Instant?
}

/// What became of one draft.
package struct DraftOutcome: Sendable, Equatable {
  package var requests = 0
  package var duplicates = 0
  package var replaced = 0
  /// Why the whole draft was refused; nil when it is in.
  package var refusal: String?
}
