import Foundation

/// Where a result goes: a file, what stands in a file's place, or standard output.
struct OutputFile {
  /// Nil for standard output.
  private let path: String?

  init(_ path: String?) { self.path = path }

  /// A file holds the whole result or what it held before. Links are followed; pipes and devices are
  /// written to, not replaced.
  func write(_ data: Data) throws {
    do {
      guard let path else { return try FileHandle.standardOutput.write(contentsOf: data) }
      let file = URL(fileURLWithPath: path).resolvingSymlinksInPath()
      let attributes = try? FileManager.default.attributesOfItem(atPath: file.path)
      let type = attributes?[.type] as? FileAttributeType
      guard type == nil || type == .typeRegular else {
        let handle = try FileHandle(forWritingTo: file)
        try handle.write(contentsOf: data)
        return try handle.close()
      }
      try refuseDatabase(file, called: path)
      try data.write(to: file, options: .atomic)
    } catch let refusal as Refusal {
      throw refusal
    } catch {
      throw Refusal("cannot write \(path ?? "standard output"): \(reason(error))")
    }
  }

  /// A slip of the pen must not cost a ledger.
  private func refuseDatabase(_ file: URL, called path: String) throws {
    guard let handle = try? FileHandle(forReadingFrom: file),
      let head = try? handle.read(upToCount: 16), head == Data("SQLite format 3\0".utf8)
    else { return }
    throw Refusal("\(path) is a SQLite database, perhaps a ledger; write to another file")
  }

  /// What the system said, where Foundation wraps it.
  private func reason(_ error: any Error) -> String {
    let underlying = (error as NSError).userInfo[NSUnderlyingErrorKey] as? NSError
    let innermost = underlying ?? error as NSError
    return innermost.localizedFailureReason ?? error.localizedDescription
  }
}
