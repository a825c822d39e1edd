import Usage

/// What an option that rents or owns servers learns from serving: all that money is made of.
///
/// How the service was stands in `OptionCost.service`; this is what it took. Options ask for it by
/// `Serving.run` and know nothing else of the simulation.
struct FleetUse: Sendable {
  /// Servers that are there for the whole period, spares not among them: low, middle, high.
  var replicas: [ExactDecimal]
  /// Server hours that are paid for, where that is not every hour of the period for every one of
  /// `replicas`: autoscaled and hourly fleets, and fleets whose idle time is free.
  var billedHours: Quantity?
  /// Server hours with work.
  var busyHours: Quantity
  /// Places in the history of requests that were sent to another option. Ascending.
  var overflowed: [Int] = []
}
