import Prices
import Synchronization
import Usage

/// The fleets of an options file as they served the whole history: each is run once, several at a time,
/// and what its calendar months cost is read off that run.
final class FleetRuns: Sendable {
  private let outcomes = Mutex<[String: FleetOutcome]>([:])
  private let loads = Mutex<[HistoryLoad.Settings: HistoryLoad]>([:])

  /// Where an option stands whose fleet is kept.
  struct Place: Sendable {
    let runs: FleetRuns
    let option: String
    /// Which month of the period; nil for all of it.
    var month: Int?
    /// False where the fleet is another than the one that was kept.
    var isKept = true

    /// What the option's servers did in this month, where they have been run.
    var use: FleetUse? {
      guard let month, let outcome = runs.outcomes.withLock({ $0[option] }) else { return nil }
      return outcome.months[month]
    }

    func outcome(_ serve: () -> FleetOutcome) -> FleetOutcome {
      guard isKept else { return serve() }
      if let known = runs.outcomes.withLock({ $0[option] }) { return known }
      let outcome = serve()
      runs.outcomes.withLock { $0[option] = outcome }
      return outcome
    }
  }

  /// The history as a load: the same for most options, and made once for them.
  func load(_ history: History, _ settings: HistoryLoad.Settings) -> HistoryLoad {
    loads.withLock { loads in
      if let known = loads[settings] { return known }
      let load = HistoryLoad(history, settings)
      loads[settings] = load
      return load
    }
  }

  /// Runs all fleets of a file, as many at a time as there are cores.
  func run(_ file: OptionsFile, _ history: History, _ prices: PriceBook, traces: Bool) async {
    await withTaskGroup(of: Void.self) { tasks in
      for option in file.options where option.runsFleet {
        tasks.addTask {
          // What other options cost is not known here: only the fleet's run is kept.
          _ = option.cost(
            of: ReplayContext(
              history: history, prices: prices, file: file, traces: traces,
              costOfOther: { _ in nil }, costOn: { _, _, _ in nil },
              fleet: Place(runs: self, option: option.basics.name)))
        }
      }
    }
  }
}

/// What serving a history on an option's fleet came to.
struct FleetOutcome: Sendable {
  var use: FleetUse
  /// The same by calendar month, adding up to the whole; empty where the period has but one.
  var months: [FleetUse] = []
  var service: Service?
  var reasons: [String] = []
  var assumptions: [String] = []
  var trace: [RequestTrace] = []
}
