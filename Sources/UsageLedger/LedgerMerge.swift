import Foundation
import GRDB
import Usage

extension Ledger {
  /// Adds the files that are in `other` and not in this ledger, as if they were ingested now in the
  /// order they came there: one transaction a file, so that a merge that was cut short goes on where
  /// it stopped, and one repeated changes nothing.
  ///
  /// `take` is told of every file of `other`. Memory: the largest file's requests, and the identities
  /// of a million others.
  package func merge(
    _ other: Ledger, allowsRegrouped: Bool = false, take: (MergedSource) throws -> Void
  ) throws {
    guard !isSameFile(as: other) else {
      throw LedgerFailure("\(other.path) is the ledger that it would be merged into")
    }
    try other.reading { db in
      let reader = try DraftReader(db, spoolFolder: folder)
      for batch in reader.batches {
        let keys = try reader.keys(of: batch)
        for source in batch {
          var draft = try reader.draft(of: source, keys)
          draft.source.allowsRegrouped = allowsRegrouped
          var merged = MergedSource(
            path: draft.source.path, format: draft.source.format,
            records: draft.source.records ?? draft.count)
          if let digest = draft.source.digest, try self.source(digest: digest) != nil {
            merged.wasThere = true
          } else {
            merged.outcome = try add([draft])[0]
          }
          try take(merged)
        }
      }
    }
  }

  private func isSameFile(as other: Ledger) -> Bool {
    func facts(_ path: String) -> [FileAttributeKey: Any]? {
      try? FileManager.default.attributesOfItem(
        atPath: URL(fileURLWithPath: path).resolvingSymlinksInPath().path)
    }
    guard let own = facts(path), let others = facts(other.path) else { return false }
    return own[.systemFileNumber] as? Int == others[.systemFileNumber] as? Int
      && own[.systemNumber] as? Int == others[.systemNumber] as? Int
  }
}

/// What became of one file of a ledger that was merged.
package struct MergedSource: Sendable {
  package var path: String
  package var format: String
  package var records: Int
  /// Whether the ledger had this very file already.
  package var wasThere = false
  package var outcome = DraftOutcome()
}

/// Makes drafts of a ledger's files, as reading the files again would.
///
/// Left out are rows that another row of the same file, or of a later state of it, makes superfluous.
private struct DraftReader {
  let db: Database
  private let spoolFolder: String
  private let kinds: KindIndex
  private var sources: [Int64: SourceRow] = [:]
  /// Sources that follow each other, with not too many rows together to keep their keys in memory.
  private(set) var batches: [[Int64]] = []

  private struct SourceRow {
    var description: SourceDescription
    /// Its blocks and how many rows each has, those of earlier states of the file first: what they hold
    /// was not written down again.
    var blocks: [(id: Int64, rows: Int)] = []
    /// Sources that gave way to it.
    var replaced: [Int64] = []
    var count: Int { blocks.reduce(0) { $0 + $1.rows } }
  }

  /// By block, a key for each row; nil for rows without an entry in an index.
  typealias Keys = [Int64: [IdentityKey?]]

  private static let rowsPerBatch = 1_000_000

  init(_ db: Database, spoolFolder: String) throws {
    self.db = db
    self.spoolFolder = spoolFolder
    kinds = try KindIndex(db)
    var earlier: [Int64: [Int64]] = [:]
    let rows = try Row.fetchAll(db, sql: "SELECT * FROM source ORDER BY id")
    for row in rows {
      sources[try row["id"]] = SourceRow(description: try DraftReader.description(row, db))
      if let heir = try row["covered_by"] as Int64? {
        earlier[heir, default: []].append(try row["id"])
      }
    }
    var own: [Int64: [(id: Int64, rows: Int)]] = [:]
    for row in try Row.fetchAll(db, sql: "SELECT id, source, rows FROM block ORDER BY id") {
      own[try row["source"], default: []].append((try row["id"], try StoredBlock.rowCount(row)))
    }
    var batch: [Int64] = []
    var count = 0
    for id in sources.keys.sorted() {
      var states = [id]
      var next = 0
      while next < states.count {
        states += (earlier[states[next]] ?? []).filter { !states.contains($0) }
        next += 1
      }
      let blocks = Set(states).sorted().flatMap { own[$0] ?? [] }
      sources[id]?.replaced = earlier[id] ?? []
      sources[id]?.blocks = blocks.sorted { $0.id < $1.id }
      let size = sources[id]?.count ?? 0
      if !batch.isEmpty, count + size > DraftReader.rowsPerBatch {
        batches.append(batch)
        (batch, count) = ([], 0)
      }
      batch.append(id)
      count += size
    }
    if !batch.isEmpty { batches.append(batch) }
  }

