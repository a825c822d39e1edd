import Usage

/// One row of OpenAI's own bookkeeping: the usage of a minute, an hour or a day, for one combination
/// of the dimensions the export was grouped by. The usage API and the dashboard's CSV share it, so
/// that one replaces the other in the ledger.
struct OpenAIBucket {
  enum Family: String {
    case completions = "openai-completions"
    case embeddings = "openai-embeddings"
  }

  var family = Family.completions
  var start = Instant(microseconds: 0)
  /// Microseconds.
  var width: Int64 = 0
  var requests: Int64?
  /// Everything read, cached and written tokens included.
  var input: Int64?
  var cached: Int64?
  var cacheWrite: Int64?
  var uncached: Int64?
  var output: Int64?
  var audioInput: Int64?
  var cachedAudioInput: Int64?
  var audioOutput: Int64?
  var imageInput: Int64?
  var cachedImageInput: Int64?
  // Dimensions; empty where the export was not grouped by them (`null` means "all", not "unknown").
  var project = ""
  var user = ""
  var key = ""
  var model = ""
  var tier = ""
  var batch: Bool?

  /// Where the count of a JSON key or CSV column belongs.
  static let counts: [String: any WritableKeyPath<OpenAIBucket, Int64?> & Sendable] = [
    "num_model_requests": \.requests,
    "input_tokens": \.input,
    "input_cached_tokens": \.cached,
    "input_cache_write_tokens": \.cacheWrite,
    "input_uncached_tokens": \.uncached,
    "output_tokens": \.output,
    "input_audio_tokens": \.audioInput,
    "input_cached_audio_tokens": \.cachedAudioInput,
    "output_audio_tokens": \.audioOutput,
    "input_image_tokens": \.imageInput,
    "input_cached_image_tokens": \.cachedImageInput,
  ]

  /// Where the text of a JSON key or CSV column belongs.
  static let names: [String: any WritableKeyPath<OpenAIBucket, String> & Sendable] = [
    "project_id": \.project, "user_id": \.user, "api_key_id": \.key, "model": \.model,
    "service_tier": \.tier,
  ]

  /// Takes the bucket's ends, in seconds since 1970.
  mutating func setTime(from start: Int64, to end: Int64) throws(LineProblem) {
    guard end <= OpenAIBucket.lastSecond else { throw .badTime }
    guard start < end else { throw .badRow("has an end that is not after its start") }
    self.start = Instant(seconds: start)
    width = (end - start) * Instant.microsecondsPerSecond
  }

  /// 9999-12-31T23:59:59Z: what follows is no date.
  private static let lastSecond: Int64 = 253_402_300_799

  /// What the bucket is told apart by, by the name that `group_by` has for it.
  var dimensions: Set<String> {
    var found: Set<String> = []
    if !project.isEmpty { found.insert("project_id") }
    if !user.isEmpty { found.insert("user_id") }
    if !key.isEmpty { found.insert("api_key_id") }
    if !model.isEmpty { found.insert("model") }
    if !tier.isEmpty { found.insert("service_tier") }
    if batch != nil { found.insert("batch") }
    return found
  }

  static let reliedFields = [
    "input_tokens", "output_tokens", "input_cached_tokens", "num_model_requests", "model",
    "project_id", "user_id", "api_key_id", "service_tier",
  ]

  private var fields: PresentFields {
    var fields = PresentFields()
    fields.note(input != nil)
    fields.note(output != nil)
    fields.note(cached != nil)
    fields.note(requests != nil)
    for name in [model, project, user, key, tier] { fields.note(!name.isEmpty) }
    return fields
  }

  func emit(into sink: inout RecordSink) throws(LineProblem) {
    sink.noteFields(fields)
    guard let input else { throw .missing("input_tokens") }
    var record = UsageRecord()
    record.start = start
    record.width = width
    record.requests = requests
    record.kind.provider = sink.intern("openai")
    record.kind.model = sink.intern(model, .model)
    record.kind.tier = batch == true ? .batch : ServiceTier(openAI: tier) ?? .unknown
    sink.label(.project, project)
    sink.label(.user, user)
    sink.label(.key, key)
    record.kind.labels = sink.finishLabels()
    fill(&record, input: input)
    record.identity = identity
    record.precedence = .latest
    sink.emit(record)
  }

  private func fill(_ record: inout UsageRecord, input: Int64) {
    let written = cacheWrite ?? 0
    let read = cached ?? uncached.map { max(0, input &- $0 &- written) } ?? 0
    let listed = read.addingSaturating(written)
    record.tokens.cacheRead = read
    record.tokens.cacheWriteOther = written
    record.tokens.uncachedInput = max(0, input - listed)
    record.tokens.output = output ?? 0
    record.tokens.audioInput = (audioInput ?? 0).addingSaturating(cachedAudioInput ?? 0)
    record.tokens.audioOutput = audioOutput ?? 0
    record.tokens.imageInput = (imageInput ?? 0).addingSaturating(cachedImageInput ?? 0)
    // Embeddings are never cached; completions of older exports may not say.
    record.kind.splitKnown = family == .embeddings || cached != nil || uncached != nil
    if let uncached {
      record.check =
        listed.addingSaturating(uncached) == input ? .exact : .inclusiveMismatch
    } else if listed > input {
      record.check = .inclusiveMismatch
    }
  }

  private var identity: Fingerprint {
    var identity = ByteHash.of(family.rawValue, seed: IdentityKind.bucket)
    identity = ByteHash.combine(identity, start.microseconds)
    identity = ByteHash.combine(identity, width)
    let batch = batch.map { $0 ? "true" : "false" } ?? ""
    for part in [project, user, key, model, tier, batch] {
      identity = ByteHash.combine(identity, ByteHash.of(part))
    }
    return identity
  }
}

/// By what the buckets of one file, or of one page of it, are told apart.
struct OpenAIGrouping: Equatable {
  private(set) var family: OpenAIBucket.Family?
  private(set) var dimensions: Set<String> = []
  /// Microseconds; the longest, since a period that ends early cuts the last bucket short.
  private(set) var width: Int64 = 0
  private(set) var hasOtherFamily = false

  mutating func add(_ bucket: OpenAIBucket) {
    var other = OpenAIGrouping()
    other.family = bucket.family
    other.dimensions = bucket.dimensions
    other.width = bucket.width
    add(other)
  }

  /// Completions are what the grouping is about when a file holds embeddings beside them.
  mutating func add(_ other: OpenAIGrouping) {
    guard let family, let otherFamily = other.family, family != otherFamily else {
      if other.family != nil {
        family = other.family
        dimensions.formUnion(other.dimensions)
        width = max(width, other.width)
      }
      return
    }
    if family == .embeddings { self = other }
    hasOtherFamily = true
  }

  /// What the ledger compares with other exports of the same time; nil without any bucket.
  var text: String? {
    guard let family else { return nil }
    let names = dimensions.sorted().joined(separator: ",")
    return "\(family.rawValue)|\(names)|\(width / Instant.microsecondsPerSecond)"
  }

  func finish(into sink: inout RecordSink) {
    sink.grouping = text
    if hasOtherFamily {
      sink.notes.append(
        "holds completions and embeddings; only the completions are guarded against an export of "
          + "the same time with another grouping: ingest the two from separate files")
    }
  }
}
