import Usage

/// A file that says how fast a server is: what `calibrate` writes and `serving: {profile: FILE}` reads.
package struct ProfileFile: Sendable {
  package var name: String
  /// Where the numbers come from, for people.
  package var source: String
  /// Seconds: a, b, c, d of `IterationTime`.
  package var coefficients: [Double]
  var batching: Batching
  /// The share by which iterations may take less or more time.
  package var band: Double
  /// Whether the server's limits were found from its requests.
  package var isInferred = false
  var experts: IterationTime.Experts?

  static let schema = "hindcast-profile/1"

  init(
    name: String, source: String, coefficients: [Double], batching: Batching, band: Double,
    isInferred: Bool = false
  ) {
    self.name = name
    self.source = source
    self.coefficients = coefficients
    self.batching = batching
    self.band = band
    self.isInferred = isInferred
  }

  /// As YAML; numbers with all their digits.
  package var text: String {
    let names = ["a", "b", "c", "d"]
    let model = zip(names, coefficients).map { "\($0): \($1)" }.joined(separator: ", ")
    var limits = [
      "token_budget: \(batching.tokenBudget)", "max_sequences: \(batching.maxSequences)",
      "block_size: \(batching.blockSize)", "policy: \(batching.policy.rawValue)",
    ]
    if batching.blocks != Batching.unlimited {
      limits.insert("kv_blocks: \(batching.blocks)", at: 2)
    }
    return """
      schema: \(ProfileFile.schema)
      name: \(ProfileFile.quoted(name))
      source: \(ProfileFile.quoted(source))
      # An iteration takes a + b x tokens + c x KV + d x PK seconds: see docs/options.md.
      time_model: {\(model)}
      batching: {\(limits.joined(separator: ", "))}
      # Iterations may take that share less or more time; replays show what that does.
      band: \(Double((band * 1e4).rounded()) / 1e4)

      """
  }

  private static func quoted(_ text: String) -> String {
    "\"" + text.map { $0 == "\"" || $0 == "\\" ? "\\\($0)" : "\($0)" }.joined() + "\""
  }
}

extension ServingProfile {
  /// Reads a profile file; complains of what is wrong with it.
  init?(profile tree: TextTree, file: String, faults: FaultList) {
    let reader = OptionReader(
      tree, place: "profile \(file)",
      known: ["schema", "name", "source", "time_model", "batching", "band"], faults: faults)
    guard reader.text("schema") == ProfileFile.schema else {
      reader.complain(reader.line, "expected 'schema: \(ProfileFile.schema)'")
      return nil
    }
    guard let profile = ServingProfile(timeModelOf: reader) else {
      if reader.field("time_model") == nil { reader.complain(reader.line, "needs 'time_model'") }
      return nil
    }
    self = profile
    origin = .fitted
    band = reader.real("band", atMost: 0.9) ?? 0.05
    let name = reader.text("name") ?? file
    notes.append(
      "Speed as in the profile '\(name)'" + (reader.text("source").map { ": \($0)." } ?? "."))
  }
}
