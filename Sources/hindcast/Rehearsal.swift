import Foundation
import UsageLedger

/// A copy of a ledger for a run that must change nothing.
struct Rehearsal {
  let ledger: Ledger
  private let folder: URL?

  /// A copy of the ledger at `path`; an empty one where there is none.
  init(of path: String) throws {
    guard FileManager.default.fileExists(atPath: path) else {
      (ledger, folder) = (try Ledger.inMemory(), nil)
      return
    }
    let folder = FileManager.default.temporaryDirectory
      .appending(path: "hindcast-dry-run-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    let copy = folder.appending(path: "ledger.sqlite").path
    do {
      try Ledger(readingOnly: path).copy(to: copy)
      (ledger, self.folder) = (try Ledger(path: copy), folder)
    } catch {
      try? FileManager.default.removeItem(at: folder)
      throw error
    }
  }

  func remove() {
    if let folder { try? FileManager.default.removeItem(at: folder) }
  }
}
