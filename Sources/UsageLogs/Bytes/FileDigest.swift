import Usage

/// A digest of a file's raw bytes: tells whether a file is in the ledger without inflating it.
package enum FileDigest {
  package static func of(_ path: String) throws -> (digest: Fingerprint, size: Int) {
    let stream = try FileStream(path: path)
    var digest = ByteHash.of("hindcast file", seed: 3)
    var block = [UInt8](repeating: 0, count: 1 << 20)
    var size = 0
    while true {
      var filled = 0
      // Whole blocks, so that the digest does not depend on how reads were cut.
      while filled < block.count {
        let count = try unsafe block.withUnsafeMutableBytes { buffer throws(StreamFailure) in
          try unsafe stream.read(into: UnsafeMutableRawBufferPointer(rebasing: buffer[filled...]))
        }
        if count == 0 { break }
        filled += count
      }
      if filled == 0 { return (digest, size) }
      digest = ByteHash.combine(digest, block.span.hash(0..<filled, seed: 3))
      size += filled
    }
  }
}
