import Foundation

/// The built program, run as a user runs it.
struct Program {
  struct Run {
    var output: String
    var errors: String
    var exit: Int32

    /// The output as a JSON object; empty when it is none.
    var json: [String: Any] {
      (try? JSONSerialization.jsonObject(with: Data(output.utf8))) as? [String: Any] ?? [:]
    }
  }

  /// The folder of the package: fixtures and README are found from here.
  static let package = URL(fileURLWithPath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent()

  static let executable =
    Bundle.allBundles
    .map { $0.bundleURL.deletingLastPathComponent().appending(path: "hindcast") }
    .first { FileManager.default.isExecutableFile(atPath: $0.path) }
    ?? URL(fileURLWithPath: CommandLine.arguments[0]).deletingLastPathComponent()
    .appending(path: "hindcast")

  /// Without the book's date and hash, which change with every price: outputs stay comparable.
  static func withoutBookVersion(_ text: String) -> String {
    text.replacing(#/price book \d{4}-\d\d-\d\d \(sha256 [0-9a-f]+\)/#, with: "price book")
      .replacing(#/"version": "\d{4}-\d\d-\d\d",\s+"sha256": "[0-9a-f]+"/#, with: "\"version\"")
  }

  /// Runs `hindcast` with these arguments in `folder`, without the caller's own settings.
  static func run(
    _ arguments: [String], in folder: URL = package, input: Data? = nil,
    environment: [String: String] = [:]
  ) throws -> Run {
    let process = Process()
    process.executableURL = executable
    process.arguments = arguments
    process.currentDirectoryURL = folder
    process.environment = ["PATH": "/usr/bin:/bin", "LANG": "C.UTF-8"].merging(
      environment, uniquingKeysWith: { $1 })
    // Files instead of pipes: a pipe fills up when nobody reads it yet.
    let scratch = try Scratch()
    let output = scratch.file("stdout")
    let errors = scratch.file("stderr")
    for url in [output, errors] { try Data().write(to: url) }
    process.standardOutput = try FileHandle(forWritingTo: output)
    process.standardError = try FileHandle(forWritingTo: errors)
    if let input {
      let url = scratch.file("stdin")
      try input.write(to: url)
      process.standardInput = try FileHandle(forReadingFrom: url)
    } else {
      process.standardInput = FileHandle.nullDevice
    }
    try process.run()
    process.waitUntilExit()
    return Run(
      output: String(decoding: try Data(contentsOf: output), as: UTF8.self),
      errors: String(decoding: try Data(contentsOf: errors), as: UTF8.self),
      exit: process.terminationStatus)
  }
}

/// A folder of its own for one test, removed with it.
final class Scratch: Sendable {
  let folder: URL

  init() throws {
    folder = FileManager.default.temporaryDirectory.appending(path: "hindcast-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
  }

  deinit { try? FileManager.default.removeItem(at: folder) }

  func file(_ name: String) -> URL { folder.appending(path: name) }

  @discardableResult
  func write(_ name: String, _ text: String) throws -> URL {
    let url = file(name)
    try FileManager.default.createDirectory(
      at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
    try Data(text.utf8).write(to: url)
    return url
  }
}
