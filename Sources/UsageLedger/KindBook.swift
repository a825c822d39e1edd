import Synchronization
import Usage

/// The kinds of the records that one reader has met, file after file, worked out from their names once.
///
/// Serves drafts that are filled one after the other from batches whose names and labels keep their
/// numbers.
package struct KindBook: Sendable {
  private struct Entry: Sendable {
    var kind: DraftKinds.Hashed
    var group: Int
    /// Its number in the draft that `fills` counts.
    var number = 0
    var fill = 0
  }

  private struct Group: Sendable {
    var kind: DraftKinds.Hashed
    var number = 0
    var fill = 0
  }

  private static let serials = Atomic<Int>(0)

  private static func hashed(_ kind: History.Kind) -> DraftKinds.Hashed {
    DraftKinds.Hashed(
      kind: kind, hash: kind.stableHash,
      serial: serials.add(1, ordering: .relaxed).newValue)
  }

  private var entries: [Entry] = []
  private var table: [RecordKind: Int] = [:]
  private var groups: [Group] = []
  private var groupTable: [History.Kind: Int] = [:]
  /// Direct-mapped: the kind, by its number in the draft, whose names fell on a place last. Logs mix a
  /// few hundred kinds at most.
  private var recent: [(packed: UInt64, index: Int)]
  /// How many drafts it has served.
  private(set) var fills = 0

  private static let nothing = (packed: UInt64.max, index: -1)

  package init() {
    recent = [(packed: UInt64, index: Int)](repeating: KindBook.nothing, count: 1024)
  }

  /// Begins a draft.
  mutating func begin() {
    fills += 1
    for i in recent.indices { recent[i] = KindBook.nothing }
  }

  /// The draft's number of the kind of a record, which is new or known.
  @inline(__always)
  mutating func number(
    of kind: RecordKind, _ batch: borrowing RecordBatch, in kinds: inout DraftKinds
  ) -> Int {
    if let packed = kind.packed {
      let place = KindBook.place(of: packed)
      if recent[place].packed == packed { return recent[place].index }
    }
    return otherNumber(of: kind, batch, in: &kinds)
  }

  private mutating func otherNumber(
    of kind: RecordKind, _ batch: borrowing RecordBatch, in kinds: inout DraftKinds
  ) -> Int {
    let index = number(of: entry(kind, batch), in: &kinds)
    if let packed = kind.packed { recent[KindBook.place(of: packed)] = (packed, index) }
    return index
  }

  @inline(__always)
  private static func place(of packed: UInt64) -> Int {
    Int(truncatingIfNeeded: (packed &* 0x9E37_79B9_7F4A_7C15) >> 54)
  }

  private mutating func number(of entry: Int, in kinds: inout DraftKinds) -> Int {
    if entries[entry].fill == fills { return entries[entry].number }
    let group = entries[entry].group
    if groups[group].fill != fills {
      groups[group].fill = fills
      groups[group].number = kinds.addGroup(groups[group].kind)
    }
    entries[entry].fill = fills
    entries[entry].number = kinds.add(entries[entry].kind, group: groups[group].number)
    return entries[entry].number
  }

  private mutating func entry(_ own: RecordKind, _ batch: borrowing RecordBatch) -> Int {
    if let known = table[own] { return known }
    let labels = batch.labels[own.labels].map {
      History.KindLabel(key: $0.key, name: batch.names[$0.name], value: batch.names[$0.value])
    }
    let kind = History.Kind(
      provider: batch.names[own.provider], model: batch.names[own.model], tier: own.tier,
      region: batch.names[own.region], status: own.status, splitKnown: own.splitKnown,
      currency: batch.names[own.currency], labels: labels)
    entries.append(
      Entry(kind: KindBook.hashed(kind), group: group(Rollup.quarterHour.group(of: kind))))
    table[own] = entries.count - 1
    return entries.count - 1
  }

  private mutating func group(_ kind: History.Kind) -> Int {
    if let number = groupTable[kind] { return number }
    groups.append(Group(kind: KindBook.hashed(kind)))
    groupTable[kind] = groups.count - 1
    return groups.count - 1
  }
}

extension RecordKind {
  /// All of it in one word, small enough for the processor's first cache to hold many; nil when a
  /// number is too large.
  @inline(__always)
  fileprivate var packed: UInt64? {
    let (model, labels) = (UInt64(model.number), UInt64(labels.number))
    let (region, provider) = (UInt64(region.number), UInt64(provider.number))
    guard model < 1 << 14, labels < 1 << 24, region < 1 << 10, provider < 1 << 6,
      currency.number == 0
    else { return nil }
    let names = (labels << 14 | model) << 16 | region << 6 | provider
    return (names << 3 | tier.code) << 3 | status.code << 1 | (splitKnown ? 1 : 0)
  }
}

// By case: `rawValue` of another module's type is a call.

extension ServiceTier {
  @inline(__always)
  fileprivate var code: UInt64 {
    switch self {
    case .unknown: 0
    case .standard: 1
    case .batch: 2
    case .flex: 3
    case .priority: 4
    case .provisioned: 5
    }
  }
}

extension RequestStatus {
  @inline(__always)
  fileprivate var code: UInt64 {
    switch self {
    case .succeeded: 0
    case .failed: 1
    case .cancelled: 2
    }
  }
}
