import Prices
import Usage

/// What a kind of hosting must answer: how it is written in an options file, and what it would have
/// cost.
protocol HostingOption: Sendable {
  /// As written after `kind:`.
  static var kind: String { get }
  /// The keys it reads beside those that every kind has.
  static var fields: [String] { get }
  /// Complains of what is wrong.
  init?(_ reader: OptionReader)
  var basics: OptionBasics { get }
  /// What the history would have cost here. What takes long goes through `ReplayContext.once`.
  func cost(of replay: ReplayContext) -> OptionCost
  /// The numbers that its cost rests on; `cost` tells what prices came to.
  func inputs(_ cost: OptionCost) -> [OptionInput<Self>]
  /// Other options that it names.
  var references: [OptionReference] { get }
  /// Whether it runs requests through a fleet of servers.
  var runsFleet: Bool { get }
  /// Whether it names hardware that the catalogue must know.
  var needsHardware: Bool { get }
  /// Holds what it names against the catalogue; complains of what is not there or cannot be.
  mutating func lookUp(in hardware: HardwareCatalogue, _ reader: OptionReader)
}

extension HostingOption {
  func inputs(_ cost: OptionCost) -> [OptionInput<Self>] { [] }
  var references: [OptionReference] { [] }
  var runsFleet: Bool { false }
  var needsHardware: Bool { false }
  mutating func lookUp(in hardware: HardwareCatalogue, _ reader: OptionReader) {}
}

/// Where one option names another.
struct OptionReference: Sendable, Hashable {
  var name: String
  var field: String
  var line: Int
  /// Whether a model of the price book may stand there as well.
  var mayBeModel = false
}

/// The kinds of hosting there are.
package enum HostingOptions {
  static let all: [any HostingOption.Type] = [
    ActualOption.self,
    APIOption.self,
    RentedGPUs.self,
    OwnedHardware.self,
    ProvisionedThroughput.self,
    Hybrid.self,
  ]

  package static var kinds: [String] { all.map { $0.kind } }

  /// Every key of any kind.
  static var fields: [String] { OptionBasics.fields + all.flatMap { $0.fields } }
}

/// What an option's own arithmetic comes to.
struct OptionCost {
  var lines = CostLines()
  /// False when nothing of the history could be priced.
  var isPriced = true
  var reasons: [String] = []
  var unpriced = OptionResult.Unpriced()
  /// What tokens of its own are charged for and how much there is of each; nil for other kinds.
  var charged: (charge: Charge, tokens: BilledTokens)?
  var pricesUsed: [OptionResult.PriceUse] = []
  var assumptions: [String] = []
  var service: Service?
  /// Purchase price; nil unless something is bought.
  var capex: Money?
  /// Whether the cost stays when the volume grows: such an option has a break-even volume.
  var isFixed = false
  /// How what does not fit finds its way to another option.
  var overflowing = Overflowing.none
  var trace: [RequestTrace] = []
  var capacity: Capacity?
  var fit: Fit?
  var availability: Availability?
  var limits: RateLimits.Outcome?
  /// Parts of the history that went to other options.
  var legs: [OptionResult.Leg] = []
  /// Requests tagged with a region that the option is not in; nil where nothing says otherwise than
  /// its own region.
  var residencyViolations: Int64?
}

/// Whether part of a history goes elsewhere, which grows faster than the volume does.
enum Overflowing {
  case none
  /// By arithmetic on hours or minutes, which can be repeated for any volume.
  case byCapacity
  /// As a simulation or several options together say.
  case simulated
}

/// What an option needs to know of the rest.
struct ReplayContext {
  var history: History
  var prices: PriceBook
  var file: OptionsFile
  /// Whether every simulated request is noted.
  var traces = false
  /// What another option of the file costs; nil for unknown names. Guards against circles.
  var costOfOther: (String) -> OptionCost?
  /// What a part of the history costs on another option. The last text tells several parts apart that
  /// go to the same one; empty for the only one.
  var costOn: (History, String, String) -> OptionCost?
  /// Where the fleet's run of the whole history is kept; nil where this is about another one.
  var fleet: FleetRuns.Place?
  /// Keeps what takes long; nil where nothing is costed twice.
  var memo: CostMemo?
  /// Which option this is for, and inside of which others.
  var place = ""

  var period: Period { history.period }
  var hours: Quantity { period.hours(file.monthHours) }
  var months: Quantity { period.monthCount }
}
