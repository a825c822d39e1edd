import Foundation
import Testing
import Usage
import UsageLogs

@Suite struct VLLMSampleTests {
  /// Sums by hand from the lines of real logs; the samples stay outside the project.
  @Test(
    .enabled(
      if: CollectedSamples.arePresent, CollectedSamples.absence),
    arguments: [
      ("issue-19680_v0.8.4_engine-line.log", 12544, 292),
      // 30,101.3 x 10 and (1055.3 + 1226.3 + 734.9 + 589.8 + 1242.7) x 10.
      ("issue-43295_v0.19plus_engine.log", 301_013, 48490),
      // 0 + (77.3 + 77.3 + 76.8 + 76.4) x 5.
      ("issue-2595_v0.2.7_ray-actor-prefix.log", 0, 1539),
      // One line; V0's interval is 5 s.
      ("issue-8719_v0.6.1_journald-prefix.log", 29510, 1153),
      ("lmcache-3655_external-cache.log", 2368, 1062),
      ("compose-prefix_mmcache.log", 2470, 304),
      ("docker-desktop_logo_tz-offset.log", 0, 0), ("librechat-5116_v0.6.log", 0, 0),
      ("pr-9023_v0.6.2_received-request.log", 0, 0), ("doc_v0.8.5_received-request-chat.log", 0, 0),
      ("ray-54732_65486_rayserve-prefix.log", 0, 0),
    ]) func sumsRealLogs(file: String, prompt: Int64, output: Int64) throws
  {
    let text = try String(
      contentsOfFile: CollectedSamples.path("servers/vllm/\(file)"), encoding: .utf8)
    var settings = ReadSettings()
    settings.format = "vllm"
    let log = try readServerLog(text, settings: settings)
    #expect(log.prompt == prompt && log.output == output)
    #expect(log.outcome.skipped == 0)
    if prompt + output > 0 {
      settings.format = nil
      #expect(try readServerLog(text, settings: settings).outcome.format == "vllm")
    }
  }
}
