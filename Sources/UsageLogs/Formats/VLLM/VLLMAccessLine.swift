/// uvicorn's access lines: `INFO:     127.0.0.1:39830 - "POST /v1/chat/completions HTTP/1.1" 200 OK`.
enum VLLMAccessLine {
  static func isAccess(_ text: Span<UInt8>) -> Bool {
    guard text.count > 20, text.equals(0..<5, "INFO:"), let quote = quote(text) else {
      return false
    }
    return text[quote - 2] == UInt8(ascii: "-")
  }

  /// Whether the line tells of a request to a model, not of a probe or a scrape.
  static func isRequest(_ text: Span<UInt8>) -> Bool {
    guard let quote = quote(text) else { return false }
    return text.extracting((quote + 1)...).hasPrefix("POST ")
  }

  private static func quote(_ text: Span<UInt8>) -> Int? {
    let limit = min(text.count, 80)
    let quote = text.firstIndex(of: UInt8(ascii: "\""), from: 5, to: limit)
    return quote < limit && quote > 6 ? quote : nil
  }
}
