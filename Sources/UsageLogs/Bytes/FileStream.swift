import Glibc
import Usage

/// Why a file could not be read to its end.
package enum StreamFailure: Error, Equatable {
  case cannotOpen(String)
  case cannotRead(String, atByte: Int)
  case isDirectory
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
class ByteStream {
  /// Fills a part of `buffer` and returns its size; 0 at the end.
  func read(into buffer: UnsafeMutableRawBufferPointer) throws(StreamFailure) -> Int { 0 }
  /// What happened that is worth a sentence though all bytes were read.
  var notes: [String] { [] }
}

/// A file or the standard input, unbuffered, hashed on the way if asked.
final class FileStream: ByteStream {
  private let descriptor: Int32
  private(set) var bytesRead = 0

  /// `-` is the standard input.
  init(path: String) throws(StreamFailure) {
    if path == "-" {
      descriptor = 0
    } else {
      descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC)
      guard descriptor >= 0 else { throw .cannotOpen(lastError()) }
      var facts = stat()
      if unsafe fstat(descriptor, &facts) == 0, facts.st_mode & S_IFMT == S_IFDIR {
        close(descriptor)
        throw .isDirectory
      }
      posix_fadvise(descriptor, 0, 0, POSIX_FADV_SEQUENTIAL)
    }
  }

  deinit { if descriptor > 0 { close(descriptor) } }

  override func read(into buffer: UnsafeMutableRawBufferPointer) throws(StreamFailure) -> Int {
    while true {
      let count = unsafe Glibc.read(descriptor, buffer.baseAddress, buffer.count)
      if count >= 0 {
        bytesRead += count
        return count
      }
      guard errno == EINTR else { throw .cannotRead(lastError(), atByte: bytesRead) }
    }
  }
}

/// Some bytes that were already read, then the rest of their stream.
final class PrefixedStream: ByteStream {
  private var prefix: [UInt8]
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
    if position == prefix.count { prefix = []; position = 0 }
    return count
  }
}

/// The text of `errno`.
func lastError() -> String {
  var buffer = [CChar](repeating: 0, count: 256)
  unsafe strerror_r(errno, &buffer, buffer.count)
  return unsafe buffer.withUnsafeBufferPointer { unsafe String(cString: $0.baseAddress!) }
}
