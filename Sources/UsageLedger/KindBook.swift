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
  private var table: [Numbers: Int] = [:]
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

  /// The numbers of a record's names in its batch.
  private struct Numbers: Hashable, Sendable {
    var provider: UInt32 = .max
    var model: UInt32 = 0
    var region: UInt32 = 0
    var currency: UInt32 = 0
    var labels: UInt32 = 0
    var tier: UInt8 = 0
    var status: UInt8 = 0
    var splitKnown = true

    // By case: `rawValue` of another module's type is a call.
    @inline(__always)
    static func code(_ tier: ServiceTier) -> UInt8 {
      switch tier {
      case .unknown: 0
      case .standard: 1
      case .batch: 2
      case .flex: 3
      case .priority: 4
      case .provisioned: 5
      }
    }

    @inline(__always)
    static func code(_ status: RequestStatus) -> UInt8 {
      switch status {
      case .succeeded: 0
      case .failed: 1
      case .cancelled: 2
      }
    }

    /// All of them in one word, small enough for the processor's first cache to hold many; nil when
    /// one is too large.
    @inline(__always)
    var packed: UInt64? {
      guard model < 1 << 14, labels < 1 << 24, region < 1 << 10, provider < 1 << 6, currency == 0
      else { return nil }
      let names = (UInt64(labels) << 14 | UInt64(model)) << 16 | UInt64(region << 6 | provider)
      return (names << 3 | UInt64(tier)) << 3 | UInt64(status << 1) | (splitKnown ? 1 : 0)
    }

    static func == (a: Numbers, b: Numbers) -> Bool {
      a.model == b.model && a.labels == b.labels && a.provider == b.provider
        && a.region == b.region && a.tier == b.tier && a.status == b.status
        && a.currency == b.currency && a.splitKnown == b.splitKnown
    }
  }

  /// The draft's number of the kind of a record, which is new or known.
  mutating func number(
    of record: borrowing UsageRecord, _ batch: borrowing RecordBatch, in kinds: inout DraftKinds
  ) -> Int {
    let numbers = Numbers(
      provider: record.provider.number, model: record.model.number,
      region: record.region.number, currency: record.currency.number,
      labels: record.labels.number, tier: Numbers.code(record.tier),
      status: Numbers.code(record.status),
      splitKnown: record.splitKnown)
    guard let packed = numbers.packed else {
      return number(of: entry(numbers, record, batch), in: &kinds)
    }
    let place = Int(truncatingIfNeeded: (packed &* 0x9E37_79B9_7F4A_7C15) >> 54)
    if recent[place].packed == packed { return recent[place].index }
    let index = number(of: entry(numbers, record, batch), in: &kinds)
    recent[place] = (packed, index)
    return index
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

  private mutating func entry(
    _ numbers: Numbers, _ record: borrowing UsageRecord, _ batch: borrowing RecordBatch
  ) -> Int {
    if let known = table[numbers] { return known }
    let labels = batch.labels[record.labels].map {
      History.KindLabel(key: $0.key, name: batch.names[$0.name], value: batch.names[$0.value])
    }
    let kind = History.Kind(
      provider: batch.names[record.provider], model: batch.names[record.model],
      tier: record.tier, region: batch.names[record.region], status: record.status,
      splitKnown: record.splitKnown, currency: batch.names[record.currency], labels: labels)
    entries.append(
      Entry(kind: KindBook.hashed(kind), group: group(Rollup.quarterHour.group(of: kind))))
    table[numbers] = entries.count - 1
    return entries.count - 1
  }

  private mutating func group(_ kind: History.Kind) -> Int {
    if let number = groupTable[kind] { return number }
    groups.append(Group(kind: KindBook.hashed(kind)))
    groupTable[kind] = groups.count - 1
    return groups.count - 1
  }
}
