import Usage

/// What decides which of two copies of a request stays: the same whatever order they came in.
struct RowRank: Sendable {
  var precedence: Precedence
  var output: Int64
  var total: Int64
  var start: Int64
  var hasCost: Bool
  /// Of everything the row says; equal for copies that do not differ.
  var content: UInt64
  /// Plain bytes of the file it comes from: of two states of a log the longer one knows more.
  var extent: Int

  init(_ row: PackedRow, kindHash: UInt64, extent: Int) {
    self.extent = extent
    precedence = row.precedence
    output = row.tokens.output
    total = row.tokens.total
    start = row.start.microseconds
    hasCost = row.reportedCost != nil
    var hash = kindHash
    func mix(_ value: Int64) {
      hash = (hash ^ UInt64(bitPattern: value)) &* 0xD6E8_FEB8_6659_FD93
      hash ^= hash >> 32
    }
    let tokens = row.tokens
    for value in [
      start, row.width, row.requests ?? -1, tokens.uncachedInput, tokens.cacheRead,
      tokens.cacheWrite5m, tokens.cacheWrite1h, tokens.cacheWriteOther, tokens.output,
      tokens.reasoning, tokens.audioInput, tokens.audioOutput, tokens.imageInput,
      row.duration ?? -1, row.timeToFirstToken ?? -1,
      Int64(truncatingIfNeeded: row.reportedCost?.picodollars ?? -1),
    ] { mix(value) }
    content = hash
  }

  /// Whether both say the same and came about in the same way.
  func equals(_ other: RowRank) -> Bool {
    precedence == other.precedence && content == other.content
  }

  /// Whether this copy, which came later, takes the place of `other`.
  func replaces(_ other: RowRank) -> Bool {
    if precedence != other.precedence { return precedence > other.precedence }
    // Also between equal ones: the extent decides over a third.
    if precedence == .provisional, extent != other.extent { return extent > other.extent }
    if content == other.content { return false }
    if precedence == .latest || precedence == .provisional { return true }
    if output != other.output { return output > other.output }
    if total != other.total { return total > other.total }
    if hasCost != other.hasCost { return hasCost }
    if start != other.start { return start < other.start }
    return content < other.content
  }
}

extension History.Kind {
  /// A hash that is the same in every run, unlike `hashValue`.
  var stableHash: UInt64 {
    var hash: UInt64 = 0xCBF2_9CE4_8422_2325
    func mix(_ text: String) {
      for byte in text.utf8 { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3 }
      hash = (hash ^ 0xFF) &* 0x100_0000_01B3
    }
    for text in [provider, model, tier.name, region, status.name, currency, "\(splitKnown)"] {
      mix(text)
    }
    for label in labels {
      mix(label.key.name)
      mix(label.name)
      mix(label.value)
    }
    return hash
  }
}
