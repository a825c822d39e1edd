import Usage

/// What three neighbouring texts of a line stand for together: the names and the set of labels of a
/// caller, who writes many lines.
///
/// The key is one run of bytes, from the first of the texts to the end of the last, with what stands
/// between them: comparing it takes less than looking up each text and then their combination.
struct RunMemo<Value: Sendable>: Sendable {
  /// A run and where its texts stand in it, one byte a boundary. The places are part of the key: the
  /// bytes alone would leave it to the reader of this to prove that they fix them.
  struct Run {
    fileprivate var range: Range<Int>
    fileprivate var places: UInt64
    fileprivate var hash: UInt64
  }

  private var cache: ByteCache<(places: UInt64, value: Value)>

  /// Texts further apart have something between them that differs on every line.
  private static var longest: Int { 255 }
  /// Bounds the memory, should the texts be new on every line.
  private static var most: Int { 4096 }

  init(unset: Value) {
    cache = ByteCache(unset: (0, unset), limit: RunMemo.most)
  }

  /// Nil for texts that are missing, empty or far from each other.
  @inline(__always)
  static func run(_ bytes: Span<UInt8>, _ a: JSONField, _ b: JSONField, _ c: JSONField) -> Run? {
    guard a.isText, b.isText, c.isText, a.start < a.end, b.start < b.end, c.start < c.end else {
      return nil
    }
    let start = min(a.start, b.start, c.start)
    let end = max(a.end, b.end, c.end)
    guard end - start <= longest else { return nil }
    let places =
      (place(a, start) << 16 | place(b, start)) << 16 | place(c, start)
    return Run(range: start..<end, places: places, hash: bytes.runHash(start..<end))
  }

  @inline(__always)
  private static func place(_ text: JSONField, _ start: Int) -> UInt64 {
    UInt64(truncatingIfNeeded: (text.start - start) << 8 | (text.end - start))
  }

  @inline(__always)
  func value(of bytes: Span<UInt8>, _ run: Run) -> Value? {
    guard let found = cache.value(of: bytes, run.range, hash: run.hash),
      found.places == run.places
    else { return nil }
    return found.value
  }

  mutating func remember(_ bytes: Span<UInt8>, _ run: Run, as value: Value) {
    cache.remember(bytes, run.range, hash: run.hash, as: (run.places, value))
  }
}
