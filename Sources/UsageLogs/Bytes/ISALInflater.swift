#if ISAL
  import CISAL

  /// ISA-L: inflates logs two to three times as fast as zlib (measured; see docs/performance.md).
  struct ISALInflater: Inflater {
    @safe private final class State {
      private let memory: UnsafeMutableRawBufferPointer
      let stream: UnsafeMutablePointer<inflate_state>

      init() {
        unsafe memory = BlockPool.take(MemoryLayout<inflate_state>.size)
        unsafe stream = memory.baseAddress!.bindMemory(to: inflate_state.self, capacity: 1)
        unsafe isal_inflate_init(stream)
        unsafe stream.pointee.crc_flag = UInt32(ISAL_GZIP)
      }

      deinit { unsafe BlockPool.giveBack(memory) }
    }

    private let state = State()
    private(set) var isInsideMember = false
    /// Bytes of the present member that went in, up to those of its flags.
    private var headerBytes = 0

    mutating func inflate(
      _ input: UnsafeRawBufferPointer, into output: UnsafeMutableRawBufferPointer
    ) throws(InflateFailure) -> (consumed: Int, produced: Int, memberEnded: Bool) {
      guard input.count > 0 else { return (0, 0, false) }
      // ISA-L passes over flags that RFC 1952 (section 2.3.1.2) says to refuse.
      let flags = ISALInflater.flagsPlace - headerBytes
      if flags >= 0, flags < input.count, unsafe input[flags] & 0xE0 != 0 {
        throw InflateFailure(what: "unknown gzip header flags", produced: 0)
      }
      let stream = unsafe state.stream
      let inputCount = input.count
      let outputCount = min(output.count, 1 << 30)
      unsafe stream.pointee.next_in = UnsafeMutablePointer(
        mutating: input.baseAddress!.assumingMemoryBound(to: UInt8.self))
      unsafe stream.pointee.avail_in = UInt32(inputCount)
      unsafe stream.pointee.next_out = output.baseAddress!.assumingMemoryBound(to: UInt8.self)
      unsafe stream.pointee.avail_out = UInt32(outputCount)
      isInsideMember = true
      let result = unsafe isal_inflate(stream)
      let consumed = unsafe inputCount - Int(stream.pointee.avail_in)
      let produced = unsafe outputCount - Int(stream.pointee.avail_out)
      headerBytes = min(headerBytes + consumed, ISALInflater.flagsPlace + 1)
      guard result == 0 else {
        throw InflateFailure(what: ISALInflater.name(of: result), produced: produced)
      }
      guard unsafe stream.pointee.block_state == ISAL_BLOCK_FINISH else {
        return (consumed, produced, false)
      }
      isInsideMember = false
      headerBytes = 0
      unsafe isal_inflate_reset(stream)
      unsafe stream.pointee.crc_flag = UInt32(ISAL_GZIP)
      return (consumed, produced, true)
    }

    /// In a member's header.
    private static let flagsPlace = 3

    private static func name(of result: Int32) -> String {
      switch result {
      case ISAL_INVALID_BLOCK: "invalid deflate block"
      case ISAL_INVALID_SYMBOL: "invalid deflate symbol"
      case ISAL_INVALID_LOOKBACK: "invalid look-back distance"
      case ISAL_INVALID_WRAPPER: "invalid gzip header"
      case ISAL_UNSUPPORTED_METHOD: "unsupported compression method"
      case ISAL_INCORRECT_CHECKSUM: "incorrect data check"
      default: "ISA-L error \(result)"
      }
    }
  }
#endif
