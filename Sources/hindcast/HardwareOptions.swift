import ArgumentParser
import Replay
import Usage

/// Which hardware, models and measurements are known: the compiled-in catalogue and the user's own.
struct HardwareOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "Your own GPUs, models or throughput points as YAML, added to the catalogue; repeatable.",
      valueName: "file"))
  var hardware: [String] = []

  func catalogue() throws -> HardwareCatalogue {
    var catalogue = try HardwareCatalogue.builtIn.get()
    for path in hardware { try catalogue.add(YAMLDocument.read(path: path), file: path) }
    return catalogue
  }
}

extension HardwareCatalogue {
  /// The compiled-in files, read when first asked for.
  static let builtIn = Result {
    var catalogue = HardwareCatalogue()
    for file in files {
      try catalogue.add(YAMLDocument.parse(file.text, file: file.name), file: file.name)
    }
    return catalogue
  }
}
