import Glibc
import Usage

// Compiled into UsageLogs itself by run.sh, so that what is internal can be reached; no ordinary build
// sees this file. One process fuzzes one target, named in HINDCAST_FUZZ.

/// Runs the target once. Whatever it does but return is a finding.
@_cdecl("LLVMFuzzerTestOneInput")
package func fuzzOnce(_ data: UnsafePointer<UInt8>?, _ size: Int) -> CInt {
  let bytes = unsafe Array(UnsafeBufferPointer(start: data, count: size))
  switch FuzzTarget.present {
  case .cursor: FuzzCursor.run(bytes)
  case .extractor: FuzzExtractor.run(bytes)
  case .time: FuzzTime.run(bytes)
  case .gzip: FuzzGzip.run(bytes)
  case .format(let type): FuzzFormat.run(type, bytes)
  }
  return 0
}

enum FuzzTarget {
  case cursor, extractor, time, gzip
  case format(any LogFormat.Type)

  /// Never written again after the first look.
  nonisolated(unsafe) static let present: FuzzTarget = {
    let name = unsafe getenv("HINDCAST_FUZZ").map { unsafe String(cString: $0) } ?? ""
    switch name {
    case "cursor": return .cursor
    case "extractor": return .extractor
    case "time": return .time
    case "gzip": return .gzip
    default:
      guard let type = LogFormats.named(name) else {
        fatalError("HINDCAST_FUZZ names no target: cursor, extractor, time, gzip or a format")
      }
      return .format(type)
    }
  }()
}

/// Every way of taking a value, chosen by the key before it.
enum FuzzCursor {
  static func run(_ bytes: [UInt8]) {
    var json = JSONCursor(bytes.span)
    do throws(LineProblem) {
      try walk(&json, depth: 0, choice: 0)
      try json.expectEnd()
    } catch {
      _ = error.reason
    }
    precondition(json.position <= bytes.count)
    // What passes over a value must get as far as what takes it apart.
    var skipping = JSONCursor(bytes.span)
    do throws(LineProblem) { try skipping.skipValue() } catch { return }
    precondition(skipping.position <= bytes.count)
  }

  private static func walk(
    _ json: inout JSONCursor, depth: Int, choice: Int
  ) throws(LineProblem) {
    switch try json.peek() {
    case UInt8(ascii: "{") where depth < 20:
      guard try json.enterObject() else { return }
      while let key = try json.nextKey() {
        _ = json.matches(key, "usage")
        _ = json.unescaped(key)
        try walk(&json, depth: depth + 1, choice: key.range.count)
      }
    case UInt8(ascii: "[") where depth < 20:
      guard try json.enterArray() else { return }
      var index = 0
      while try json.nextElement() {
        try walk(&json, depth: depth + 1, choice: index)
        index += 1
      }
    default: try take(&json, choice)
    }
  }

  private static func take(_ json: inout JSONCursor, _ choice: Int) throws(LineProblem) {
    switch choice % 6 {
    case 0: _ = try json.count("field")
    case 1: _ = try json.decimal("field")
    case 2: _ = try json.instant()
    case 3: _ = try json.flag()
    case 4: if let text = try json.text() { _ = json.unescaped(text) }
    default: try json.skipValue()
    }
  }
}

/// An extractor that remembers the lines before must find what one finds that knows none.
enum FuzzExtractor {
  static func run(_ bytes: [UInt8]) {
    let paths = ["a", "b", "a.b", "usage", "usage.input", "id", "c.d.e"]
    var warm = FieldExtractor(paths: paths)
    for line in bytes.split(separator: 0x0A) {
      let line = Array(line)
      var cold = FieldExtractor(paths: paths, remembersShapes: false)
      var problem: LineProblem?
      var coldProblem: LineProblem?
      do throws(LineProblem) { try warm.extract(line.span, from: 0) } catch { problem = error }
      do throws(LineProblem) { try cold.extract(line.span, from: 0) } catch { coldProblem = error }
      precondition(problem == coldProblem, "the shape and the cursor disagree on a fault")
      if problem != nil { continue }
      for (found, expected) in zip(warm.fields, cold.fields) {
        precondition(found.kind == expected.kind, "the shape finds another kind of value")
        precondition(
          found.kind == .absent || found.range == expected.range,
          "the shape finds a value elsewhere")
      }
    }
  }
}

/// Stamps, one a line; the reader that remembers dates must agree with the one that does not.
enum FuzzTime {
  static func run(_ bytes: [UInt8]) {
    var reader = TimestampReader()
    for line in bytes.split(separator: 0x0A) {
      let line = Array(line)
      let span = line.span
      var plain: Instant?
      var remembered: Instant?
      do throws(LineProblem) {
        plain = try Timestamp.iso(span, 0..<span.count, zone: .utc)
      } catch {}
      do throws(LineProblem) {
        remembered = try reader.iso(span, 0..<span.count, zone: .utc)
      } catch {}
      precondition(plain == remembered, "the date remembered changes the time")
      if let decimal = JSONCursor.decimal(span, 0..<span.count) {
        do throws(LineProblem) { _ = try Timestamp.epoch(decimal) } catch {}
      }
      if let plain { _ = plain.description }
      var json = JSONCursor(span)
      do throws(LineProblem) { _ = try json.instant() } catch {}
    }
  }
}

