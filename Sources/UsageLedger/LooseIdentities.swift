import Foundation
import GRDB
import Usage

/// Requests that some copies know by a weaker identity alone.
extension Addition {
  /// Which request a loose identity stands for.
  private struct Holder {
    /// The key the request is filed under.
    var filed: IdentityKey
    /// The request's full identity; nil while no copy told one.
    var owner: IdentityKey?
  }

  /// Files the rows that have a loose identity: a row that has nothing else is a copy of the request
  /// that holds it; so is a row with that request's full identity, or with the first full one to be
  /// told. Rows with other full identities are requests of their own.
  mutating func fileLooseIdentities() throws {
    var holders: [IdentityKey: Holder] = [:]
    var changed = Set<IdentityKey>()
    for i in drafts.indices where sources[i] != nil {
      for row in drafts[i].loose {
        if holders[row.key] == nil { holders[row.key] = try storedHolder(of: row.key) }
        var filed = row.full ?? row.key
        if var holder = holders[row.key] {
          if holder.owner == nil, let full = row.full {
            holder.owner = full
            holders[row.key] = holder
            changed.insert(row.key)
          }
          if row.full == nil || row.full == holder.owner { filed = holder.filed }
        } else {
          holders[row.key] = Holder(filed: filed, owner: row.full)
          changed.insert(row.key)
        }
        drafts[i].file(row.row, under: filed)
      }
    }
    for key in changed.sorted() {
      guard let holder = holders[key] else { continue }
      try db.execute(
        sql: """
          INSERT INTO loose_identity (key, filed, owner) VALUES (?, ?, ?)
          ON CONFLICT (key) DO UPDATE SET owner = excluded.owner
          """,
        arguments: [key.data, holder.filed.data, holder.owner?.data])
    }
  }

  private func storedHolder(of key: IdentityKey) throws -> Holder? {
    try Row.fetchOne(
      db, sql: "SELECT filed, owner FROM loose_identity WHERE key = ?", arguments: [key.data]
    ).map { row in
      Holder(
        filed: IdentityKey(row["filed"] as Data),
        owner: (row["owner"] as Data?).map { IdentityKey($0) })
    }
  }
}
