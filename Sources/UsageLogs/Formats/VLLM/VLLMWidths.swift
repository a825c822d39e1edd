import Usage

extension VLLMIntervals {
  /// How long each statistics line's interval was.
  mutating func measure() {
    widths = [Int64](repeating: 0, count: entries.count)
    var byStream = [[Int]](repeating: [], count: streams.count)
    for index in order {
      let entry = entries[Int(index)]
      if entry.kind == .statistics, entry.clock != .none {
        byStream[Int(entry.stream)].append(Int(index))
      }
    }
    var all: [VLLMEntry.Era: Deltas] = [:]
    for lines in byStream { all.merge(deltas(of: lines)) { $0.adding($1) } }
    for lines in byStream {
      let own = deltas(of: lines)
      let nominal = { (era: VLLMEntry.Era) -> Int64 in
        let seconds = own[era]?.nominal ?? all[era]?.nominal ?? era.nominal
        return seconds * Instant.microsecondsPerSecond
      }
      measure(lines, nominal: nominal)
    }
  }

  /// How often each distance between two lines occurs, in whole seconds.
  private struct Deltas {
    var era: VLLMEntry.Era
    var counts: [Int64: Int] = [:]

    /// The commonest distance; nil when what was seen may as well be pauses. Of two as common the one
    /// nearer to what vLLM is set to, then the shorter: the same in every run.
    var nominal: Int64? {
      let best = counts.max { a, b in
        if a.value != b.value { return a.value < b.value }
        let (x, y) = (abs(a.key - era.nominal), abs(b.key - era.nominal))
        return x != y ? x > y : a.key > b.key
      }
      guard let best else { return nil }
      let isUsual = best.key * 2 <= era.nominal * 3
      return isUsual || best.value >= 3 ? best.key : nil
    }

    func adding(_ other: Deltas) -> Deltas {
      Deltas(era: era, counts: counts.merging(other.counts, uniquingKeysWith: +))
    }
  }

  private func deltas(of lines: [Int]) -> [VLLMEntry.Era: Deltas] {
    var result: [VLLMEntry.Era: Deltas] = [:]
    for (previous, line) in zip(lines, lines.dropFirst()) where areNeighbours(previous, line) {
      let era = entries[line].era
      // After an idle line this era may be silent for any time.
      if era == .onceAnInterval, entries[previous].isIdle { continue }
      let half = Instant.microsecondsPerSecond / 2
      let seconds = (axis[line] - axis[previous] + half) / Instant.microsecondsPerSecond
      guard (1...3600).contains(seconds) else { continue }
      result[era, default: Deltas(era: era)].counts[seconds, default: 0] += 1
    }
    return result
  }

  private func areNeighbours(_ a: Int, _ b: Int) -> Bool {
    lives[a] == lives[b] && entries[a].era == entries[b].era
  }

  private mutating func measure(_ lines: [Int], nominal: (VLLMEntry.Era) -> Int64) {
    var position = 0
    while position < lines.count {
      let era = entries[lines[position]].era
      let usual = nominal(era)
      var end = position + 1
      while end < lines.count, areNeighbours(lines[end - 1], lines[end]),
        era == .sinceLastLine || (axis[lines[end]] - axis[lines[end - 1]]) * 2 <= usual * 3
      {
        end += 1
      }
      if era == .sinceLastLine {
        measureSinceLastLine(lines[position..<end], usual)
      } else {
        measureRun(lines[position..<end], usual)
      }
      for line in lines[position..<end] { takeExactInterval(line) }
      position = end
    }
  }

  /// Each rate covers the time since the line before it; the first line's is not known.
  private mutating func measureSinceLastLine(_ run: ArraySlice<Int>, _ usual: Int64) {
    var previous: Int?
    for line in run {
      let delta = previous.map { axis[line] - axis[$0] } ?? 0
      // Two lines in one second come from two servers whose lines nothing tells apart.
      widths[line] = delta < Instant.microsecondsPerSecond ? usual : delta
      previous = line
    }
  }

  /// Every rate covers one tick of the server's clock, whose mean length four lines tell better than
  /// stamps of whole seconds do.
  private mutating func measureRun(_ run: ArraySlice<Int>, _ usual: Int64) {
    guard let first = run.first, let last = run.last else { return }
    var ticks: Int64 = 0
    for (a, b) in zip(run, run.dropFirst()) where axis[b] > axis[a] { ticks += 1 }
    let mean = ticks >= 3 ? (axis[last] - axis[first]) / ticks : usual
    for line in run { widths[line] = mean }
    // The line after a silence covers one tick, not the silence.
    widths[first] = usual
  }

  private mutating func takeExactInterval(_ line: Int) {
    let exact = Int64(entries[line].interval)
    if exact > 0, exact * 2 >= widths[line], exact <= widths[line] * 2 { widths[line] = exact }
  }
}
