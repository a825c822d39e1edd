import Usage

/// What inflates one gzip member after another. Both engines give the same bytes; ISA-L is faster.
protocol Inflater {
  /// Whether bytes of the present member went in without its end having been seen.
  var isInsideMember: Bool { get }
  /// Inflates from `input` into `output`; tells how much of each it used.
  mutating func inflate(
    _ input: UnsafeRawBufferPointer, into output: UnsafeMutableRawBufferPointer
  ) throws(InflateFailure) -> (consumed: Int, produced: Int, memberEnded: Bool)
}

struct InflateFailure: Error {
  var what: String
  /// Bytes that came out before the damage showed.
  var produced: Int
}

/// The libraries that can inflate in this build.
package enum InflateEngine: String, CaseIterable, Sendable {
  #if ISAL
    case isal
  #endif
  case zlib

  package static var preferred: InflateEngine { allCases[0] }

  func makeInflater() -> any Inflater {
    switch self {
    #if ISAL
      case .isal: ISALInflater()
    #endif
    case .zlib: ZlibInflater()
    }
  }
}

/// The plain bytes of a gzip stream of any number of members, checked against every CRC and length.
@safe final class GzipStream: ByteStream {
  private let source: ByteStream
  private var inflater: any Inflater
  /// Lent by `source`.
  private var input = unsafe UnsafeRawBufferPointer(start: nil, count: 0)
  /// How much of `input` was used.
  private var start = 0
  /// Compressed bytes taken from `source` before `start`.
  private var consumed = 0
  private var membersSeen = 0
  private var failure: StreamFailure?
  private var isFinished = false
  private var zeros = 0

  private var isUsedUp: Bool { unsafe start == input.count }

  init(_ source: ByteStream, engine: InflateEngine) {
    self.source = source
    inflater = engine.makeInflater()
  }

  override var notes: [String] {
    zeros == 0 ? [] : ["\(zeros) zero bytes after the last gzip member were passed over"]
  }

  override func read(into buffer: UnsafeMutableRawBufferPointer) throws(StreamFailure) -> Int {
    var filled = 0
    while filled < buffer.count, failure == nil, !isFinished {
      if isUsedUp { refill() }
      if !inflater.isInsideMember {
        guard beginMember() else { break }
        if isUsedUp { continue }
      }
      let rest = unsafe UnsafeMutableRawBufferPointer(rebasing: buffer[filled...])
      do {
        let (used, made, memberEnded) = try unsafe inflater.inflate(
          UnsafeRawBufferPointer(rebasing: input[start...]), into: rest)
        start += used
        consumed += used
        filled += made
        if memberEnded { membersSeen += 1 }
        if isUsedUp, !memberEnded, used == 0, made == 0 {
          failure = .truncated(atByte: consumed)
        }
      } catch {
        filled += error.produced
        failure = .corrupt(error.what, atByte: consumed)
      }
    }
    // What was inflated before the damage is handed over first; the failure waits for the next call.
    if filled == 0, let failure { throw failure }
    return filled
  }

  private func refill() {
    start = 0
    do {
      unsafe input = try source.lend()
    } catch {
      unsafe input = UnsafeRawBufferPointer(start: nil, count: 0)
      failure = error
      return
    }
    if unsafe input.isEmpty {
      if inflater.isInsideMember {
        failure = .truncated(atByte: consumed)
      } else {
        isFinished = true
      }
    }
  }

  /// Looks at the byte where a member must begin; false when no further member comes.
  private func beginMember() -> Bool {
    if isFinished || failure != nil { return false }
    while !isUsedUp, membersSeen > 0, unsafe input[start] == 0 {
      start += 1
      consumed += 1
      zeros += 1
    }
    if isUsedUp { return true }
    if membersSeen > 0, unsafe input[start] != 0x1f || zeros > 0 {
      failure = .trailingGarbage(atByte: consumed)
      return false
    }
    return true
  }
}
