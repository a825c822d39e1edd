import Foundation
import GRDB
import Testing
import Usage

@testable import UsageLedger

/// Ledgers whose bytes changed on the disk: every question is answered, or refused in words.
@Suite struct DamagedLedgerTests {
  /// Files with requests in common, loose identities, labels, a bucket, and a file that grew.
  private static let whole = Result {
    let scratch = try Scratch()
    let url = scratch.file("l.sqlite")
    let ledger = try Ledger(path: url.path)
    var model = LedgerModel(seed: 7)
    for file in model.files() + model.files() { _ = try ledger.add([file.draft]) }
    #expect(try ledger.verify() == [])
    return try Data(contentsOf: url)
  }

  private func ledger(_ path: String) throws {
    try Self.whole.get().write(to: URL(fileURLWithPath: path))
  }

  private func copy(of path: String, in scratch: Scratch) throws -> String {
    let copy = scratch.file("copy.sqlite").path
    for end in ["", "-journal", "-wal", "-shm"] {
      try? FileManager.default.removeItem(atPath: copy + end)
    }
    try FileManager.default.copyItem(atPath: path, toPath: copy)
    return copy
  }

  /// What people ask of a ledger, each with what it throws.
  private func questions(_ path: String, in scratch: Scratch) -> [(
    name: String, ask: () throws -> Void
  )] {
    let period = LedgerTests.september
    func open() throws -> Ledger { try Ledger(readingOnly: path) }
    func openCopy() throws -> Ledger { try Ledger(path: try copy(of: path, in: scratch)) }
    return [
      ("usage", { _ = try open().usage(period: period, by: [.day, .model, .source]) }),
      ("usage by user", { _ = try open().usage(period: period, by: [.user]) }),
      ("history", { _ = try open().history(period: period) }),
      ("span", { _ = try open().span(where: [UsageFilter(key: "user", value: "ann")]) }),
      ("sources", { _ = (try open().sources(), try open().info(), try open().overlaps()) }),
      ("merge", { try Ledger.inMemory().merge(open()) { _ in } }),
      ("forget", { _ = try openCopy().forget("1") }),
      (
        "add",
        {
          var model = LedgerModel(seed: 7)
          let ledger = try openCopy()
          _ = try ledger.hasSource(size: 1)
          _ = try ledger.add(model.files().map(\.draft))
        }
      ),
    ]
  }

