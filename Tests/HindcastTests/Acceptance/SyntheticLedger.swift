import Foundation
import Testing

/// A ledger filled through `hindcast ingest` from an invented log, for the acceptance rows.
struct SyntheticLedger: Sendable {
  /// Requests of one size, evenly spaced.
  struct Load {
    var model = "gpt-4"
    var requests: Int
    var input: Int
    var output = 0
    /// Seconds since 1970 of the first request.
    var first: Int
    /// Seconds between two requests.
    var every: Double

    /// `perDay` requests on each of `days` days from `day` on, the first at midnight UTC.
    static func daily(
      _ model: String, perDay: Int, input: Int, output: Int = 0, from day: String, days: Int
    ) -> Load {
      Load(
        model: model, requests: perDay * days, input: input, output: output,
        first: Load.midnight(day), every: 86_400 / Double(perDay))
    }

    static func once(_ model: String, input: Int, output: Int = 0, at time: String) -> Load {
      Load(
        model: model, requests: 1, input: input, output: output, first: Load.second(time), every: 1)
    }

    static func midnight(_ day: String) -> Int { second(day + "T00:00:00Z") }

    static func second(_ time: String) -> Int {
      Int(try! Date(time, strategy: .iso8601).timeIntervalSince1970)  // literals of the tests
    }
  }

  let scratch: Scratch
  var path: String { scratch.file("hindcast.sqlite").path }

  init(_ loads: [Load]) throws {
    scratch = try Scratch()
    var text = ""
    for (index, load) in loads.enumerated() {
      for i in 0..<load.requests {
        let created = load.first + Int(Double(i) * load.every)
        text +=
          #"{"id":"chatcmpl-\#(index)-\#(i)","object":"chat.completion","created":\#(created),"#
          + #""model":"\#(load.model)","usage":{"prompt_tokens":\#(load.input),"#
          + #""completion_tokens":\#(load.output),"total_tokens":\#(load.input + load.output)}}"#
          + "\n"
      }
    }
    let log = try scratch.write("log.ndjson", text)
    let run = try Program.run(["ingest", "--ledger", path, "--json", log.path])
    let totals = try #require(run.json["totals"] as? [String: Any], "\(run.errors)")
    #expect(totals["requests"] as? Int == loads.reduce(0) { $0 + $1.requests })
  }

  /// A replay against an options file with this text.
  func replay(_ options: String, _ arguments: String...) throws -> Replayed {
    Replayed(run: try run(options, arguments + ["--json"]))
  }

  /// The same as people see it.
  func table(_ options: String, _ arguments: String...) throws -> String {
    try run(options, arguments).output
  }

  private func run(_ options: String, _ arguments: [String]) throws -> Program.Run {
    // A name of its own: tests that share a ledger run side by side.
    let file = try scratch.write("\(UUID()).yaml", "schema: hindcast-options/1\n" + options)
    return try Program.run(["replay", "--ledger", path, "--options", file.path] + arguments)
  }
}

/// What a replay printed.
struct Replayed {
  var run: Program.Run

  var options: [[String: Any]] { run.json["options"] as? [[String: Any]] ?? [] }

  func option(_ name: String) throws -> [String: Any] {
    try #require(options.first { $0["name"] as? String == name }, "\(run.output)\n\(run.errors)")
  }

  /// An amount of an option rounded half to even to `decimals`; nil where it is null.
  func amount(_ key: String, of name: String, decimals: Int = 2) throws -> String? {
    Replayed.rounded(try option(name)[key] as? String, decimals)
  }

  func total(_ name: String) throws -> String? { try amount("total", of: name) }

  func line(_ line: String, of name: String, decimals: Int = 2) throws -> String? {
    let lines = try #require(try option(name)["lines"] as? [[String: Any]])
    let found = try #require(lines.first { $0["name"] as? String == line }, "no line '\(line)'")
    return Replayed.rounded(found["amount"] as? String, decimals)
  }

  static func rounded(_ text: String?, _ decimals: Int) -> String? {
    guard let text, var value = Decimal(string: text) else { return nil }
    var result = Decimal()
    unsafe NSDecimalRound(&result, &value, decimals, .bankers)
    let parts = "\(result)".split(separator: ".")
    let fraction = parts.count > 1 ? String(parts[1]) : ""
    guard decimals > 0 else { return String(parts[0]) }
    return parts[0] + "." + fraction + String(repeating: "0", count: decimals - fraction.count)
  }
}
