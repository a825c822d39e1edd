import ArgumentParser
import Replay
import Reports
import Usage

/// Whether a model fits GPUs.
struct FitCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "fit", abstract: "Say whether a model fits GPUs, and how fast one stream can be.",
    discussion: """
      Examples:
        hindcast options fit llama-3.3-70b --precision int8 --gpu A100-80GB
        hindcast options fit llama-3.3-70b --precision q4_k_m --gpu RTX-4090 --count 2 --split layer

      Bytes against bytes: 90 % of what the GPUs report, weights with their scales, the KV cache in fp16.
      """)

  @Argument(help: "The model.")
  var model: String

  @Option(help: "What its weights are stored in, as bf16, fp8, int8, q4_k_m.")
  var precision = "bf16"

  @Option(help: "The GPU.")
  var gpu: String

  @Option(help: "How many of them.")
  var count = 1

  @Option(help: "How a replica uses several: tensor, or layer after layer.")
  var split = "tensor"

  @Option(help: ArgumentHelp("Parameters in billions instead of the catalogue's.", valueName: "n"))
  var parameters: String?

  @Option(
    help: ArgumentHelp("Held against the ceiling of one stream, tokens a second.", valueName: "n"))
  var singleStream: String?

  @OptionGroup var hardware: HardwareOptions
  @OptionGroup var output: OutputOptions

  func validate() throws {
    guard (1...10_000).contains(count) else {
      throw ValidationError("--count takes a whole number from 1 to 10000")
    }
    guard Fit.Split(rawValue: split) != nil else {
      throw ValidationError("--split takes tensor or layer, not '\(split)'")
    }
    for (name, text) in [("--parameters", parameters), ("--single-stream", singleStream)] {
      if let text,
        ExactDecimal(text).map({ $0 <= .zero || $0 > ExactDecimal(units: 1_000_000) })
          ?? true
      {
        throw ValidationError("\(name) takes a number above 0, not '\(text)'")
      }
    }
  }

  func run() throws {
    let catalogue = try hardware.catalogue()
    var model = try find(catalogue.model(named: model), model, catalogue.models.map(\.id), "model")
    let precision = try find(
      catalogue.precision(named: precision), precision, catalogue.precisions.map(\.id), "precision")
    let gpu = try find(catalogue.gpu(named: gpu), gpu, catalogue.gpus.map(\.id), "GPU")
    if let parameters, let units = ExactDecimal(parameters)?.units(atScale: 9) {
      model.parameters = Int64(clamping: units)
      model.activeParameters = model.parameters
    }
    let fit = Fit(
      model, precision, on: gpu, count: count, split: Fit.Split(rawValue: split) ?? .tensor)
    try output.write(
      FitReport.make(fit, singleStream: singleStream.flatMap { ExactDecimal($0) }))
    if !fit.fits { throw ExitCode.failure }
  }

  private func find<Found>(
    _ found: Found?, _ name: String, _ known: [String], _ what: String
  ) throws -> Found {
    if let found { return found }
    let hint = nearest(to: name, among: known).map { "; did you mean '\($0)'?" } ?? ""
    throw Refusal(
      "the catalogue knows no \(what) '\(name)'\(hint) Known: \(known.joined(separator: ", "))")
  }
}
