import Foundation
import Usage
import UsageLogs

/// What one log gave, added up.
struct ServerLogReading {
  var records: [UsageRecord] = []
  var models: [String] = []
  var outcome: ReadOutcome

  var prompt: Int64 { records.reduce(0) { $0 + $1.tokens.uncachedInput } }
  var output: Int64 { records.reduce(0) { $0 + $1.tokens.output } }
  var starts: [String] { records.map(\.start.description) }
  func notes(_ text: String) -> Bool { outcome.notes.contains { $0.contains(text) } }
}

func readServerLog(
  _ text: String, year: Int? = 2025, model: String? = nil, settings: ReadSettings = ReadSettings()
) throws -> ServerLogReading {
  var settings = settings
  settings.year = settings.year ?? year
  settings.model = model
  let path = FileManager.default.temporaryDirectory.appendingPathComponent(
    "hindcast-\(UUID().uuidString).log")
  try Data(text.utf8).write(to: path)
  defer { try? FileManager.default.removeItem(at: path) }
  var records: [UsageRecord] = []
  var models: [String] = []
  let outcome = try UsageReader().read(path.path, settings: settings) { batch, _ in
    records += batch.records
    for record in batch.records { models.append(batch.names[record.kind.model]) }
  }
  return ServerLogReading(records: records, models: models, outcome: outcome)
}

/// A V1 statistics line of 2025-06-16 at `clock`.
func v1Line(
  _ clock: String, _ prompt: String, _ output: String, engine: String = "Engine 000: ",
  source: String = "loggers.py:87", day: String = "06-16", hit: String = "0.0"
) -> String {
  "INFO \(day) \(clock) [\(source)] \(engine)Avg prompt throughput: \(prompt) tokens/s, "
    + "Avg generation throughput: \(output) tokens/s, Running: 1 reqs, Waiting: 0 reqs, "
    + "GPU KV cache usage: 5.7%, Prefix cache hit rate: \(hit)%"
}

func v0Line(_ clock: String, _ prompt: String, _ output: String, day: String = "09-22")
  -> String
{
  "INFO \(day) \(clock) metrics.py:351] Avg prompt throughput: \(prompt) tokens/s, "
    + "Avg generation throughput: \(output) tokens/s, Running: 16 reqs, Swapped: 0 reqs, "
    + "Pending: 11 reqs, GPU KV cache usage: 87.1%, CPU KV cache usage: 0.0%."
}

/// Six lines, ten seconds apart. By hand: prompt rates 100 + 0 + 50.5 + 12.3 + 0 + 0.1 = 162.9, times
/// 10 s = 1,629; output rates 10 + 20.5 + 30.3 + 0 + 5 + 1.1 = 66.9, times 10 s = 669.
let sixStatistics = [
  v1Line("10:00:10", "100.0", "10.0"), v1Line("10:00:20", "0.0", "20.5"),
  v1Line("10:00:30", "50.5", "30.3"),
  v1Line("10:00:40", "12.3", "0.0"), v1Line("10:00:50", "0.0", "5.0"),
  v1Line("10:01:00", "0.1", "1.1"),
]