  @Test func aFlippedByteOfABlockIsNamed() throws {
    let scratch = try Scratch()
    let path = scratch.file("l.sqlite").path
    let calls = (0..<20).map { LedgerTests.Call(id: "\($0)", output: 3, second: Int64($0)) }
    _ = try Ledger(path: path).add([LedgerTests.draft(calls)])
    let queue = try DatabaseQueue(path: path)
    let whole = try #require(
      try queue.read { try Data.fetchOne($0, sql: "SELECT data FROM block") })
    var refused = Set<String>()
    for place in whole.indices {
      var damaged = whole
      damaged[place] ^= 0x40
      try queue.write { try $0.execute(sql: "UPDATE block SET data = ?", arguments: [damaged]) }
      for question in questions(path, in: scratch) {
        do {
          try question.ask()
        } catch {
          let told = "\(error)"
          #expect(
            error is LedgerFailure && told.contains("is damaged: block 1 is not what"), "\(told)")
          refused.insert(question.name)
        }
      }
    }
    #expect(refused.isSuperset(of: ["usage by user", "history", "merge", "forget"]))
  }

  /// A kind that a block does not have, or that the ledger does not have; neither has a checksum.
  @Test(arguments: ["x''", "x'00000063'"]) func aBlockOfNoKindIsRefused(kinds: String) throws {
    let scratch = try Scratch()
    let path = scratch.file("l.sqlite").path
    try ledger(path)
    try DatabaseQueue(path: path).write { try $0.execute(sql: "UPDATE block SET kinds = \(kinds)") }
    for question in questions(path, in: scratch) where question.name != "usage" {
      guard ["usage by user", "history", "merge"].contains(question.name) else { continue }
      #expect(throws: LedgerFailure.self, "\(question.name)") { try question.ask() }
    }
    #expect(try Ledger(readingOnly: path).verify().contains { $0.contains("kind that") })
  }

  /// Columns that no program can have left empty.
  @Test(arguments: [
    "block.rows", "block.kinds", "block.data", "block.checksum", "cell.requests", "kind.model",
    "source.path", "source.records", "label.value", "identity_page.entries", "identity_page.first",
    "segment.entries",
  ]) func anEmptyColumnIsToldOf(column: String) throws {
    let scratch = try Scratch()
    let path = scratch.file("l.sqlite").path
    let parts = column.split(separator: ".").map(String.init)
    for value in ["NULL", "4611686018427387904"] {
      try ledger(path)
      try overwrite(parts[0], parts[1], value, path)
      let faults = try Ledger(readingOnly: path).verify()
      #expect(faults != [] || value != "NULL", "\(column) = \(value)")
      for question in questions(path, in: scratch) {
        do {
          try question.ask()
        } catch {
          #expect(error is LedgerFailure, "\(question.name), \(column) = \(value): \(error)")
        }
      }
    }
  }

  /// Writes what the table's own rules forbid.
  private func overwrite(_ table: String, _ column: String, _ value: String, _ path: String) throws
  {
    func schema(_ sql: String, _ arguments: StatementArguments = []) throws {
      var configuration = Configuration()
      configuration.prepareDatabase { try $0.execute(sql: "PRAGMA writable_schema = ON") }
      let queue = try DatabaseQueue(path: path, configuration: configuration)
      try queue.write { try $0.execute(sql: sql, arguments: arguments) }
    }
    let queue = try DatabaseQueue(path: path)
    let before = try #require(
      try queue.read {
        try String.fetchOne(
          $0, sql: "SELECT sql FROM sqlite_schema WHERE name = ?", arguments: [table])
      })
    let lax = before.replacing("NOT NULL", with: "").replacing(" STRICT, WITHOUT", with: " WITHOUT")
      .replacing(" STRICT", with: "")
    try schema("UPDATE sqlite_schema SET sql = ? WHERE name = ?", [lax, table])
    try DatabaseQueue(path: path).write {
      try $0.execute(sql: "UPDATE \(table) SET \(column) = \(value)")
    }
    try schema("UPDATE sqlite_schema SET sql = ? WHERE name = ?", [before, table])
  }

  /// Any bytes of the file itself; HINDCAST_ROUNDS asks for more.
  @Test(arguments: 0..<min(LedgerModel.rounds, 40)) func flippedBytesEndNothing(seed: UInt64) throws
  {
    let scratch = try Scratch()
    let whole = try Self.whole.get()
    // Most of a small ledger is room for more.
    let used = whole.indices.filter { whole[$0] != 0 }
    let damagedPath = scratch.file("damaged.sqlite").path
    var random = SeededRandom(seed: seed)
    for _ in 0..<25 {
      var damaged = whole
      var flips: [String] = []
      for _ in 0..<Int(random.next() % 3) + 1 {
        let place = used[Int(random.next() % UInt64(used.count))]
        let bit = UInt8(1) << UInt8(random.next() % 8)
        damaged[place] ^= bit
        flips.append("byte \(place) ^ \(bit)")
      }
      try damaged.write(to: URL(fileURLWithPath: damagedPath))
      let all =
        questions(damagedPath, in: scratch)
        + [("verify", { _ = try Ledger(readingOnly: damagedPath).verify() })]
      for question in all {
        do {
          try question.ask()
        } catch {
          #expect(error is LedgerFailure, "\(question.name) after \(flips): \(error)")
        }
      }
    }
  }
}
