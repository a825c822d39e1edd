/// A column of values that takes no space while all of them are the same.
struct EvenColumn<Value: Equatable & Sendable>: Sendable {
  private(set) var count = 0
  /// The value of all of them, where there is any and `values` is empty.
  private var same: Value?
  private var values: [Value] = []
  /// For how many values there will be space, once it is needed.
  private var capacity = 0

  var isEven: Bool { values.isEmpty }

  /// What is set stands elsewhere in the column already: values change places.
  @inline(__always)
  subscript(place: Int) -> Value {
    get {
      if let same { return same }
      return values[place]
    }
    set { if same == nil { values[place] = newValue } }
  }

  mutating func reserveCapacity(_ count: Int) {
    capacity = count
    if !isEven { values.reserveCapacity(count) }
  }

  @inline(__always)
  mutating func append(_ value: Value) {
    if count == 0 {
      same = value
    } else if let known = same, known != value {
      spread(known)
    }
    if same == nil { values.append(value) }
    count &+= 1
  }

  /// Makes a column of one value one of single values.
  private mutating func spread(_ known: Value) {
    values.reserveCapacity(max(capacity, count + 1))
    values.append(contentsOf: repeatElement(known, count: count))
    same = nil
  }

  /// The values at these places.
  func part(_ places: Range<Int>) -> EvenColumn {
    var part = self
    part.count = places.count
    if !isEven { part.values = Array(values[places]) }
    return part
  }

  /// All values, one by one.
  var array: [Value] {
    if let same { return [Value](repeating: same, count: count) }
    return values
  }
}
