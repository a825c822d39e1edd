import Foundation
import GRDB
import Usage

/// Requests that some copies know by a weaker identity alone.
extension Addition {
  /// Files records that share a loose identity under one key where the rules say that they are copies:
  /// a record that has only the loose identity is a copy of any record that has it too; records with
  /// different full identities are different requests.
  mutating func resolveLooseIdentities() throws {
    var wanted = Set<IdentityKey>()
    var full = Set<IdentityKey>()
    for (i, draft) in drafts.enumerated() where sources[i] != nil {
      for loose in draft.loose {
        wanted.insert(loose.key)
        if loose.isFull { full.insert(draft.keys[Int(loose.row)]) }
      }
    }
    guard !wanted.isEmpty else { return }
    let known = try index.locations(of: full.sorted())
    var owners: [IdentityKey: (key: IdentityKey, isFull: Bool)] = [:]
    for loose in wanted {
      let row = try Row.fetchOne(
        db, sql: "SELECT block, row, is_full FROM loose_identity WHERE key = ?",
        arguments: [Addition.data(loose)])
      guard let row else { continue }
      let block: Int64 = row["block"]
      let number: Int64 = row["row"]
      forced[loose] = Location(
        block: UInt32(truncatingIfNeeded: block), row: UInt16(truncatingIfNeeded: number))
      owners[loose] = (loose, row["is_full"])
    }
    var canonical: [IdentityKey: IdentityKey] = [:]
    for i in drafts.indices where sources[i] != nil {
      for loose in drafts[i].loose {
        let own = drafts[i].keys[Int(loose.row)]
        let filed: IdentityKey
        if let before = canonical[own], loose.isFull {
          filed = before
        } else if loose.isFull, known[own] != nil {
          filed = own
        } else if let owner = owners[loose.key], !owner.isFull || !loose.isFull {
          filed = owner.key
          if loose.isFull {
            owners[loose.key] = (owner.key, true)
            aliases.append((own, owner.key))
          }
        } else {
          filed = own
          if owners[loose.key] == nil { owners[loose.key] = (own, loose.isFull) }
        }
        if loose.isFull { canonical[own] = filed }
        drafts[i].file(loose.row, under: filed)
      }
    }
    looseKeys = owners.map { ($0.key, $0.value.key, $0.value.isFull) }
  }

  func insertLooseIdentities(_ blocks: [[UInt32]]) throws {
    guard !looseKeys.isEmpty else { return }
    let keys = looseKeys.map(\.key).filter { forced[$0] == nil }
    let places = try index.locations(of: Set(keys).sorted())
    for (loose, key, isFull) in looseKeys.sorted(by: { $0.loose < $1.loose }) {
      guard let place = forced[key] ?? places[key] else { continue }
      try db.execute(
        sql: """
          INSERT INTO loose_identity (key, block, row, is_full) VALUES (?, ?, ?, ?)
          ON CONFLICT (key) DO UPDATE SET is_full = excluded.is_full
          """,
        arguments: [Addition.data(loose), Int64(place.block), Int64(place.row), isFull])
    }
  }

  static func data(_ key: IdentityKey) -> Data {
    withEachByte(of: [key.high, UInt64(key.low)])
  }
}
