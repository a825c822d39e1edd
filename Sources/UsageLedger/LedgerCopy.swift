import GRDB

extension Ledger {
  /// Writes the ledger as it is at one moment to a new file, whoever may be adding to it meanwhile.
  package func copy(to path: String) throws {
    try guarded {
      try queue.backup(to: DatabaseQueue(path: path))
    }
  }
}
