import Testing
import Usage

@testable import UsageLogs

/// Counts that cannot be true, where they stand in cells; those of JSON are in `KeyAndNumberTests`.
@Suite struct LargestCountTests {
  private static let reason = "is more than 1,000,000,000,000,000, which no count can be"

  @Test func inTheDashboardsExport() throws {
    let reading = try readAll(
      """
      start_time,end_time,num_model_requests,model,input_tokens,output_tokens
      1759622400,1759708800,1.0,m,9223372036854775807,1
      1759622400,1759708800,1.0,n,1000000000000000.0,1
      1759622400,1759708800000000,1.0,o,1,1

      """)
    #expect(reading.records.map(\.tokens.uncachedInput) == [1_000_000_000_000_000])
    #expect(
      reading.reasons == [
        "'input_tokens' \(Self.reason)", "has a time that is not a date and time",
      ])
  }

  @Test func inATrace() throws {
    let reading = try readAll(
      """
      arrived_at,num_prefill_tokens,num_decode_tokens
      0.5,1000000000000001,44
      1.5,1000000000000000,109

      """)
    #expect(reading.records.map(\.tokens.output) == [109])
    #expect(reading.reasons == ["'prompt tokens' \(Self.reason)"])
  }

  /// Rates are kept in 32 bits.
  @Test func inAServersLog() throws {
    var settings = ReadSettings()
    settings.format = "vllm"
    settings.year = 2026
    let reading = try readAll(
      "INFO 08-15 10:00:00 [loggers.py:127] Engine 000: Avg prompt throughput: 99999999.0 tokens/s, "
        + "Avg generation throughput: 1.0 tokens/s, Running: 1 reqs, Waiting: 0 reqs\n",
      settings: settings)
    #expect(reading.records.isEmpty)
    #expect(reading.reasons == ["a statistics line with more than 42,949,672 tokens/s"])
  }
}
