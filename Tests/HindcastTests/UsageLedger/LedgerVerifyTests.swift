import Foundation
import GRDB
import Testing
import Usage

@testable import UsageLedger

/// Ledgers damaged on purpose.
@Suite struct LedgerVerifyTests {
  struct Damage: Sendable, CustomTestStringConvertible {
    var sql: String
    /// Part of a sentence that tells of it.
    var told: String
    var testDescription: String { sql }
  }

  static let damages = [
    Damage(sql: "UPDATE cell SET output = output + 1 WHERE source = 1", told: "does not add up"),
    Damage(sql: "UPDATE cell SET image_input = 1 WHERE source = 1", told: "does not add up"),
    Damage(sql: "UPDATE label_day SET requests = 0", told: "does not add up"),
    Damage(sql: "DELETE FROM label_day", told: "missing from label_day"),
    Damage(sql: "DELETE FROM block WHERE source = 1", told: "requests that do not exist"),
    Damage(sql: "DELETE FROM source WHERE id = 1", told: "a file that is not there"),
    Damage(
      sql: "UPDATE block SET data = CAST(data || x'00' AS BLOB) WHERE source = 2",
      told: "checksum differs"),
    Damage(sql: "UPDATE block SET last_start = 0 WHERE source = 1", told: "another time"),
    Damage(sql: "UPDATE block SET kinds = x'00000099' WHERE source = 1", told: "a kind that"),
    Damage(sql: "UPDATE block SET copies = x'FF' WHERE source = 1", told: "do not exist"),
    Damage(sql: "UPDATE block SET copies = NULL WHERE source = 2", told: "name no copy"),
    Damage(sql: "DELETE FROM identity_page WHERE segment = 1", told: "have no identity"),
    Damage(sql: "UPDATE segment SET entries = 99", told: "instead of 99"),
    Damage(sql: "UPDATE segment SET content = 0", told: "stand for two requests"),
    Damage(sql: "UPDATE identity_page SET first = x'00'", told: "out of order"),
    Damage(sql: "UPDATE source SET covered_by = 77", told: "one that is not there"),
    Damage(sql: "UPDATE source SET records = 0", told: "brought 0 records"),
    Damage(
      sql: "INSERT INTO skipped_line VALUES (1, 1, 1, 'a'), (1, 2, 2, 'b')", told: "more skipped"),
  ]

  /// Two files with a request in common.
  private func ledger(_ path: String) throws {
    let ledger = try Ledger(path: path)
    let calls = (0..<20).map { LedgerTests.Call(id: "\($0)", output: 3, second: Int64($0) * 1000) }
    _ = try ledger.add([LedgerTests.draft(Array(calls[..<12]), path: "a.log")])
    _ = try ledger.add([LedgerTests.draft(Array(calls[11...]), path: "b.log")])
    #expect(try ledger.verify() == [])
  }

  @Test(arguments: damages) func isNoticed(damage: Damage) throws {
    let scratch = try Scratch()
    let path = scratch.file("l.sqlite").path
    try ledger(path)
    try DatabaseQueue(path: path).write { try $0.execute(sql: damage.sql) }
    let faults = try Ledger(readingOnly: path).verify()
    #expect(faults.contains { $0.contains(damage.told) }, "\(faults)")
  }

  /// Any byte of what is packed.
  @Test(arguments: ["block.data", "identity_page.entries"]) func aFlippedByteIsNoticed(
    column: String
  ) throws {
    let parts = column.split(separator: ".")
    let (table, name) = (parts[0], parts[1])
    let scratch = try Scratch()
    let path = scratch.file("l.sqlite").path
    try ledger(path)
    let queue = try DatabaseQueue(path: path)
    let whole = try #require(
      try queue.read { try Data.fetchOne($0, sql: "SELECT \(name) FROM \(table) WHERE id = 1") })
    for place in whole.indices {
      var damaged = whole
      damaged[place] ^= UInt8(1 << (place % 8))
      try queue.write {
        try $0.execute(sql: "UPDATE \(table) SET \(name) = ? WHERE id = 1", arguments: [damaged])
      }
      #expect(try Ledger(readingOnly: path).verify() != [], "byte \(place)")
    }
  }

  /// Pages of the file itself overwritten: an answer, not a crash.
  @Test func aDamagedFileIsNoticed() throws {
    let scratch = try Scratch()
    let url = scratch.file("l.sqlite")
    try ledger(url.path)
    let whole = try Data(contentsOf: url)
    // Bytes 16 and 17 of a SQLite file.
    let pageSize = Int(whole[16]) << 8 | Int(whole[17])
    for page in stride(from: pageSize, to: whole.count, by: pageSize * 2) {
      var damaged = whole
      damaged.replaceSubrange(page..<page + 64, with: Data(repeating: 0xA5, count: 64))
      try damaged.write(to: url)
      let run = try Program.run(["ledger", "verify", "--ledger", url.path])
      #expect(run.exit == 1, "page at \(page): \(run.output)\(run.errors)")
    }
  }
}
