extension History {
  /// Requests in few bytes: 24 for a plain one, 48 more with a cost, times, cache writes or reasoning,
  /// the whole of it for the rest (buckets, audio, images, counts beyond 32 bits).
  package struct Requests: RandomAccessCollection, ExpressibleByArrayLiteral, Sendable {
    private var slots: [Slot] = []
    private var details: [Details] = []
    private var others: [Request] = []

    package init() {}

    package init(arrayLiteral elements: Request...) { self.init(elements) }

    package init(_ requests: some Sequence<Request>) {
      reserveCapacity(requests.underestimatedCount)
      for request in requests { append(request) }
    }

    package var startIndex: Int { 0 }
    package var endIndex: Int { slots.count }

    package subscript(place: Int) -> Request {
      let slot = slots[place]
      switch slot.form {
      case .other: return others[Int(slot.input)]
      case .plain:
        var request = slot.request
        request.tokens.uncachedInput = Int64(slot.input)
        return request
      case .detailed:
        var request = slot.request
        details[Int(slot.input)].complete(&request)
        return request
      }
    }

    package mutating func reserveCapacity(_ count: Int) { slots.reserveCapacity(count) }

    package mutating func append(_ request: Request) {
      var form = Form.plain
      var input = UInt32(exactly: request.tokens.uncachedInput)
      guard let cached = UInt32(exactly: request.tokens.cacheRead),
        let output = UInt32(exactly: request.tokens.output),
        let kind = UInt16(exactly: request.kind)
      else {
        appendOther(request)
        return
      }
      if request.width != 0 || request.requests != 1 || input == nil || !request.isPlain {
        guard let more = Details(request), details.count < UInt32.max else {
          appendOther(request)
          return
        }
        form = .detailed
        input = UInt32(details.count)
        details.append(more)
      }
      slots.append(
        Slot(
          start: request.start, input: input ?? 0, cached: cached, output: output, kind: kind,
          form: form))
    }

    private mutating func appendOther(_ request: Request) {
      slots.append(
        Slot(
          start: request.start, input: UInt32(others.count), cached: 0, output: 0, kind: 0,
          form: .other))
      others.append(request)
    }

    /// Puts them in order of their start; `isBefore` decides among those that start at once.
    package mutating func sort(ties isBefore: (Request, Request) -> Bool) {
      func inOrder(_ a: Int, _ b: Int) -> Bool {
        let (first, second) = (slots[a].start, slots[b].start)
        return first != second ? first < second : isBefore(self[a], self[b])
      }
      guard (1..<Swift.max(1, count)).contains(where: { inOrder($0, $0 - 1) }) else { return }
      var order = (0..<UInt32(count)).map(\.self)
      order.sort { inOrder(Int($0), Int($1)) }
      slots = order.map { slots[Int($0)] }
    }

    private enum Form: UInt8 {
      case plain
      /// `input` is a place among the details.
      case detailed
      /// `input` is a place among the others; nothing else holds.
      case other
    }

    /// 24 bytes.
    private struct Slot {
      var start: Instant
      var input: UInt32
      var cached: UInt32
      var output: UInt32
      var kind: UInt16
      var form: Form

      var request: Request {
        var tokens = TokenCounts()
        tokens.cacheRead = Int64(cached)
        tokens.output = Int64(output)
        return Request(start: start, kind: Int(kind), tokens: tokens)
      }
    }

    /// 48 bytes.
    private struct Details {
      var cost: Int64
      var duration: Int64
      var timeToFirstToken: Int64
      var input: UInt32
      var cacheWrite5m: UInt32
      var cacheWrite1h: UInt32
      var cacheWriteOther: UInt32
      var reasoning: UInt32

      /// Stands for no value; no cost or time is it.
      private static let none = Int64.min

      /// Nil for what does not fit.
      init?(_ request: Request) {
        let tokens = request.tokens
        guard request.width == 0, request.requests == 1, tokens.audioInput == 0,
          tokens.audioOutput == 0, tokens.imageInput == 0,
          let input = UInt32(exactly: tokens.uncachedInput),
          let cacheWrite5m = UInt32(exactly: tokens.cacheWrite5m),
          let cacheWrite1h = UInt32(exactly: tokens.cacheWrite1h),
          let cacheWriteOther = UInt32(exactly: tokens.cacheWriteOther),
          let reasoning = UInt32(exactly: tokens.reasoning),
          let cost = Int64(exactly: request.reportedCost?.picodollars ?? Int128(Details.none)),
          request.reportedCost == nil || cost != Details.none, request.duration != Details.none,
          request.timeToFirstToken != Details.none
        else { return nil }
        self.cost = cost
        duration = request.duration ?? Details.none
        timeToFirstToken = request.timeToFirstToken ?? Details.none
        self.input = input
        self.cacheWrite5m = cacheWrite5m
        self.cacheWrite1h = cacheWrite1h
        self.cacheWriteOther = cacheWriteOther
        self.reasoning = reasoning
      }

      func complete(_ request: inout Request) {
        request.tokens.uncachedInput = Int64(input)
        request.tokens.cacheWrite5m = Int64(cacheWrite5m)
        request.tokens.cacheWrite1h = Int64(cacheWrite1h)
        request.tokens.cacheWriteOther = Int64(cacheWriteOther)
        request.tokens.reasoning = Int64(reasoning)
        if cost != Details.none { request.reportedCost = Money(picodollars: Int128(cost)) }
        if duration != Details.none { request.duration = duration }
        if timeToFirstToken != Details.none { request.timeToFirstToken = timeToFirstToken }
      }
    }
  }
}

extension History.Request {
  /// Whether input, cache reads, output and its start are all there is to it.
  fileprivate var isPlain: Bool {
    reportedCost == nil && duration == nil && timeToFirstToken == nil && tokens.cacheWrite5m == 0
      && tokens.cacheWrite1h == 0 && tokens.cacheWriteOther == 0 && tokens.reasoning == 0
      && tokens.audioInput == 0 && tokens.audioOutput == 0 && tokens.imageInput == 0
  }
}
