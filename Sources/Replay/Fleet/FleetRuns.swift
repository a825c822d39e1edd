import Prices
import Synchronization
import Usage

/// The fleets of an options file as they served the whole history: each is run once, several at a time,
/// and what its calendar months cost is read off that run. Equal fleets, as of one server at the prices
/// of several vendors, are one.
final class FleetRuns: Sendable {
  /// By option.
  private let outcomes = Mutex<[String: FleetOutcome]>([:])
  private let runs = Mutex<[Key: Run]>([:])
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

    func outcome(_ key: @autoclosure () -> Key, _ serve: () -> FleetOutcome) -> FleetOutcome {
      if isKept, let known = runs.outcomes.withLock({ $0[option] }) { return known }
      let outcome = runs.outcome(key(), serve)
      if isKept { runs.outcomes.withLock { $0[option] = outcome } }
      return outcome
    }
  }

  /// All that the outcome of a fleet hangs on, beside the history.
  struct Key: Sendable, Hashable {
    private let serving: BatchedServing
    private let slo: ServiceLevel?
    private let billing: RentalBilling?
    private let hoursPerDay: ExactDecimal
    private let isTrial: Bool

    init(
      _ serving: BatchedServing, _ slo: ServiceLevel?, _ billing: RentalBilling?,
      _ hoursPerDay: ExactDecimal, isTrial: Bool
    ) {
      self.serving = serving
      self.slo = slo
      var billing = billing
      billing?.commitment?.price = .zero
      self.billing = billing
      self.hoursPerDay = hoursPerDay
      self.isTrial = isTrial
    }
  }

  /// One fleet, run by whoever asks first; others wait for it.
  private final class Run: Sendable {
    let outcome = Mutex<FleetOutcome?>(nil)
  }

  private func outcome(_ key: Key, _ serve: () -> FleetOutcome) -> FleetOutcome {
    let run = runs.withLock { runs in
      if let known = runs[key] { return known }
      let run = Run()
      runs[key] = run
      return run
    }
    return run.outcome.withLock { known in
      if let known { return known }
      let outcome = serve()
      known = outcome
      return outcome
    }
  }

  /// How often any fleet was simulated.
  var simulations: Int {
    runs.withLock { $0.values.map { $0.outcome.withLock { $0?.service?.simulations ?? 0 } } }
      .reduce(0, +)
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
