import Foundation
import Testing
import Usage

@testable import UsageLedger

/// Merged ledgers, against one into which all files were ingested.
@Suite struct LedgerMergeTests {
  private func merge(_ others: [Ledger], into ledger: Ledger) throws {
    for other in others { try ledger.merge(other) { _ in } }
  }

  @Test(arguments: 0..<LedgerModel.rounds) func isOneIngest(seed: UInt64) throws {
    var model = LedgerModel(seed: seed)
    let files =
      model.files()
      + model.files().map { file in
        // The second half has files of its own, of the same requests.
        var file = file
        file.name = "more \(file.name)"
        file.head = file.head.map { "more \($0)" }
        return file
      }
    let expected = try model.ledger(of: files).contents()
    var parts: [Ledger] = []
    var rest = files[...]
    while !rest.isEmpty {
      let part = rest.prefix(model.number(below: 4) + 1)
      rest = rest.dropFirst(part.count)
      parts.append(try model.ledger(of: Array(part)))
    }
    let merged = try Ledger.inMemory()
    try merge(parts, into: merged)
    try #require(differences(merged.contents(), expected) == [], "\(files)")
    // Again, in any order: nothing changes.
    try merge(parts.shuffled(using: &model.random), into: merged)
    #expect(try differences(merged.contents(), expected) == [])
    #expect(try merged.sources().count == files.count)
    // Through a ledger of ledgers.
    let (first, second) = (try Ledger.inMemory(), try Ledger.inMemory())
    let half = parts.count / 2
    try merge(Array(parts[..<half]), into: first)
    try merge(Array(parts[half...]), into: second)
    try first.merge(second) { _ in }
    #expect(try differences(first.contents(), expected) == [])
  }

  /// A merged ledger forgets like any other.
  @Test(arguments: 200..<200 + LedgerModel.rounds) func forgetsAfterwards(seed: UInt64) throws {
    var model = LedgerModel(seed: seed)
    let files = model.files()
    let merged = try Ledger.inMemory()
    try merge([model.ledger(of: files)], into: merged)
    let place = model.number(below: files.count)
    var gone: Set<Int64> = [Int64(place) + 1]
    let heirs = try merged.heirs()
    if heirs[Int64(place) + 1] == nil {
      while let more = heirs.first(where: { gone.contains($1) && !gone.contains($0) }) {
        gone.insert(more.key)
      }
    }
    _ = try merged.forget("\(place + 1)")
    let rest = files.indices.filter { !gone.contains(Int64($0) + 1) }.map { files[$0] }
    #expect(try differences(merged.contents(), model.ledger(of: rest).contents()) == [])
  }

  /// Whatever order the ledgers come in. Left out is what the order of files decides by its nature:
  /// buckets that a later export replaces, and messages that two requests claim.
  @Test(arguments: 300..<300 + LedgerModel.rounds) func orderDoesNotMatter(seed: UInt64) throws {
    var model = LedgerModel(seed: seed)
    func isFree(_ call: LedgerTests.Call) -> Bool {
      call.precedence != .latest && !call.id.hasSuffix("|r1")
    }
    var parts: [Ledger] = []
    for part in 0..<4 {
      let files = model.files().map { file in
        var file = file
        file.name = "\(part)/\(file.name)"
        file.head = file.head.map { "\(part) \($0)" }
        file.calls = file.calls.filter(isFree)
        return file
      }
      parts.append(try model.ledger(of: files))
    }
    var answers: Set<String> = []
    for _ in 0..<4 {
      let merged = try Ledger.inMemory()
      try merge(parts.shuffled(using: &model.random), into: merged)
      #expect(try merged.verify() == [])
      let rows = try merged.usage(period: LedgerTests.september, by: [.hour, .model, .user]).rows
      answers.insert(rows.map { "\($0.keys) \($0.sums)" }.joined(separator: "\n"))
    }
    #expect(answers.count == 1)
  }

  @Test func tellsWhatItDid() throws {
    let scratch = try Scratch()
    let (own, other) = (
      try Ledger(path: scratch.file("a.sqlite").path),
      try Ledger(path: scratch.file("b.sqlite").path)
    )
    let call = LedgerTests.Call(id: "x", output: 5)
    _ = try own.add([LedgerTests.draft([call], path: "a.log")])
    _ = try other.add([
      LedgerTests.draft([call, LedgerTests.Call(id: "y", output: 1)], path: "b.log", skipped: 2)
    ])
    var told: [MergedSource] = []
    try own.merge(other) { told.append($0) }
    #expect(told.map(\.path) == ["b.log"])
    #expect(told[0].outcome == DraftOutcome(requests: 1, duplicates: 1))
    #expect(try own.usage(period: LedgerTests.september, by: []).skippedLines == 2)
    // Standard input has no digest; the second time it is known all the same.
    try own.merge(other) { told.append($0) }
    #expect(told[1].wasThere)
    #expect(throws: LedgerFailure.self) { try own.merge(own) { _ in } }
  }
}
