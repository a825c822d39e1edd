import Synchronization

/// Blocks of memory that one file's streams give back and the next one's take.
///
/// Allocated anew for each of many small files, they leave holes that the few bytes kept of every file
/// cut up: the heap grows with the number of files (10,000: from 58 to 210 MB).
enum BlockPool {
  /// Sendable: whoever took it is the only one to have it.
  @safe private struct Block: @unchecked Sendable {
    let bytes: UnsafeMutableRawBufferPointer
  }

  private static let free = Mutex<[Block]>([])
  /// Enough for the streams of a dozen files at a time.
  private static let mostKept = 36
  private static let largestKept = 256 << 10

  /// Exactly `size` bytes, aligned to 64, of any content.
  static func take(_ size: Int) -> UnsafeMutableRawBufferPointer {
    let kept = free.withLock { free -> Block? in
      guard let place = free.lastIndex(where: { unsafe $0.bytes.count == size }) else { return nil }
      return free.remove(at: place)
    }
    return unsafe kept?.bytes ?? .allocate(byteCount: size, alignment: 64)
  }

  static func giveBack(_ bytes: UnsafeMutableRawBufferPointer) {
    let block = unsafe Block(bytes: bytes)
    let isKept = free.withLock { free -> Bool in
      guard unsafe block.bytes.count <= largestKept, free.count < mostKept else { return false }
      free.append(block)
      return true
    }
    if !isKept { unsafe bytes.deallocate() }
  }
}
