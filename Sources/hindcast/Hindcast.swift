import ArgumentParser

@main
struct Hindcast: AsyncParsableCommand {
  static let configuration = CommandConfiguration(commandName: "hindcast", version: "0.1.0")
}
