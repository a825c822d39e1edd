import Glibc
import Synchronization
import Usage

/// Why a file could not be read to its end.
package enum StreamFailure: Error, Equatable {
  case cannotOpen(String)
  case cannotRead(String, atByte: Int)
  case isDirectory
  /// Someone asked to stop while a pipe said nothing.
  case stopped
  /// The gzip stream stops in the middle of a member.
  case truncated(atByte: Int)
  case corrupt(String, atByte: Int)
  /// Bytes after the last gzip member that are neither zeros nor another member.
  case trailingGarbage(atByte: Int)
}

extension StreamFailure: CustomStringConvertible {
  package var description: String {
    switch self {
    case .cannotOpen(let why): "cannot be opened: \(why)"
    case .cannotRead(let why, let byte): "reading stopped at byte \(byte): \(why)"
    case .isDirectory: "is a folder"
    case .stopped: "reading was stopped"
    case .truncated(let byte):
      "the gzip data ends in the middle at byte \(byte); ingest the complete file to get the rest"
    case .corrupt(let what, let byte):
      "the gzip data is damaged near byte \(byte) (\(what)); records before the damage are in"
    case .trailingGarbage(let byte):
      "the bytes from \(byte) on are not gzip; what was compressed before them is in"
    }
  }
}

/// Somewhere bytes come from. Blocks are large, so a dynamic call a block costs nothing.
@safe class ByteStream {
  private var lent: UnsafeMutableRawBufferPointer?

  deinit { if let lent = unsafe lent { unsafe BlockPool.giveBack(lent) } }

  /// Fills a part of `buffer` and returns its size; 0 at the end.
  func read(into buffer: UnsafeMutableRawBufferPointer) throws(StreamFailure) -> Int { 0 }

  /// The next bytes without a copy where the stream has them, none at the end; good until the next call.
  func lend() throws(StreamFailure) -> UnsafeRawBufferPointer {
    let block = unsafe lent ?? BlockPool.take(64 << 10)
    unsafe lent = block
    let count = try unsafe read(into: block)
    return unsafe UnsafeRawBufferPointer(rebasing: block[..<count])
  }

  /// Adds what comes next, at most `limit` bytes, to a buffer; false at the end.
  func fill(_ buffer: inout ByteBuffer, atMost limit: Int) throws(StreamFailure) -> Bool {
    try buffer.fill(from: self, atMost: limit)
  }

  /// What happened that is worth a sentence though all bytes were read.
  var notes: [String] { [] }
}

/// A file or the standard input; a file's bytes are hashed on the way, so that it is read once.
@safe final class FileStream: ByteStream {
  private let descriptor: Int32
  /// Pipes come as they are: waiting for a whole block would hold back what is there.
  private let isRegular: Bool
  private let block: UnsafeMutableRawBufferPointer
  private var start = 0
  private var end = 0
  /// Seen once: what is written to the file later was not read, and its digest must not say so.
  private var isAtEnd = false
  private let count = Atomic<Int>(0)
  private var hash = ByteHash.of("hindcast file", seed: 3)
  private var parts = FileParts()

  static let blockSize = 256 << 10

  private let isStopped: @Sendable () -> Bool

