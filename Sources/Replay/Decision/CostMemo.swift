import Usage

/// What costing an option takes long for: sorting, pricing and serving requests. Kept, so that the option
/// can be costed again with another price at once.
///
/// What is kept must not depend on anything an `OptionInput` changes with an `effort` of 0.
final class CostMemo {
  private var results: [String: Any] = [:]

  func once<Result>(_ key: String, _ make: () -> Result) -> Result {
    if let known = results[key] as? Result { return known }
    let result = make()
    results[key] = result
    return result
  }

  /// A part of a history. Asked for again it comes without its requests: whatever looks at those is kept
  /// as well.
  func part(_ key: String, _ make: () -> [History]) -> [History] {
    if let known = results[key] as? [History] { return known }
    let parts = make()
    results[key] = parts.map { part in
      var sums = part
      sums.requests = []
      return sums
    }
    return parts
  }
}

extension ReplayContext {
  /// Makes a result once for this place, however often the option is costed.
  func once<Result>(_ what: String, _ make: () -> Result) -> Result {
    memo?.once("\(place): \(what)", make) ?? make()
  }

  func parts(_ what: String, _ make: () -> [History]) -> [History] {
    memo?.part("\(place): \(what)", make) ?? make()
  }

  /// The same for something inside this option that is priced for itself.
  func inside(_ what: String) -> ReplayContext {
    var context = self
    context.place += " / \(what)"
    return context
  }
}

extension History {
  /// Whether nothing is in it. It may come without its requests.
  var isEmpty: Bool {
    requests.isEmpty && sums.requests == 0 && sums.unknownRequests == 0 && sums.tokens.total == 0
  }
}
