import Foundation
import GRDB
import Synchronization
import Usage

/// The exact record of every request, in one SQLite file.
package final class Ledger: Sendable {
  let queue: DatabaseQueue
  package let path: String
  /// Of the file that was opened; nil for one in memory.
  private let fileNumber: Int?

  /// Where the ledger's file is; for one in memory, where temporary files go.
  package let folder: String

  let seenSources = Mutex(SeenSources())

  /// Opens or creates a ledger for reading and writing.
  package convenience init(path: String) throws {
    try self.init(path: path, isReadOnly: false)
  }

  /// Opens a ledger that exists, without ever writing to it.
  package convenience init(readingOnly path: String) throws {
    try Ledger.undoInterruptedWrite(to: path)
    try self.init(path: path, isReadOnly: true)
  }

  /// A ledger that is gone when the program ends.
  package static func inMemory() throws -> Ledger { try Ledger(path: ":memory:") }

  private init(path: String, isReadOnly: Bool) throws {
    self.path = path
    folder =
      path == ":memory:"
      ? FileManager.default.temporaryDirectory.path
      : URL(fileURLWithPath: path).deletingLastPathComponent().path
    var configuration = Configuration()
    configuration.readonly = isReadOnly
    // Two ingests take turns; a turn is one transaction, seldom longer than a second.
    configuration.busyMode = .timeout(600)
    configuration.prepareDatabase { db in
      // Takes effect when the file is made. Rows and identities stand in blobs of 40 to 200 kB, and each
      // page costs a look-up and a write, whatever its size (2 % of a lean ingest, for a ledger 5 %
      // larger than with 4096).
      try db.execute(sql: "PRAGMA page_size = 16384")
      try db.execute(sql: "PRAGMA cache_size = -8000")
    }
    try Ledger.refuseWhatIsNoLedger(path)
    do {
      queue =
        path == ":memory:"
        ? try DatabaseQueue(configuration: configuration)
        : try DatabaseQueue(path: path, configuration: configuration)
      try Ledger.migrate(queue, path: path, isReadOnly: isReadOnly)
      fileNumber = Ledger.fileNumber(path)
    } catch {
      throw LedgerFailure.explaining(error, in: path)
    }
  }

  /// What a program had half written when it was killed, or the disk was full, SQLite undoes for whoever
  /// opens the ledger next, but not for readers only.
  private static func undoInterruptedWrite(to path: String) throws {
    let file = URL(fileURLWithPath: path).resolvingSymlinksInPath().path
    guard FileManager.default.fileExists(atPath: file + "-journal") else { return }
    try refuseWhatIsNoLedger(path)
    var configuration = Configuration()
    configuration.busyMode = .timeout(600)
    do {
      try DatabaseQueue(path: file, configuration: configuration).read { db in
        _ = try Int64.fetchOne(db, sql: "SELECT count(*) FROM sqlite_schema")
      }
    } catch let error as DatabaseError {
      // Whoever may only read is told so when reading, if there is something to undo.
      if [.SQLITE_READONLY, .SQLITE_CANTOPEN].contains(error.resultCode) { return }
      throw LedgerFailure.explaining(error, in: path)
    }
  }

  private static func fileNumber(_ path: String) -> Int? {
    guard path != ":memory:" else { return nil }
    let file = URL(fileURLWithPath: path).resolvingSymlinksInPath().path
    let facts = try? FileManager.default.attributesOfItem(atPath: file)
    return (facts?[.systemFileNumber] as? NSNumber)?.intValue ?? -1
  }

  /// Throws when the path no longer leads to the file that was opened: what was written to it since is
  /// not where anyone will look.
  func checkPlace() throws {
    guard let fileNumber, fileNumber != Ledger.fileNumber(path) else { return }
    throw LedgerFailure.moved(path)
  }

  /// A file of another kind must not be taken for an empty database, nor be written to.
  private static func refuseWhatIsNoLedger(_ path: String) throws {
    guard path != ":memory:", let file = FileHandle(forReadingAtPath: path) else { return }
    defer { try? file.close() }
    let head: Data
    do {
      head = try file.read(upToCount: 16) ?? Data()
    } catch {
      throw LedgerFailure("\(path) is not a file that can be read; name another with --ledger")
    }
    // A file that SQLite is just making, or whose making was killed, begins with zeros.
    if head.contains(where: { $0 != 0 }), head != Data("SQLite format 3\0".utf8) {
      throw LedgerFailure(
        "\(path) is not a hindcast ledger but some other file; name another with --ledger")
    }
  }

  private static func migrate(_ queue: DatabaseQueue, path: String, isReadOnly: Bool) throws {
    let (version, application, tables) = try queue.read { db in
      (
        try Int64.fetchOne(db, sql: "PRAGMA user_version") ?? 0,
        try Int64.fetchOne(db, sql: "PRAGMA application_id") ?? 0,
        try Int64.fetchOne(db, sql: "SELECT count(*) FROM sqlite_schema") ?? 0
      )
    }
    if application != Schema.applicationID, tables > 0 || version > 0 {
      throw LedgerFailure(
        "\(path) is a SQLite database but not a hindcast ledger; name another with --ledger")
    }
    if version > Schema.version {
      throw LedgerFailure(
        "\(path) was written by a newer hindcast (ledger version \(version), this one knows "
          + "\(Schema.version)); update hindcast to use it")
    }
    guard version < Schema.version else { return }
    if isReadOnly {
      throw LedgerFailure(
        version == 0
          ? "\(path) is empty; `hindcast ingest PATH...` fills it"
          : "\(path) was written by an older hindcast; run `hindcast ingest` once to bring it up "
            + "to date")
    }
    if version > 0 {
      try FileManager.default.copyItem(atPath: path, toPath: "\(path).version-\(version)")
    }
    try queue.writeWithoutTransaction { db in
      try db.inTransaction(.immediate) {
        // Another process may have been faster.
        let present = try Int64.fetchOne(db, sql: "PRAGMA user_version") ?? 0
        guard present >= 0 else { throw LedgerDamage("its version is \(present)") }
        for step in present..<max(present, Schema.version) { try Schema.migrations[Int(step)](db) }
        try db.execute(sql: "PRAGMA user_version = \(Schema.version)")
        try db.execute(sql: "PRAGMA application_id = \(Schema.applicationID)")
        return .commit
      }
    }
  }
}
