/// A name of a `NameTable`. 0 stands for "not given".
package struct NameID: Hashable, Sendable {
  package var number: UInt32

  @inlinable package init(_ number: UInt32) { self.number = number }

  @inlinable package static var none: NameID { NameID(0) }

  // Written out: the derived one is a call through a witness table from other modules.
  @inlinable package static func == (a: NameID, b: NameID) -> Bool { a.number == b.number }
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