  private static func description(_ row: Row, _ db: Database) throws -> SourceDescription {
    var source = SourceDescription(path: try row["path"], format: try row["format"])
    source.digest = (try row["digest"] as Data?).map { Fingerprint($0) }
    source.head = (try row["head"] as Data?).map { Fingerprint($0) }
    source.size = try row["size"]
    source.plainSize = try row["plain_size"]
    source.parts = (try row["parts"] as Data?).map { FileParts($0) }
    source.records = try row.count("records")
    source.damage = try row["damage"]
    source.skipped = try row.count("skipped")
    source.grouping = try row["grouping"]
    source.notes = (try row["notes"] as String).split(separator: "\n").map(String.init)
    source.problems = try Row.fetchAll(
      db, sql: "SELECT line, byte, reason FROM skipped_line WHERE source = ? ORDER BY rowid",
      arguments: [try row["id"] as Int64]
    ).map { LineNote(line: try $0["line"], byte: try $0["byte"], reason: try $0["reason"]) }
    return source
  }

  /// The identities of these sources' rows: one pass over both indexes.
  func keys(of batch: [Int64]) throws -> Keys {
    var keys: Keys = [:]
    for id in batch {
      for block in sources[id]?.blocks ?? [] {
        keys[block.id] = [IdentityKey?](repeating: nil, count: block.rows)
      }
    }
    for content in IdentityIndex.Content.allCases {
      try IdentityIndex(db: db, content: content).forEach { entry in
        let row = Int(entry.location.row)
        guard row < keys[entry.location.block]?.count ?? 0 else { return }
        keys[entry.location.block]?[row] = entry.key
      }
    }
    return keys
  }

  func draft(of id: Int64, _ keys: Keys) throws -> SourceDraft {
    guard let source = sources[id] else { fatalError("only numbers of sources are in batches") }
    var draft = SourceDraft(source: source.description, spoolFolder: spoolFolder)
    draft.source.replacedReadings = source.replaced.compactMap { sources[$0]?.description.digest }
    var batch = RecordBatch()
    var known: [Int: RecordKind] = [:]
    for part in source.blocks {
      guard let block = try StoredBlock.fetch(db, part.id), let blockKeys = keys[part.id] else {
        continue
      }
      var loose: [UInt32: SourceDraft.LooseKey] = [:]
      for row in block.loose { loose[row.row] = row }
      for (number, row) in try block.rows().enumerated() where number < blockKeys.count {
        let told = loose[UInt32(number)]
        guard let key = told.map({ $0.full ?? $0.key }) ?? blockKeys[number] else { continue }
        let number = block.kinds[row.kind]
        let kind = try known[number] ?? RecordKind(kinds.kind(number), &batch)
        known[number] = kind
        var record = UsageRecord(row, kind: kind)
        record.identity = key.fingerprint
        if let told { record.looseIdentity = told.key.fingerprint }
        batch.append(record)
      }
      draft.add(&batch)
    }
    if draft.source.digest == nil {
      draft.finish()
      draft.source.digest = try draft.contentDigest()
    }
    return draft
  }
}

extension RecordKind {
  /// A stored kind, its names as numbers of a batch.
  fileprivate init(_ kind: History.Kind, _ batch: inout RecordBatch) {
    self.init()
    provider = batch.names.intern(kind.provider)
    model = batch.names.intern(kind.model)
    region = batch.names.intern(kind.region)
    currency = batch.names.intern(kind.currency)
    tier = kind.tier
    status = kind.status
    splitKnown = kind.splitKnown
    for label in kind.labels {
      batch.labels.add(
        Label(
          label.key, name: batch.names.intern(label.name), batch.names.intern(label.value)))
    }
    labels = batch.labels.finish()
  }
}

extension UsageRecord {
  /// A stored row, but for its identity.
  fileprivate init(_ row: PackedRow, kind: RecordKind) {
    self.init()
    self.kind = kind
    start = row.start
    width = row.width
    requests = row.requests
    tokens = row.tokens
    duration = row.duration
    timeToFirstToken = row.timeToFirstToken
    reportedCost = row.reportedCost
    reportedTotal = row.reportedTotal
    check = row.check
    precedence = row.precedence
  }
}

extension SourceDraft {
  /// Stands in for the digest of standard input, which has none: the same for the same requests.
  fileprivate func contentDigest() throws -> Fingerprint {
    var (high, low) = (UInt64(count), UInt64(blocks.count))
    for block in blocks {
      high = try (high ^ UInt64(bitPattern: Checksum.of(block.bytes()))) &* 0x9E37_79B9_7F4A_7C15
      low = (low &+ high) &* 0xD6E8_FEB8_6659_FD93
    }
    return Fingerprint(high: high, low: low)
  }
}

extension IdentityKey {
  /// One that has this key: its last 48 bits are not kept.
  fileprivate var fingerprint: Fingerprint { Fingerprint(high: high, low: UInt64(low) << 48) }
}

extension FileParts {
  /// As the ledger keeps them: eight bytes each, the highest first.
  init(_ data: Data) {
    var words = [UInt64](repeating: 0, count: data.count / 8)
    for (i, byte) in data.prefix(words.count * 8).enumerated() {
      words[i / 8] = words[i / 8] << 8 | UInt64(byte)
    }
    self.init(words: words)
  }
}

extension Fingerprint {
  init(_ data: Data) {
    var words: [UInt64] = [0, 0]
    for (i, byte) in data.prefix(16).enumerated() {
      words[i / 8] = words[i / 8] << 8 | UInt64(byte)
    }
    self.init(high: words[0], low: words[1])
  }
}
