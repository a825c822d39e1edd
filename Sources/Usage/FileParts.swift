/// Samples of a file's raw bytes, by which a damaged copy is known: eight digests, of every eighth 512
/// bytes each.
///
/// A flipped bit, or a few of them beside each other, changes one of the eight at most.
package struct FileParts: Sendable, Hashable {
  package static let count = 8
  /// 0 for a part that a short file does not have.
  package var digests: [UInt64]

  package init(digests: [UInt64] = [UInt64](repeating: 0, count: FileParts.count)) {
    self.digests = digests
  }

  /// Whether two files of the same size are the same but for damage in one place: all parts but one agree,
  /// two of them at least.
  package func areCopies(of other: FileParts) -> Bool {
    var agreeing = 0
    for (a, b) in zip(digests, other.digests) where a == b && a != 0 { agreeing += 1 }
    let differing = zip(digests, other.digests).count { $0 != $1 }
    return differing <= 1 && agreeing >= 2
  }
}
