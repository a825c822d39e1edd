/// Finds a minimum of a function of a few numbers without its slope (Nelder and Mead, 1965).
struct NelderMead {
  /// Evaluations at most.
  var most: Int

  /// The best point found from `start`, with steps of `step` along each axis at first.
  func minimum(
    from start: [Double], step: Double, _ function: ([Double]) -> Double
  ) -> (point: [Double], value: Double) {
    var corners = [(point: start, value: function(start))]
    var evaluations = 1
    func evaluate(_ point: [Double]) -> (point: [Double], value: Double) {
      evaluations += 1
      return (point, function(point))
    }
    for axis in start.indices {
      var point = start
      point[axis] += step
      corners.append(evaluate(point))
    }
    while evaluations < most {
      corners.sort { $0.value < $1.value }
      let best = corners[0]
      let worst = corners[corners.count - 1]
      if worst.value - best.value < 1e-7 * (abs(best.value) + 1e-9) { break }
      let others = corners.dropLast()
      let middle = start.indices.map { axis in
        others.reduce(0) { $0 + $1.point[axis] } / Double(others.count)
      }
      func along(_ share: Double) -> [Double] {
        start.indices.map { middle[$0] + share * (worst.point[$0] - middle[$0]) }
      }
      let reflected = evaluate(along(-1))
      if reflected.value < best.value {
        let expanded = evaluate(along(-2))
        corners[corners.count - 1] = expanded.value < reflected.value ? expanded : reflected
      } else if reflected.value < corners[corners.count - 2].value {
        corners[corners.count - 1] = reflected
      } else {
        let contracted = evaluate(along(reflected.value < worst.value ? -0.5 : 0.5))
        if contracted.value < min(reflected.value, worst.value) {
          corners[corners.count - 1] = contracted
        } else {
          for i in corners.indices.dropFirst() {
            corners[i] = evaluate(
              start.indices.map { (corners[i].point[$0] + best.point[$0]) / 2 })
          }
        }
      }
    }
    corners.sort { $0.value < $1.value }
    return corners[0]
  }
}
