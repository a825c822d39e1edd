import Foundation
import GRDB
import Usage

/// Which request a loose identity stands for.
struct LooseHolder: Equatable {
  /// The key the request is filed under.
  var filed: IdentityKey
  /// The request's full identity; nil while no copy told one.
  var owner: IdentityKey?

  /// The key to file a row under that has the loose identity `key`, and perhaps a full one: a row that
  /// has nothing else is a copy of the request that holds it; so is a row with that request's full
  /// identity, or with the first full one to be told. Rows with other full identities are requests of
  /// their own.
  static func file(
    _ full: IdentityKey?, under key: IdentityKey, _ holder: inout LooseHolder?
  ) -> IdentityKey {
    guard var present = holder else {
      let filed = full ?? key
      holder = LooseHolder(filed: filed, owner: full)
      return filed
    }
    if present.owner == nil, let full {
      present.owner = full
      holder = present
    }
    return present.filed(of: full, key)
  }

  /// Where a row stands that this holder was known for when it was filed, or has been told since.
  func filed(of full: IdentityKey?, _ key: IdentityKey) -> IdentityKey {
    full == nil || full == owner ? filed : full ?? key
  }
}

extension LooseHolder {
  /// The one that a ledger knows; nil for none.
  init?(_ db: Database, _ key: IdentityKey) throws {
    guard
      let row = try Row.fetchOne(
        db, sql: "SELECT filed, owner FROM loose_identity WHERE key = ?", arguments: [key.data])
    else { return nil }
    filed = IdentityKey(try row["filed"] as Data)
    owner = (try row["owner"] as Data?).map { IdentityKey($0) }
  }

  /// Writes a holder down in place of the one that was known, if any; nil for none.
  static func write(_ holder: LooseHolder?, _ key: IdentityKey, _ db: Database) throws {
    guard let holder else {
      return try db.execute(
        sql: "DELETE FROM loose_identity WHERE key = ?", arguments: [key.data])
    }
    try db.execute(
      sql: "INSERT OR REPLACE INTO loose_identity (key, filed, owner) VALUES (?, ?, ?)",
      arguments: [key.data, holder.filed.data, holder.owner?.data])
  }
}

/// Requests that some copies know by a weaker identity alone.
extension Addition {
  /// Files the rows that have a loose identity.
  mutating func fileLooseIdentities() throws {
    var holders: [IdentityKey: LooseHolder] = [:]
    var changed = Set<IdentityKey>()
    for i in drafts.indices where sources[i] != nil {
      for row in drafts[i].loose {
        let known = try holders[row.key] ?? LooseHolder(db, row.key)
        var holder = known
        drafts[i].file(row.row, under: LooseHolder.file(row.full, under: row.key, &holder))
        if holder != known { changed.insert(row.key) }
        holders[row.key] = holder
      }
    }
    for key in changed.sorted() { try LooseHolder.write(holders[key], key, db) }
  }
}
