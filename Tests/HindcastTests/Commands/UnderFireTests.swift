import Foundation
import Testing

/// A short round of Benchmarks/underfire.py; run that by itself for as long as you like.
@Suite struct UnderFireTests {
  static let python = ["/usr/bin/python3", "/usr/local/bin/python3"]
    .first { FileManager.default.isExecutableFile(atPath: $0) }

  @Test(.enabled(if: python != nil, "no python3"), arguments: ["kill", "replaced", "truncated"])
  func totalsAreThoseOfAnUndisturbedRun(trial: String) throws {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: try #require(Self.python))
    process.arguments = [
      Program.package.appending(path: "Benchmarks/underfire.py").path, "--program",
      Program.executable.path, "--rows", "300", "--kills", "2", "--only", trial,
    ]
    let output = Pipe()
    process.standardOutput = output
    process.standardError = output
    try process.run()
    let said = output.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    #expect(process.terminationStatus == 0, "\(String(decoding: said, as: UTF8.self))")
  }
}
