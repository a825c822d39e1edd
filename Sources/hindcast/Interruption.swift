import CSystem

/// Ctrl-C: noted, so that work in hand can end cleanly.
enum Interruption {
  /// From here on the first Ctrl-C sets `isRequested`; the second ends the program.
  static func watch() { watch_interrupt() }

  static var isRequested: Bool { interrupt_is_noted() != 0 }
}

/// Thrown out of a reading loop after Ctrl-C.
struct Interrupted: Error {}
