/// Tokens of one or many requests in six disjoint billable buckets, plus subsets for information.
package struct TokenCounts: Hashable, Sendable {
  package var uncachedInput: Int64 = 0
  package var cacheRead: Int64 = 0
  package var cacheWrite5m: Int64 = 0
  package var cacheWrite1h: Int64 = 0
  /// Cache writes whose lifetime the source does not tell.
  package var cacheWriteOther: Int64 = 0
  package var output: Int64 = 0

  // Subsets of the six above, never added to anything.
  package var reasoning: Int64 = 0
  package var audioInput: Int64 = 0
  package var audioOutput: Int64 = 0
  package var imageInput: Int64 = 0

  package init() {}

  /// The six disjoint buckets added.
  @inlinable package var total: Int64 { input &+ output }
  /// Every input token, cached or not: what context tiers are decided on.
  @inlinable package var input: Int64 {
    uncachedInput &+ cacheRead &+ cacheWrite5m &+ cacheWrite1h &+ cacheWriteOther
  }

  /// Divides `written` cache writes by their lifetimes. The split is used only as far as it explains the
  /// count beside it.
  package mutating func setCacheWrites(
    _ written: Int64, fiveMinutes: Int64?, oneHour: Int64?
  ) {
    cacheWrite5m = min(fiveMinutes ?? 0, written)
    cacheWrite1h = min(oneHour ?? 0, written &- cacheWrite5m)
    cacheWriteOther = written &- cacheWrite5m &- cacheWrite1h
  }

  package static func += (a: inout TokenCounts, b: TokenCounts) {
    a.uncachedInput &+= b.uncachedInput
    a.cacheRead &+= b.cacheRead
    a.cacheWrite5m &+= b.cacheWrite5m
    a.cacheWrite1h &+= b.cacheWrite1h
    a.cacheWriteOther &+= b.cacheWriteOther
    a.output &+= b.output
    a.reasoning &+= b.reasoning
    a.audioInput &+= b.audioInput
    a.audioOutput &+= b.audioOutput
    a.imageInput &+= b.imageInput
  }
}
