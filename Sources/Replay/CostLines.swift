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

  /// One amount for each of low, middle and high.
  init(_ points: [Money]) {
    low = points[0]
    middle = points[1]
    high = points[2]
  }

  static func += (a: inout Amount, b: Amount) {
    a.low += b.low
    a.middle += b.middle
    a.high += b.high
  }

  func scaled(by factor: DecimalRange) -> Amount {
    Amount([
      low.scaled(by: factor.low), middle.scaled(by: factor.middle), high.scaled(by: factor.high),
    ])
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
  }

  private var amounts: [Name: Amount] = [:]
  private var bases: [Name: String] = [:]

  mutating func add(_ name: Name, _ amount: Amount, _ basis: String) {
    amounts[name, default: Amount()] += amount
    bases[name] = basis
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
