import GRDB
import Usage

/// Rows of other sources that share a loose identity with the leaving ones, under the identities that
/// they are filed under without those.
struct RefiledRows {
  var entries: [IdentityEntry] = []
  var locations: Set<Location> = []
  /// The identities they were filed under, or are now.
  var keys: Set<IdentityKey> = []
}

extension Forgetting {
  func refileLooseRows() throws -> RefiledRows {
    var groups: [IdentityKey: [(location: Location, full: IdentityKey?)]] = [:]
    for entry in try looseRows(where: { leavingBlocks.contains($0) }) { groups[entry.row.key] = [] }
    var refiled = RefiledRows()
    guard !groups.isEmpty else { return refiled }
    for entry in try looseRows(where: { !leavingBlocks.contains($0) }) {
      groups[entry.row.key]?.append((entry.location, entry.row.full))
    }
    for (key, rows) in groups {
      let old = try LooseHolder(db, key)
      var holder: LooseHolder?
      var filed: [IdentityKey] = []
      for row in rows { filed.append(LooseHolder.file(row.full, under: key, &holder)) }
      try LooseHolder.write(holder, key, db)
      // The same rows under the same identities: nothing to decide anew but what the leaving ones owned.
      guard zip(rows, filed).contains(where: { old?.filed(of: $0.full, key) != $1 }) else {
        continue
      }
      for (row, place) in zip(rows, filed) {
        refiled.entries.append(IdentityEntry(key: place, location: row.location))
        refiled.locations.insert(row.location)
        refiled.keys.insert(place)
        if let old { refiled.keys.insert(old.filed(of: row.full, key)) }
      }
    }
    return refiled
  }

  /// In the order they came.
  private func looseRows(
    where isWanted: (Int64) -> Bool
  ) throws -> [(row: SourceDraft.LooseKey, location: Location)] {
    var found: [(row: SourceDraft.LooseKey, location: Location)] = []
    let blocks = try Row.fetchCursor(
      db, sql: "SELECT id, loose FROM block WHERE loose IS NOT NULL ORDER BY id")
    while let block = try blocks.next() {
      let id: Int64 = try block["id"]
      guard isWanted(id) else { continue }
      for row in LooseRows.read(try block["loose"]) {
        found.append((row, Location(block: id, row: Int(row.row))))
      }
    }
    return found
  }
}
