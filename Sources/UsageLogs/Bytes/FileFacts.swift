import Glibc
import Usage

/// What the file system says of a path.
package struct FileFacts: Sendable, Equatable {
  package enum Kind: Sendable { case file, folder, other }

  package var kind: Kind
  /// Bytes; 0 for what is no file.
  package var size: Int
  package var modified: Instant

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
    modified = Instant(
      microseconds: Int64(facts.st_mtim.tv_sec) * 1_000_000 + Int64(facts.st_mtim.tv_nsec) / 1000)
  }

  package static func isLink(_ path: String) -> Bool {
    var facts = stat()
    return unsafe lstat(path, &facts) == 0 && facts.st_mode & S_IFMT == S_IFLNK
  }
}
