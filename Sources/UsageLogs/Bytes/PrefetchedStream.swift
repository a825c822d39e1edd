import Glibc

/// Another stream's bytes, read ahead by a thread of its own into a few blocks.
///
/// The thread ends with its stream, at the first failure, or soon after this object has gone. Nobody
/// waits for it, so that a source that says nothing for a while (a pipe) cannot hold up who stops.
final class PrefetchedStream: ByteStream {
  private let ring: PrefetchRing

  init(_ source: ByteStream) {
    ring = PrefetchRing(source)
    super.init()
    let argument = unsafe Unmanaged.passRetained(ring).toOpaque()
    var thread = pthread_t()
    let result = unsafe pthread_create(
      &thread, nil,
      { argument in
        unsafe Unmanaged<PrefetchRing>.fromOpaque(argument!).takeRetainedValue().fill()
        return nil
      }, argument)
    precondition(result == 0, "no thread can be started")
    pthread_detach(thread)
  }

  deinit { ring.stop() }

  override var notes: [String] { ring.notes }

  override func read(into buffer: UnsafeMutableRawBufferPointer) throws(StreamFailure) -> Int {
    try unsafe ring.read(into: buffer)
  }
}

/// A few blocks that one thread fills and another empties, in order.
///
/// Sendable: what both threads use is touched under the lock, but for a block's bytes, which belong to
/// the side whose turn the block is, and `source`, which belongs to the filling side until the end.
@safe private final class PrefetchRing: @unchecked Sendable {
  private static let blockSize = 256 << 10
  private static let blockCount = 3

  private let source: ByteStream
  private let storage: UnsafeMutableRawBufferPointer
  private let lock: UnsafeMutablePointer<pthread_mutex_t>
  private let changed: UnsafeMutablePointer<pthread_cond_t>
  /// Bytes in each block.
  private var counts = [Int](repeating: 0, count: blockCount)
  /// Blocks filled and blocks emptied since the start; the difference waits to be read.
  private var filled = 0
  private var emptied = 0
  private var failure: StreamFailure?
  private var isAtEnd = false
  private var isStopped = false
  /// Bytes taken from the block that is being read; the reading side's own.
  private var taken = 0

  init(_ source: ByteStream) {
    self.source = source
    unsafe storage = .allocate(
      byteCount: PrefetchRing.blockSize * PrefetchRing.blockCount, alignment: 64)
    unsafe lock = .allocate(capacity: 1)
    unsafe changed = .allocate(capacity: 1)
    unsafe pthread_mutex_init(lock, nil)
    unsafe pthread_cond_init(changed, nil)
  }

  deinit {
    unsafe pthread_cond_destroy(changed)
    unsafe pthread_mutex_destroy(lock)
    unsafe changed.deallocate()
    unsafe lock.deallocate()
    unsafe storage.deallocate()
  }

  private func block(_ number: Int) -> UnsafeMutableRawBufferPointer {
    let start = number % PrefetchRing.blockCount * PrefetchRing.blockSize
    return unsafe UnsafeMutableRawBufferPointer(
      rebasing: storage[start..<start + PrefetchRing.blockSize])
  }

  private func locked<Result>(_ body: () -> Result) -> Result {
    unsafe pthread_mutex_lock(lock)
    defer { unsafe pthread_mutex_unlock(lock) }
    return body()
  }

  /// Under the lock: waits until the other side has changed something.
  private func wait() { unsafe pthread_cond_wait(changed, lock) }

  private func signal() { unsafe pthread_cond_signal(changed) }

  // MARK: The filling side

  func fill() {
    while let number = nextFree() {
      let bytes = unsafe block(number)
      var count = 0
      var trouble: StreamFailure?
      do {
        // Handed over as it comes: a pipe's first lines need not wait for a whole block.
        count = try unsafe source.read(into: bytes)
      } catch {
        trouble = error
      }
      locked {
        counts[number % counts.count] = count
        if count > 0 { filled += 1 }
        failure = trouble
        isAtEnd = count == 0
        signal()
      }
    }
  }

  private func nextFree() -> Int? {
    locked {
      while filled - emptied == counts.count, !isStopped { wait() }
      return isStopped || isAtEnd ? nil : filled
    }
  }

  // MARK: The reading side

  func read(into buffer: UnsafeMutableRawBufferPointer) throws(StreamFailure) -> Int {
    let next: (number: Int, count: Int)? = locked {
      while filled == emptied, !isAtEnd { wait() }
      return filled == emptied ? nil : (emptied, counts[emptied % counts.count])
    }
    guard let next else {
      if let failure { throw failure }
      return 0
    }
    let end = min(taken + buffer.count, next.count)
    unsafe buffer.copyMemory(
      from: UnsafeRawBufferPointer(rebasing: block(next.number)[taken..<end]))
    let count = end - taken
    taken = end
    if taken == next.count {
      taken = 0
      locked {
        emptied += 1
        signal()
      }
    }
    return count
  }

  func stop() {
    locked {
      isStopped = true
      signal()
    }
  }

  /// What the source has to say once it is at its end.
  var notes: [String] { locked { isAtEnd } ? source.notes : [] }
}
