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
  /// What the history would have cost here.
  func cost(of replay: ReplayContext) -> OptionCost
}

/// The kinds of hosting there are.
package enum HostingOptions {
  static let all: [any HostingOption.Type] = [
    ActualOption.self,
    APIOption.self,
    RentedGPUs.self,
    OwnedHardware.self,
  ]

  package static var kinds: [String] { all.map { $0.kind } }

  /// Every key of any kind.
  static var fields: [String] { OptionBasics.fields + all.flatMap { $0.fields } }
}

/// The fields that every kind has.
struct OptionBasics: Sendable {
  static let fields = ["name", "kind", "valid_from", "valid_to", "attributes"]

  var name: String
  var validFrom: Day?
  var validTo: Day?
  var dataStays = false
  var worksOffline = false
  var region: String?
  var tags: [String] = []
  var line: Int

  init(_ reader: OptionReader, name: String) {
    self.name = name
    line = reader.line
    validFrom = reader.day("valid_from")
    validTo = reader.day("valid_to")
    if let attributes = reader.map(
      "attributes", known: ["data_stays", "offline", "region", "tags"])
    {
      dataStays = attributes.flag("data_stays") ?? false
      worksOffline = attributes.flag("offline") ?? false
      region = attributes.text("region")
      tags = attributes.texts("tags") ?? []
    }
  }

  /// Why the option does not count for this period and these requirements; empty when it does.
  func objections(period: Period, require: [String]) -> [String] {
    var objections: [String] = []
    if let validFrom, period.first < validFrom {
      objections.append("hypothetical: available from \(validFrom)")
    }
    if let validTo, period.last > validTo {
      objections.append("hypothetical: not available after \(validTo)")
    }
    for requirement in require where !meets(requirement) {
      objections.append("not eligible: does not offer \(requirement)")
    }
    return objections
  }

  private func meets(_ requirement: String) -> Bool {
    switch requirement {
    case "data_stays": dataStays
    case "offline": worksOffline
    default:
      requirement.hasPrefix("region:")
        ? region == String(requirement.dropFirst(7)) : tags.contains(requirement)
    }
  }
}

/// What an option's own arithmetic comes to.
struct OptionCost {
  var lines = CostLines()
  /// False when nothing of the history could be priced.
  var isPriced = true
  var reasons: [String] = []
  var unpriced = OptionResult.Unpriced()
  var pricesUsed: [OptionResult.PriceUse] = []
  var assumptions: [String] = []
  var service: Service?
  /// Purchase price; nil unless something is bought.
  var capex: Money?
  /// Whether the cost stays when the volume grows: such an option has a break-even volume.
  var isFixed = false
  var trace: [RequestTrace] = []
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

  var period: Period { history.period }
  var hours: Quantity { period.hours(file.monthHours) }
  var months: Quantity { period.monthCount }
}
