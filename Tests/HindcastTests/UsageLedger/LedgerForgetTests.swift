import Foundation
import GRDB
import Testing
import Usage
import UsageLogs

@testable import UsageLedger

/// Forgetting a file, against a ledger into which it never came.
@Suite struct LedgerForgetTests {
  typealias Call = LedgerTests.Call

  @Test(arguments: 0..<LedgerModel.rounds) func isAsIfTheFileNeverCame(seed: UInt64) throws {
    var model = LedgerModel(seed: seed)
    let files = model.files()
    let ledger = try model.ledger(of: files)
    // The ledger numbers files from 1, in the order they came.
    var left = Dictionary(uniqueKeysWithValues: zip(Int64(1)..., files))
    while !left.isEmpty {
      let heirs = try ledger.heirs()
      let id = left.keys.sorted()[model.number(below: left.count)]
      var gone: Set<Int64> = [id]
      if heirs[id] == nil {
        while let more = heirs.first(where: { gone.contains($1) && !gone.contains($0) }) {
          gone.insert(more.key)
        }
      }
      let forgotten = try ledger.forget("\(id)")
      #expect(forgotten.paths.count == gone.count)
      for id in gone { left[id] = nil }
      let rest = left.sorted { $0.key < $1.key }.map(\.value)
      let expected = try model.ledger(of: rest)
      try #require(
        differences(ledger.contents(), expected.contents()) == [], "after \(id) of \(files)")
    }
    // Nothing that the files brought is left over.
    for table in ["source", "block", "kind", "label", "segment", "identity_page", "cell"] {
      let count = try ledger.queue.read {
        try Int.fetchOne($0, sql: "SELECT count(*) FROM \(table)")
      }
      #expect(count == 0, "\(table)")
    }
  }

  @Test(arguments: 100..<100 + LedgerModel.rounds) func whatIsForgottenCanComeAgain(seed: UInt64)
    throws
  {
    var model = LedgerModel(seed: seed)
    let files = model.files()
    let ledger = try model.ledger(of: files)
    let place = model.number(below: files.count)
    guard try !ledger.heirs().values.contains(Int64(place) + 1) else { return }
    _ = try ledger.forget("\(place + 1)")
    _ = try ledger.add([files[place].draft])
    var order = files
    order.append(order.remove(at: place))
    #expect(try differences(ledger.contents(), model.ledger(of: order).contents()) == [])
  }

  /// By hand: 40 of b's tokens stay, a's own 1 goes, and the better copy of a gives way to b's.
  @Test func requestsOfTwoFilesStay() throws {
    let ledger = try Ledger.inMemory()
    _ = try ledger.add([
      LedgerTests.draft(
        [Call(id: "both", output: 50), Call(id: "own", output: 1)], path: "x/a.log")
    ])
    _ = try ledger.add([LedgerTests.draft([Call(id: "both", output: 40)], path: "x/b.log")])
    let forgotten = try ledger.forget("a.log")
    #expect(forgotten == Forgotten(paths: ["x/a.log"], removed: 1, stayed: 1))
    let usage = try ledger.usage(period: LedgerTests.september, by: [.source])
    #expect(usage.rows.map(\.keys) == [["x/b.log"]])
    #expect(usage.totals.tokens.output == 40)
    #expect(try ledger.verify() == [])
  }

  @Test func anEarlierStateLeavesItsRequestsToTheLater() throws {
    let head = ByteHash.of("head")
    let ledger = try Ledger.inMemory()
    let all = [Call(id: "a", output: 1), Call(id: "b", output: 2)]
    for count in [1, 2] {
      _ = try ledger.add([
        LedgerTests.draft(Array(all.prefix(count)), path: "grows.log", head: head, size: count)
      ])
    }
    let earlier = try ledger.forget("1")
    #expect(earlier == Forgotten(paths: ["grows.log"], stayed: 1, heir: "grows.log"))
    #expect(try ledger.usage(period: LedgerTests.september, by: []).totals.requests == 2)
    #expect(try ledger.verify() == [])
    #expect(try ledger.forget("grows.log").removed == 2)
  }

  @Test func aNameMustMeanOneFile() throws {
    let ledger = try Ledger.inMemory()
    for path in ["x/a.log", "y/a.log"] {
      _ = try ledger.add([LedgerTests.draft([Call(id: path, output: 1)], path: path)])
    }
    let ambiguous = #expect(throws: LedgerFailure.self) { try ledger.forget("a.log") }
    #expect(ambiguous?.description.contains("1 (x/a.log), 2 (y/a.log)") == true)
    let unknown = #expect(throws: LedgerFailure.self) { try ledger.forget("x/b.log") }
    #expect(unknown?.description.contains("did you mean x/a.log?") == true)
    #expect(try ledger.forget("x/a.log").removed == 1)
  }
}
