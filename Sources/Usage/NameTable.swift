/// A name of a `NameTable`. 0 stands for "not given".
package struct NameID: Hashable, Sendable {
  package var number: UInt32

  package init(_ number: UInt32) { self.number = number }

  package static let none = NameID(0)
}

/// The distinct names of one file: models, providers, regions, label values.
package struct NameTable: Sendable {
  private var names: [String] = [""]
  private var numbers: [String: UInt32] = ["": 0]

  package init() {}

  package var count: Int { names.count }

  package subscript(id: NameID) -> String { names[Int(id.number)] }

  /// The number of `name`; the empty string is `NameID.none`.
  package mutating func intern(_ name: String) -> NameID {
    if let number = numbers[name] { return NameID(number) }
    let number = UInt32(names.count)
    names.append(name)
    numbers[name] = number
    return NameID(number)
  }
}
