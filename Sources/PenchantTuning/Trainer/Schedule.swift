#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// The learning rate over a run: a linear warm-up, then one of three shapes.
///
/// For step s of N (from 0) and W = ⌈ratio · N⌉ warm-up steps:
///
///     s < W      rate · s / W
///     constant   rate
///     linear     rate · (N − s) / (N − W)
///     cosine     rate · ½ (1 + cos π (s − W) / (N − W))
///
/// As in Transformers: with a warm-up the first step's rate is 0.
package struct Schedule: Sendable, Equatable {
  package enum Shape: String, Sendable, Codable, CaseIterable {
    case constant, linear, cosine
  }

  package let shape: Shape
  /// The highest rate.
  package let rate: Double
  /// N, the steps of the whole run.
  package let steps: Int
  /// W, the steps of the warm-up.
  package let warmupSteps: Int

  /// - Parameter warmupRatio: the warm-up's share of the run, 0…1.
  package init(shape: Shape, rate: Double, steps: Int, warmupRatio: Double) {
    precondition(
      steps >= 0 && (0...1).contains(warmupRatio),
      "Schedule: \(steps) steps, warm-up \(warmupRatio)")
    self.shape = shape
    self.rate = rate
    self.steps = steps
    warmupSteps = Int((warmupRatio * Double(steps)).rounded(.up))
  }

  /// The rate of a step counted from 0.
  package func rate(at step: Int) -> Double {
    if step < warmupSteps { return rate * Double(step) / Double(warmupSteps) }
    let progress = Double(step - warmupSteps) / Double(max(1, steps - warmupSteps))
    switch shape {
    case .constant: return rate
    case .linear: return rate * max(0, 1 - progress)
    case .cosine: return rate * max(0, 0.5 * (1 + cos(.pi * progress)))
    }
  }
}
