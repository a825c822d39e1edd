import Testing
import Usage
import UsageLogs

@testable import UsageLedger

/// The same bytes read with other settings.
@Suite struct OutdatedReadingsTests {
  private static let calls = (0..<200).map {
    LedgerTests.Call(id: "\($0)", output: 3, second: Int64($0) * 60)
  }

  /// The first `count` calls of one file, all of this user's.
  private func reading(_ user: String?, count: Int = 200, packed: String = "") -> SourceDraft {
    let calls = Self.calls.prefix(count).map { call in
      var call = call
      call.user = user
      return call
    }
    var draft = LedgerTests.draft(calls, path: "x.log", head: ByteHash.of("x"), size: count)
    draft.source.plainSize = count
    draft.source.digest = ByteHash.of("\(user ?? "") \(count) \(packed)")
    return draft
  }

  /// How many requests each user has; "" for none.
  private func users(_ ledger: Ledger) throws -> [String: Int64] {
    let faults = try ledger.verify()
    #expect(faults == [])
    let usage = try ledger.usage(period: LedgerTests.september, by: [.user])
    return Dictionary(
      uniqueKeysWithValues: usage.rows.map { ($0.keys[0] ?? "", $0.sums.requests) })
  }

  private func ledger(_ drafts: [SourceDraft]) throws -> Ledger {
    let ledger = try Ledger.inMemory()
    for draft in drafts { _ = try ledger.add([draft]) }
    return ledger
  }

  @Test func theLaterReadingWinsAsAWhole() throws {
    let ledger = try ledger([reading(nil)])
    for user in ["ann", "bob", nil, "ann"] {
      let draft = reading(user)
      let digest = try #require(draft.source.digest)
      #expect(try ledger.known(digest: digest) == nil, "\(user ?? "nobody") may come again")
      let outcome = try ledger.add([draft])
      #expect(outcome == [DraftOutcome(requests: 0, duplicates: 0, replaced: 200)])
      #expect(try users(ledger) == [user ?? "": 200])
      // Opened anew.
      ledger.seenSources.withLock { $0 = SeenSources() }
      #expect(try ledger.known(digest: digest) != nil)
    }
    _ = try ledger.forget("x.log")
    #expect(try users(ledger) == [:])
    #expect(try ledger.sources().isEmpty)
  }

  @Test func theSameReadingChangesNothing() throws {
    let ledger = try ledger([reading("ann")])
    let again = try ledger.add([reading("ann", packed: "gzip")])
    #expect(again == [DraftOutcome(requests: 0, duplicates: 200, replaced: 0)])
    #expect(try users(ledger) == ["ann": 200])
    // Both give way to another reading.
    _ = try ledger.add([reading("bob")])
    #expect(try users(ledger) == ["bob": 200])
  }

  @Test func aGrownFileReadOtherwiseTakesAllAlong() throws {
    #expect(try users(ledger([reading(nil, count: 120), reading("ann")])) == ["ann": 200])
    #expect(try users(ledger([reading("ann"), reading(nil, count: 120)])) == ["ann": 200])
    #expect(
      try users(ledger([reading(nil, count: 120), reading(nil), reading("ann")])) == ["ann": 200])
  }

  /// Another file's copies of the same requests are weighed against the reading that counts alone.
  @Test func anotherFileMayComeAtAnyTime() throws {
    let other = LedgerTests.draft(
      Self.calls.map { call in
        var call = call
        call.user = "cat"
        return call
      }, path: "other.log")
    let expected = try users(ledger([reading("ann"), other]))
    #expect(expected.count == 2)
    #expect(try users(ledger([other, reading(nil), reading("ann")])) == expected)
    #expect(try users(ledger([reading(nil), other, reading("ann")])) == expected)
    #expect(try users(ledger([reading(nil), reading("ann"), other])) == expected)
    let ledger = try ledger([reading(nil), other, reading("ann")])
    _ = try ledger.forget("x.log")
    #expect(try users(ledger) == ["cat": 200])
  }

  @Test func mergedReadingsFollowOneRule() throws {
    func merged(_ parts: [Ledger]) throws -> [String: Int64] {
      let all = try Ledger.inMemory()
      for _ in 0..<2 { for part in parts { try all.merge(part) { _ in } } }
      return try users(all)
    }
    let (plain, ann, bob) = try (
      ledger([reading(nil)]), ledger([reading("ann")]), ledger([reading("bob")])
    )
    let winner = try merged([plain, ann, bob])
    #expect(winner.count == 1 && winner.values.first == 200)
    for order in [[plain, bob, ann], [ann, plain, bob], [bob, ann, plain], [ann, bob, plain]] {
      #expect(try merged(order) == winner)
    }
    // In one of the ledgers a reading took the place of another one, which counts for both.
    for (earlier, later) in [(nil, "ann"), ("ann", nil)] as [(String?, String?)] {
      let old = try ledger([reading(earlier)])
      let new = try ledger([reading(earlier), reading(later)])
      #expect(try merged([old, new]) == [later ?? "": 200])
      #expect(try merged([new, old]) == [later ?? "": 200])
    }
  }
}
