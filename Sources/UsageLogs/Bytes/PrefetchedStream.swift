import Glibc

/// Another stream's bytes, read ahead by a thread of its own into a few blocks.
///
/// The thread ends with its stream, at the first failure, or soon after this object has gone. Nobody
/// waits for it, so that a source that says nothing for a while (a pipe) cannot hold up who stops.
final class PrefetchedStream: ByteStream {
  private let ring: PrefetchRing
  /// What `read` has not handed over of a block.
  private var own = ByteBuffer(capacity: 0)

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

  /// Exchanges the buffer for one that was filled ahead, whatever its size, with what waited in front.
  override func fill(
    _ buffer: inout ByteBuffer, atMost limit: Int
  ) throws(StreamFailure) -> Bool {
    guard let block = try ring.takeFilled() else { return false }
    if block.buffer.prepend(buffer.bytes) {
      swap(&buffer, &block.buffer)
    } else {
      buffer.append(block.buffer.bytes)
    }
    ring.giveBack(block)
    return true
  }

  override func read(into target: UnsafeMutableRawBufferPointer) throws(StreamFailure) -> Int {
    if own.count == 0, try !fill(&own, atMost: target.count) { return 0 }
    return unsafe own.move(to: target)
  }
}

/// A few blocks that one thread fills and another empties, in order.
///
/// Sendable: what both threads use is touched under the lock, but for a block that one of them has taken,
/// and `source`, which belongs to the filling side until the end.
@safe private final class PrefetchRing: @unchecked Sendable {
  final class Block {
    var buffer = ByteBuffer(capacity: PrefetchRing.headroom + PrefetchRing.blockSize)
  }

  private static let blockSize = 256 << 10
  /// For the part of a line that the block before ended in.
  private static let headroom = 32 << 10
  /// Beside the one that is being read.
  private static let blockCount = 2

  private let source: ByteStream
  private let lock: UnsafeMutablePointer<pthread_mutex_t>
  private let changed: UnsafeMutablePointer<pthread_cond_t>
  private var empty: [Block]
  private var filled: [Block] = []
  private var failure: StreamFailure?
  private var isAtEnd = false
  private var isStopped = false

  init(_ source: ByteStream) {
    self.source = source
    empty = (0..<PrefetchRing.blockCount).map { _ in Block() }
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
    while let block = takeEmpty() {
      var goesOn = false
      var trouble: StreamFailure?
      do {
        // Handed over as it comes: a pipe's first lines need not wait for a whole block.
        goesOn = try block.buffer.replace(
          from: source, atMost: PrefetchRing.blockSize, headroom: PrefetchRing.headroom)
      } catch {
        trouble = error
      }
      locked {
        if goesOn { filled.append(block) }
        failure = trouble
        isAtEnd = !goesOn
        signal()
      }
    }
  }

  private func takeEmpty() -> Block? {
    locked {
      while empty.isEmpty, !isStopped, !isAtEnd { wait() }
      return isStopped || isAtEnd ? nil : empty.removeLast()
    }
  }

  // MARK: The reading side

  /// The next block; nil at the end.
  func takeFilled() throws(StreamFailure) -> Block? {
    let next = locked {
      while filled.isEmpty, !isAtEnd { wait() }
      return filled.isEmpty ? nil : filled.removeFirst()
    }
    if next == nil, let failure { throw failure }
    return next
  }

  func giveBack(_ block: Block) {
    locked {
      empty.append(block)
      signal()
    }
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
