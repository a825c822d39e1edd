import Glibc

/// Bytes of a stream waiting to be read: filled at the end, taken from the front, grown up to a limit.
@safe struct ByteBuffer: ~Copyable {
  private var storage: UnsafeMutableRawBufferPointer
  private var start = 0
  private var end = 0

  init(capacity: Int) {
    unsafe storage = UnsafeMutableRawBufferPointer(start: malloc(capacity)!, count: capacity)
  }

  deinit { unsafe free(storage.baseAddress) }

  var count: Int { end - start }
  var capacity: Int { unsafe storage.count }

  /// The bytes that wait.
  var bytes: Span<UInt8> {
    @_lifetime(borrow self)
    get {
      let bound = unsafe storage.bindMemory(to: UInt8.self)
      let part = unsafe UnsafeBufferPointer(rebasing: bound[start..<end])
      return unsafe _overrideLifetime(Span(_unsafeElements: part), borrowing: self)
    }
  }

  mutating func discard(_ count: Int) {
    precondition(count >= 0 && count <= end - start)
    start += count
    if start == end {
      start = 0
      end = 0
    }
  }

  /// Reads once from `stream`, at most `limit` bytes; false at its end. Doubles the storage when it is
  /// full.
  mutating func fill(from stream: ByteStream, atMost limit: Int) throws(StreamFailure) -> Bool {
    if start > 0 {
      unsafe memmove(storage.baseAddress!, storage.baseAddress! + start, end - start)
      end -= start
      start = 0
    }
    if unsafe end == storage.count { unsafe reserve(storage.count * 2) }
    let free = unsafe UnsafeMutableRawBufferPointer(
      rebasing: storage[end..<min(end + limit, storage.count)])
    let count = try unsafe stream.read(into: free)
    end += count
    return count > 0
  }

  /// Reads once from `stream`, at most `limit` bytes, in place of what waited, and leaves room for
  /// `prepend` in front; false at its end.
  mutating func replace(
    from stream: ByteStream, atMost limit: Int, headroom: Int
  ) throws(StreamFailure) -> Bool {
    start = headroom
    end = headroom
    reserve(headroom + limit)
    let room = unsafe UnsafeMutableRawBufferPointer(rebasing: storage[headroom..<headroom + limit])
    end += try unsafe stream.read(into: room)
    return end > start
  }

  /// Puts bytes in front of those that wait; false when there is no room for them.
  mutating func prepend(_ bytes: Span<UInt8>) -> Bool {
    guard bytes.count <= start else { return false }
    start -= bytes.count
    copy(bytes, to: start)
    return true
  }

  mutating func append(_ bytes: Span<UInt8>) {
    reserve(end + bytes.count)
    copy(bytes, to: end)
    end += bytes.count
  }

  /// Hands bytes over, as many as `target` takes; tells how many.
  mutating func move(to target: UnsafeMutableRawBufferPointer) -> Int {
    let count = min(end - start, target.count)
    unsafe target.copyMemory(
      from: UnsafeRawBufferPointer(rebasing: storage[start..<start + count]))
    discard(count)
    return count
  }

  private func copy(_ bytes: Span<UInt8>, to place: Int) {
    unsafe bytes.withUnsafeBytes { bytes in
      unsafe UnsafeMutableRawBufferPointer(rebasing: storage[place...]).copyMemory(from: bytes)
    }
  }

  private mutating func reserve(_ capacity: Int) {
    guard unsafe capacity > storage.count else { return }
    // `realloc` moves pages instead of copying them: there is never more than the new size.
    unsafe storage = UnsafeMutableRawBufferPointer(
      start: realloc(storage.baseAddress, capacity)!, count: capacity)
  }
}
