import Foundation
import GRDB

/// Finds requests by identity: sorted runs ("segments") of fixed-width entries, one added by each
/// transaction, merged so that there are never many.
struct IdentityIndex {
  let db: Database

  private static let entriesPerPage = 4096
  private static let mostSegments = 8

  /// Where the requests with these keys are. `keys` ascend; the work is one pass over the pages that
  /// can hold them.
  func locations(of keys: [IdentityKey]) throws -> [IdentityKey: Location] {
    try locations(count: keys.count) { keys[$0] }
  }

  /// The same for keys that stand in something else; repeats are allowed.
  func locations(
    count: Int, key: (Int) -> IdentityKey
  ) throws -> [IdentityKey: Location] {
    var found: [IdentityKey: Location] = [:]
    guard count > 0 else { return found }
    for segment in try Int64.fetchAll(db, sql: "SELECT id FROM segment ORDER BY id") {
      var next = 0
      let pages = try Row.fetchAll(
        db, sql: "SELECT id, last FROM identity_page WHERE segment = ? ORDER BY id",
        arguments: [segment])
      for page in pages {
        let last: Data = page["last"]
        let lastKey = IdentityEntry([UInt8](last), at: 0).key
        guard next < count else { break }
        if lastKey < key(next) { continue }
        let bytes = try entries(ofPage: page["id"])
        var offset = 0
        while offset < bytes.count, next < count {
          let entry = IdentityEntry(bytes, at: offset)
          let wanted = key(next)
          if entry.key < wanted {
            offset += IdentityEntry.size
          } else if wanted < entry.key {
            next += 1
          } else {
            found[wanted] = entry.location
            offset += IdentityEntry.size
            next += 1
          }
        }
      }
    }
    return found
  }

  /// Adds a segment of the entries that `produce` writes in ascending order, and merges small ones.
  func add(_ produce: ((IdentityEntry) throws -> Void) throws -> Void) throws {
    var writer = try SegmentWriter(db)
    try produce { try writer.append($0) }
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

    /// An empty segment is not kept.
    mutating func finish() throws {
      try flush()
      if count == 0 {
        try db.execute(sql: "DELETE FROM segment WHERE id = ?", arguments: [segment])
      }
      try db.execute(
        sql: "UPDATE segment SET entries = ? WHERE id = ?", arguments: [count, segment])
    }
  }
}
