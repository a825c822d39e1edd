import GRDB
import Usage

extension TokenCounts {
  /// The columns of a rollup table, or of a query that gives their sums the same names.
  init(_ row: Row) throws {
    self.init()
    uncachedInput = try row["uncached_input"]
    cacheRead = try row["cache_read"]
    cacheWrite5m = try row["cache_write_5m"]
    cacheWrite1h = try row["cache_write_1h"]
    cacheWriteOther = try row["cache_write_other"]
    output = try row["output"]
    reasoning = try row["reasoning"]
    audioInput = try row["audio_input"]
    audioOutput = try row["audio_output"]
    imageInput = try row["image_input"]
  }
}
