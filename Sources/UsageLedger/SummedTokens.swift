import GRDB
import Usage

extension TokenCounts {
  /// The columns of a rollup table, or of a query that gives their sums the same names.
  init(_ row: Row) {
    self.init()
    uncachedInput = row["uncached_input"]
    cacheRead = row["cache_read"]
    cacheWrite5m = row["cache_write_5m"]
    cacheWrite1h = row["cache_write_1h"]
    cacheWriteOther = row["cache_write_other"]
    output = row["output"]
    reasoning = row["reasoning"]
    audioInput = row["audio_input"]
    audioOutput = row["audio_output"]
    imageInput = row["image_input"]
  }
}
