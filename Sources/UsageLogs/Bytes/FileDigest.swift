import Usage

/// A digest of a file's raw bytes: tells whether a file is in the ledger without inflating it.
package enum FileDigest {
  /// Nil for what is no file, and for a file that cannot be read to its end.
  package static func of(_ path: String) throws -> (digest: Fingerprint, size: Int)? {
    try FileStream(path: path).wholeDigest()
  }
}
