import Testing
import UsageLogs

/// What shells get to complete.
@Suite struct CompletionTests {
  @Test(arguments: ["bash", "zsh", "fish"]) func knowsEveryFormat(shell: String) throws {
    let run = try Program.run(["--generate-completion-script", shell])
    #expect(run.exit == 0)
    for format in LogFormats.all {
      #expect(run.output.contains(format.facts.name), "\(format.facts.name) in \(shell)")
    }
    #expect(run.output.contains("h100-rental"))
  }
}
