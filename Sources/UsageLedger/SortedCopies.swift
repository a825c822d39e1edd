extension [Addition.Copy] {
  /// Sorts in place. Keys are evenly spread, so one pass that puts each copy where its first bits say
  /// leaves runs short enough for insertion.
  mutating func sortByKey() {
    let bits = Swift.max(0, 62 - (count / 4).leadingZeroBitCount)
    var starts = [Int](repeating: 0, count: 1 << bits + 1)
    func bucket(_ copy: Addition.Copy) -> Int {
      bits == 0 ? 0 : Int(copy.firstBits >> UInt64(64 - bits))
    }
    for copy in self { starts[bucket(copy) + 1] += 1 }
    for i in 1..<starts.count { starts[i] += starts[i - 1] }
    var next = starts
    for current in 0..<starts.count - 1 {
      while next[current] < starts[current + 1] {
        let place = bucket(self[next[current]])
        if place != current { swapAt(next[current], next[place]) }
        next[place] += 1
      }
      insertionSort(starts[current], starts[current + 1])
    }
  }

  private mutating func insertionSort(_ low: Int, _ high: Int) {
    guard high - low > 1 else { return }
    for i in low + 1..<high {
      let copy = self[i]
      var j = i
      while j > low, Addition.Copy.precedes(copy, self[j - 1]) {
        self[j] = self[j - 1]
        j -= 1
      }
      self[j] = copy
    }
  }
}
