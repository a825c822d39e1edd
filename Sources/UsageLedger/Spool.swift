import Foundation
import Synchronization

/// A file without a name that holds what a large draft cannot keep in memory until it is written down.
///
/// Gone with the draft, or with the process however it ends.
final class Spool: Sendable {
  private let file: FileHandle
  private let length = Mutex<UInt64>(0)

  /// Nil when nothing can be written in the folder: the draft then stays in memory.
  init?(in folder: String) {
    let path = "\(folder)/.hindcast-spool-\(UUID().uuidString)"
    guard FileManager.default.createFile(atPath: path, contents: nil),
      let file = FileHandle(forUpdatingAtPath: path)
    else { return nil }
    try? FileManager.default.removeItem(atPath: path)
    self.file = file
  }

  /// Where the bytes stand now; nil when there is no room for them.
  func append(_ bytes: [UInt8]) -> UInt64? {
    length.withLock { length in
      do {
        try file.seek(toOffset: length)
        try file.write(contentsOf: bytes)
      } catch {
        return nil
      }
      defer { length += UInt64(bytes.count) }
      return length
    }
  }

  func bytes(at offset: UInt64, count: Int) throws -> [UInt8] {
    try length.withLock { _ in
      try file.seek(toOffset: offset)
      guard let data = try file.read(upToCount: count), data.count == count else {
        throw LedgerFailure(
          "what was set aside of a large file cannot be read back; nothing of the file was kept: "
            + "run the same command again")
      }
      return [UInt8](data)
    }
  }
}
