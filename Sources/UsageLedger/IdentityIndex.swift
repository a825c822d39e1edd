import Foundation
import GRDB

/// Finds requests by identity: sorted runs ("segments") of pages, one added by each transaction, merged
/// so that there are never many.
///
/// Requests and copies that are kept for the sake of their source stand in segments of their own.
struct IdentityIndex {
  enum Content: Int, CaseIterable { case requests = 0, copies = 1 }

  let db: Database
  var content = Content.requests

  private static let mostSegments = 8

  /// Calls `take` with every entry, segment by segment.
  func forEach(_ take: (IdentityEntry) throws -> Void) throws {
    for segment in try segments() {
      var reader = try SegmentReader(db, segment: segment)
      while let entry = reader.present {
        try take(entry)
        try reader.advance()
      }
    }
  }

  /// The numbers of the segments, oldest first.
  func segments() throws -> [Int64] {
    try Int64.fetchAll(
      db, sql: "SELECT id FROM segment WHERE content = ? ORDER BY id", arguments: [content.rawValue]
    )
  }

  /// A look-up of keys that come in ascending order.
  func lookup() throws -> IdentityLookup {
    IdentityLookup(try segments().map { try SegmentSearch(db, segment: $0) })
  }

  /// Adds a segment of the entries that `write` appends in ascending order, and merges small ones.
  func add(_ write: (inout SegmentWriter) throws -> Void) throws {
    var writer = try SegmentWriter(db, content)
    try write(&writer)
    try writer.finish()
    try mergeSmallest()
  }

  /// Writes down that these requests, in ascending order of their keys, are somewhere else now.
  func relocate(_ moved: [IdentityEntry]) throws {
    guard !moved.isEmpty else { return }
    for segment in try segments() {
      var next = 0
      for page in try SegmentReader.pages(db, segment) where next < moved.count {
        while next < moved.count, moved[next].key < page.first { next += 1 }
        guard next < moved.count, moved[next].key <= page.last else { continue }
        var entries = try SegmentReader.page(db, page.id).entries
        var isChanged = false
        for i in entries.indices {
          while next < moved.count, moved[next].key < entries[i].key { next += 1 }
          guard next < moved.count, moved[next].key == entries[i].key else { continue }
          entries[i].location = moved[next].location
          isChanged = true
        }
        guard isChanged else { continue }
        let bytes = IdentityPageBuilder(entries).bytes
        try db.execute(
          sql: "UPDATE identity_page SET entries = ?, checksum = ? WHERE id = ?",
          arguments: [Data(bytes), Checksum.of(bytes), page.id])
      }
    }
  }

  /// Merges the smaller half once there are too many, so that an entry moves a few times in its life.
  private func mergeSmallest() throws {
    let segments = try Row.fetchAll(
      db, sql: "SELECT id, entries FROM segment WHERE content = ? ORDER BY entries, id",
      arguments: [content.rawValue])
    guard segments.count > IdentityIndex.mostSegments else { return }
    let chosen: [Int64] = try segments.prefix(segments.count / 2 + 1).map { try $0["id"] }
    var entries = try MergedEntries(db, chosen)
    var writer = try SegmentWriter(db, content)
    while let entry = try entries.next() { try writer.append(entry) }
    try writer.finish()
    for segment in chosen { try delete(segment) }
  }

  private func delete(_ segment: Int64) throws {
    try db.execute(sql: "DELETE FROM identity_page WHERE segment = ?", arguments: [segment])
    try db.execute(sql: "DELETE FROM segment WHERE id = ?", arguments: [segment])
  }
}

/// Reads a segment's entries in order, a page in memory at a time.
struct SegmentReader {
  private let db: Database
  private let pages: [Int64]
  private var nextPage = 0
  private(set) var page = IdentityPage.empty
  private var place = 0

  init(_ db: Database, segment: Int64) throws {
    self.db = db
    pages = try SegmentReader.pages(db, segment).map(\.id)
    try nextIfAtEnd()
  }

  var present: IdentityEntry? { place < page.count ? page[place] : nil }

  mutating func advance() throws {
    place += 1
    try nextIfAtEnd()
  }

  private mutating func nextIfAtEnd() throws {
    while place >= page.count, nextPage < pages.count {
      page = try SegmentReader.page(db, pages[nextPage])
      nextPage += 1
      place = 0
    }
  }

  static func pages(
    _ db: Database, _ segment: Int64
  ) throws -> [(id: Int64, first: IdentityKey, last: IdentityKey)] {
    try Row.fetchAll(
      db, sql: "SELECT id, first, last FROM identity_page WHERE segment = ? ORDER BY id",
      arguments: [segment]
    ).map {
      (id: try $0["id"], first: IdentityKey(try $0["first"]), last: IdentityKey(try $0["last"]))
    }
  }

  static func page(_ db: Database, _ id: Int64) throws -> IdentityPage {
    let checksum = try Int64.fetchOne(
      db, sql: "SELECT checksum FROM identity_page WHERE id = ?", arguments: [id])
    return try page(db, id) { bytes, _ in Checksum.of(bytes) == checksum }
  }

  /// The same for a look-up, which may read all pages of a large ledger: a checksum takes as long as the
  /// rest of it. Each key stands on the one before, so damage to one shows in the last.
  static func page(
    _ db: Database, _ place: (id: Int64, first: IdentityKey, last: IdentityKey)
  ) throws -> IdentityPage {
    try page(db, place.id) { _, page in
      page.count > 0 && page[0].key == place.first && page[page.count - 1].key == place.last
    }
  }

  private static func page(
    _ db: Database, _ id: Int64, where isWhole: ([UInt8], IdentityPage) -> Bool
  ) throws -> IdentityPage {
    let data = try Data.fetchOne(
      db, sql: "SELECT entries FROM identity_page WHERE id = ?", arguments: [id])
    let bytes = [UInt8](data ?? Data())
    guard let page = IdentityPage(bytes), isWhole(bytes, page) else {
      throw LedgerDamage("identities (page \(id)) are not what was written")
    }
    return page
  }
}

/// Writes a segment's entries, which come in ascending order.
struct SegmentWriter {
  private let db: Database
  private let segment: Int64
  private let insert: Statement
  private var page = IdentityPageBuilder()
  private var count = 0

  init(_ db: Database, _ content: IdentityIndex.Content) throws {
    self.db = db
    try db.execute(
      sql: "INSERT INTO segment (content, entries) VALUES (?, 0)", arguments: [content.rawValue])
    segment = db.lastInsertedRowID
    insert = try db.cachedStatement(
      sql: """
        INSERT INTO identity_page (segment, first, last, entries, checksum) VALUES (?, ?, ?, ?, ?)
        """)
  }

  mutating func append(_ entry: IdentityEntry) throws {
    page.append(entry)
    if page.entries.count == IdentityPage.mostEntries { try flush() }
  }

  private mutating func flush() throws {
    guard let first = page.entries.first, let last = page.entries.last else { return }
    let bytes = page.bytes
    try insert.execute(arguments: [
      segment, first.key.data, last.key.data, Data(bytes), Checksum.of(bytes),
    ])
    count += page.entries.count
    page.removeAll()
  }

  /// An empty segment is not kept.
  mutating func finish() throws {
    try flush()
    try db.execute(
      sql: count == 0
        ? "DELETE FROM segment WHERE id = :id"
        : "UPDATE segment SET entries = :count WHERE id = :id",
      arguments: count == 0 ? ["id": segment] : ["id": segment, "count": count])
  }
}
