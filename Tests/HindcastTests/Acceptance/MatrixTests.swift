import Foundation
import Testing

/// Section H of the acceptance table: the business considerations of "Cloud vs. Self-hosting Your AI".
@Suite struct AcceptanceMatrixTests {
  static func replay(_ require: String...) throws -> Replayed {
    let ledger = try AcceptanceOwnedTests.few.get()
    var arguments = ["replay", "--ledger", ledger.path, "--json", "--month", "2026-09"]
    arguments += ["--option-set", "cloud-vs-self-hosting"]
    arguments += require.flatMap { ["--require", $0] }
    return Replayed(run: try Program.run(arguments))
  }

  /// Of the article's three.
  static func eligible(_ replay: Replayed) -> [String] {
    replay.options.filter { $0["eligible"] as? Bool == true }.compactMap { $0["name"] as? String }
      .filter { ["self-hosted", "gpt-4.0", "gpu-rental"].contains($0) }
  }

  @Test("H1 to H7: the matrix itself")
  func matrix() throws {
    let expected = [
      "data_stays": [true, false, false], "offline": [true, false, false],
      "customization": [true, false, true], "auditing": [true, false, true],
      "easy_setup": [false, true, true], "low_setup_cost": [false, true, true],
      "low_maintenance": [false, true, false],
    ]
    let replay = try Self.replay()
    for (attribute, values) in expected {
      for (name, value) in zip(["self-hosted", "gpt-4.0", "gpu-rental"], values) {
        #expect(try replay.part("attributes", of: name)[attribute] as? Bool == value)
      }
    }
  }

  @Test("H: filters over it") func filters() throws {
    #expect(try Self.eligible(Self.replay("data_stays", "customization")) == ["self-hosted"])
    #expect(try Self.eligible(Self.replay("customization")) == ["self-hosted", "gpu-rental"])
    #expect(try Self.eligible(Self.replay("low_maintenance")) == ["gpt-4.0"])
    let none = try Self.replay("data_stays", "low_maintenance")
    #expect(Self.eligible(none) == [])
    let notes = try #require(none.run.json["excluded"] as? [String])
    #expect(
      notes.contains { $0.contains("data_stays") && $0.contains("low_maintenance") }, "\(notes)")
  }
}
