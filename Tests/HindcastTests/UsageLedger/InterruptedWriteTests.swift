import Foundation
import GRDB
import Testing
import Usage

@testable import UsageLedger

/// A ledger whose writer was killed: SQLite's journal, which undoes what was half written, is still there.
@Suite struct InterruptedWriteTests {
  /// A ledger with one request beside a journal, as a kill in the middle of a transaction leaves them.
  private func interrupted(in folder: URL) throws -> String {
    let path = folder.appending(path: "ledger.sqlite").path
    let ledger = try Ledger(path: path)
    _ = try ledger.add([LedgerTests.draft([LedgerTests.Call(id: "a", output: 5)])])
    let copy = folder.appending(path: "killed.sqlite").path
    try ledger.queue.writeWithoutTransaction { db in
      // So few pages in memory that most are written before the transaction ends.
      try db.execute(sql: "PRAGMA cache_size = 4")
      try db.inTransaction(.immediate) {
        try db.execute(sql: "UPDATE cell SET output = 1000000")
        for number in 0..<200 {
          try db.execute(
            sql: "INSERT INTO skipped_line VALUES (1, ?, 0, ?)",
            arguments: [number, String(repeating: "x", count: 5000)])
        }
        try FileManager.default.copyItem(atPath: path, toPath: copy)
        try FileManager.default.copyItem(atPath: path + "-journal", toPath: copy + "-journal")
        return .rollback
      }
    }
    return copy
  }

  private func inFolder(_ body: (URL) throws -> Void) throws {
    let folder = FileManager.default.temporaryDirectory
      .appending(path: "hindcast-interrupted-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    try body(folder)
  }

  @Test func canBeRead() throws {
    try inFolder { folder in
      let ledger = try Ledger(readingOnly: interrupted(in: folder))
      #expect(try ledger.usage(period: LedgerTests.september, by: []).totals.tokens.output == 5)
      #expect(try ledger.verify() == [])
    }
  }

  @Test func canBeReadThroughALink() throws {
    try inFolder { folder in
      let link = folder.appending(path: "link.sqlite").path
      try FileManager.default.createSymbolicLink(
        atPath: link, withDestinationPath: interrupted(in: folder))
      let ledger = try Ledger(readingOnly: link)
      #expect(try ledger.usage(period: LedgerTests.september, by: []).totals.tokens.output == 5)
    }
  }
}
