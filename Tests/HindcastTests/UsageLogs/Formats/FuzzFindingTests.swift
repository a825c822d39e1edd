import Foundation
import Testing
import Usage

@testable import UsageLogs

/// Inputs on which a fuzzer found something, read again: in fixtures/fuzz, a folder a target.
///
/// As in Benchmarks/Fuzz the first byte of an input says where the rest is cut in two blocks.
@Suite struct FuzzFindingTests {
  static let folder = Program.package.appending(path: "fixtures/fuzz")

  static let findings: [String] =
    (FileManager.default.enumerator(atPath: folder.path)?.compactMap { $0 as? String } ?? [])
    .filter { $0.contains("/") }.sorted()

  @Test(.timeLimit(.minutes(1)), arguments: findings) func isRead(finding: String) throws {
    let content = [UInt8](try Data(contentsOf: Self.folder.appending(path: finding)))
    let target = finding.split(separator: "/")[0]
    let type = try #require(LogFormats.named(String(target)), "no format is called \(target)")
    let bytes = Array(content.dropFirst())
    let cut = Int(content[0]) * bytes.count / 256
    let whole = FuzzFindingTests.read(type, bytes, cut: bytes.count)
    // Dictionaries have another order each time.
    for _ in 0..<8 { #expect(FuzzFindingTests.read(type, bytes, cut: cut) == whole) }
  }

  @Test func thereAreFindings() { #expect(!Self.findings.isEmpty) }

  /// The tokens of each record, and how many lines were skipped.
  private static func read(_ type: any LogFormat.Type, _ bytes: [UInt8], cut: Int) -> [Int64] {
    var settings = ReadSettings()
    settings.year = 2026
    settings.model = "m"
    var format: any LogFormat = type.init(settings: settings)
    var sink = RecordSink(settings: settings)
    let framing = Framing.of(type.facts.layout, sample: Sample(bytes.span))
    var found: [Int64] = []
    func take(_ batch: inout RecordBatch) { found += batch.records.map(\.tokens.total) }
    var used = 0
    for end in Set([cut, bytes.count]).sorted() {
      let count = format.readBlock(
        bytes.span.extracting(used..<end), framing: framing, atEnd: end == bytes.count, into: &sink)
      sink.endBlock(consumed: count)
      sink.deliver(take)
      used += count
    }
    while format.finishPart(into: &sink) { sink.deliver(take) }
    sink.deliver(take)
    return found + [Int64(sink.skipped)]
  }
}
