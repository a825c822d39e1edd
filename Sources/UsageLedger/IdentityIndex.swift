import Foundation
import GRDB

/// Finds requests by identity: sorted runs ("segments") of fixed-width entries, one added by each
/// transaction, merged so that there are never many.
struct IdentityIndex {
  let db: Database

  private static let entriesPerPage = 4096
  private static let mostSegments = 8

  /// Where the requests with these keys are. `keys` ascend without repeats; the work is one pass over
  /// the pages that can hold them.
  func locations(of keys: [IdentityKey]) throws -> [IdentityKey: Location] {
    var found: [IdentityKey: Location] = [:]
    try forEachMatch(in: keys) { found[$0] = $1 }
    return found
  }

  func forEachMatch(
    in keys: [IdentityKey], _ body: (IdentityKey, Location) throws -> Void
  ) throws {
    guard !keys.isEmpty else { return }
    for segment in try Int64.fetchAll(db, sql: "SELECT id FROM segment ORDER BY id") {
      var next = 0
      let pages = try Row.fetchAll(
        db, sql: "SELECT id, last FROM identity_page WHERE segment = ? ORDER BY id",
        arguments: [segment])
      for page in pages {
        let last: Data = page["last"]
        let lastKey = IdentityEntry([UInt8](last), at: 0).key
        guard next < keys.count else { break }
        if lastKey < keys[next] { continue }
        let bytes = try entries(ofPage: page["id"])
        var offset = 0
        while offset < bytes.count, next < keys.count {
          let entry = IdentityEntry(bytes, at: offset)
          if entry.key < keys[next] {
            offset += IdentityEntry.size
          } else if keys[next] < entry.key {
            next += 1
          } else {
            try body(entry.key, entry.location)
            offset += IdentityEntry.size
            next += 1
          }
        }
      }
    }
  }

  /// Adds a segment of entries that ascend, and merges small ones.
  func add(_ entries: [IdentityEntry]) throws {
    guard !entries.isEmpty else { return }
    var writer = try SegmentWriter(db)
    for entry in entries { try writer.append(entry) }
    try writer.finish()
    try mergeSmallest()
  }

  private func entries(ofPage id: Int64) throws -> [UInt8] {
    let data = try Data.fetchOne(
      db, sql: "SELECT entries FROM identity_page WHERE id = ?", arguments: [id])
    return [UInt8](data ?? Data())
  }

  /// Merges the smaller half once there are too many, so that an entry moves a few times in its life.
  private func mergeSmallest() throws {
    let segments = try Row.fetchAll(db, sql: "SELECT id, entries FROM segment ORDER BY entries, id")
    guard segments.count > IdentityIndex.mostSegments else { return }
    let chosen: [Int64] = segments.prefix(segments.count / 2 + 1).map { $0["id"] }
    var readers = try chosen.map { try SegmentReader(db, segment: $0) }
    var writer = try SegmentWriter(db)
    while true {
      var smallest: Int?
      for (i, reader) in readers.enumerated() {
        guard let entry = reader.present else { continue }
        if let best = smallest, let bestEntry = readers[best].present, bestEntry.key <= entry.key {
          continue
        }
        smallest = i
      }
      guard let smallest, let entry = readers[smallest].present else { break }
      try writer.append(entry)
      try readers[smallest].advance()
    }
    try writer.finish()
    for id in chosen {
      try db.execute(sql: "DELETE FROM identity_page WHERE segment = ?", arguments: [id])
      try db.execute(sql: "DELETE FROM segment WHERE id = ?", arguments: [id])
    }
  }

  private struct SegmentReader {
    private let db: Database
    private let pages: [Int64]
    private var nextPage = 0
    private var bytes: [UInt8] = []
    private var offset = 0
    private(set) var present: IdentityEntry?

    init(_ db: Database, segment: Int64) throws {
      self.db = db
      pages = try Int64.fetchAll(
        db, sql: "SELECT id FROM identity_page WHERE segment = ? ORDER BY id",
        arguments: [segment])
      try advance()
    }

    mutating func advance() throws {
      if offset >= bytes.count {
        guard nextPage < pages.count else {
          present = nil
          return
        }
        bytes = try IdentityIndex(db: db).entries(ofPage: pages[nextPage])
        nextPage += 1
        offset = 0
      }
      present = IdentityEntry(bytes, at: offset)
      offset += IdentityEntry.size
    }
  }

  private struct SegmentWriter {
    private let db: Database
    private let segment: Int64
    private let insert: Statement
    private var bytes = [UInt8](
      repeating: 0, count: IdentityIndex.entriesPerPage * IdentityEntry.size)
    private var length = 0
    private var count = 0

    init(_ db: Database) throws {
      self.db = db
      try db.execute(sql: "INSERT INTO segment (entries) VALUES (0)")
      segment = db.lastInsertedRowID
      insert = try db.cachedStatement(
        sql: "INSERT INTO identity_page (segment, last, entries) VALUES (?, ?, ?)")
    }

    mutating func append(_ entry: IdentityEntry) throws {
      let start = length
      var span = bytes.mutableSpan
      entry.write(to: &span, at: start)
      length += IdentityEntry.size
      count += 1
      if length == bytes.count { try flush() }
    }

    private mutating func flush() throws {
      guard length > 0 else { return }
      let last = bytes[length - IdentityEntry.size..<length]
      try insert.execute(arguments: [segment, Data(last), Data(bytes[..<length])])
      length = 0
    }

    mutating func finish() throws {
      try flush()
      try db.execute(
        sql: "UPDATE segment SET entries = ? WHERE id = ?", arguments: [count, segment])
    }
  }
}
