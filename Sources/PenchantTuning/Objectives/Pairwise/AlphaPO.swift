#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// AlphaPO: SimPO with the shape of its reward as a parameter.
///
/// Gupta et al., "AlphaPO: Reward Shape Matters for LLM Alignment" (arXiv 2501.03884), eq. 5:
///
///     l = −c log σ(z) − (1 − c) log σ(−z)      z = β(r_w − r_l) − γ − m
///     r = (1 − p^−α) / α                       p = π(y)^(1/n), the geometric mean of the token probabilities
///
/// α → 0 is SimPO. With α > 0 unlikely answers are punished more, with α < 0 less.
package struct AlphaPO: PairLoss, Equatable {
  /// β, above 0; default 2.
  package let beta: Double
  /// γ, the reward margin asked for, 0 or more; default 1.
  package let gamma: Double
  /// α, not 0; default 0.25 (the paper's for Llama 3).
  package let alpha: Double
  /// 1 − c, 0 to below 0.5; default 0.
  package let labelSmoothing: Double

  /// - Throws: ``TuningError`` for a number out of range.
  package init(
    beta: Double = 2, gamma: Double = 1, alpha: Double = 0.25, labelSmoothing: Double = 0
  ) throws(TuningError) {
    self.beta = try ParameterRange.positive.checked(beta, "beta")
    self.gamma = try ParameterRange.nonnegative.checked(gamma, "gamma")
    guard alpha.isFinite, alpha != 0 else {
      throw TuningError(
        .valueOutOfRange(option: "alpha", value: "\(alpha)", range: "not 0 (0 is simpo)"))
    }
    self.alpha = alpha
    self.labelSmoothing = try ParameterRange.minority.checked(labelSmoothing, "label-smoothing")
  }

  package var name: String { "alphapo" }
  package var formula: String {
    "-log sigmoid(\(beta) (r_chosen - r_rejected) - \(gamma)), r = (1 - p^-a) / a, a = \(alpha), log p = mean log pi"
  }
  package var rewardScale: Double { beta }
  package var rewardsAreMeans: Bool { true }
  package var hasReference: Bool { false }
  package var takesMargin: Bool { true }
  package var confidences: ConfidenceRange? { .all }

  package func value(at point: PairPoint) -> PairValue {
    let w = point.chosen / point.chosenTokens
    let l = point.rejected / point.rejectedTokens
    // p^−α = e^(−α log p); 1 − e^x by expm1, exact near α log p = 0.
    let d = (-expm1(-alpha * w) + expm1(-alpha * l)) / alpha
    let z = beta * d - gamma - point.margin
    // dl/dz = −c σ(−z) + (1 − c) σ(z), dr/d(log p) = p^−α, d(log p)/ds = 1/n
    let (loss, slope) = softLogistic(z, confidence: point.confidence ?? 1 - labelSmoothing)
    return PairValue(
      loss: loss, dChosen: slope * beta * exp(-alpha * w) / point.chosenTokens,
      dRejected: -slope * beta * exp(-alpha * l) / point.rejectedTokens)
  }
}
