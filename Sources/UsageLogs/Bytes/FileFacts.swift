import Glibc
import Usage

/// What the file system says of a path.
package struct FileFacts: Sendable, Equatable {
  package enum Kind: Sendable { case file, folder, other }

  package struct Place: Hashable, Sendable {
    var device: UInt64
    var number: UInt64
  }

  package var kind: Kind
  /// Bytes; 0 for what is no file.
  package var size: Int
  package var modified: Instant
  /// When its bytes, or anything the file system says of it, changed last: no program can set that.
  package var changed: Instant
  package var device: UInt64
  /// The same as long as it is the same file, under whatever names.
  package var place: Place
  /// Of its device, number, size and both times to the nanosecond: any change of a file's bytes changes
  /// it, on file systems that keep both times.
  package var state: Fingerprint

  /// Of what the path leads to; nil when it leads nowhere.
  package init?(_ path: String) {
    var facts = stat()
    guard unsafe stat(path, &facts) == 0 else { return nil }
    switch facts.st_mode & S_IFMT {
    case S_IFREG: kind = .file
    case S_IFDIR: kind = .folder
    default: kind = .other
    }
    size = kind == .file ? Int(facts.st_size) : 0
    modified = FileFacts.instant(facts.st_mtim)
    changed = FileFacts.instant(facts.st_ctim)
    device = UInt64(facts.st_dev)
    place = Place(device: device, number: UInt64(facts.st_ino))
    state = ByteHash.of("hindcast file state", seed: 5)
    for number in [
      Int64(truncatingIfNeeded: facts.st_dev), Int64(truncatingIfNeeded: facts.st_ino),
      Int64(facts.st_size), Int64(facts.st_mtim.tv_sec), Int64(facts.st_mtim.tv_nsec),
      Int64(facts.st_ctim.tv_sec), Int64(facts.st_ctim.tv_nsec),
    ] { state = ByteHash.combine(state, number) }
  }

  private static func instant(_ time: timespec) -> Instant {
    Instant(microseconds: Int64(time.tv_sec) * 1_000_000 + Int64(time.tv_nsec) / 1000)
  }

  package static func isLink(_ path: String) -> Bool {
    var facts = stat()
    return unsafe lstat(path, &facts) == 0 && facts.st_mode & S_IFMT == S_IFLNK
  }
}
