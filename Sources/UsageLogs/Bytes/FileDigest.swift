import Usage

/// What a file is known by without inflating it: a digest of its raw bytes, its size, and samples of it.
package struct FileDigest: Sendable {
  package var digest: Fingerprint
  package var size: Int
  package var parts: FileParts

  /// Nil for what is no file, and for a file that cannot be read to its end.
  package static func of(_ path: String) throws -> FileDigest? {
    try FileStream(path: path).wholeDigest()
  }
}
