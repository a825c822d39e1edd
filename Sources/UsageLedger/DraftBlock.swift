import Usage

/// A full block of a draft's packed rows, in memory or set aside.
struct DraftBlock: Sendable {
  private enum Content: Sendable {
    case memory([UInt8])
    case spooled(Spool, offset: UInt64, count: Int)
  }

  let count: Int
  let first: Instant
  let last: Instant
  private var content: Content

  init(_ packer: RowPacker) {
    count = packer.count
    first = packer.first
    last = packer.last
    content = .memory(packer.bytes)
  }

  func bytes() throws -> [UInt8] {
    switch content {
    case .memory(let bytes): bytes
    case .spooled(let spool, let offset, let count): try spool.bytes(at: offset, count: count)
    }
  }

  /// Moves the rows out of memory, if there is room for them.
  mutating func setAside(in spool: Spool) {
    guard case .memory(let bytes) = content, let offset = spool.append(bytes) else { return }
    content = .spooled(spool, offset: offset, count: bytes.count)
  }
}
