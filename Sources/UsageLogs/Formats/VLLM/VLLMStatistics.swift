import Usage

/// One statistics line: the token rates of the interval that ends with it.
struct VLLMStatistics {
  /// The `Engine 001` of data-parallel servers; 0 before 0.8.3 and for lines that sum all engines.
  var engine = 0
  /// Hundredths of a token per second.
  var promptRate: UInt32 = 0
  var outputRate: UInt32 = 0
  /// V0 names the requests swapped out; V1 those waiting.
  var isV0 = false
  var namesEngine = false
  var cacheWasHit = false
  /// Behind all that the record is made of.
  var end = 0
  /// Which of `VLLMServerLog.reliedFields` the line has.
  var fields = PresentFields()
  /// Ray puts one line for several: ` [repeated 3x across cluster]`.
  var standsForRepeats = false

  static let rateText: StaticString = "Avg prompt throughput: "

  /// Reads the message at `start`; nil when it is another message, or another server's.
  init?(_ bytes: Span<UInt8>, at start: Int) throws(LineProblem) {
    var i = start
    guard takeEngine(bytes, &i), take(VLLMStatistics.rateText, bytes, &i) else { return nil }
    let prompt = VLLMStatistics.number(bytes, &i)
    let hasMiddle = take(" tokens/s, Avg generation throughput: ", bytes, &i)
    let output = VLLMStatistics.number(bytes, &i)
    let hasEnd = take(" tokens/s", bytes, &i)
    // LMDeploy begins its line with the same words.
    if bytes.extracting(i...).contains("Finished:") { return nil }
    guard let prompt, hasMiddle, let output, hasEnd, take(", Running: ", bytes, &i) else {
      throw .badRow("a statistics line without both rates and 'Running'")
    }
    guard let promptRate = UInt32(exactly: prompt), let outputRate = UInt32(exactly: output) else {
      throw .badRow("a statistics line with more than 42,949,672 tokens/s")
    }
    (self.promptRate, self.outputRate) = (promptRate, outputRate)
    end = i
    let rest = bytes.extracting(i...)
    isV0 = rest.contains(" Swapped: ") || rest.contains(" Pending: ")
    let hit = VLLMStatistics.hit(rest)
    cacheWasHit = hit == true
    fields.note(namesEngine)
    fields.note(isV0)
    fields.note(hit != nil)
    standsForRepeats = rest.contains("x across cluster]")
  }

  /// Whether any `Prefix cache hit rate: ` in the text is above zero, also those of external caches; nil
  /// when there is none.
  static func hit(_ text: Span<UInt8>) -> Bool? {
    var from = 0
    while let hit = text.firstIndex(of: "refix cache hit rate: ", from: from) {
      from = hit + 22
      var i = from
      while i < text.count, i < from + 12 {
        if text[i] >= UInt8(ascii: "1"), text[i] <= UInt8(ascii: "9") { return true }
        // V0: `GPU: 26.68%, CPU: 0.00%`.
        if text[i] == UInt8(ascii: "%") { break }
        i += 1
      }
    }
    return from > 0 ? false : nil
  }

  /// `Engine 000: ` since 0.8.3, `2 Engines Aggregated: ` since 0.11.1, or nothing.
  private mutating func takeEngine(_ bytes: Span<UInt8>, _ i: inout Int) -> Bool {
    guard i < bytes.count else { return false }
    if bytes[i] == UInt8(ascii: "A") { return true }
    namesEngine = true
    if take("Engine ", bytes, &i) {
      engine = VLLMStatistics.integer(bytes, &i)
      return take(": ", bytes, &i)
    }
    guard Timestamp.digit(bytes[i]) != nil else { return false }
    _ = VLLMStatistics.integer(bytes, &i)
    return take(" Engines Aggregated: ", bytes, &i)
  }

  private func take(_ text: StaticString, _ bytes: Span<UInt8>, _ i: inout Int) -> Bool {
    let end = i + text.utf8CodeUnitCount
    guard end <= bytes.count, bytes.equals(i..<end, text) else { return false }
    i = end
    return true
  }

  static func integer(_ bytes: Span<UInt8>, _ i: inout Int) -> Int {
    var value = 0
    while i < bytes.count, let digit = Timestamp.digit(bytes[i]), value < 1 << 52 {
      value = value * 10 + digit
      i += 1
    }
    return value
  }

  /// Hundredths of the number at `i`; nil when there is none.
  static func number(_ bytes: Span<UInt8>, _ i: inout Int) -> Int? {
    guard i < bytes.count, Timestamp.digit(bytes[i]) != nil else { return nil }
    var value = integer(bytes, &i) * 100
    guard i < bytes.count, bytes[i] == UInt8(ascii: ".") else { return value }
    i += 1
    var unit = 10
    while i < bytes.count, let digit = Timestamp.digit(bytes[i]) {
      value += digit * unit
      unit /= 10
      i += 1
    }
    return value
  }
}

/// The line of speculative decoding that follows a statistics line: it tells the exact interval.
enum VLLMSpeculation {
  /// Microseconds: drafted tokens / drafted throughput (2355 / 235.49 = 10.0004 s). Nil when the
  /// throughput is so small that its two decimals would tell less than the clock.
  static func interval(_ bytes: Span<UInt8>, at start: Int) -> Int64? {
    guard let throughput = field("Drafted throughput: ", bytes, start), throughput >= 500,
      let drafted = field("Drafted: ", bytes, start)
    else { return nil }
    return Int64(drafted) * 1_000_000 / Int64(throughput)
  }

  private static func field(_ name: StaticString, _ bytes: Span<UInt8>, _ start: Int) -> Int? {
    guard let hit = bytes.firstIndex(of: name, from: start) else { return nil }
    var i = hit + name.utf8CodeUnitCount
    return VLLMStatistics.number(bytes, &i)
  }
}

/// The opt-in line of one step (`--enable-logging-iteration-details`): exact counts.
struct VLLMIteration {
  var contextTokens = 0
  var generatedTokens = 0
  /// Behind both numbers.
  var end = 0

  init?(_ bytes: Span<UInt8>, at start: Int) {
    guard let context = VLLMIteration.count(" context tokens", bytes, start),
      let generated = VLLMIteration.count(" generation tokens", bytes, start)
    else { return nil }
    (contextTokens, generatedTokens) = (context.number, generated.number)
    end = max(context.end, generated.end)
  }

  /// The number that stands before `unit`.
  private static func count(
    _ unit: StaticString, _ bytes: Span<UInt8>, _ start: Int
  ) -> (number: Int, end: Int)? {
    guard let hit = bytes.firstIndex(of: unit, from: start) else { return nil }
    var first = hit
    while first > start, Timestamp.digit(bytes[first - 1]) != nil { first -= 1 }
    guard first < hit, hit - first <= 9 else { return nil }
    return (VLLMStatistics.integer(bytes, &first), hit + unit.utf8CodeUnitCount)
  }
}
