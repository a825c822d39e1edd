import Usage

/// Pages of OpenAI's usage API, `/v1/organization/usage/completions` and `embeddings`.
///
/// Pages that were fetched with different `group_by` describe the same tokens: within a file the first
/// of them counts, between files the ledger decides.
struct OpenAIUsagePages: LogFormat {
  static let facts = FormatFacts(
    name: "openai-usage",
    title: "OpenAI usage API pages",
    origin:
      "GET /v1/organization/usage/completions or /embeddings, saved as it came: one page, or several "
      + "in an array or one after the other",
    identity:
      "start, length and all dimensions of the bucket; a later export of it replaces the earlier",
    cannotTell:
      "single requests, latency, reasoning tokens, failed calls; whatever group_by was not asked for",
    example: #"""
      {"object":"page","data":[{"object":"bucket","start_time":1767225600,"end_time":1767312000,"results":[{"object":"organization.usage.completions.result","input_tokens":1000,"input_cached_tokens":400,"input_uncached_tokens":600,"output_tokens":500,"num_model_requests":5,"model":"gpt-5-mini-2025-08-07"}]}],"has_more":false,"next_page":null}
      """#,
    layout: .json,
    signature: ["object", "data", "has_more", "next_page"])

  static let highestConfidence = 92

  static func confidence(in sample: Sample) -> Int {
    guard let first = sample.documents.first, first.has("data") else { return 0 }
    if sample.contains("\"organization.usage.") { return 92 }
    // Nobody used anything: a page of empty buckets.
    return first.values["object"] == "page" && sample.contains("\"bucket\"")
      && !sample.contains("\"organization.costs.") ? 70 : 0
  }

  static let reliedFields = OpenAIBucket.reliedFields

  init(settings: ReadSettings) {}

  private var grouping = OpenAIGrouping()
  private var pagesRead: [Extent] = []
  private var morePages = false

  /// The time a page covers and how it is grouped.
  private struct Extent {
    var start: Instant
    var end: Instant
    var grouping = OpenAIGrouping()
  }

  mutating func read(
    _ record: Span<UInt8>, into sink: inout RecordSink
  ) throws(LineProblem) {
    var json = JSONCursor(record)
    guard try json.peek() == UInt8(ascii: "{"), try json.enterObject() else { throw .notJSON }
    var page = Page()
    while let key = try json.nextKey() {
      if json.matches(key, "data") {
        guard try json.enterArray() else { continue }
        page.isPage = true
        while try json.nextElement() { try page.readBucket(&json) }
      } else if json.matches(key, "has_more") {
        page.hasMore = try json.flag() ?? false
      } else {
        try json.skipValue()
      }
    }
    try json.expectEnd()
    guard page.isPage else { throw .missing("data") }
    emit(page, into: &sink)
  }

  private mutating func emit(_ page: Page, into sink: inout RecordSink) {
    morePages = page.hasMore
    for problem in page.problems { sink.skip(problem) }
    for kind in page.passedOver { sink.passOver(kind) }
    for family in [OpenAIBucket.Family.completions, .embeddings] {
      let buckets = page.buckets.filter { $0.family == family }
      guard let first = buckets.first else { continue }
      var extent = Extent(start: first.start, end: first.start)
      for bucket in buckets {
        extent.start = min(extent.start, bucket.start)
        extent.end = max(extent.end, bucket.start.advanced(byMicroseconds: bucket.width))
        extent.grouping.add(bucket)
      }
      if conflicts(extent) {
        for _ in buckets {
          sink.skip(
            reason: "an earlier page covers the same time with another grouping or bucket width: "
              + "its tokens are counted already")
        }
        continue
      }
      remember(extent)
      grouping.add(extent.grouping)
      for bucket in buckets {
        do { try bucket.emit(into: &sink) } catch { sink.skip(error) }
      }
    }
  }

  /// Pages mostly follow one another without a gap: one extent stands for a run of them, so that each
  /// next page is held against few.
  private mutating func remember(_ page: Extent) {
    if let last = pagesRead.last, last.grouping == page.grouping,
      last.start <= page.end, page.start <= last.end
    {
      pagesRead[pagesRead.count - 1].start = min(last.start, page.start)
      pagesRead[pagesRead.count - 1].end = max(last.end, page.end)
    } else {
      pagesRead.append(page)
    }
  }

  private func conflicts(_ page: Extent) -> Bool {
    pagesRead.contains {
      $0.start < page.end && page.start < $0.end && $0.grouping.family == page.grouping.family
        && $0.grouping != page.grouping
    }
  }

  mutating func finish(into sink: inout RecordSink) {
    grouping.finish(into: &sink)
    if morePages {
      sink.notes.append("the last page says that more pages follow it; ingest those too")
    }
  }

  /// What one page holds, kept until its last byte has been read: only then is it known to be whole.
  private struct Page {
    var isPage = false
    var hasMore = false
    var buckets: [OpenAIBucket] = []
    var passedOver: [String] = []
    var problems: [LineProblem] = []

    mutating func readBucket(_ json: inout JSONCursor) throws(LineProblem) {
      guard try json.enterObject() else { return }
      var start: Int64?
      var end: Int64?
      let firstOfBucket = buckets.count
      var hasResults = false
      while let key = try json.nextKey() {
        if json.matches(key, "start_time") {
          start = try Page.second(&json, "start_time")
        } else if json.matches(key, "end_time") {
          end = try Page.second(&json, "end_time")
        } else if json.matches(key, "results") || json.matches(key, "result") {
          hasResults = true
          guard try json.enterArray() else { continue }
          while try json.nextElement() { try readResult(&json) }
        } else {
          try json.skipValue()
        }
      }
      if !hasResults { problems.append(.missing("results")) }
      guard firstOfBucket < buckets.count else { return }
      do throws(LineProblem) {
        guard let start else { throw .missing("start_time") }
        guard let end else { throw .missing("end_time") }
        for i in firstOfBucket..<buckets.count { try buckets[i].setTime(from: start, to: end) }
      } catch {
        for _ in firstOfBucket..<buckets.count { problems.append(error) }
        buckets.removeSubrange(firstOfBucket...)
      }
    }

    private static func second(
      _ json: inout JSONCursor, _ name: LineProblem.StaticStringName
    ) throws(LineProblem) -> Int64? {
      do { return try json.count(name) } catch { throw error.ofTime }
    }

    /// A result with a bad field is set aside; the others of the page count.
    private mutating func readResult(_ json: inout JSONCursor) throws(LineProblem) {
      let start = json
      do throws(LineProblem) {
        try readFields(&json)
      } catch {
        json = start
        try json.skipValue()
        problems.append(error)
      }
    }

    private mutating func readFields(_ json: inout JSONCursor) throws(LineProblem) {
      guard try json.peek() == UInt8(ascii: "{"), try json.enterObject() else { throw .notJSON }
      var bucket = OpenAIBucket()
      var object = ""
      while let key = try json.nextKey() {
        let name = json.unescaped(key)
        if let path = OpenAIBucket.counts[name] {
          bucket[keyPath: path] = try json.count(.init(stringLiteral: name))
        } else if let path = OpenAIBucket.names[name] {
          if let text = try json.text() { bucket[keyPath: path] = json.unescaped(text) }
        } else if name == "batch" {
          bucket.batch = try json.flag()
        } else if name == "object" {
          if let text = try json.text() { object = json.unescaped(text) }
        } else {
          try json.skipValue()
        }
      }
      switch object {
      case "organization.usage.completions.result": buckets.append(bucket)
      case "organization.usage.embeddings.result":
        bucket.family = .embeddings
        buckets.append(bucket)
      case "organization.costs.result": passedOver.append("cost results (amounts without tokens)")
      default: passedOver.append(Page.kind(of: object))
      }
    }

    /// `organization.usage.images.result` is "images results"; anything else is not repeated.
    private static func kind(of object: String) -> String {
      let parts = object.split(separator: ".")
      guard parts.count == 4, parts[1] == "usage", siblings.contains(String(parts[2])) else {
        return "results of other kinds"
      }
      return "\(parts[2]) results (not counted in tokens that are billed)"
    }

    private static let siblings: Set<String> = [
      "moderations", "images", "audio_speeches", "audio_transcriptions", "vector_stores",
      "code_interpreter_sessions", "file_searches", "web_searches",
    ]
  }
}
