import Foundation
import Testing
import Usage
import UsageLogs

@testable import UsageLedger

/// The ledger by itself: records in, sums out.
@Suite struct LedgerTests {
  /// A record as a format would make it; the same `id` is the same request.
  struct Call {
    var id: String
    var output: Int64
    var input: Int64 = 10
    var second: Int64 = 0
    /// The weaker identity of agents' logs; nil for other formats.
    var loose: String?
    var isReplay = false
    var width: Int64 = 0
    var precedence = Precedence.largestOutput
    var model = "m"
    var user: String?
  }

  static let start = Instant("2026-09-01T00:00:00Z")!  // a valid time

  static let september = Period(
    first: Day("2026-09-01")!, last: Day("2026-09-30")!, zone: .utc)  // valid days

  static func draft(
    _ calls: [Call], path: String = "a.log", format: String = "test", grouping: String? = nil,
    damage: String? = nil,
    head: Fingerprint? = nil, skipped: Int = 0, size: Int = 0
  ) -> SourceDraft {
    var source = SourceDescription(path: path, format: format)
    source.grouping = grouping
    source.damage = damage
    source.head = head
    source.skipped = skipped
    source.size = size
    var draft = SourceDraft(source: source)
    var batch = RecordBatch()
    for call in calls {
      var record = UsageRecord()
      record.identity = ByteHash.of(call.id)
      if let loose = call.loose { record.looseIdentity = ByteHash.of(loose) }
      if call.isReplay { record.precedence = .replay }
      if call.precedence != .largestOutput { record.precedence = call.precedence }
      record.start = start.advanced(byMicroseconds: call.second * 1_000_000)
      record.width = call.width
      record.kind.model = batch.names.intern(call.model)
      if let user = call.user {
        batch.labels.add(Label(.user, batch.names.intern(user)))
        record.kind.labels = batch.labels.finish()
      }
      record.tokens.uncachedInput = call.input
      record.tokens.output = call.output
      batch.append(record)
    }
    draft.add(&batch)
    return draft
  }

  private func sums(_ ledger: Ledger) throws -> UsageSums {
    let faults = try ledger.verify()
    #expect(faults == [])
    return try ledger.usage(period: Self.september, by: []).totals
  }

  private static func permutations<T>(_ items: [T]) -> [[T]] {
    guard items.count > 1 else { return [items] }
    return items.indices.flatMap { i in
      var rest = items
      let item = rest.remove(at: i)
      return permutations(rest).map { [item] + $0 }
    }
  }

  @Test func countsOutcomes() throws {
    let ledger = try Ledger.inMemory()
    // Three copies of one answer while it streamed, and another request.
    let first = try ledger.add([
      Self.draft([
        Call(id: "a", output: 1), Call(id: "a", output: 50), Call(id: "a", output: 7),
        Call(id: "b", output: 5),
      ])
    ])
    #expect(first == [DraftOutcome(requests: 2, duplicates: 2, replaced: 0)])
    let second = try ledger.add([
      Self.draft(
        [Call(id: "a", output: 60), Call(id: "b", output: 5), Call(id: "c", output: 1)],
        path: "b.log")
    ])
    #expect(second == [DraftOutcome(requests: 1, duplicates: 1, replaced: 1)])
    let total = try sums(ledger)
    #expect(total.requests == 3)
    #expect(total.tokens.output == 66)
    #expect(total.tokens.uncachedInput == 30)
  }

