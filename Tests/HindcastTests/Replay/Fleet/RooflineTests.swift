import Testing
import Usage

@testable import Replay

/// Estimates from hardware facts against the sum by hand.
@Suite struct RooflineTests {
  private func fit(_ parameters: Int64, active: Int64? = nil, gpus: Int = 1) -> Fit {
    Fit(
      ModelFacts(
        id: "m", names: [], architecture: "m", parameters: parameters,
        activeParameters: active ?? parameters, keyValues: 65_536, layers: 32, keyValueHeads: 8),
      Precision(id: "bf16", names: [], bits: ExactDecimal(units: 16)),
      on: GPU(
        id: "g", names: [], memoryBytes: 80_000_000_000, bandwidth: ExactDecimal(units: 2000),
        bf16TeraFLOPS: ExactDecimal(units: 400), status: "datasheet"), count: gpus)
  }

  /// 8e9 parameters are 16e9 bytes: 16e9 / (2e12 x 0.72) = 11.11 ms and 1.5 ms; a token computes
  /// 2 x 8e9 / (4e14 x 0.7) = 57.1 us, so that from 195 tokens on computing is longer.
  @Test func readsWeightsOrComputes() throws {
    let profile = try RooflineEstimate(fit(8_000_000_000)).profile()
    let weights = 16e9 / (2e12 * 0.72)
    let token = 16e9 / (4e14 * 0.7)
    #expect(abs(profile.time.step(1) - (weights + 0.0015)) < 1e-9)
    #expect(abs(profile.time.step(190) - (weights + 0.0015)) < 1e-9)
    #expect(abs(profile.time.step(1000) - (1000 * token + 0.0015)) < 1e-9)
    // 131,072 bytes of KV cache a token at 80 % of the bandwidth.
    #expect(abs(profile.time.perContextToken - 131_072 / 1.6e12) < 1e-15)
    // 72e9 usable - 16e9 - 1.3e9 of reserve.
    #expect(profile.batching.blocks == Int((72e9 - 17.3e9) / 131_072) / 16)
    #expect(profile.origin == .estimate && profile.band == 0.35)
  }

  /// Of ten times as many parameters one in ten works on a token: one token reads a tenth, many all.
  @Test func expertsAreReadByAndBy() throws {
    let time = try RooflineEstimate(
      fit(20_000_000_000, active: 2_000_000_000)
    ).profile().time
    let all = 40e9 / (2e12 * 0.72)
    #expect(abs(time.step(1) - (all / 10 + 0.0015)) < 1e-9)
    #expect(time.step(64) > 0.95 * all)
  }

  /// As a user writes it: marked as an estimate, with its band, which holds the middle.
  @Test func estimatesAreMarked() throws {
    let yaml = """
      {name: x, kind: rented, gpu: H100-SXM-80GB, price_per_gpu_hour: 2, gpus_per_replica: 1, \
      serving: {model: llama-3.1-8b, precision: bf16}}
      """
    let option = try Replaying.option(yaml, ServingOptionTests.eightHours)
    let service = try #require(option.service)
    #expect(!service.measured)
    let band = try #require(service.band)
    let middle = try #require(service.endToEnd?.p50)
    let low = try #require(band.endToEnd.low?.p50)
    let high = try #require(band.endToEnd.high?.p50)
    #expect(abs(low / middle - 0.65) < 1e-3 && abs(high / middle - 1.35) < 1e-3)
    #expect(option.assumptions.contains { $0.contains("estimate from hardware facts") })
  }

  @Test func anEstimateNeedsItsHardware() {
    let faults = Replaying.faults(
      "options:\n  - {name: x, kind: rented, price_per_gpu_hour: 2, "
        + "serving: {model: llama-3.1-8b, precision: bf16}}")
    #expect(faults.contains { $0.contains("needs 'gpu'") }, "\(faults)")
  }
}
