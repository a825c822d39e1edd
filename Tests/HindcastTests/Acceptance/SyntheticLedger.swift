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
    /// `key=value` of every request.
    var tag: String? = nil

    func tagged(_ tag: String) -> Load {
      var load = self
      load.tag = tag
      return load
    }

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
    for (index, load) in loads.enumerated() {
      var text = ""
      for i in 0..<load.requests {
        let created = load.first + Int(Double(i) * load.every)
        text +=
          #"{"id":"chatcmpl-\#(index)-\#(i)","object":"chat.completion","created":\#(created),"#
          + #""model":"\#(load.model)","usage":{"prompt_tokens":\#(load.input),"#
          + #""completion_tokens":\#(load.output),"total_tokens":\#(load.input + load.output)}}"#
          + "\n"
      }
      let tags = load.tag.map { ["--tag", $0] } ?? []
      try ingest(text, as: "log\(index).ndjson", tags, expecting: load.requests)
    }
  }

  /// A gateway's log, which tells times: one request a row of (provider, start, first token, end).
  init(gateway rows: [(provider: String, start: Double, first: Double?, end: Double)], output: Int)
    throws
  {
    scratch = try Scratch()
    func time(_ seconds: Double) -> String {
      let whole = Int(seconds)
      let micro = String(Int(((seconds - Double(whole)) * 1e6).rounded()) + 1_000_000).dropFirst()
      let clock = [whole / 60, whole % 60].map { ($0 < 10 ? "0" : "") + "\($0)" }
      return "2026-09-01 10:\(clock[0]):\(clock[1]).\(micro)"
    }
    var text = ""
    for (index, row) in rows.enumerated() {
      let first = row.first.map { #""completionStartTime":"\#(time($0))","# } ?? ""
      text +=
        #"{"request_id":"r\#(index)","call_type":"acompletion","api_key":"k","spend":0.1,"#
        + #""startTime":"\#(time(row.start))",\#(first)"endTime":"\#(time(row.end))","model":"m","#
        + #""prompt_tokens":100,"completion_tokens":\#(output),"total_tokens":\#(100 + output),"#
        + #""custom_llm_provider":"\#(row.provider)"}"# + "\n"
    }
    try ingest(text, as: "gateway.ndjson", [], expecting: rows.count)
  }

  private func ingest(
    _ text: String, as name: String, _ arguments: [String], expecting requests: Int
  ) throws {
    let log = try scratch.write(name, text)
    let run = try Program.run(["ingest", "--ledger", path, "--json"] + arguments + [log.path])
    let totals = try #require(run.json["totals"] as? [String: Any], "\(run.errors)")
    #expect(totals["requests"] as? Int == requests, "\(run.output)")
  }

  /// A replay against an options file with this text.
  func replay(_ options: String, _ arguments: String...) throws -> Replayed {
    Replayed(run: try run(options, arguments + ["--json"]))
  }

  /// The same as people see it.
  func table(_ options: String, _ arguments: String...) throws -> String {
    try run(options, arguments).output
  }

  /// A replay against built-in option sets and options.
  func replay(builtIn arguments: String...) throws -> Replayed {
    Replayed(run: try Program.run(["replay", "--ledger", path, "--json"] + arguments))
  }

  func run(_ options: String, _ arguments: [String]) throws -> Program.Run {
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

  /// An object inside an option, as `capacity` or `fit`.
  func part(_ key: String, of name: String) throws -> [String: Any] {
    try #require(try option(name)[key] as? [String: Any], "\(name) has no '\(key)'")
  }

  /// The entry of a list of an option that is against another one.
  func against(_ other: String, _ key: String, of name: String) throws -> [String: Any] {
    let list = try #require(try option(name)[key] as? [[String: Any]])
    return try #require(list.first { $0["against"] as? String == other }, "\(list)")
  }

  func reasons(_ name: String) throws -> [String] {
    try option(name)["reasons"] as? [String] ?? []
  }

  /// A number of a part rounded half to even; nil where it is null.
  static func number(_ value: Any?, _ decimals: Int) -> String? {
    if let text = value as? String { return rounded(text, decimals) }
    return (value as? NSNumber).flatMap { rounded("\($0)", decimals) }
  }

  func line(_ line: String, of name: String, decimals: Int = 2) throws -> String? {
    let lines = try #require(try option(name)["lines"] as? [[String: Any]])
    let found = try #require(lines.first { $0["name"] as? String == line }, "no line '\(line)'")
    return Replayed.rounded(found["amount"] as? String, decimals)
  }

  func basis(_ line: String, of name: String) throws -> String {
    let lines = try #require(try option(name)["lines"] as? [[String: Any]])
    let found = try #require(lines.first { $0["name"] as? String == line }, "no line '\(line)'")
    return found["basis"] as? String ?? ""
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
