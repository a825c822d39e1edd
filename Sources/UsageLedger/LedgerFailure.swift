import GRDB

extension Ledger {
  /// Does what may meet SQLite's errors or damage; of those a `LedgerFailure` says what to do.
  func guarded<Result>(_ body: () throws -> Result) throws -> Result {
    do {
      return try body()
    } catch {
      throw LedgerFailure.explaining(error, in: path)
    }
  }
}

/// Why a ledger cannot be used, in a sentence that says what to do.
package struct LedgerFailure: Error, CustomStringConvertible {
  package var description: String

  init(_ description: String) { self.description = description }

  static func moved(_ path: String) -> LedgerFailure {
    LedgerFailure(
      "\(path) was deleted, moved or replaced while it was in use; what this run wrote is not in it: "
        + "run the same command again")
  }

  /// What to tell of an error: the same one if it says by itself what to do.
  static func explaining(_ error: any Error, in path: String) -> any Error {
    switch error {
    case let error as DatabaseError: LedgerFailure(path: path, error)
    case let damage as LedgerDamage: LedgerFailure(path: path, damage)
    case is RowDecodingError:
      LedgerFailure(path: path, LedgerDamage("a column has no value of its type"))
    default: error
    }
  }

  private init(path: String, _ damage: LedgerDamage) {
    description =
      "\(path) is damaged: \(damage.what); put a copy of it back or ingest the logs into a new one "
      + "(`hindcast ledger verify` lists all that is wrong)"
  }

  private init(path: String, _ error: DatabaseError) {
    if error.extendedResultCode == .SQLITE_READONLY_DBMOVED {
      self = .moved(path)
      return
    }
    if error.extendedResultCode == .SQLITE_READONLY_ROLLBACK {
      description =
        "what was being written to \(path) was interrupted, and undoing that takes the right to write: "
        + "run the command as a user who may write to it and to its folder"
      return
    }
    let what = error.message ?? "SQLite error \(error.resultCode.rawValue)"
    switch error.resultCode {
    case .SQLITE_CANTOPEN: description = "\(path) cannot be opened or created: \(what)"
    case .SQLITE_READONLY: description = "\(path) cannot be written: \(what)"
    case .SQLITE_FULL: description = "the disk of \(path) is full; nothing of this step was kept"
    case .SQLITE_NOTADB, .SQLITE_CORRUPT: self = LedgerFailure(path: path, LedgerDamage(what))
    case .SQLITE_BUSY: description = "\(path) is in use by another program; try again later"
    default: description = "\(path): \(what)"
    }
  }
}

/// What a ledger holds that no program wrote into it.
struct LedgerDamage: Error {
  var what: String

  init(_ what: String) { self.what = what }
}
