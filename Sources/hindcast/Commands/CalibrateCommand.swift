import ArgumentParser
import Foundation
import Replay
import Reports
import Usage
import UsageLedger

/// Measured requests or benchmark output in, a serving profile out.
struct CalibrateCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "calibrate",
    abstract: "Fit how fast a server is to what was measured on it.",
    discussion: """
      Examples:
        hindcast calibrate --where model=my-model --profile my-server.yaml
        hindcast calibrate --logs run.csv --max-sequences 256 --kv-tokens 41408 --profile my-server.yaml
        hindcast calibrate --bench sweep/*.json --profile my-server.yaml

      From a history it takes requests with a time to first token and a duration: LiteLLM's and other
      gateways' logs, or traces of measured runs. The earlier half is fitted, the later half predicted
      and compared; the profile is then fitted to all. Benchmarks are vLLM's `bench serve`, GuideLLM,
      GenAI-Perf and AIPerf. The profile goes into an options file as `serving: {profile: FILE}`.
      """)

  @Option(
    parsing: .upToNextOption,
    help: ArgumentHelp("Benchmark results instead of a history.", valueName: "file"))
  var bench: [String] = []

  @Option(help: ArgumentHelp("Write the profile to this YAML file.", valueName: "file"))
  var profile: String?

  @Option(help: ArgumentHelp("What the profile is called.", valueName: "name"))
  var name: String?

  @Option(
    help: ArgumentHelp("The server's max_num_batched_tokens (default 2048).", valueName: "tokens"))
  var tokenBudget: Int?

  @Option(help: ArgumentHelp("The server's max_num_seqs.", valueName: "n"))
  var maxSequences: Int?

  @Option(
    help: ArgumentHelp("Tokens that its KV cache holds, as its log says.", valueName: "tokens"))
  var kvTokens: Int?

  @Option(help: ArgumentHelp("Tokens in a block of its KV cache.", valueName: "tokens"))
  var blockSize = 16

  @Option(help: ArgumentHelp("Servers that shared the load.", valueName: "n"))
  var replicas = 1

  @OptionGroup var period: PeriodOptions
  @OptionGroup var history: HistoryOptions
  @OptionGroup var output: OutputOptions

  func validate() throws {
    for (name, value) in [
      ("--token-budget", tokenBudget), ("--max-sequences", maxSequences), ("--kv-tokens", kvTokens),
      ("--block-size", blockSize), ("--replicas", replicas),
    ] {
      guard let value else { continue }
      if !(1...1_000_000_000).contains(value) {
        throw ValidationError("\(name) takes a number from 1 on, not \(value)")
      }
    }
    if let kvTokens, kvTokens < blockSize {
      throw ValidationError("--kv-tokens \(kvTokens) is less than one block of \(blockSize)")
    }
  }

  func run() async throws {
    var settings = Calibration.Settings()
    settings.tokenBudget = tokenBudget
    settings.maxSequences = maxSequences
    settings.cacheTokens = kvTokens
    settings.blockSize = blockSize
    settings.replicas = replicas
    do {
      try await bench.isEmpty ? fitHistory(settings) : fitBenchmarks(settings)
    } catch let refusal as Calibration.Refusal {
      throw Refusal(refusal.description)
    }
  }

  private func fitHistory(_ settings: Calibration.Settings) async throws {
    let (ledger, _) = try await history.open(saying: output.say)
    let period = try period.period(in: ledger) { ($0, $1) }
    let past = try ledger.history(
      period: period, where: self.period.parsedFilters(),
      excludingSources: self.period.excludeSource)
    let models = Set(past.kinds.map(\.model)).sorted().joined(separator: ", ")
    let calibration = try Calibration(
      past, settings, name: name ?? (models.isEmpty ? "server" : models))
    try save(calibration.profile)
    try output.write(CalibrationReport.make(calibration, savedAs: profile))
  }

  private func fitBenchmarks(_ settings: Calibration.Settings) throws {
    var points: [BenchmarkPoint] = []
    for path in bench {
      let found = BenchmarkPoint.points(of: try JSONDocument.read(path: path))
      if found.isEmpty {
        throw Refusal(
          "\(path): no benchmark point found; expected the JSON of vllm bench serve, GuideLLM, "
            + "GenAI-Perf or AIPerf, with tokens, output throughput and time per output token")
      }
      points += found
    }
    let model = points.compactMap(\.model).first
    let fit = try BenchmarkFit(points, settings, name: name ?? model ?? "server")
    try save(fit.profile)
    try output.write(CalibrationReport.make(fit, savedAs: profile))
  }

  private func save(_ file: ProfileFile) throws {
    if let profile { try OutputFile(profile).write(Data(file.text.utf8)) }
  }
}
