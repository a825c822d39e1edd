import Foundation
import Synchronization
import Usage

/// One line on standard error that shows how far an ingest is; only on a terminal, wiped at the end.
final class Progress: Sendable {
  private struct State {
    var files = 0
    var records = 0
    var bytes = 0
    var lastShown: TimeInterval = 0
    var isShown = false
  }

  private let state = Mutex(State())
  private let started = Date().timeIntervalSinceReferenceDate
  private let totalFiles: Int
  private let totalBytes: Int
  private let isEnabled: Bool

  /// The line appears after 0.2 s and changes at most ten times a second.
  init(files: Int, bytes: Int, isEnabled: Bool) {
    totalFiles = files
    totalBytes = bytes
    self.isEnabled = isEnabled && Terminal.isTerminal(2)
  }

  func add(records: Int, bytes: Int) {
    update {
      $0.records += records
      $0.bytes += bytes
    }
  }

  func finishFile() { update { $0.files += 1 } }

  private func update(_ change: (inout State) -> Void) {
    let line = state.withLock { state -> String? in
      change(&state)
      guard isEnabled else { return nil }
      let now = Date().timeIntervalSinceReferenceDate
      guard now - started > 0.2, now - state.lastShown > 0.1 else { return nil }
      state.lastShown = now
      state.isShown = true
      return describe(state, elapsed: now - started)
    }
    guard let line else { return }
    // A line that wraps could not be wiped.
    let shown = line.prefix(Terminal.width - 1)
    Terminal.writeError("\r\u{1B}[K\(shown)")
  }

  private func describe(_ state: State, elapsed: TimeInterval) -> String {
    let rate = Double(state.records) / elapsed
    var line =
      "\(grouped(state.files))/\(grouped(totalFiles)) files, "
      + "\(grouped(state.bytes >> 20))/\(grouped(totalBytes >> 20)) MiB, "
      + "\(grouped(state.records)) records, \(grouped(Int(rate)))/s"
    if state.bytes > 0, totalBytes > state.bytes {
      let left = elapsed * Double(totalBytes - state.bytes) / Double(state.bytes)
      line += ", \(Int(left.rounded(.up))) s left"
    }
    return line
  }

  func wipe() {
    if state.withLock({ $0.isShown }) {
      Terminal.writeError("\r\u{1B}[K")
    }
  }
}
