import CZlib

/// zlib: on every machine, and the reference for ISA-L.
struct ZlibInflater: Inflater {
  @safe private final class State {
    let stream: UnsafeMutablePointer<z_stream>

    init() {
      unsafe stream = .allocate(capacity: 1)
      unsafe stream.initialize(to: z_stream())
      // 16 + the largest window: gzip framing with its CRC and length checked by zlib.
      let result = unsafe inflateInit2_(
        stream, 16 + MAX_WBITS, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size))
      precondition(result == Z_OK, "zlib has no memory for one stream")
    }

    deinit {
      unsafe inflateEnd(stream)
      unsafe stream.deallocate()
    }
  }

  private let state = State()
  private(set) var isInsideMember = false

  mutating func inflate(
    _ input: UnsafeRawBufferPointer, into output: UnsafeMutableRawBufferPointer
  ) throws(InflateFailure) -> (consumed: Int, produced: Int, memberEnded: Bool) {
    guard input.count > 0 else { return (0, 0, false) }
    let stream = unsafe state.stream
    let inputCount = input.count
    let outputCount = min(output.count, 1 << 30)
    unsafe stream.pointee.next_in = UnsafeMutablePointer(
      mutating: input.baseAddress!.assumingMemoryBound(to: UInt8.self))
    unsafe stream.pointee.avail_in = UInt32(inputCount)
    unsafe stream.pointee.next_out = output.baseAddress!.assumingMemoryBound(to: UInt8.self)
    unsafe stream.pointee.avail_out = UInt32(outputCount)
    isInsideMember = true
    let result = unsafe CZlib.inflate(stream, Z_NO_FLUSH)
    let consumed = unsafe inputCount - Int(stream.pointee.avail_in)
    let produced = unsafe outputCount - Int(stream.pointee.avail_out)
    switch result {
    case Z_STREAM_END:
      isInsideMember = false
      unsafe inflateReset(stream)
      return (consumed, produced, true)
    case Z_OK, Z_BUF_ERROR:
      return (consumed, produced, false)
    default:
      let text = unsafe stream.pointee.msg.map { unsafe String(cString: $0) }
      throw InflateFailure(what: text ?? "zlib error \(result)", produced: produced)
    }
  }
}
