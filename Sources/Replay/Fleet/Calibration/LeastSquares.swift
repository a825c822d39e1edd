/// Least squares with coefficients that cannot be below 0, for few unknowns.
///
/// Where the rows do not tell all coefficients apart, the later ones are 0. Which coefficients are 0 in the best answer is found by trying: with n unknowns there are 2^n sets,
/// and the best that keeps all of its own at 0 or more is the answer.
enum NonNegativeLeastSquares {
  /// The coefficients x of A x = b with the least weighted squares; nil when the rows do not tell them.
  static func solve(_ rows: [[Double]], _ right: [Double], weights: [Double]) -> [Double]? {
    guard let unknowns = rows.first?.count, unknowns > 0, unknowns <= 12 else { return nil }
    // Columns of one size, so that tiny coefficients are not lost.
    let scales = (0..<unknowns).map { column in
      let size = zip(rows, weights).reduce(0) { max($0, abs($1.0[column] * $1.1)) }
      return size > 0 ? size : 1
    }
    let size = zip(right, weights).reduce(0) { $0 + ($1.0 * $1.1) * ($1.0 * $1.1) }
    var best: (error: Double, x: [Double])?
    for set in 1..<(1 << unknowns) {
      let columns = (0..<unknowns).filter { set >> $0 & 1 == 1 }
      guard columns.count <= rows.count else { continue }
      let scaled = zip(rows, weights).map { row, weight in
        columns.map { row[$0] * weight / scales[$0] }
      }
      let target = zip(right, weights).map { $0 * $1 }
      guard let part = normalEquations(scaled, target), part.allSatisfy({ $0 >= 0 }) else {
        continue
      }
      let error = zip(scaled, target).reduce(0) { sum, pair in
        let value = zip(pair.0, part).reduce(0) { $0 + $1.0 * $1.1 } - pair.1
        return sum + value * value
      }
      if best.map({ error < $0.error * (1 - 1e-9) - size * 1e-18 }) ?? true {
        var x = [Double](repeating: 0, count: unknowns)
        for (column, value) in zip(columns, part) { x[column] = value / scales[column] }
        best = (error, x)
      }
    }
    return best?.x
  }

  private static func normalEquations(_ rows: [[Double]], _ right: [Double]) -> [Double]? {
    let n = rows[0].count
    var matrix = [[Double]](repeating: [Double](repeating: 0, count: n + 1), count: n)
    for (row, value) in zip(rows, right) {
      for i in 0..<n {
        for j in 0..<n { matrix[i][j] += row[i] * row[j] }
        matrix[i][n] += row[i] * value
      }
    }
    // Gauss with the largest pivot.
    for i in 0..<n {
      guard let pivot = (i..<n).max(by: { abs(matrix[$0][i]) < abs(matrix[$1][i]) }),
        abs(matrix[pivot][i]) > 1e-9 * Double(rows.count)
      else { return nil }
      matrix.swapAt(i, pivot)
      for row in 0..<n where row != i {
        let factor = matrix[row][i] / matrix[i][i]
        if factor == 0 { continue }
        for column in i...n { matrix[row][column] -= factor * matrix[i][column] }
      }
    }
    return (0..<n).map { matrix[$0][n] / matrix[$0][$0] }
  }
}
