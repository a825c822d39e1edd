import Usage

/// An amount and the range it lies in.
struct Amount: Sendable, Hashable {
  var low = Money.zero
  var middle = Money.zero
  var high = Money.zero

  init() {}

  init(_ money: Money) {
    low = money
    middle = money
    high = money
  }

  /// One amount for each of low, middle and high, in any order; nil when one is.
  init?(_ points: [Money?]) {
    let known = points.compactMap(\.self)
    guard known.count == 3 else { return nil }
    low = known.reduce(known[0], min)
    middle = known[1]
    high = known.reduce(known[0], max)
  }

  static func += (a: inout Amount, b: Amount) {
    a.low += b.low
    a.middle += b.middle
    a.high += b.high
  }

  static func - (a: Amount, b: Amount) -> Amount {
    var difference = a
    difference.low = a.low - b.low
    difference.middle = a.middle - b.middle
    difference.high = a.high - b.high
    return difference
  }

  /// The same part of low, middle and high; nil beyond exact reach.
  func scaled(by part: Quantity) -> Amount? {
    Amount(
      [low, middle, high].map {
        exactQuotient([$0.picodollars, part.numerator], over: [part.denominator])
          .map(Money.init(picodollars:))
      })
  }

  func scaled(by factor: DecimalRange) -> Amount? {
    let money = [low, middle, high]
    return Amount(
      zip(money, factor.points).map { money, factor in
        exactQuotient(
          [money.picodollars, factor.units], over: [ExactDecimal.powerOfTen(factor.scale)]
        ).map(Money.init(picodollars:))
      })
  }
}

/// The same lines for every option, the ones that are zero too: what a cost is made of.
struct CostLines {
  enum Name: String, CaseIterable {
    case apiTokens = "API tokens"
    case requestFees = "per-request fees"
    case rental = "GPU rental"
    case idle = "reserved and idle hours"
    case depreciation = "hardware depreciation"
    case electricity
    case space
    case otherInfrastructure = "other infrastructure"
    case redundancy
    case setup = "setup time"
    case running = "running time"
    case modelUpdates = "model updates"
    case qualityGap = "quality gap"
    case opportunityCost = "opportunity cost"
    case overflow

    /// Paid by token or request whatever runs.
    var isVariable: Bool { [.apiTokens, .requestFees, .qualityGap, .overflow].contains(self) }
    /// Paid by the hour: by time busy, or all the time. Hours without work do not grow with the volume.
    var isHardware: Bool { [.rental, .otherInfrastructure, .electricity].contains(self) }
  }

  private var amounts: [Name: Amount] = [:]
  private var bases: [Name: String] = [:]

  /// Whether every amount is known to the last digit.
  private(set) var isExact = true
  /// Far beyond any bill; sums and products of amounts below it stay exact.
  private static let largest = Money(picodollars: ExactDecimal.powerOfTen(24))

  /// Several amounts of one line add up, and so do their bases. An `amount` of nil is beyond exact reach.
  mutating func add(_ name: Name, _ amount: Amount?, _ basis: String) {
    guard let amount, amount.high <= CostLines.largest else {
      isExact = false
      return
    }
    amounts[name, default: Amount()] += amount
    let before = bases[name] ?? ""
    guard !basis.isEmpty, before != basis, !before.hasSuffix("; " + basis) else { return }
    bases[name] = before.isEmpty ? basis : before + "; " + basis
  }

  /// Adds another option's lines; `name` says whose they are.
  mutating func add(all other: CostLines, from name: String) {
    for line in Name.allCases {
      guard let amount = other.amounts[line] else { continue }
      let basis = other.bases[line].flatMap { $0.isEmpty ? nil : "\(name): \($0)" } ?? ""
      add(line, amount, basis)
    }
    isExact = isExact && other.isExact
  }

  /// What grows with the volume at a constant mix. Hardware that runs anyway does not.
  func variable(isFixed: Bool) -> Money {
    Name.allCases.filter { $0.isVariable || (!isFixed && $0.isHardware) }
      .reduce(.zero) { $0 + (amounts[$1]?.middle ?? .zero) }
  }

  var lines: [CostLine] {
    Name.allCases.map { name in
      let amount = amounts[name] ?? Amount()
      return CostLine(
        name: name.rawValue, amount: amount.middle, low: amount.low, high: amount.high,
        basis: bases[name] ?? "")
    }
  }

  var total: Amount {
    Name.allCases.reduce(into: Amount()) { $0 += amounts[$1] ?? Amount() }
  }
}
