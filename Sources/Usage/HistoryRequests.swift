extension History {
  /// Requests in few bytes: 16 for a plain one, up to 7 more where they differ in their kind, in what they
  /// read from a cache or in being plain, 48 more with a cost, times, cache writes or reasoning, the
  /// whole of it for the rest (buckets, audio, images, counts beyond 32 bits).
  package struct Requests: RandomAccessCollection, ExpressibleByArrayLiteral, Sendable {
    /// What simulations read, apart from the rest so that they need no copy.
    package private(set) var rows: [Row] = []
    /// Cache reads of plain requests, all in `rows[].input`; for others a place among those below.
    private var cached = EvenColumn<UInt32>()
    private var kinds = EvenColumn<UInt16>()
    private var forms = EvenColumn<Form>()
    private var details: [Details] = []
    private var others: [Request] = []
    /// What the rows' times count from.
    package let origin: Instant

    package init(from origin: Instant = Instant(microseconds: 0)) { self.origin = origin }

    package init(arrayLiteral elements: Request...) { self.init(elements) }

    package init(
      _ requests: some Sequence<Request>, from origin: Instant = Instant(microseconds: 0)
    ) {
      self.init(from: origin)
      reserveCapacity(requests.underestimatedCount)
      for request in requests { append(request) }
    }

    package var startIndex: Int { 0 }
    package var endIndex: Int { rows.count }

    package subscript(place: Int) -> Request {
      let form = forms[place]
      if form == .other { return others[Int(cached[place])] }
      let row = rows[place]
      var request = Request(
        start: row.start(from: origin), kind: Int(kinds[place]), tokens: TokenCounts())
      request.tokens.output = Int64(row.output)
      if form == .plain {
        request.tokens.cacheRead = Int64(cached[place])
      } else {
        details[Int(cached[place])].complete(&request)
      }
      // So far the input is all that is not uncached.
      request.tokens.uncachedInput = Int64(row.input) - request.tokens.input
      return request
    }

    /// Whether every request stands whole in `rows`: one request with an arrival and all its tokens.
    package var areRows: Bool { others.isEmpty }

    /// By request what it reads from a cache; empty where nothing does. Only where `areRows`.
    package var cacheReads: [UInt32] {
      if details.isEmpty, cached.isEven, isEmpty || cached[0] == 0 { return [] }
      let reads =
        details.isEmpty ? cached.array : indices.map { UInt32(self[$0].tokens.cacheRead) }
      return reads.contains { $0 > 0 } ? reads : []
    }

    /// The requests at these places, without a copy where they are all.
    package func part(_ places: Range<Int>) -> Requests {
      guard places != indices else { return self }
      var part = self
      part.rows = Array(rows[places])
      part.cached = cached.part(places)
      part.kinds = kinds.part(places)
      part.forms = forms.part(places)
      return part
    }

    package mutating func reserveCapacity(_ count: Int) {
      rows.reserveCapacity(count)
      cached.reserveCapacity(count)
      kinds.reserveCapacity(count)
      forms.reserveCapacity(count)
    }

    package mutating func append(_ request: Request) {
      guard let input = UInt32(exactly: request.tokens.input),
        let read = UInt32(exactly: request.tokens.cacheRead),
        let output = UInt32(exactly: request.tokens.output),
        let kind = UInt16(exactly: request.kind),
        let row = Row(request.start, from: origin, input: input, output: output)
      else {
        appendOther(request)
        return
      }
      var form = Form.plain
      var more = read
      if request.width != 0 || request.requests != 1 || !request.isPlain {
        guard let whole = Details(request), details.count < UInt32.max else {
          appendOther(request)
          return
        }
        form = .detailed
        more = UInt32(details.count)
        details.append(whole)
      }
      rows.append(row)
      cached.append(more)
      kinds.append(kind)
      forms.append(form)
    }

    private mutating func appendOther(_ request: Request) {
      rows.append(
        Row(time: Row.seconds(from: origin, to: request.start), input: 0, output: 0))
      cached.append(UInt32(others.count))
      // The kind of the last one, which spares telling them apart.
      kinds.append(kinds.count > 0 ? kinds[kinds.count - 1] : 0)
      forms.append(.other)
      others.append(request)
    }

    /// Puts them in order of their start; `isBefore` decides among those that start at once.
    package mutating func sort(ties isBefore: (Request, Request) -> Bool) {
      guard !insert(isBefore) else { return }
      var order = (0..<UInt32(count)).map(\.self)
      order.sort { inOrder(Int($0), Int($1), isBefore) }
      arrange(&order)
    }

    private func inOrder(_ a: Int, _ b: Int, _ isBefore: (Request, Request) -> Bool) -> Bool {
      // Rounding keeps the order of what is too far away to be exact, save for ties.
      if rows[a].time != rows[b].time { return rows[a].time < rows[b].time }
      let (first, second) = (self[a], self[b])
      return first.start != second.start
        ? first.start < second.start : isBefore(first, second)
    }

    /// Moves back what comes too early, in place; false where that is too much work, as where several
    /// sources overlap.
    private mutating func insert(_ isBefore: (Request, Request) -> Bool) -> Bool {
      var left = count
      for next in indices.dropFirst() {
        var place = next
        while place > 0, inOrder(place, place - 1, isBefore) {
          if left == 0 { return false }
          left -= 1
          swapAt(place, place - 1)
          place -= 1
        }
      }
      return true
    }

    /// Puts them in an order of their places, without another copy of them; `order` is used up.
    private mutating func arrange(_ order: inout [UInt32]) {
      for start in order.indices {
        var place = start
        // Each place takes what belongs there, and what stood there goes where that came from.
        while Int(order[place]) != start {
          let from = Int(order[place])
          swapAt(place, from)
          order[place] = UInt32(place)
          place = from
        }
        order[place] = UInt32(place)
      }
    }

    private mutating func swapAt(_ a: Int, _ b: Int) {
      rows.swapAt(a, b)
      (cached[a], cached[b]) = (cached[b], cached[a])
      (kinds[a], kinds[b]) = (kinds[b], kinds[a])
      (forms[a], forms[b]) = (forms[b], forms[a])
    }

    /// When a request came and how large it is: 16 bytes.
    package struct Row: Sendable {
      /// Seconds; in a history from its `origin`, from which whole microseconds come back exactly.
      package var time: Double
      /// Cached or not.
      package var input: UInt32
      package var output: UInt32

      package init(time: Double, input: UInt32, output: UInt32) {
        self.time = time
        self.input = input
        self.output = output
      }

      /// Nil for what is too far from the origin to come back exactly: 71 years are not.
      fileprivate init?(_ start: Instant, from origin: Instant, input: UInt32, output: UInt32) {
        self.init(time: Row.seconds(from: origin, to: start), input: input, output: output)
        guard abs(time) < 4e9, self.start(from: origin) == start else { return nil }
      }

      fileprivate static func seconds(from origin: Instant, to start: Instant) -> Double {
        let (distance, isFar) = start.microseconds.subtractingReportingOverflow(
          origin.microseconds)
        if isFar { return start > origin ? .infinity : -.infinity }
        return Double(distance) / 1e6
      }

      @inline(__always)
      fileprivate func start(from origin: Instant) -> Instant {
        let microseconds = time * 1e6
        return Instant(
          microseconds: origin.microseconds
            &+ Int64(microseconds + (microseconds < 0 ? -0.5 : 0.5)))
      }
    }

    private enum Form: UInt8 {
      case plain
      /// There is more of it among the details.
      case detailed
      /// It stands among the others, and nothing of it here.
      case other
    }

    /// 48 bytes.
    private struct Details {
      var cost: Int64
      var duration: Int64
      var timeToFirstToken: Int64
      var cacheRead: UInt32
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
          UInt32(exactly: tokens.uncachedInput) != nil,
          let cacheRead = UInt32(exactly: tokens.cacheRead),
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
        self.cacheRead = cacheRead
        self.cacheWrite5m = cacheWrite5m
        self.cacheWrite1h = cacheWrite1h
        self.cacheWriteOther = cacheWriteOther
        self.reasoning = reasoning
      }

      func complete(_ request: inout Request) {
        request.tokens.cacheRead = Int64(cacheRead)
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
