import Foundation
import Testing
import Usage

@testable import UsageLogs

/// What `UsageReader` made of one file, with all records at hand and their names spelt out.
struct Reading {
  var records: [UsageRecord] = []
  var names = NameTable()
  var labelSets = LabelTable()
  var outcome = ReadOutcome()

  func model(_ record: UsageRecord) -> String { names[record.kind.model] }
  func provider(_ record: UsageRecord) -> String { names[record.kind.provider] }
  func region(_ record: UsageRecord) -> String { names[record.kind.region] }
  func currency(_ record: UsageRecord) -> String { names[record.kind.currency] }

  /// `user=u1`, `tag=prod`, `tag:team=search`, in the order of the text.
  func labels(_ record: UsageRecord) -> [String] {
    labelSets[record.kind.labels].map { label in
      let name = label.name == .none ? "" : ":" + names[label.name]
      return "\(label.key.name)\(name)=\(names[label.value])"
    }.sorted()
  }

  var reasons: [String] { outcome.problems.map(\.reason) }

  /// Every record's tokens added, copies of one request included.
  var tokens: TokenCounts {
    records.reduce(into: TokenCounts()) { $0 += $1.tokens }
  }

  mutating func take(_ batch: RecordBatch) {
    records += batch.records
    names = batch.names
    labelSets = batch.labels
  }
}

/// Reads the text as a file on its own, the way `ingest` reads one.
func readAll(_ text: String, settings: ReadSettings = ReadSettings()) throws -> Reading {
  let url = FileManager.default.temporaryDirectory
    .appendingPathComponent("hindcast-\(UUID().uuidString).log")
  try Data(text.utf8).write(to: url)
  defer { try? FileManager.default.removeItem(at: url) }
  return try readAll(path: url.path, settings: settings)
}

/// Reads the file at `path`, compressed or not.
func readAll(path: String, settings: ReadSettings = ReadSettings()) throws -> Reading {
  var reading = Reading()
  reading.outcome = try UsageReader().read(path, settings: settings) { batch, _ in
    reading.take(batch)
  }
  return reading
}

/// The name of the format that content like this is taken for; nil if none.
func detectedFormat(_ text: String) -> String? {
  LogFormats.detect(Sample(Array(text.utf8).span))?.facts.name
}

/// Real log files collected beside a checkout, at `../shared/data/samples`. They are not part of the
/// project; tests over them are skipped where they are absent.
enum CollectedSamples {
  private static let folder = Program.package.deletingLastPathComponent()
    .appending(path: "shared/data/samples")

  static let absence: Comment = "no samples beside the project, at ../shared/data/samples"

  static var arePresent: Bool { FileManager.default.fileExists(atPath: folder.path) }

  static func path(_ name: String) -> String { folder.appending(path: name).path }
}
