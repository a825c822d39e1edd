import Foundation
import Testing

@testable import UsageLogs

/// What is said of files that nobody knows.
@Suite struct NearestFormatTests {
  private func reason(_ text: String) -> String {
    #expect(detectedFormat(text) == nil)
    return NearestFormat(Sample(Array(text.utf8).span)).reason
  }

  /// The words are those of what the bytes are, not of what is wrong with them as text.
  @Test func saysWhatBinaryFilesAre() throws {
    func reason(_ data: Data) throws -> ReadOutcome.Status {
      let file = FileManager.default.temporaryDirectory
        .appending(path: "hindcast-\(UUID().uuidString).json")
      try data.write(to: file)
      defer { try? FileManager.default.removeItem(at: file) }
      return try readAll(path: file.path).outcome.status
    }
    let line = #"{"id":"a","object":"chat.completion","created":1,"model":"m","usage":{}}"#
    for encoding in [String.Encoding.utf16, .utf16LittleEndian, .utf16BigEndian] {
      var data = try #require(line.data(using: encoding))
      if encoding == .utf16LittleEndian { data = Data([0xFF, 0xFE]) + data }
      if encoding == .utf16BigEndian { data = Data([0xFE, 0xFF]) + data }
      let status = try reason(data)
      guard case .unrecognised(let why) = status else {
        Issue.record("\(status)")
        return
      }
      #expect(why.hasPrefix("is UTF-16 text"))
    }
    var header = Data("log.json".utf8)
    header += Data(count: 257 - header.count) + Data("ustar".utf8) + Data(count: 250)
    #expect(
      try reason(header + Data(line.utf8))
        == .unrecognised("is a tar archive; unpack it and ingest the files in it"))
  }

  @Test func namesWhatIsMissing() {
    #expect(
      reason(#"{"id":"a","object":"chat","created":1,"model":"m"}"#)
        == "JSON objects (1 looked at) in no known format; nearest is openai, but there is no 'usage'; "
        + "`--as openai` reads it as that"
    )
  }

  @Test func saysThatATableIsNotReadAsJSON() {
    #expect(
      reason("request_id,call_type,spend,startTime,prompt_tokens,model\n1,2,3,4,5,6\n")
        .hasSuffix(
          "nearest is litellm, but that is read as JSON, a line an object or one array, and "
            + "this is none"))
  }

  @Test func saysThatJSONStandsInTheWrongPlace() {
    #expect(
      reason(
        "body: {\"id\":\"a\",\"object\":\"chat.completion\",\"created\":1,\"model\":\"m\",\"usage\":{}}"
      )
      .hasSuffix(
        "nearest is openai, but that is read where JSON begins the line, and here other text "
          + "does; `--as openai` reads it as that"))
  }

  /// A session of Qwen Code: Claude Code's keys, another way of counting.
  @Test func qwenCodeIsNotClaudeCode() {
    #expect(
      reason(
        #"{"uuid":"e","parentUuid":null,"sessionId":"6","timestamp":"2026-06-15T14:40:22.832Z","type":"user","message":{"role":"user","parts":[{"text":"x"}]}}"#
      ).hasSuffix(
        "nearest is claude-code, but there is no 'message.content'; `--as claude-code` reads it as that"
      ))
  }

  /// Exports of a day without requests; a file of blank lines is no more.
  @Test(arguments: ["[]\n", "{}", "[{},\n{}]", "{}\n{}\n", "\n\n  \r\n", " "])
  func saysThatThereIsNothing(text: String) {
    #expect(reason(text) == "holds no record: nothing but blanks or empty brackets")
  }

  @Test func oneCommonKeyIsNoLikeness() {
    #expect(
      reason(#"{"timestamp":"2026-01-01T00:00:00Z","level":"info"}"#)
        == "JSON objects (1 looked at) in no known format; `hindcast formats` lists what is read, and "
        + "`--as FORMAT` reads it as one of them")
  }

  @Test func looksForTheWordsOfServerLogs() {
    #expect(
      reason("vLLM notes\nINFO nothing of use\n")
        .hasSuffix(
          "nearest is vllm, but there is no 'Avg prompt throughput: '; `--as vllm` reads it as that"
        ))
  }

  @Test func namesTheBetterExport() {
    #expect(
      reason("@timestamp,@message\n2026-03-02 10:15:04.000,{}\n")
        == "is a CloudWatch Logs Insights table: export the query's results as JSON instead")
  }
}
