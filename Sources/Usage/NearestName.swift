/// The entry of `names` most like `name`, when it is near enough to be a misspelling of it.
package func nearest(to name: String, among names: some Sequence<String>) -> String? {
  let scored = names.map { (name: $0, distance: editDistance(name, $0)) }
  guard let best = scored.min(by: { ($0.distance, $0.name) < ($1.distance, $1.name) }) else {
    return nil
  }
  return best.distance <= max(2, name.count / 3) ? best.name : nil
}

/// Levenshtein distance over characters, upper and lower case alike.
package func editDistance(_ a: String, _ b: String) -> Int {
  let a = Array(a.lowercased())
  let b = Array(b.lowercased())
  var row = Array(0...b.count)
  for (i, x) in a.enumerated() {
    var diagonal = row[0]
    row[0] = i + 1
    for (j, y) in b.enumerated() {
      let substituted = diagonal + (x == y ? 0 : 1)
      diagonal = row[j + 1]
      row[j + 1] = min(substituted, diagonal + 1, row[j] + 1)
    }
  }
  return row[b.count]
}
