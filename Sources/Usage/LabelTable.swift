/// What a label says about a request's origin.
package enum LabelKey: String, Sendable, CaseIterable, Comparable {
  case application, key, project, session, step, tag, team, user

  package static func < (a: LabelKey, b: LabelKey) -> Bool { a.rawValue < b.rawValue }
}

/// One label: a key and its value; for `tag` the tag's own name stands in `name`.
package struct Label: Hashable, Sendable {
  package var key: LabelKey
  /// The tag's name (`team` in `team=search`); `none` for all other keys and for bare tags.
  package var name: NameID
  package var value: NameID

  package init(_ key: LabelKey, name: NameID = .none, _ value: NameID) {
    self.key = key
    self.name = name
    self.value = value
  }
}

package struct LabelSetID: Hashable, Sendable {
  package var number: UInt32

  package init(_ number: UInt32) { self.number = number }

  package static let none = LabelSetID(0)
}

/// The distinct sets of labels of one file.
package struct LabelTable: Sendable {
  private var sets: [[Label]] = [[]]
  private var numbers: [[Label]: UInt32] = [[]: 0]
  private var pending: [Label] = []
  private var last: UInt32 = 0

  package init() {}

  package var count: Int { sets.count }

  package subscript(id: LabelSetID) -> [Label] { sets[Int(id.number)] }

  /// Adds a label to the set under construction; a label without a value is left out.
  package mutating func add(_ label: Label) {
    if label.value != .none { pending.append(label) }
  }

  /// Ends the set under construction and gives its number.
  package mutating func finish() -> LabelSetID {
    defer { pending.removeAll(keepingCapacity: true) }
    if sets[Int(last)] == pending { return LabelSetID(last) }
    if let number = numbers[pending] {
      last = number
    } else {
      last = UInt32(sets.count)
      sets.append(pending)
      numbers[pending] = last
    }
    return LabelSetID(last)
  }

  /// Forgets the set under construction, when its line turns out to be bad.
  package mutating func discard() { pending.removeAll(keepingCapacity: true) }
}