  /// `-` is the standard input. While a pipe says nothing `isStopped` is asked four times a second.
  init(
    path: String, isStopped: @escaping @Sendable () -> Bool = { false }
  ) throws(StreamFailure) {
    self.isStopped = isStopped
    var facts = stat()
    if path == "-" {
      descriptor = 0
      isRegular = false
    } else {
      descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC)
      guard descriptor >= 0 else { throw .cannotOpen(lastError()) }
      let isKnown = unsafe fstat(descriptor, &facts) == 0
      if isKnown, facts.st_mode & S_IFMT == S_IFDIR {
        close(descriptor)
        throw .isDirectory
      }
      isRegular = isKnown && facts.st_mode & S_IFMT == S_IFREG
      posix_fadvise(descriptor, 0, 0, POSIX_FADV_SEQUENTIAL)
    }
    unsafe block = BlockPool.take(isRegular ? FileStream.blockSize : 0)
  }

  deinit {
    if descriptor > 0 { close(descriptor) }
    unsafe BlockPool.giveBack(block)
  }

  /// How much of the file has been read; any thread may ask.
  var bytesRead: Int { count.load(ordering: .relaxed) }

  override func read(into buffer: UnsafeMutableRawBufferPointer) throws(StreamFailure) -> Int {
    guard isRegular else { return try unsafe readOnce(into: buffer) }
    if start == end { try fillBlock() }
    let taken = min(buffer.count, end - start)
    if taken > 0 {
      unsafe buffer.copyMemory(from: UnsafeRawBufferPointer(rebasing: block[start..<start + taken]))
      start += taken
    }
    return taken
  }

  override func lend() throws(StreamFailure) -> UnsafeRawBufferPointer {
    guard isRegular else { return try unsafe super.lend() }
    if start == end { try fillBlock() }
    defer { start = end }
    return unsafe UnsafeRawBufferPointer(rebasing: block[start..<end])
  }

  /// The digest and size of a file that fits one block, before anything of it is taken; nil for others.
  func smallDigest() throws(StreamFailure) -> FileDigest? {
    guard isRegular, bytesRead == 0 else { return nil }
    try fillBlock()
    return isAtEnd ? FileDigest(digest: hash, size: end, parts: parts) : nil
  }

  /// The digest and size of a whole file, what was not read yet included; nil for a pipe, and for a
  /// file that cannot be read to its end.
  func wholeDigest() -> FileDigest? {
    guard isRegular else { return nil }
    do {
      repeat { try fillBlock() } while end > 0
    } catch {
      return nil
    }
    return FileDigest(digest: hash, size: bytesRead, parts: parts)
  }

  /// Whole blocks, so that the digest does not depend on how reads were cut.
  private func fillBlock() throws(StreamFailure) {
    start = 0
    end = 0
    while end < FileStream.blockSize, !isAtEnd {
      let room = unsafe UnsafeMutableRawBufferPointer(rebasing: block[end...])
      let got = try unsafe readOnce(into: room)
      isAtEnd = got == 0
      end += got
    }
    guard end > 0 else { return }
    hash = unsafe ByteHash.combine(
      hash, ByteHash.of(UnsafeRawBufferPointer(rebasing: block[..<end]), seed: 3))
    sampleBlock()
  }

  /// The first 64 of every 512 bytes: as telling as all of them, and an eighth of the work.
  private func sampleBlock() {
    let blockStart = bytesRead - end
    for start in stride(from: 0, to: end, by: 512) {
      let sample = unsafe UnsafeRawBufferPointer(rebasing: block[start..<min(start + 64, end)])
      unsafe parts.add(ByteHash.of(sample, seed: 4).high, at: blockStart + start)
    }
  }

  private func readOnce(into buffer: UnsafeMutableRawBufferPointer) throws(StreamFailure) -> Int {
    while true {
      if !isRegular { try waitForInput() }
      let got = unsafe Glibc.read(descriptor, buffer.baseAddress, buffer.count)
      if got >= 0 {
        count.add(got, ordering: .relaxed)
        return got
      }
      guard errno == EINTR else { throw .cannotRead(lastError(), atByte: bytesRead) }
    }
  }
}

extension FileStream {
  private func waitForInput() throws(StreamFailure) {
    var request = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
    // What goes wrong with waiting shows when reading.
    while unsafe poll(&request, 1, 250) == 0 {
      if isStopped() { throw .stopped }
    }
    if isStopped() { throw .stopped }
  }
}

/// Some bytes that were already read, then the rest of their stream.
final class PrefixedStream: ByteStream {
  private let prefix: [UInt8]
  private var position = 0
  private let rest: ByteStream

  init(_ prefix: [UInt8], then rest: ByteStream) {
    self.prefix = prefix
    self.rest = rest
  }

  override var notes: [String] { rest.notes }

  override func read(into buffer: UnsafeMutableRawBufferPointer) throws(StreamFailure) -> Int {
    guard position < prefix.count else { return try unsafe rest.read(into: buffer) }
    let count = min(buffer.count, prefix.count - position)
    unsafe buffer.copyBytes(from: prefix[position..<position + count])
    position += count
    return count
  }

  override func lend() throws(StreamFailure) -> UnsafeRawBufferPointer {
    try unsafe position < prefix.count ? super.lend() : rest.lend()
  }
}

/// The text of `errno`.
func lastError() -> String {
  var buffer = [CChar](repeating: 0, count: 256)
  unsafe strerror_r(errno, &buffer, buffer.count)
  return unsafe buffer.withUnsafeBufferPointer { unsafe String(cString: $0.baseAddress!) }
}
