import Foundation
import Testing

/// What `--output` writes to, and output that cannot be written.
@Suite struct OutputFileTests {
  private func usage(_ output: String, in scratch: Scratch) throws -> Program.Run {
    let logs = Program.package.appending(path: "fixtures/logs/bedrock").path
    return try Program.run(
      ["usage", "--logs", logs, "--quiet", "--output", output], in: scratch.folder)
  }

  @Test func followsLinks() throws {
    let scratch = try Scratch()
    let (file, link) = (scratch.file("real.txt"), scratch.file("link.txt"))
    try Data("old".utf8).write(to: file)
    try FileManager.default.createSymbolicLink(at: link, withDestinationURL: file)
    #expect(try usage(link.path, in: scratch).exit == 0)
    #expect(try String(contentsOf: file, encoding: .utf8).hasPrefix("Usage by"))
    let type = try FileManager.default.attributesOfItem(atPath: link.path)[.type]
    #expect(type as? FileAttributeType == .typeSymbolicLink)
  }

  /// A device is written to and stays one. Run as root it could be replaced.
  @Test func leavesDevicesAlone() throws {
    let scratch = try Scratch()
    #expect(try usage("/dev/null", in: scratch).exit == 0)
    let full = try usage("/dev/full", in: scratch)
    #expect(full.exit == 1)
    #expect(full.errors == "Error: cannot write /dev/full: No space left on device\n")
    for device in ["/dev/null", "/dev/full"] {
      let type = try FileManager.default.attributesOfItem(atPath: device)[.type]
      #expect(type as? FileAttributeType == .typeCharacterSpecial)
    }
  }
}
