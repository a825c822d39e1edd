import Foundation
import GRDB

/// The entries of several segments in ascending order of their keys; among equal keys those of the
/// segment named first come first.
struct MergedEntries {
  private var readers: [SegmentReader]
  /// Read ahead by `find`.
  private var held: IdentityEntry?

  init(_ db: Database, _ segments: [Int64]) throws {
    readers = try segments.map { try SegmentReader(db, segment: $0) }
  }

  mutating func next() throws -> IdentityEntry? {
    if let entry = held {
      held = nil
      return entry
    }
    var smallest: (reader: Int, entry: IdentityEntry)?
    for (i, reader) in readers.enumerated() {
      guard let entry = reader.present else { continue }
      if let smallest, smallest.entry.key <= entry.key { continue }
      smallest = (i, entry)
    }
    guard let smallest else { return nil }
    try readers[smallest.reader].advance()
    return smallest.entry
  }

  /// Where the request with this key is; nil when it is not there. Keys come in ascending order, the
  /// same one as often as wanted.
  mutating func find(_ key: IdentityKey) throws -> Location? {
    while let entry = try next() {
      guard entry.key < key else {
        held = entry
        return entry.key == key ? entry.location : nil
      }
    }
    return nil
  }
}

extension IdentityIndex {
  /// All entries in ascending order of their keys.
  func entries() throws -> MergedEntries { try MergedEntries(db, segments()) }

  /// Takes out the entries that `isGone` names; pages without any stay as they are.
  func remove(where isGone: (IdentityEntry) -> Bool) throws {
    for segment in try segments() {
      var left = 0
      for (id, _, _) in try SegmentReader.pages(db, segment) {
        let page = try SegmentReader.page(db, id)
        let rest = page.entries.filter { !isGone($0) }
        left += rest.count
        if rest.count < page.count { try replace(id, by: rest) }
      }
      try db.execute(
        sql: left == 0
          ? "DELETE FROM segment WHERE id = :id"
          : "UPDATE segment SET entries = :count WHERE id = :id",
        arguments: left == 0 ? ["id": segment] : ["id": segment, "count": left])
    }
  }

  private func replace(_ page: Int64, by rest: [IdentityEntry]) throws {
    guard let first = rest.first, let last = rest.last else {
      return try db.execute(sql: "DELETE FROM identity_page WHERE id = ?", arguments: [page])
    }
    let bytes = IdentityPageBuilder(rest).bytes
    try db.execute(
      sql: "UPDATE identity_page SET first = ?, last = ?, entries = ?, checksum = ? WHERE id = ?",
      arguments: [first.key.data, last.key.data, Data(bytes), Checksum.of(bytes), page])
  }
}
