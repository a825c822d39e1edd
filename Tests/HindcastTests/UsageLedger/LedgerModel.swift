import Foundation
import GRDB
import Testing
import Usage
import UsageLogs

@testable import UsageLedger

/// Random files of overlapping requests, and ledgers made of them.
struct LedgerModel {
  /// A file as the reader would hand it over.
  struct File: Sendable {
    var name: String
    var calls: [LedgerTests.Call]
    /// Files with the same head are states of one file.
    var head: String?

    /// A new draft each time: adding one uses it up.
    var draft: SourceDraft {
      var draft = LedgerTests.draft(
        calls, path: name, head: head.map { ByteHash.of($0) }, size: calls.count)
      draft.source.digest = ByteHash.of("\(name) \(calls)")
      return draft
    }
  }

  var random: SeededRandom
  private var exports: Int64 = 100

  /// How many random worlds a test tries; HINDCAST_ROUNDS asks for more.
  static let rounds =
    ProcessInfo.processInfo.environment["HINDCAST_ROUNDS"].flatMap(UInt64.init) ?? 8

  init(seed: UInt64) { random = SeededRandom(seed: seed) }

  mutating func number(below limit: Int) -> Int { Int(random.next() % UInt64(limit)) }

  /// Copies of some ids, each with content of its own: sizes, times and kinds differ between them.
  mutating func calls(ids: Int) -> [LedgerTests.Call] {
    (0..<number(below: 12) + 1).map { _ in call(number(below: ids)) }
  }

  private mutating func call(_ id: Int) -> LedgerTests.Call {
    var call = LedgerTests.Call(
      id: "m\(id)", output: Int64(number(below: 3)), input: Int64(number(below: 3)),
      second: Int64(number(below: 4)) * 40_000)
    call.model = ["small", "large"][number(below: 2)]
    call.user = ["ann", "bob", nil][number(below: 3)]
    switch id % 5 {
    // Agents' logs: the message alone, or with the request that brought it; sometimes a replay.
    case 0:
      call.loose = call.id
      if number(below: 2) == 0 { call.id += "|r\(number(below: 2))" }
      call.isReplay = number(below: 4) == 0
    // A bucket, which the last export decides: no two exports say the same.
    case 1:
      call.precedence = .latest
      exports += 1
      call.input = exports
      call.width = 3_600_000_000
    default: break
    }
    return call
  }

  /// Files over the same few ids; some of them are a file that grew.
  mutating func files() -> [File] {
    var files: [File] = []
    let ids = 6 + number(below: 12)
    for number in 0..<self.number(below: 5) + 2 {
      let all = calls(ids: ids)
      guard self.number(below: 3) == 0 else {
        files.append(File(name: "\(number).log", calls: all))
        continue
      }
      let cut = self.number(below: all.count) + 1
      for count in Set([cut, all.count]).sorted() {
        files.append(
          File(name: "\(number).log", calls: Array(all.prefix(count)), head: "head \(number)"))
      }
    }
    return files
  }

  /// A ledger of these files, a few in a transaction.
  mutating func ledger(of files: [File]) throws -> Ledger {
    let ledger = try Ledger.inMemory()
    var rest = files[...]
    while !rest.isEmpty {
      let part = rest.prefix(number(below: 3) + 1)
      rest = rest.dropFirst(part.count)
      _ = try ledger.add(part.map(\.draft))
    }
    return ledger
  }
}

/// What the one says and the other does not, for a message that can be read.
func differences(_ found: [String], _ expected: [String]) -> [String] {
  found.difference(from: expected).map { change in
    switch change {
    case .insert(_, let line, _): "has \(line)"
    case .remove(_, let line, _): "lacks \(line)"
    }
  }
}

extension Ledger {
  /// Everything that counts, and for whom.
  func contents() throws -> [String] {
    let faults = try verify()
    #expect(faults == [])
    let history = try history(period: LedgerTests.september)
    let requests = history.requests.map { request in
      "\(request.start) \(request.tokens) \(history.kinds[request.kind].model) "
        + "\(history.kinds[request.kind].labels)"
    }
    let usage = try usage(period: LedgerTests.september, by: [.source, .user, .model])
    let rows = usage.rows.map { "\($0.keys) \($0.sums)" }
    return requests.sorted() + rows.sorted()
  }

  /// By the number of each source: the source that has all it has.
  func heirs() throws -> [Int64: Int64] {
    try queue.read { db in
      var heirs: [Int64: Int64] = [:]
      for row in try Row.fetchAll(
        db, sql: "SELECT id, covered_by FROM source WHERE covered_by IS NOT NULL")
      {
        heirs[try row.decode(forColumn: "id")] = try row.decode(Int64.self, forColumn: "covered_by")
      }
      return heirs
    }
  }
}