/// Both engines must give the same bytes, or both must refuse.
enum FuzzGzip {
  final class Memory: ByteStream {
    private let bytes: [UInt8]
    private var position = 0
    private let step: Int

    init(_ bytes: [UInt8], step: Int) {
      self.bytes = bytes
      self.step = step
    }

    override func read(into buffer: UnsafeMutableRawBufferPointer) throws(StreamFailure) -> Int {
      let count = min(buffer.count, step, bytes.count - position)
      unsafe buffer.copyBytes(from: bytes[position..<position + count])
      position += count
      return count
    }
  }

  /// ISA-L reads Huffman codes that zlib refuses as incomplete. Checksum and length hold for both, so what
  /// it makes of them is what was compressed.
  private static func isAboutCodes(_ failure: String) -> Bool {
    failure.contains("invalid literal/lengths set") || failure.contains("invalid distances set")
      || failure.contains("invalid code lengths set")
  }

  /// The plain bytes and why the stream is not sound, nil if it is. More than 16 MiB of one input are
  /// not looked at.
  static func inflate(_ bytes: [UInt8], _ engine: InflateEngine, step: Int) -> ([UInt8], String?) {
    let stream = GzipStream(Memory(bytes, step: step), engine: engine)
    var plain: [UInt8] = []
    var block = [UInt8](repeating: 0, count: 65_536)
    while plain.count < 16 << 20 {
      do {
        let count = try unsafe block.withUnsafeMutableBytes { buffer throws(StreamFailure) in
          try unsafe stream.read(into: buffer)
        }
        if count == 0 { return (plain, nil) }
        plain += block[..<count]
      } catch {
        return (plain, "\(error)")
      }
    }
    return (plain, nil)
  }

  static func run(_ bytes: [UInt8]) {
    guard let first = bytes.first else { return }
    let whole = inflate(bytes, .zlib, step: 1 << 20)
    let parts = inflate(bytes, .zlib, step: Int(first) % 61 + 1)
    precondition((whole.1 == nil) == (parts.1 == nil), "what comes in parts is judged otherwise")
    precondition(whole.1 != nil || whole.0 == parts.0, "what comes in parts inflates otherwise")
    let other = inflate(bytes, .preferred, step: 1 << 20)
    if let refusal = whole.1, other.1 == nil, isAboutCodes(refusal) { return }
    precondition(
      (other.1 == nil) == (whole.1 == nil), "the engines disagree whether the stream is sound")
    precondition(other.1 != nil || other.0 == whole.0, "the engines disagree on the bytes")
  }
}

/// A format over a file at once and over the same file in two blocks must find the same.
enum FuzzFormat {
  struct Found: Equatable {
    var records = 0
    var skipped = 0
    var total: Int64 = 0
    var identities: UInt64 = 0
  }

  static func run(_ type: any LogFormat.Type, _ bytes: [UInt8]) {
    guard bytes.count > 1 else { return }
    // The first byte says where the file is cut.
    let content = Array(bytes[1...])
    let cut = Int(bytes[0]) * content.count / 256
    let whole = read(type, content, cut: content.count)
    let parts = read(type, content, cut: cut)
    if whole != parts { fatalError("a block's end at \(cut) changes what is found: \(whole) \(parts)") }
    _ = type.confidence(in: Sample(content.span))
    _ = LogFormats.detect(Sample(content.span))
  }

  static func read(_ type: any LogFormat.Type, _ bytes: [UInt8], cut: Int) -> Found {
    var settings = ReadSettings()
    settings.year = 2026
    settings.model = "m"
    var format: any LogFormat = type.init(settings: settings)
    var sink = RecordSink(settings: settings)
    let framing = Framing.of(type.facts.layout, sample: Sample(bytes.span))
    var found = Found()
    func take(_ batch: inout RecordBatch) {
      for record in batch.records {
        found.records += 1
        found.total &+= record.tokens.total
        found.identities ^= record.identity.high &* 31 &+ record.identity.low
        for label in batch.labels[record.kind.labels] { _ = batch.names[label.value] }
        _ = batch.names[record.kind.model]
      }
    }
    let used = format.readBlock(
      bytes.span.extracting(0..<cut), framing: framing, atEnd: cut == bytes.count, into: &sink)
    precondition(used <= cut)
    sink.endBlock(consumed: used)
    sink.deliver(take)
    if cut < bytes.count {
      let rest = format.readBlock(
        bytes.span.extracting(used..<bytes.count), framing: framing, atEnd: true, into: &sink)
      sink.endBlock(consumed: rest)
      sink.deliver(take)
    }
    while format.finishPart(into: &sink) { sink.deliver(take) }
    sink.deliver(take)
    sink.close()
    found.skipped = sink.skipped
    return found
  }
}
