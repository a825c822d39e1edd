import Testing
import Usage

@Suite struct LabelTableTests {
  /// Against a dictionary of the lists themselves.
  @Test func numbersEveryListOfLabelsOnce() {
    var random = SeededRandom(seed: 81)
    var table = LabelTable()
    var known: [[Label]: LabelSetID] = [[]: .none]
    for _ in 0..<20_000 {
      var labels: [Label] = []
      for _ in 0..<random.next() % 4 {
        let key = LabelKey.allCases[Int(random.next() % 8)]
        let name = NameID(UInt32(random.next() % 3))
        labels.append(Label(key, name: name, NameID(UInt32(random.next() % 12))))
      }
      for label in labels { table.add(label) }
      if random.next() % 10 == 0 {
        table.discard()
        continue
      }
      // A label without a value is none.
      let counted = labels.filter { $0.value != .none }
      let id = table.finish()
      #expect(table[id] == counted)
      if let other = known[counted] { #expect(id == other) }
      known[counted] = id
    }
    #expect(Set(known.values).count == known.count)
  }
}
