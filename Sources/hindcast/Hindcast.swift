import ArgumentParser

/// The program: arguments in, documents out.
@main
struct Hindcast: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "hindcast",
    abstract: "What did our LLM usage cost, and what would it have cost elsewhere?",
    discussion: """
      Examples:
        hindcast ingest logs/                    read every log below logs/ into ./hindcast.sqlite
        hindcast usage --by day,model            tokens per day and model
        hindcast replay --option h100-rental     the same month on a rented GPU
        hindcast replay --options options.yaml   against your own options
        hindcast usage --logs logs/*.gz          one shot, nothing written

      Exit codes: 0 done; 1 failed, nothing to show; 2 done, but some input was skipped or
      unpriced (--strict makes it 1); 64 wrong arguments; 130 interrupted.
      """,
    version: "0.1.0",
    subcommands: [
      IngestCommand.self, UsageCommand.self, ReplayCommand.self, PricesCommand.self,
      OptionsCommand.self, FormatsCommand.self, LedgerCommand.self,
    ])
}