  @Test func orderOfCopiesDoesNotMatter() throws {
    let copies = [
      Call(id: "a", output: 3, second: 5), Call(id: "a", output: 9, second: 86_400 * 3),
      Call(id: "a", output: 9, input: 12, second: 7), Call(id: "b", output: 1, second: 100),
    ]
    for order in Self.permutations(copies) {
      for filesPerTransaction in [1, 4] {
        let ledger = try Ledger.inMemory()
        let drafts = order.enumerated().map { Self.draft([$1], path: "\($0)") }
        for start in stride(from: 0, to: 4, by: filesPerTransaction) {
          _ = try ledger.add(Array(drafts[start..<start + filesPerTransaction]))
        }
        let total = try sums(ledger)
        #expect(total.requests == 2)
        // The copy with output 9 and the larger total stays: 12 + 9, beside 10 + 1.
        #expect(total.tokens.output == 10)
        #expect(total.tokens.uncachedInput == 22)
        let history = try ledger.history(period: Self.september)
        #expect(
          history.requests.map(\.start.microseconds).map { $0 - Self.start.microseconds }
            == [7_000_000, 100_000_000])
      }
    }
  }

  @Test func looseIdentitiesFollowTheirRulesInEveryOrder() throws {
    let lines = [
      Call(id: "m|r1", output: 40, loose: "m"),
      Call(id: "m", output: 4, loose: "m"),
      Call(id: "m", output: 40, loose: "m", isReplay: true),
    ]
    for order in Self.permutations(lines) {
      let together = try Ledger.inMemory()
      _ = try together.add([Self.draft(order)])
      #expect(try sums(together).requests == 1)
      #expect(try sums(together).tokens.output == 40)
      let apart = try Ledger.inMemory()
      for (i, line) in order.enumerated() { _ = try apart.add([Self.draft([line], path: "\(i)")]) }
      #expect(try sums(apart).requests == 1)
      #expect(try sums(apart).tokens.output == 40)
    }
    // Two full identities under one message are two calls, with or without a loose copy.
    let calls = [
      Call(id: "m|r1", output: 40, loose: "m"), Call(id: "m|r2", output: 40, loose: "m"),
      Call(id: "m", output: 4, loose: "m"),
    ]
    for order in Self.permutations(calls) {
      let ledger = try Ledger.inMemory()
      for (i, line) in order.enumerated() { _ = try ledger.add([Self.draft([line], path: "\(i)")]) }
      #expect(try sums(ledger).requests == 2, "\(order.map(\.id))")
      for line in calls { _ = try ledger.add([Self.draft([line], path: "again")]) }
      #expect(try sums(ledger).requests == 2, "again after \(order.map(\.id))")
    }
  }

  @Test func aReplayWithoutItsOriginalCounts() throws {
    let ledger = try Ledger.inMemory()
    _ = try ledger.add([
      Self.draft([Call(id: "m", output: 40, loose: "m", isReplay: true)])
    ])
    #expect(try sums(ledger).requests == 1)
  }

  @Test func aLaterExportReplacesABucket() throws {
    let day: Int64 = 86_400_000_000
    let ledger = try Ledger.inMemory()
    let grouping = "usage|model|86400"
    _ = try ledger.add([
      Self.draft(
        [Call(id: "day1", output: 500, width: day, precedence: .latest)], grouping: grouping)
    ])
    let later = try ledger.add([
      Self.draft(
        [Call(id: "day1", output: 300, width: day, precedence: .latest)], path: "later",
        grouping: grouping)
    ])
    #expect(later[0].replaced == 1)
    #expect(try sums(ledger).tokens.output == 300)
    // Another grouping of the same day describes the same tokens.
    let other = Self.draft(
      [Call(id: "day1/project", output: 300, width: day, precedence: .latest)], path: "other",
      grouping: "usage|model,project|86400")
    let refused = try ledger.add([other])
    #expect(refused[0].refusal?.contains("--allow-regrouped") == true)
    #expect(try sums(ledger).tokens.output == 300)
    var allowed = other
    allowed.source.allowsRegrouped = true
    #expect(try ledger.add([allowed])[0].requests == 1)
  }

  /// A day's bucket stands at midnight, the requests in it at their own time.
  @Test func aBucketOverlapsTheRequestsOfItsDay() throws {
    let day: Int64 = 86_400_000_000
    let ledger = try Ledger.inMemory()
    let request = Call(id: "request", output: 5, second: 10 * 3600)
    _ = try ledger.add([
      Self.draft([request], path: "gateway", format: "openai"),
      Self.draft(
        [Call(id: "bucket", output: 5, width: day, precedence: .latest)], path: "export",
        format: "openai-usage", grouping: "usage|model|86400"),
    ])
    #expect(
      try ledger.overlaps().map { [$0.model, $0.first, $0.second] } == [
        ["m", "gateway", "export"]
      ])
    // Requests beside requests must meet in the same quarter of an hour.
    let apart = try Ledger.inMemory()
    _ = try apart.add([
      Self.draft([request], path: "gateway", format: "openai"),
      Self.draft([Call(id: "other", output: 5, second: 11 * 3600)], format: "litellm"),
    ])
    #expect(try apart.overlaps().isEmpty)
  }

  /// Logs without request ids: a window captured twice, or a part beside the whole.
  @Test func filesOfOneFormatOverlap() throws {
    func overlaps(_ files: [(name: String, minutes: Range<Int64>, head: String?)]) throws
      -> [[String]]
    {
      let ledger = try Ledger.inMemory()
      for file in files {
        let calls = file.minutes.map {
          Call(id: "\(file.head ?? file.name) \($0)", output: 5, second: $0 * 60)
        }
        _ = try ledger.add([
          Self.draft(
            calls, path: file.name, format: "vllm", head: file.head.map { ByteHash.of($0) },
            size: calls.count)
        ])
      }
      #expect(try ledger.overlaps().isEmpty)
      return try ledger.overlaps(withinFormats: ["vllm"]).map { [$0.model, $0.first, $0.second] }
    }
    #expect(try overlaps([("a", 0..<60, nil), ("b", 50..<90, nil)]) == [["m", "a", "b"]])
    #expect(try overlaps([("b", 50..<90, nil), ("a", 0..<60, nil)]) == [["m", "a", "b"]])
    #expect(
      try overlaps([("part", 20..<21, nil), ("whole", 0..<60, nil)]) == [["m", "whole", "part"]])
    // Behind a long file and a short one.
    #expect(
      try overlaps([
        ("a", 0..<60, nil), ("b", 70..<80, nil), ("c", 100..<160, nil), ("d", 90..<130, nil),
      ])
        == [["m", "d", "c"]])
    // One after the other, the second with the first one's last interval.
    #expect(try overlaps([("a", 0..<60, nil), ("b", 60..<90, nil)]).isEmpty)
    #expect(try overlaps([("a", 0..<60, nil), ("b", 58..<90, nil)]).isEmpty)
    // A window without the lines that name the model.
    let ledger = try Ledger.inMemory()
    for (name, model, start) in [("a", "m", 0), ("b", "", 30), ("c", "n", 300)] {
      let calls = (0..<60).map {
        Call(id: "\(name) \($0)", output: 5, second: Int64(start + $0) * 60, model: model)
      }
      _ = try ledger.add([Self.draft(calls, path: name, format: "vllm")])
    }
    #expect(
      try ledger.overlaps(withinFormats: ["vllm"]).map { [$0.model, $0.first, $0.second] }
        == [["m", "a", "b"]])
    // One file that grew.
    #expect(try overlaps([("a", 0..<60, "x"), ("b", 0..<90, "x")]).isEmpty)
  }

  @Test func whatAPartialFileSkippedNoLongerCountsOnceItIsComplete() throws {
    let head = ByteHash.of("head")
    let ledger = try Ledger.inMemory()
    _ = try ledger.add([
      Self.draft([Call(id: "a", output: 1)], damage: "cut", head: head, skipped: 3, size: 10)
    ])
    #expect(try ledger.usage(period: Self.september, by: []).skippedLines == 3)
    _ = try ledger.add([
      Self.draft(
        [Call(id: "a", output: 1), Call(id: "b", output: 2)], path: "whole", head: head, size: 20)
    ])
    let summary = try ledger.usage(period: Self.september, by: [])
    #expect(summary.skippedLines == 0)
    #expect(summary.totals.requests == 2)
  }

  /// A flipped bit that only the checksum shows: one id and one number came out wrong.
  @Test(arguments: ["damaged first", "whole first", "together", "three at once"])
  func theWholeFileTakesThePlaceOfWhatCameOutGarbled(order: String) throws {
    let head = ByteHash.of("head")
    func damaged() -> SourceDraft {
      Self.draft(
        [Call(id: "a", output: 1), Call(id: "b", output: 90), Call(id: "x", output: 3)],
        path: "damaged", damage: "checksum", head: head, size: 30)
    }
    func whole() -> SourceDraft {
      Self.draft(
        [Call(id: "a", output: 1), Call(id: "b", output: 10), Call(id: "c", output: 3)],
        path: "whole", head: head, size: 30)
    }
    let ledger = try Ledger.inMemory()
    switch order {
    case "damaged first":
      _ = try ledger.add([damaged()])
      #expect(try sums(ledger).tokens.output == 94)
      _ = try ledger.add([whole()])
    case "whole first":
      _ = try ledger.add([whole()])
      let outcome = try ledger.add([damaged()])
      #expect(outcome == [DraftOutcome(requests: 0, duplicates: 3, replaced: 0)])
    case "together": _ = try ledger.add([damaged(), whole()])
    default: _ = try ledger.add([damaged(), whole(), damaged()])
    }
    let total = try sums(ledger)
    #expect(total.requests == 3)
    #expect(total.tokens.output == 14)
    // They are one file: what is damaged goes with the whole.
    #expect(try ledger.forget("whole").removed == 3)
    #expect(try ledger.sources().isEmpty)
  }

  @Test func manySmallTransactionsStayExact() throws {
    let ledger = try Ledger.inMemory()
    var random = SeededRandom(seed: 7)
    var best: [Int: Int64] = [:]
    for file in 0..<60 {
      let calls = (0..<50).map { _ -> Call in
        let id = Int(random.next() % 400)
        let output = Int64(random.next() % 1000)
        best[id] = max(best[id] ?? 0, output)
        return Call(id: "\(id)", output: output, second: Int64(id) * 3600)
      }
      _ = try ledger.add([Self.draft(calls, path: "\(file)")])
    }
    let total = try sums(ledger)
    #expect(total.requests == Int64(best.count))
    #expect(total.tokens.output == best.values.reduce(0, +))
  }

  /// Days are cut in the reader's zone, also on the days of a clock change.
  @Test func daysFollowTheZone() throws {
    // Central European time left summer time on 2026-10-25 at 01:00 UTC: that day has 25 hours.
    let zone = ZoneRules(
      name: "Europe/Berlin", firstOffset: 7200,
      changes: [.init(start: Instant("2026-10-25T01:00:00Z")!, offset: 3600)])  // a valid time
    let ledger = try Ledger.inMemory()
    // Every hour from 2026-10-24T22:00Z, which is Berlin's midnight, for 26 hours.
    let first =
      (Instant("2026-10-24T22:00:00Z")!.microseconds - Self.start.microseconds) / 1_000_000
    _ = try ledger.add([
      Self.draft((0..<26).map { Call(id: "\($0)", output: 1, second: first + Int64($0) * 3600) })
    ])
    let period = Period(first: Day("2026-10-25")!, last: Day("2026-10-26")!, zone: zone)
    let rows = try ledger.usage(period: period, by: [.day]).rows
    #expect(rows.map(\.keys) == [["2026-10-25"], ["2026-10-26"]])
    #expect(rows.map(\.sums.requests) == [25, 1])
    #expect(try ledger.history(period: period).requests.count == 26)
  }

  @Test func rowsSurvivePacking() {
    var random = SeededRandom(seed: 3)
    func number() -> Int64 {
      switch random.next() % 6 {
      case 0: 0
      case 1: Int64.max
      case 2: Int64.min + 1
      case 3: Int64(random.next() % 1000) * 1_000_000
      default: Int64(random.next() % 100_000)
      }
    }
    var rows: [PackedRow] = []
    var packer = RowPacker()
    for _ in 0..<2000 {
      var row = PackedRow()
      row.start = Instant(microseconds: number() / 16)
      row.width = number()
      row.requests = random.next() % 3 == 0 ? nil : number()
      row.kind = Int(random.next() % 5000)
      row.tokens.uncachedInput = number()
      row.tokens.cacheRead = number()
      row.tokens.cacheWrite1h = number()
      row.tokens.output = number()
      row.tokens.imageInput = number()
      row.duration = random.next() % 2 == 0 ? nil : number()
      row.timeToFirstToken = random.next() % 2 == 0 ? nil : number()
      row.reportedCost =
        random.next() % 2 == 0 ? nil : Money(picodollars: Int128(number()) * 1_000_000_007)
      row.reportedTotal = random.next() % 2 == 0 ? nil : number()
      row.check = TotalCheck.allCases[Int(random.next() % 4)]
      row.precedence = [.replay, .largestOutput, .latest][Int(random.next() % 3)]
      rows.append(row)
      packer.append(row)
    }
    var unpacker = RowUnpacker(packer.bytes)
    for row in rows {
      let back = unpacker.next()
      #expect("\(back as Any)" == "\(Optional(row) as Any)")
    }
    #expect(unpacker.next() == nil)
  }

  @Test func refusesWhatIsNoLedger() throws {
    let scratch = try Scratch()
    let text = try scratch.write("notes.txt", "these are my notes, not a database at all\n")
    #expect(throws: LedgerFailure.self) { try Ledger(path: text.path) }
    #expect(try String(contentsOf: text, encoding: .utf8).hasPrefix("these are my notes"))
    #expect(throws: LedgerFailure.self) { try Ledger(path: scratch.folder.path) }
  }
}

/// SplitMix64: the same numbers in every run.
struct SeededRandom: RandomNumberGenerator {
  private var state: UInt64

  init(seed: UInt64) { state = seed }

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }
}
