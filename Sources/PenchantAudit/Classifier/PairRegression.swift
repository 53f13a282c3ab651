#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// L2-regularised logistic regression on differences, without intercept: P(chosen ≻ rejected) = σ(w · (φ(c) − φ(r))).
///
/// It is antisymmetric: exchanging the answers negates the score, so that no side can be preferred as such, and a row turned
/// round (φ(r) − φ(c) with the other label) has the same loss. Minimised is, as in scikit-learn,
///
///     ½ ‖w‖² + C · Σ ln(1 + exp(−w · x))
///
/// by L-BFGS (Nocedal and Wright, algorithm 7.4) with a backtracking line search; the function is strictly convex.
package enum PairRegression {
  private static let memory = 8
  private static let mostIterations = 200

  /// The weights for rows of differences φ(chosen) − φ(rejected).
  static func fit(
    _ x: SparseRows, rows: [Int], dimensions: Int, inverseRegularization c: Double
  ) -> [Double] {
    var w = [Double](repeating: 0, count: dimensions)
    var (loss, gradient) = value(x, rows, w, c)
    var steps: [(s: [Double], y: [Double], rho: Double)] = []
    let tolerance = 1e-6 * max(1, c * Double(rows.count))
    for _ in 0..<mostIterations {
      guard gradient.contains(where: { abs($0) > tolerance * 1e-1 }) else { break }
      let direction = twoLoop(gradient, steps)
      let slope = dot(direction, gradient)
      guard slope < 0 else { break }
      var length = steps.isEmpty ? min(1, 1 / dot(gradient, gradient).squareRoot()) : 1.0
      var next = (w: w, loss: loss, gradient: gradient)
      var isFound = false
      for _ in 0..<40 {
        let trial = zip(w, direction).map { $0 + length * $1 }
        let (trialLoss, trialGradient) = value(x, rows, trial, c)
        if trialLoss <= loss + 1e-4 * length * slope {
          next = (trial, trialLoss, trialGradient)
          isFound = true
          break
        }
        length /= 2
      }
      guard isFound else { break }
      let s = zip(next.w, w).map { $0 - $1 }
      let y = zip(next.gradient, gradient).map { $0 - $1 }
      let curvature = dot(s, y)
      if curvature > 0 {
        steps.append((s, y, 1 / curvature))
        if steps.count > memory { steps.removeFirst() }
      }
      let gain = loss - next.loss
      (w, loss, gradient) = next
      if gain <= 1e-9 * max(1, loss) { break }
    }
    return w
  }

  private static func value(
    _ x: SparseRows, _ rows: [Int], _ w: [Double], _ c: Double
  ) -> (Double, [Double]) {
    var loss = 0.5 * dot(w, w)
    var gradient = w
    for row in rows {
      let z = x.dot(row, w)
      // ln(1 + e^−z) without overflow; its derivative is −σ(−z).
      loss += c * (z > 0 ? log1p(exp(-z)) : -z + log1p(exp(z)))
      x.add(row, scale: -c * sigmoid(-z), to: &gradient)
    }
    return (loss, gradient)
  }

  /// −H · g with the curvature seen in the last steps.
  private static func twoLoop(
    _ gradient: [Double], _ steps: [(s: [Double], y: [Double], rho: Double)]
  ) -> [Double] {
    var q = gradient
    var alphas: [Double] = []
    for step in steps.reversed() {
      let alpha = step.rho * dot(step.s, q)
      alphas.append(alpha)
      for index in q.indices { q[index] -= alpha * step.y[index] }
    }
    if let last = steps.last {
      let scale = 1 / (last.rho * dot(last.y, last.y))
      for index in q.indices { q[index] *= scale }
    }
    for (step, alpha) in zip(steps, alphas.reversed()) {
      let beta = step.rho * dot(step.y, q)
      for index in q.indices { q[index] += (alpha - beta) * step.s[index] }
    }
    return q.map { -$0 }
  }

  private static func dot(_ a: [Double], _ b: [Double]) -> Double {
    var sum = 0.0
    for index in a.indices { sum += a[index] * b[index] }
    return sum
  }

  static func sigmoid(_ z: Double) -> Double { 1 / (1 + exp(-z)) }
}

extension PairRegression {
  /// The weights for dense rows; for tests against other libraries.
  package static func fit(dense rows: [[Double]], inverseRegularization c: Double) -> [Double] {
    var x = SparseRows()
    for row in rows { x.append(row.enumerated().map { (UInt32($0.offset), Float($0.element)) }) }
    return fit(
      x, rows: Array(rows.indices), dimensions: rows.first?.count ?? 0, inverseRegularization: c)
  }
}
