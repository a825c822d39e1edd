import Foundation
import Usage

@testable import UsageLogs

/// What one reading of some bytes gave, with names and labels spelt out.
struct ReadRecords {
  struct Entry {
    var record: UsageRecord
    var model: String
    var provider: String
    /// `key=value`, in the order given.
    var labels: [String]
  }

  var entries: [Entry] = []
  var outcome = ReadOutcome()

  var records: [UsageRecord] { entries.map(\.record) }
  var reasons: [String] { outcome.problems.map(\.reason) }
}

/// Reads `bytes` as the reader would read a file of them.
func readRecords(
  _ bytes: [UInt8], name: String = "log", settings: ReadSettings = ReadSettings(),
  reader: UsageReader = UsageReader()
) throws -> ReadRecords {
  let folder = FileManager.default.temporaryDirectory.appending(path: "hindcast-\(UUID())")
  try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
  defer { try? FileManager.default.removeItem(at: folder) }
  let path = folder.appending(path: name).path
  try Data(bytes).write(to: URL(filePath: path))
  return try readRecords(path: path, settings: settings, reader: reader)
}

func readRecords(_ text: String, settings: ReadSettings = ReadSettings()) throws -> ReadRecords {
  try readRecords(Array(text.utf8), settings: settings)
}

func readRecords(
  path: String, settings: ReadSettings = ReadSettings(), reader: UsageReader = UsageReader()
) throws -> ReadRecords {
  var result = ReadRecords()
  result.outcome = try reader.read(path, settings: settings) { batch in
    for record in batch.records {
      result.entries.append(
        ReadRecords.Entry(
          record: record, model: batch.names[record.model], provider: batch.names[record.provider],
          labels: batch.labels[record.labels].map { "\($0.key)=\(batch.names[$0.value])" }))
    }
  }
  return result
}

/// A repeatable source of numbers (SplitMix64, Sebastiano Vigna, public domain, 2015).
struct SeededNumbers: RandomNumberGenerator {
  private var state: UInt64

  init(seed: UInt64) { state = seed }

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }
}
