import Testing
import Usage

@testable import UsageLogs

@Suite struct RepeatedLinesTests {
  private static let embedding =
    #"{"object":"list","timestamp":"2026-01-01T10:00:00Z","model":"text-embedding-3-small","#
    + #""usage":{"prompt_tokens":8,"total_tokens":8}}"#
  private static let other = embedding.replacing("10:00:00", with: "10:00:01")

  /// Three requests of one second and one of the next, none with an id.
  @Test(arguments: [
    [embedding, embedding, embedding, other], [embedding, other, embedding, embedding],
  ])
  func eachCounts(_ lines: [String]) throws {
    let reading = try readAll(lines.joined(separator: "\n"))
    #expect(reading.outcome.format == "openai")
    #expect(Set(reading.records.map(\.identity)).count == 4)
    #expect(reading.tokens.uncachedInput == 32)
  }

  /// What a log held before it grew keeps its identities, and so does a copy of it.
  @Test func aLongerStateBeginsWithTheSame() throws {
    let short = try readAll([Self.embedding, Self.embedding].joined(separator: "\n"))
    let long = try readAll(
      [Self.embedding, Self.embedding, Self.other, Self.embedding].joined(separator: "\n"))
    #expect(short.records.map(\.identity) == long.records.prefix(2).map(\.identity))
  }

  @Test(arguments: [
    (
      "bedrock",
      #"{"timestamp":"2026-01-01T10:00:00Z","modelId":"m","input":{"inputTokenCount":8},"#
        + #""output":{"outputTokenCount":1}}"#
    ),
    (
      "litellm",
      #"{"call_type":"aembedding","startTime":"2026-01-01 10:00:00","model":"m","spend":0,"#
        + #""prompt_tokens":8,"completion_tokens":0,"total_tokens":8}"#
    ),
  ])
  func inOtherFormats(_ format: String, _ line: String) throws {
    var settings = ReadSettings()
    settings.format = format
    let reading = try readAll([line, line].joined(separator: "\n"), settings: settings)
    #expect(reading.reasons == [])
    #expect(Set(reading.records.map(\.identity)).count == 2)
  }

  @Test func eachFileBeginsAnew() {
    var sink = RecordSink(settings: ReadSettings())
    let bytes: [UInt8] = [0x7B, 0x7D]
    let first = sink.identity(ofLine: bytes.span, 0..<2, seed: 1)
    #expect(sink.identity(ofLine: bytes.span, 0..<2, seed: 1) != first)
    sink.beginFile()
    #expect(sink.identity(ofLine: bytes.span, 0..<2, seed: 1) == first)
  }

  /// Memory stays flat: of lines far apart the later ones are taken for copies, and only they.
  @Test func linesAreRememberedForAWhile() {
    var lines = RepeatedLines()
    let line = Fingerprint(high: 7, low: 7)
    let first = lines.identity(of: line)
    for i in 0..<UInt64(100_000) { _ = lines.identity(of: Fingerprint(high: i, low: 1)) }
    #expect(lines.identity(of: line) != first)
    for i in 0..<UInt64(300_000) { _ = lines.identity(of: Fingerprint(high: i, low: 2)) }
    #expect(lines.identity(of: line) == first)
  }
}
