import Foundation
import Testing
import Usage
import UsageLogs

private func clock(_ i: Int) -> String {
  ["00:10", "00:20", "00:30", "00:40", "00:50", "01:00"][i]
}
private func escaped(_ line: String) -> String {
  line.replacingOccurrences(of: "\\", with: "\\\\").replacingOccurrences(of: "\"", with: "\\\"")
}
private func epoch(_ i: Int) -> Int { 1_750_068_010 + 10 * i }  // 2025-06-16T10:00:10Z

@Suite struct VLLMWrapperTests {
  /// Every wrapper around the same six lines.
  static let wrappers: [(name: String, wrap: @Sendable (Int, String) -> String)] = [
    ("CRLF", { _, line in line + "\r" }),
    ("ANSI", { _, line in "\u{1B}[32mINFO\u{1B}[0m" + line.dropFirst(4) }),
    ("coloured tag", { _, line in "\u{1B}[1;36m(APIServer pid=1)\u{1B}[0;0m " + line }),
    ("process tag", { _, line in "(APIServer pid=1) " + line }),
    ("CRI", { i, line in "2025-06-16T10:\(clock(i)).000000000Z stdout F " + line }),
    (
      "CRI in pieces",
      { i, line in
        let head = "2025-06-16T10:\(clock(i)).000000000Z stdout "
        let other = "2025-06-16T10:\(clock(i)).000000000Z stderr P something else"
        let cut = line.range(of: "Avg generation ")!.upperBound
        return head + "P " + line[..<cut] + "\n" + other + "\n" + head + "F " + line[cut...]
      }
    ),
    (
      "docker json",
      { i, line in
        #"{"log":"\#(escaped(line))\n","stream":"stdout","time":"2025-06-16T10:\#(clock(i)).000000Z"}"#
      }
    ),
    (
      "docker json in pieces",
      { i, line in
        let tail = #"","stream":"stdout","time":"2025-06-16T10:\#(clock(i)).000000Z"}"#
        let cut = line.range(of: "Avg generation ")!.upperBound
        return #"{"log":"other\n"# + tail + "\n" + #"{"log":"\#(line[..<cut])"# + tail + "\n"
          + #"{"log":"\#(line[cut...])\n"# + tail
      }
    ),
    ("docker logs -t", { i, line in "2025-06-16T10:\(clock(i)).000000000Z " + line }),
    ("compose", { _, line in "qwen35-4b-vllm  | (APIServer pid=1) " + line }),
    ("Docker Desktop", { i, line in "2025-06-16 12:\(clock(i)).000 | " + line }),
    ("journald", { i, line in "Jun 16 10:\(clock(i)) ml2-1 vllm[361991]: " + line }),
    ("journald iso", { i, line in "2025-06-16T12:\(clock(i))+0200 ml2-1 vllm[361991]: " + line }),
    (
      "journald JSON",
      { i, line in
        #"{"__REALTIME_TIMESTAMP":"\#(epoch(i))000000","MESSAGE":"\#(escaped(line))","_PID":"7"}"#
      }
    ),
    (
      "journald bytes",
      { i, line in
        #"{"__REALTIME_TIMESTAMP":"\#(epoch(i))000000","MESSAGE":\#(Array(line.utf8)),"_PID":"7"}"#
      }
    ),
    ("kubectl", { i, line in "[pod/vllm-0/server] 2025-06-16T10:\(clock(i))Z " + line }),
    (
      "epoch and tab",
      { i, line in
        "\(epoch(i))000\t2025-06-16T10:\(clock(i)).000Z\t" + line
      }
    ),
    (
      "Ray",
      { _, line in
        "(ServeReplica:default:LLMServer:qwen-0_5b pid=62683) (EngineCore pid=64296) " + line
      }
    ),
    ("Ray actor", { _, line in "(_AsyncLLMEngine pid=1974, ip=10.0.0.2) " + line }),
    (
      "Loki jsonl",
      { i, line in
        #"{"labels":{"app":"vllm"},"line":"\#(escaped(line))","timestamp":"2025-06-16T10:\#(clock(i))Z"}"#
      }
    ),
    ("Loki text", { i, line in #"2025-06-16T10:\#(clock(i))Z {app="vllm", pod="a"} "# + line }),
    (
      "Fluent Bit",
      { i, line in
        #"{"date":\#(epoch(i)).0,"stream":"stdout","logtag":"F","log":"\#(escaped(line))","#
          + #""kubernetes":{"pod_name":"vllm-0"}}"#
      }
    ),
    (
      "JSON logging",
      { i, line in
        let message = line[line.range(of: "Engine 000")!.lowerBound...]
        return #"2025-06-16T10:\#(clock(i))Z {"message": "\#(message)"}"#
      }
    ),
    (
      "CRI around docker logs around compose",
      { i, line in
        "2025-06-16T10:\(clock(i)).000Z stdout F a-1  | 2025-06-16T10:\(clock(i)).1Z (Worker pid=3) "
          + line
      }
    ),
    ("a prefix of the user's", { _, line in "[gpu-7] " + line }),
    (
      "NIM",
      { i, line in
        "INFO 2025-06-16 10:\(clock(i)).000 loggers.py:87] "
          + line[line.range(of: "Engine 000")!.lowerBound...]
      }
    ),
  ]

  @Test(arguments: wrappers.indices) func changesNothing(index: Int) throws {
    let (name, wrap) = VLLMWrapperTests.wrappers[index]
    let text = sixStatistics.enumerated().map { wrap($0.offset, $0.element) }.joined(
      separator: "\n")
    let log = try readServerLog(text)
    #expect(log.outcome.format == "vllm", "\(name)")
    #expect(log.prompt == 1629, "\(name)")
    #expect(log.output == 669, "\(name)")
    #expect(log.starts.first == "2025-06-16T10:00:00Z", "\(name)")
    #expect(log.outcome.skipped == 0, "\(name)")
  }

  /// A log read while its last line is written: whatever is counted then is counted under the same
  /// identities when the line is whole.
  @Test(arguments: wrappers.indices) func keepsIdentitiesOfALineHalfWritten(index: Int) throws {
    let (name, wrap) = VLLMWrapperTests.wrappers[index]
    let lines = sixStatistics.prefix(3).enumerated().map { wrap($0.offset, $0.element) }
    let text = lines.joined(separator: "\n") + "\n"
    let whole = Set(try readServerLog(text).records.map(\.identity))
    let last = text.utf8.count - lines[2].utf8.count
    for end in stride(from: last, to: text.utf8.count, by: 3) {
      let half = try readServerLog(String(decoding: text.utf8.prefix(end), as: UTF8.self))
      let strangers = half.records.filter {
        $0.tokens.total > 0 && !whole.contains($0.identity)
      }
      #expect(strangers.isEmpty, "\(name), cut at byte \(end) of \(text.utf8.count)")
    }
  }

  @Test func sortsNewestFirst() throws {
    let (_, wrap) = VLLMWrapperTests.wrappers.first { $0.name == "Loki jsonl" }!
    let lines = sixStatistics.enumerated().map { wrap($0.offset, $0.element) }
    for text in [
      lines.reversed().joined(separator: "\n"),
      [3, 0, 5, 1, 4, 2].map { lines[$0] }.joined(separator: "\n"),
    ] {
      let log = try readServerLog(text)
      #expect(log.prompt == 1629 && log.output == 669)
      #expect(log.starts.first == "2025-06-16T10:00:00Z")
    }
    let bare = try readServerLog(sixStatistics.reversed().joined(separator: "\n"))
    #expect(bare.prompt == 1629 && bare.output == 669)
  }

  @Test func loneLinesOfJSONLoggingCannotBeDated() throws {
    let message = sixStatistics[0][sixStatistics[0].range(of: "Engine 000")!.lowerBound...]
    let log = try readServerLog(#"{"message": "\#(message)"}"#)
    #expect(log.records.isEmpty && log.outcome.skipped == 1)
  }

  @Test func saysThatNothingWasLogged() throws {
    let access =
      #"(APIServer pid=1) INFO:     172.31.0.1:37016 - "POST /v1/chat/completions HTTP/1.1" 200 OK"#
    let probe = #"(APIServer pid=1) INFO:     172.31.0.1:37016 - "GET /health HTTP/1.1" 200 OK"#
    let log = try readServerLog([access, access, probe].joined(separator: "\n"))
    #expect(log.outcome.format == "vllm")
    #expect(log.records.isEmpty && log.outcome.skipped == 0)
    #expect(log.notes("2 access lines seen"))
    #expect(log.notes("no statistics lines: start vLLM without --disable-log-stats"))
    let off = try readServerLog(
      "INFO 10-02 13:00:42 [async_llm.py:1] AsyncLLM created with api_server_count more than 1; "
        + "disabling stats logging to avoid incomplete stats.\n" + access
        + "\nINFO 10-02 13:00:42 [utils.py:1] vLLM server version 0.11.0, serving model m\n")
    #expect(off.notes("turned its statistics off"))
  }

  @Test func promptsThatQuoteStatisticsAreNotCounted() throws {
    let quoting =
      "INFO 06-16 10:00:05 [logger.py:39] Received request cmpl-1: prompt: '\(sixStatistics[0])'"
    let log = try readServerLog([quoting, sixStatistics[0], quoting].joined(separator: "\n"))
    #expect(log.prompt == 1000)
  }

  @Test(arguments: [
    "[2025-09-18 06:32:40 DP0] Avg prompt throughput: 250.0 tokens/s, Avg generation throughput: 812.3 tokens/s, Finished: 12 reqs, Unfinished: 3 reqs, Running: 3 reqs, Waiting: 0 reqs, GPU KV cache usage: 4.1%",
    "[2025-09-18 06:32:40] Prefill batch. #new-seq: 1, #new-token: 3, #cached-token: 0, token usage: 0.00\n[2025-09-18 06:32:40] INFO:     127.0.0.1:33 - \"POST /v1/chat/completions HTTP/1.1\" 200 OK",
    "2024-01-01T00:00:00.1Z  INFO generate{total_time=\"1ms\"}: text_generation_router::server: Success",
    "INFO 07-11 11:11:21 [manager.py:554] lightllm_req_id:8 first_token_cost:81.2ms total_cost_time:912.4ms,out_token_counter:64 mean_per_token_cost_time: 12.98ms",
  ]) func leavesOtherServersAlone(text: String) throws {
    #expect(try readServerLog(text).outcome.format != "vllm")
  }
}
