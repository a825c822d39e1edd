import Testing
import Usage

@Suite struct RecordBatchTests {
  private static func record(_ number: Int64, output: Int64 = 1) -> UsageRecord {
    var record = UsageRecord()
    record.identity = Fingerprint(high: 1, low: UInt64(number))
    record.start = Instant(microseconds: number)
    record.kind.model = NameID(UInt32(number % 7))
    record.kind.status = number % 5 == 0 ? .failed : .succeeded
    record.tokens.output = output
    return record
  }

  /// Plain records and others are kept apart, and come back in the order they went in.
  @Test func keepsTheOrder() throws {
    // Which of 12 records are handed over as plain ones: all, none, and mixtures with runs of each.
    for plain in [0xFFF, 0, 0b0101_0101_0101, 0b1110_0011_0001, 0b0000_1111_1100] {
      var batch = RecordBatch()
      for number in 0..<12 {
        let record = Self.record(Int64(number))
        if plain >> number & 1 == 1 {
          batch.append(try #require(PlainRecord(record)))
        } else {
          batch.append(record)
        }
      }
      #expect(batch.count == 12)
      #expect(batch.records.map(\.start.microseconds) == Array(0..<12))
      #expect(
        batch.records.map(\.kind.status) == (0..<12).map { $0 % 5 == 0 ? .failed : .succeeded })
      batch.removeRecords()
      #expect(batch.count == 0)
      #expect(batch.records.isEmpty)
    }
  }

  /// What a plain record cannot say makes none of it.
  @Test func whatIsPlain() throws {
    let plain = try #require(PlainRecord(Self.record(3, output: 9)))
    #expect(plain.output == 9)
    var named = Self.record(5)
    (named.kind.provider, named.kind.region) = (NameID(1), NameID(2))
    (named.kind.currency, named.kind.labels) = (NameID(3), LabelSetID(4))
    (named.kind.tier, named.kind.splitKnown) = (.batch, false)
    let copy = UsageRecord(try #require(PlainRecord(named)))
    #expect(copy.kind == named.kind && copy.kind.model == NameID(5))
    let changes: [(inout UsageRecord) -> Void] = [
      { $0.width = 1 }, { $0.requests = 2 }, { $0.requests = nil }, { $0.duration = 0 },
      { $0.timeToFirstToken = 0 }, { $0.reportedCost = .zero }, { $0.reportedTotal = 8 },
      { $0.tokens.cacheWrite5m = 1 }, { $0.tokens.cacheWrite1h = 1 }, { $0.tokens.reasoning = 1 },
      { $0.tokens.audioInput = 1 }, { $0.tokens.audioOutput = 1 }, { $0.tokens.imageInput = 1 },
      { $0.precedence = .replay }, { $0.looseIdentity = Fingerprint(high: 1, low: 1) },
    ]
    for (number, change) in changes.enumerated() {
      var record = Self.record(3, output: 9)
      change(&record)
      #expect(PlainRecord(record) == nil, "change \(number)")
    }
    var total = Self.record(3, output: 9)
    total.reportedTotal = 9
    #expect(PlainRecord(total) != nil)
  }
}
