import Foundation
import GRDB
import Usage

extension Ledger {
  /// Takes a file out of the ledger: afterwards it is as if the file, and earlier states of it, had
  /// never come. What another file also brought stays, as that file has it.
  ///
  /// An earlier state of a file that came again, grown or complete, is only forgotten by name: its
  /// requests are the later file's too. `name` is a source's number, its path, or the end of its path
  /// from a `/` on.
  package func forget(_ name: String) throws -> Forgotten {
    try guarded {
      try queue.writeWithoutTransaction { db in
        // What is deleted is overwritten: labels may name people.
        try db.execute(sql: "PRAGMA secure_delete = ON")
        var forgotten: Forgotten?
        try db.inTransaction(.immediate) {
          let id = try Ledger.source(named: name, db)
          var forgetting = try Forgetting(db, source: id)
          forgotten = try forgetting.run()
          return .commit
        }
        return forgotten ?? Forgotten()
      }
    }
  }

  /// The one source of this name; of several states of one file the last.
  private static func source(named name: String, _ db: Database) throws -> Int64 {
    let rows = try Row.fetchAll(db, sql: "SELECT id, path, covered_by FROM source ORDER BY id")
    let all: [(id: Int64, path: String, heir: Int64?)] = try rows.map {
      (try $0["id"], try $0["path"], try $0["covered_by"])
    }
    var matching = all.filter { $0.path == name }
    if matching.isEmpty { matching = all.filter { $0.path.hasSuffix("/" + name) } }
    if matching.isEmpty, let number = Int64(name) { matching = all.filter { $0.id == number } }
    let last = matching.filter { one in !matching.contains { $0.id == one.heir } }
    if last.count == 1 { return last[0].id }
    guard matching.isEmpty else {
      throw LedgerFailure(
        "'\(name)' names \(last.count) files; give the number of the one you mean: "
          + last.map { "\($0.id) (\($0.path))" }.joined(separator: ", "))
    }
    let near = nearest(to: name, among: all.map(\.path))
    throw LedgerFailure(
      "no file in the ledger is called '\(name)'"
        + (near.map { "; did you mean \($0)?" } ?? "; `hindcast ledger info` lists them"))
  }
}

/// What `Ledger.forget` did.
package struct Forgotten: Sendable, Equatable {
  /// The paths of the file and of its earlier states, in the order they came.
  package var paths: [String] = []
  /// Requests that are no longer there.
  package var removed = 0
  /// Requests of the file that another file brought too, and that stay.
  package var stayed = 0
  /// The later file that the requests belong to now, where the file was an earlier state of it.
  package var heir: String?
}
