import Usage

/// Looks through a file's first lines for what only vLLM writes.
struct VLLMDetection {
  private(set) var confidence = 0

  private static let linesLookedAt = 20_000

  init(_ bytes: Span<UInt8>) {
    var wrappers = LineUnwrapper()
    var accessLines = 0
    var otherLines = 0
    var i = 0
    for _ in 0..<VLLMDetection.linesLookedAt {
      guard i < bytes.count, confidence < 95 else { break }
      var end = bytes.firstIndex(of: 0x0A, from: i, to: bytes.count)
      let next = end + 1
      while end > i, bytes[end - 1] == 0x0D { end -= 1 }
      let record = bytes.extracting(i..<end)
      i = next
      guard let line = wrappers.unwrap(record), !line.text.isEmpty else { continue }
      // The names that vLLM gives its processes since 0.10.1.
      let front = record.extracting(0..<min(record.count, 400))
      if confidence < 50, front.contains("(APIServer pid=") || front.contains("(EngineCore") {
        confidence = 50
      }
      if line.isCopied {
        look(wrappers.copy.span.extracting(line.text), &accessLines, &otherLines)
      } else {
        look(record.extracting(line.text), &accessLines, &otherLines)
      }
    }
    // Rows of uvicorn alone are also what other servers leave behind.
    if confidence == 0, accessLines > 0, otherLines == 0 { confidence = 5 }
  }

  private mutating func look(
    _ text: Span<UInt8>, _ accessLines: inout Int, _ otherLines: inout Int
  ) {
    let front = text.extracting(0..<min(text.count, 600))
    if VLLMAccessLine.isAccess(front) {
      if front.contains("/completions HTTP/") { accessLines += 1 }
      return
    }
    if !front.hasPrefix("INFO:") { otherLines += 1 }
    let head = VLLMHead(front, at: 0)
    // Only a line's own message counts: prompts may quote such lines.
    if let start = head?.message ?? VLLMServerLog.bareMessage(front),
      (try? VLLMStatistics(front, at: start)) != nil
    {
      confidence = 95
      return
    }
    guard let head else { return }
    if VLLMStart(front, at: head.message) != nil { confidence = max(confidence, 85) }
    let message = front.extracting(head.message...)
    let words: [StaticString] = [
      "Received request ", "Added request ", "Finished request ", "Aborted request", "Iteration(",
      "SpecDecoding metrics: ",
    ]
    if words.contains(where: { message.hasPrefix($0) }) { confidence = max(confidence, 60) }
  }
}
