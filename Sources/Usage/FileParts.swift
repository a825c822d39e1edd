/// Samples of a file's raw bytes, by which a damaged copy is known: eight digests, of every eighth 512
/// bytes each.
///
/// A flipped bit, or a few of them beside each other, changes one of the eight at most; two of the eight
/// stay with thirty flipped bits 997 times in 1,000, and with sixty nine times in ten.
package struct FileParts: Sendable, Hashable {
  package static let count = 8
  /// 0 for a part that a short file does not have.
  package var digests: [UInt64]
  /// The same samples by where they stand: of the first KiB, then of stretches that end at 2, 4, 8 KiB
  /// and so on; those of a file that was cut off are those of the whole one.
  package private(set) var stretches: [UInt64] = []

  package init(digests: [UInt64] = [UInt64](repeating: 0, count: FileParts.count)) {
    self.digests = digests
  }

  /// Back from `words`.
  package init(words: [UInt64]) {
    digests = Array(words.prefix(FileParts.count))
    stretches = Array(words.dropFirst(FileParts.count))
  }

  package var words: [UInt64] { digests + stretches }

  private static let firstStretch = 1024

  /// Takes in the hash of the sample at this byte of the file; samples come in their order, 512 bytes from
  /// one to the next.
  package mutating func add(_ sample: UInt64, at byte: Int) {
    FileParts.mix(sample, into: &digests[byte / 512 % FileParts.count])
    let stretch = Int.bitWidth - (byte / FileParts.firstStretch).leadingZeroBitCount
    while stretches.count <= stretch { stretches.append(0) }
    FileParts.mix(sample, into: &stretches[stretch])
  }

  private static func mix(_ sample: UInt64, into digest: inout UInt64) {
    let mixed = digest ^ sample
    digest = (mixed << 7 | mixed >> 57) &* 0x9E37_79B9_7F4A_7C15
  }

  /// Whether a file of `size` bytes with these parts is the beginning of a longer one but for damage before
  /// its second half or near its end: the last stretch that it has all of agrees.
  package func isBeginning(ofSize size: Int, of longer: FileParts) -> Bool {
    let whole = stretches.indices.last { FileParts.firstStretch << $0 <= size }
    guard let whole, whole > 0, whole < longer.stretches.count else { return false }
    return stretches[whole] == longer.stretches[whole]
  }

  /// Whether two files of the same size are the same but for damage: two parts at least agree. Each is of
  /// samples from all over the file, so nothing else makes compressed bytes agree.
  package func areCopies(of other: FileParts) -> Bool {
    zip(digests, other.digests).count { $0 == $1 && $0 != 0 } >= 2
  }
}
