import Foundation

/// `hindcast logs/*.gz`: paths in place of a command are logs to look at once.
enum ShortForm {
  /// The arguments with the command that they leave out; nil when the first is neither a command nor
  /// a path, nor an option.
  static func expand(_ arguments: [String], commands: [String]) -> [String]? {
    guard let first = arguments.first else { return arguments }
    if commands.contains(first) || first == "help" { return arguments }
    if first == "-" || FileManager.default.fileExists(atPath: first) {
      let asksForReplay = arguments.contains {
        $0 == "--options" || $0 == "--option" || $0.hasPrefix("--options=")
          || $0.hasPrefix("--option=")
      }
      return [asksForReplay ? "replay" : "usage", "--logs"] + arguments
    }
    return first.hasPrefix("-") ? arguments : nil
  }
}
