/// What a label says about a request's origin.
package enum LabelKey: UInt8, Sendable, CaseIterable, Comparable {
  case application, key, project, session, step, tag, team, user

  private static let names = allCases.map { "\($0)" }

  package var name: String { LabelKey.names[Int(rawValue)] }

  package init?(name: String) {
    guard let key = LabelKey.allCases.first(where: { $0.name == name }) else { return nil }
    self = key
  }

  package static func < (a: LabelKey, b: LabelKey) -> Bool { a.rawValue < b.rawValue }
}

/// One label: a key and its value; for `tag` the tag's own name stands in `name`.
package struct Label: Hashable, Sendable {
  package var key: LabelKey
  /// The tag's name (`team` in `team=search`); `none` for all other keys and for bare tags.
  package var name: NameID
  package var value: NameID

  @inlinable package init(_ key: LabelKey, name: NameID = .none, _ value: NameID) {
    self.key = key
    self.name = name
    self.value = value
  }
}

package struct LabelSetID: Hashable, Sendable {
  package var number: UInt32

  @inlinable package init(_ number: UInt32) { self.number = number }

  @inlinable package static var none: LabelSetID { LabelSetID(0) }
}

/// The distinct sets of labels of one file.
///
/// A set is a chain of labels: its number stands for its last label and the set before that was added.
/// So a set is found while it is built, one look-up a label, and the numbers of the labels are hashed
/// without `Hasher`, since this happens once a record.
package struct LabelTable: Sendable {
  private struct Link: Sendable {
    var parent: UInt32
    var label: Label
  }

  /// By number less 1; set 0 is the empty one.
  private var links: [Link] = []
  /// Open addressing, a power of two in size; 0 is free, else the set's number.
  private var slots = [UInt32](repeating: 0, count: 64)
  /// The set under construction.
  private var pending: UInt32 = 0

  package init() {}

  /// The labels of a set in the order they were added.
  package subscript(id: LabelSetID) -> [Label] {
    var labels: [Label] = []
    var number = id.number
    while number != 0 {
      let link = links[Int(number) - 1]
      labels.append(link.label)
      number = link.parent
    }
    return labels.reversed()
  }

  /// Adds a label to the set under construction; a label without a value is left out.
  package mutating func add(_ label: Label) {
    if label.value.number == 0 { return }
    var slot = LabelTable.hash(pending, label) & (slots.count - 1)
    while slots[slot] != 0 {
      let link = links[Int(slots[slot]) - 1]
      // Compared by numbers: `==` of the structs is a call each.
      if link.parent == pending, link.label.value.number == label.value.number,
        link.label.key.rawValue == label.key.rawValue,
        link.label.name.number == label.name.number
      {
        pending = slots[slot]
        return
      }
      slot = (slot + 1) & (slots.count - 1)
    }
    links.append(Link(parent: pending, label: label))
    pending = UInt32(links.count)
    slots[slot] = pending
    if links.count * 2 > slots.count { grow() }
  }

  /// Ends the set under construction and gives its number.
  package mutating func finish() -> LabelSetID {
    defer { pending = 0 }
    return LabelSetID(pending)
  }

  /// Forgets the set under construction, when its line turns out to be bad.
  package mutating func discard() { pending = 0 }

  private mutating func grow() {
    slots = [UInt32](repeating: 0, count: slots.count * 2)
    for (index, link) in links.enumerated() {
      var slot = LabelTable.hash(link.parent, link.label) & (slots.count - 1)
      while slots[slot] != 0 { slot = (slot + 1) & (slots.count - 1) }
      slots[slot] = UInt32(index + 1)
    }
  }

  private static func hash(_ parent: UInt32, _ label: Label) -> Int {
    var state = UInt64(parent) << 32 ^ UInt64(label.value.number)
    state ^= UInt64(label.key.rawValue) << 58 ^ UInt64(label.name.number) << 20
    let product = state.multipliedFullWidth(by: 0x9E37_79B9_7F4A_7C15)
    return Int(truncatingIfNeeded: product.high ^ product.low)
  }
}
