import Usage

/// How often each line without an id has come in a file: lines that are equal to the last byte, say two
/// embeddings of a second, are requests of their own.
///
/// The first has the identity of its text alone, so lines may come in any order and in several files.
/// Remembers the last hundred thousand different lines, twice as many at times: equal ones carry the
/// same time and stand close together.
struct RepeatedLines: Sendable {
  private static let mostRecent = 100_000

  private var recent: [Fingerprint: Int64] = [:]
  private var older: [Fingerprint: Int64] = [:]

  /// The identity of the next line with this digest.
  mutating func identity(of line: Fingerprint) -> Fingerprint {
    let before = recent[line] ?? older[line] ?? 0
    if recent.count == RepeatedLines.mostRecent {
      older = recent
      recent = [:]
    }
    recent[line] = before + 1
    return before == 0 ? line : ByteHash.combine(line, before)
  }
}
