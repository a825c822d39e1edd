import CSystem
import Foundation
import Reports

/// What stands at the other end of standard output and standard error.
enum Terminal {
  static func isTerminal(_ descriptor: Int32) -> Bool { isatty(descriptor) == 1 }

  /// Columns of the terminal; 80 when it does not say.
  static var width: Int {
    let reported = Int(terminal_columns())
    if reported > 0 { return reported }
    if let text = environment("COLUMNS"), let columns = Int(text), columns > 0 { return columns }
    return 80
  }

  /// Colour only on a terminal that wants it: https://no-color.org, read 2026-11-24.
  static func usesColor(_ descriptor: Int32) -> Bool {
    if environment("NO_COLOR")?.isEmpty == false { return false }
    return isTerminal(descriptor) && environment("TERM") != "dumb"
  }

  static var usesUnicode: Bool {
    let locale = environment("LC_ALL") ?? environment("LC_CTYPE") ?? environment("LANG") ?? ""
    let name = locale.lowercased()
    return name.contains("utf-8") || name.contains("utf8")
  }

  static func environment(_ name: String) -> String? { ProcessInfo.processInfo.environment[name] }

  static func printError(_ text: String) {
    let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
    writeError(lines.map { String($0).visible }.joined(separator: "\n") + "\n")
  }

  /// Standard error may be closed or full, which is no reason to stop.
  static func writeError(_ text: String) {
    try? FileHandle.standardError.write(contentsOf: Data(text.utf8))
  }
}
