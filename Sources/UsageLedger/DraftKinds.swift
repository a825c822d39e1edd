import Usage

/// What a file's records have in common, numbered; and what the rollups sum each kind under.
struct DraftKinds: Sendable {
  /// Rows name a kind by its index here.
  private(set) var all: [History.Kind] = []
  /// By kind.
  private(set) var traits: [KindTraits] = []
  /// What the rollups sum under, by number.
  private(set) var groups: [History.Kind] = []
  private(set) var groupTraits: [KindTraits] = []
  private var groupNumbers: [History.Kind: Int] = [:]
  private var groupsOfKind: [(quarterHour: Int, day: Int)] = []
  private var table: [Numbers: Int] = [:]
  /// Direct-mapped: the kind whose numbers fell on a place last. Logs mix a few hundred kinds at most.
  private var recent = [(packed: UInt64, index: Int)](repeating: (.max, -1), count: 1024)

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

  /// The numbers of the groups that a kind is summed under.
  func groups(of kind: Int) -> (quarterHour: Int, day: Int) { groupsOfKind[kind] }

  /// The kind of a record, which is new or known. Names and labels of one file's batches keep their
  /// numbers.
  mutating func number(
    of record: borrowing UsageRecord, _ batch: borrowing RecordBatch
  ) -> Int {
    let numbers = Numbers(
      provider: record.provider.number, model: record.model.number,
      region: record.region.number, currency: record.currency.number,
      labels: record.labels.number, tier: Numbers.code(record.tier),
      status: Numbers.code(record.status),
      splitKnown: record.splitKnown)
    guard let packed = numbers.packed else { return number(of: numbers, record, batch) }
    let place = Int(truncatingIfNeeded: (packed &* 0x9E37_79B9_7F4A_7C15) >> 54)
    if recent[place].packed == packed { return recent[place].index }
    let index = number(of: numbers, record, batch)
    recent[place] = (packed, index)
    return index
  }

  private mutating func number(
    of numbers: Numbers, _ record: borrowing UsageRecord, _ batch: borrowing RecordBatch
  ) -> Int {
    if let known = table[numbers] { return known }
    return add(numbers, record, batch)
  }

  private mutating func add(
    _ numbers: Numbers, _ record: borrowing UsageRecord, _ batch: borrowing RecordBatch
  ) -> Int {
    let labels = batch.labels[record.labels].map {
      History.KindLabel(key: $0.key, name: batch.names[$0.name], value: batch.names[$0.value])
    }
    let kind = History.Kind(
      provider: batch.names[record.provider], model: batch.names[record.model],
      tier: record.tier, region: batch.names[record.region], status: record.status,
      splitKnown: record.splitKnown, currency: batch.names[record.currency], labels: labels)
    all.append(kind)
    traits.append(KindTraits(kind))
    groupsOfKind.append(
      (
        quarterHour: groupNumber(Rollup.quarterHour.group(of: kind)),
        day: groupNumber(Rollup.day.group(of: kind))
      ))
    table[numbers] = all.count - 1
    return all.count - 1
  }

  private mutating func groupNumber(_ group: History.Kind) -> Int {
    if let number = groupNumbers[group] { return number }
    groups.append(group)
    groupTraits.append(KindTraits(group))
    groupNumbers[group] = groups.count - 1
    return groups.count - 1
  }
}
