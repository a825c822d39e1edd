import Glibc

/// Bytes of a stream waiting to be read: filled at the end, taken from the front, grown up to a limit.
@safe struct ByteBuffer: ~Copyable {
  private var storage: UnsafeMutableRawBufferPointer
  private var start = 0
  private var end = 0

  init(capacity: Int) {
    unsafe storage = .allocate(byteCount: capacity, alignment: 64)
  }

  deinit { unsafe storage.deallocate() }

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

  /// Reads once from `stream`; false at its end. Doubles the storage when it is full.
  mutating func fill(from stream: ByteStream) throws(StreamFailure) -> Bool {
    if start > 0 {
      unsafe memmove(storage.baseAddress!, storage.baseAddress! + start, end - start)
      end -= start
      start = 0
    }
    if unsafe end == storage.count { grow() }
    let free = unsafe UnsafeMutableRawBufferPointer(rebasing: storage[end...])
    let count = try unsafe stream.read(into: free)
    end += count
    return count > 0
  }

  private mutating func grow() {
    let larger = unsafe UnsafeMutableRawBufferPointer.allocate(
      byteCount: storage.count * 2, alignment: 64)
    unsafe memcpy(larger.baseAddress!, storage.baseAddress!, end)
    unsafe storage.deallocate()
    unsafe storage = larger
  }
}
