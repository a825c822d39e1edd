import ArgumentParser
import Usage

/// The program: arguments in, documents out.
@main
struct Hindcast: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "hindcast",
    abstract: "What did our LLM usage cost, and what would it have cost elsewhere?",
    discussion: """
      Examples:
        hindcast ingest logs/                   logs into ./hindcast.sqlite
        hindcast usage --by day,model           tokens per day and model
        hindcast replay --option h100-rental    the same month on a rented GPU
        hindcast replay --options options.yaml  against your own options
        hindcast logs/*.gz                      one shot, nothing written

      Exit codes:
          0  done
          1  failed, nothing to show
          2  done, but some input was skipped or unpriced (--strict: 1)
         64  wrong arguments
        130  interrupted
      """,
    version: "0.1.0",
    subcommands: [
      IngestCommand.self, UsageCommand.self, ReplayCommand.self, RepriceCommand.self,
      CalibrateCommand.self, PricesCommand.self, OptionsCommand.self, FormatsCommand.self,
      LedgerCommand.self,
    ])

  static func main() async {
    let commands = configuration.subcommands.compactMap { $0.configuration.commandName }
    let arguments = Array(CommandLine.arguments.dropFirst())
    guard let whole = ShortForm.expand(arguments, commands: commands) else {
      let hint = nearest(to: arguments[0], among: commands)
      Terminal.printError(
        "Error: there is no command or file '\(arguments[0])'"
          + (hint.map { "; did you mean 'hindcast \($0)'?" } ?? "")
          + "\n  See 'hindcast --help' for more information.")
      exit(withError: ExitCode.validationFailure)
    }
    await main(whole)
  }
}
