import Testing
import Usage

@Suite struct HistoryRequestsTests {
  /// One request for each way of being kept, with numbers on both sides of its limits.
  private static var requests: [History.Request] {
    let large = Int64(UInt32.max)
    var all: [History.Request] = []
    for (number, field) in fields.enumerated() {
      for value in [0, 1, large, large + 1, Int64.max / 4] {
        var tokens = TokenCounts()
        tokens.output = 7
        tokens[keyPath: field] = value
        all.append(.init(start: Instant(microseconds: Int64(number)), kind: number, tokens: tokens))
      }
    }
    let plain = History.Request(start: Instant(microseconds: -5), kind: 0, tokens: TokenCounts())
    func changed(_ change: (inout History.Request) -> Void) -> History.Request {
      var request = plain
      change(&request)
      return request
    }
    for value in [0, -1, Int64.max, Int64.min, Int64.min + 1] {
      all.append(changed { $0.duration = value })
      all.append(changed { $0.timeToFirstToken = value })
      all.append(changed { $0.reportedCost = Money(picodollars: Int128(value)) })
    }
    all.append(changed { $0.reportedCost = Money(picodollars: Int128(Int64.max) + 1) })
    all.append(changed { $0.width = 60_000_000 })
    all.append(changed { $0.requests = nil })
    all.append(changed { $0.requests = 2 })
    all.append(changed { $0.kind = 70_000 })
    return all
  }

  private static var fields: [WritableKeyPath<TokenCounts, Int64>] {
    [
      \.uncachedInput, \.cacheRead, \.cacheWrite5m, \.cacheWrite1h, \.cacheWriteOther, \.output,
      \.reasoning, \.audioInput, \.audioOutput, \.imageInput,
    ]
  }

  private func isSame(_ a: History.Request, _ b: History.Request) -> Bool {
    a.start == b.start && a.width == b.width && a.requests == b.requests && a.kind == b.kind
      && a.tokens == b.tokens && a.reportedCost == b.reportedCost && a.duration == b.duration
      && a.timeToFirstToken == b.timeToFirstToken
  }

  @Test func givesBackEveryRequest() {
    let kept = History.Requests(Self.requests)
    #expect(kept.count == Self.requests.count)
    for (found, wanted) in zip(kept, Self.requests) {
      #expect(isSame(found, wanted), "\(found) for \(wanted)")
    }
  }

  @Test func aPartHasTheRequestsOfItsPlaces() {
    let kept = History.Requests(Self.requests)
    let part = kept.part(5..<kept.count - 3)
    #expect(part.count == kept.count - 8)
    for (found, wanted) in zip(part, Self.requests[5...]) {
      #expect(isSame(found, wanted), "\(found) for \(wanted)")
    }
  }

  /// Microseconds come back exactly from seconds, or are kept as they are.
  @Test(arguments: [0, 1_756_684_800_000_000, Int64.max, .min])
  func startsComeBackFromAnyOrigin(_ origin: Int64) {
    var random = SystemRandomNumberGenerator()
    let starts = (0..<2000).map { i -> Int64 in
      let far = Int64.random(in: 0...(.max >> (i % 60)), using: &random)
      return i % 2 == 0 ? origin &+ far : origin &- far
    }
    let requests = starts.map {
      History.Request(start: Instant(microseconds: $0), kind: 0, tokens: TokenCounts())
    }
    var kept = History.Requests(requests, from: Instant(microseconds: origin))
    #expect(kept.map(\.start.microseconds) == starts)
    kept.sort { _, _ in false }
    #expect(kept.map(\.start.microseconds) == starts.sorted())
  }

  @Test func sortsByStartThenAsTold() {
    var kept = History.Requests(Self.requests)
    kept.sort { $0.kind > $1.kind }
    let wanted = Self.requests.sorted {
      $0.start != $1.start ? $0.start < $1.start : $0.kind > $1.kind
    }
    #expect(kept.map(\.start) == wanted.map(\.start))
    #expect(kept.map(\.kind) == wanted.map(\.kind))
    #expect(kept.reduce(0) { $0 &+ $1.tokens.total } == wanted.reduce(0) { $0 &+ $1.tokens.total })
  }

  /// A few out of place are moved back, many are ordered anew; either way nothing is lost or mixed up.
  @Test(arguments: [0, 5, 1000]) func sortsFewAndManyOutOfPlace(_ moved: Int) {
    var random = SystemRandomNumberGenerator()
    var requests = (0..<1000).map { number in
      var tokens = TokenCounts()
      tokens.output = Int64(number)
      if number % 3 == 0 { tokens.cacheRead = Int64(number) }
      let cost = number % 7 == 0 ? Money(picodollars: Int128(number)) : nil
      return History.Request(
        start: Instant(microseconds: Int64(number / 2)), kind: number % 5, tokens: tokens,
        reportedCost: cost)
    }
    let wanted = requests
    for _ in 0..<moved {
      requests.swapAt(.random(in: 0..<1000, using: &random), .random(in: 0..<1000, using: &random))
    }
    var kept = History.Requests(requests)
    kept.sort { $0.tokens.output < $1.tokens.output }
    #expect(zip(kept, wanted).allSatisfy(isSame))
  }

  @Test func columnsTakeNoNoticeOfWhenTheyCeaseToBeEven() {
    for different in [0, 1, 500, 999] {
      let requests = (0..<1000).map { number in
        var tokens = TokenCounts()
        tokens.cacheRead = number == different ? 9 : 4
        return History.Request(
          start: Instant(microseconds: Int64(number)), kind: number < different ? 3 : 2,
          tokens: tokens)
      }
      let kept = History.Requests(requests)
      #expect(zip(kept, requests).allSatisfy(isSame))
      #expect(zip(kept.part(200..<600), requests[200..<600]).allSatisfy(isSame))
      #expect(kept.cacheReads == requests.map { UInt32($0.tokens.cacheRead) })
    }
  }
}
