import Usage

/// A number that an answer rests on and that may turn out otherwise: a price, a speed, a salary.
struct OptionInput<Root> {
  /// As whoever looks it up would say: `GPU price`.
  var name: String
  /// What it is counted in: `an hour`, `tokens a second`.
  var unit: String
  /// As given, the middle of a range.
  var value: ExactDecimal
  /// Above which it means nothing: a share is 1 at most.
  var most: ExactDecimal?
  /// How often every request is looked at again when it changes; 0 for what is mere arithmetic.
  var effort = 0
  /// Whether half of it stands for twice the history.
  var isCapacity = false
  /// Whether it means simulating a fleet again, which is worth fewer trials.
  var isSimulated = false
  /// Whether the cost may follow it; what does not only decides whether the option keeps up.
  var movesCost = true
  /// Makes it so many times what it was.
  var scale: (inout Root, ExactDecimal) -> Void

  /// The same of whatever holds a `Root`.
  func inside<Whole>(_ path: WritableKeyPath<Whole, Root>) -> OptionInput<Whole> {
    OptionInput<Whole>(
      name: name, unit: unit, value: value, most: most, effort: effort, isCapacity: isCapacity,
      isSimulated: isSimulated, movesCost: movesCost
    ) { scale(&$0[keyPath: path], $1) }
  }
}

extension OptionInput {
  /// Nil where it is not given or 0: so many times 0 is nothing to look at.
  init?(
    _ name: String, _ unit: String, _ path: WritableKeyPath<Root, DecimalRange>, of root: Root,
    most: ExactDecimal? = nil, effort: Int = 0
  ) {
    let range = root[keyPath: path]
    guard range.high > .zero else { return nil }
    self.init(
      name: name, unit: unit, value: range.middle, most: most, effort: effort
    ) { $0[keyPath: path] = $0[keyPath: path].scaled(by: $1) }
  }

  init?(
    _ name: String, _ unit: String, _ path: WritableKeyPath<Root, DecimalRange?>, of root: Root,
    most: ExactDecimal? = nil, effort: Int = 0
  ) {
    guard let range = root[keyPath: path], range.high > .zero else { return nil }
    self.init(
      name: name, unit: unit, value: range.middle, most: most, effort: effort
    ) { $0[keyPath: path] = $0[keyPath: path]?.scaled(by: $1) }
  }

  init?(
    _ name: String, _ unit: String, _ path: WritableKeyPath<Root, ExactDecimal>, of root: Root,
    most: ExactDecimal? = nil, effort: Int = 0
  ) {
    guard root[keyPath: path] > .zero else { return nil }
    self.init(
      name: name, unit: unit, value: root[keyPath: path], most: most,
      effort: effort
    ) { $0[keyPath: path] = ($0[keyPath: path] * $1).limited(to: OptionReader.mostDigits) }
  }
}

extension DecimalRange {
  func scaled(by factor: ExactDecimal) -> DecimalRange {
    DecimalRange(
      low: (low * factor).limited(to: OptionReader.mostDigits),
      high: (high * factor).limited(to: OptionReader.mostDigits))
  }
}

/// An input without its type: what it changes in a file of options.
struct Variation {
  /// Nil for what the whole file shares.
  var option: String?
  var name: String
  var unit: String
  var value: ExactDecimal
  var most: ExactDecimal?
  var effort: Int
  var isCapacity = false
  var isSimulated = false
  var movesCost = true
  var apply: (inout OptionsFile, ExactDecimal) -> Void
}

extension HostingOption {
  /// Its inputs, as changes to the file that it is part of.
  func variations(_ cost: OptionCost) -> [Variation] {
    let name = basics.name
    return inputs(cost).map { input in
      Variation(
        option: name, name: input.name, unit: input.unit, value: input.value, most: input.most,
        effort: input.effort, isCapacity: input.isCapacity, isSimulated: input.isSimulated,
        movesCost: input.movesCost
      ) { file, factor in
        var copy = self
        input.scale(&copy, factor)
        file.replace(copy)
      }
    }
  }
}

extension OptionsFile {
  mutating func replace(_ option: any HostingOption) {
    for i in options.indices where options[i].basics.name == option.basics.name {
      options[i] = option
    }
  }

  /// What all options share.
  var sharedVariations: [Variation] {
    [
      OptionInput("hourly rate", "\(currency) an hour", \.hourlyRate, of: self),
      OptionInput("pay of a full-time post", "\(currency) a year", \.yearlyRate, of: self),
    ].compactMap(\.self).map {
      Variation(
        option: nil, name: $0.name, unit: $0.unit, value: $0.value, most: $0.most,
        effort: 0, apply: $0.scale)
    }
  }
}
