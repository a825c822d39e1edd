import Usage

/// What a file's records have in common, numbered; and what the rollups sum each kind under.
///
/// Sums by quarter of an hour are kept by group: what a kind is without its labels. Sums by day are
/// kept by kind.
struct DraftKinds: Sendable {
  /// A kind with what the ledger looks it up by: one object that all drafts share, for small files may
  /// have as many kinds as records.
  final class Hashed: Sendable {
    let kind: History.Kind
    /// Its `stableHash`.
    let hash: UInt64
    /// Whatever has the same number in this run of the program is the same kind.
    let serial: Int
    let traits: KindTraits

    init(kind: History.Kind, hash: UInt64, serial: Int) {
      self.kind = kind
      self.hash = hash
      self.serial = serial
      traits = KindTraits(kind)
    }
  }

  /// Rows name a kind by its index here.
  private(set) var all: [Hashed] = []
  /// By kind.
  private(set) var traits: [KindTraits] = []
  private(set) var groups: [Hashed] = []
  private(set) var groupTraits: [KindTraits] = []
  private var groupsOfKind: [Int] = []

  /// The number of the group that a kind is summed under.
  func group(of kind: Int) -> Int { groupsOfKind[kind] }

  mutating func add(_ kind: Hashed, group: Int) -> Int {
    all.append(kind)
    traits.append(kind.traits)
    groupsOfKind.append(group)
    return all.count - 1
  }

  mutating func addGroup(_ kind: Hashed) -> Int {
    groups.append(kind)
    groupTraits.append(kind.traits)
    return groups.count - 1
  }
}
