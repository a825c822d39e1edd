import Usage

/// Makes a file's plain bytes of it, whatever gzip it is wrapped in.
enum PlainStream {
  /// Gzip is taken off up to three times: Firehose, for one, wraps gzip in gzip.
  static func of(_ file: FileStream, engine: InflateEngine) throws -> ByteStream {
    var stream: ByteStream = file
    for _ in 0..<3 {
      let magic = try head(of: stream, 8)
      if let container = UnreadContainer(magic) { throw container }
      stream = PrefixedStream(magic, then: stream)
      guard magic.starts(with: [0x1f, 0x8b]) else { break }
      stream = GzipStream(stream, engine: engine)
    }
    return stream
  }

  /// The first bytes of a stream, fewer when it ends before.
  private static func head(of stream: ByteStream, _ size: Int) throws -> [UInt8] {
    var head = [UInt8](repeating: 0, count: size)
    var count = 0
    while count < size {
      let got = try unsafe head.withUnsafeMutableBytes { buffer throws(StreamFailure) in
        try unsafe stream.read(into: UnsafeMutableRawBufferPointer(rebasing: buffer[count...]))
      }
      if got == 0 { break }
      count += got
    }
    return Array(head[..<count])
  }
}

/// Containers that are told apart but not opened.
enum UnreadContainer: Error {
  case zstandard, bzip2, xz, zip, parquet, sqlite

  init?(_ magic: [UInt8]) {
    let kinds: [(UnreadContainer, [UInt8])] = [
      (.zstandard, [0x28, 0xB5, 0x2F, 0xFD]), (.bzip2, Array("BZh".utf8)),
      (.xz, [0xFD, 0x37, 0x7A, 0x58, 0x5A]), (.zip, [0x50, 0x4B, 0x03, 0x04]),
      (.parquet, Array("PAR1".utf8)), (.sqlite, Array("SQLite f".utf8)),
    ]
    guard let kind = kinds.first(where: { magic.starts(with: $0.1) }) else { return nil }
    self = kind.0
  }

  var advice: String {
    switch self {
    case .zstandard: "is compressed with Zstandard; `zstd -dc FILE | hindcast ingest -` reads it"
    case .bzip2: "is compressed with bzip2; `bzip2 -dc FILE | hindcast ingest -` reads it"
    case .xz: "is compressed with xz; `xz -dc FILE | hindcast ingest -` reads it"
    case .zip: "is a zip archive; unpack it and ingest the files in it"
    case .parquet: "is a Parquet file; export it as JSON lines or CSV"
    case .sqlite: "is a SQLite database, not a log"
    }
  }
}
