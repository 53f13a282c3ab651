/// Robust Preference Optimization: DPO with a bounded loss beside it that pays less heed to unlikely labels.
///
/// Liang et al., "ROPO: Robust Preference Optimization for Large Language Models" (arXiv 2404.04102), eq. 9:
///
///     l = 4α² / (1 + α)² · σ(−z) + 4α / (1 + α)² · (−log σ(z))      z = β(ρ_w − ρ_l)
///
/// The factors make the steepest slope 1 for α ≥ 1. It lies at σ(−z) = (1 + α) / (2α); pairs the policy holds for
/// mislabelled (σ(−z) near 1) pull less.
package struct ROPO: PairLoss, Equatable {
  /// β, above 0; default 0.1.
  package let beta: Double
  /// α, share of the bounded loss, above 0; default 14, which leaves mostly that one.
  package let alpha: Double

  /// - Throws: ``TuningError`` for a number out of range.
  package init(beta: Double = 0.1, alpha: Double = 14) throws(TuningError) {
    self.beta = try ParameterRange.positive.checked(beta, "beta")
    self.alpha = try ParameterRange.positive.checked(alpha, "alpha")
  }

  package var name: String { "ropo" }
  package var formula: String {
    "4a^2 / (1 + a)^2 sigmoid(-z) - 4a / (1 + a)^2 log sigmoid(z), a = \(alpha), z = \(beta) (rho_chosen - rho_rejected)"
  }
  package var rewardScale: Double { beta }

  package func value(at point: PairPoint) -> PairValue {
    let z = beta * point.difference
    let scale = 4 * alpha / ((1 + alpha) * (1 + alpha))
    // dl/dz = −scale (α σ(z) σ(−z) + σ(−z)), dz/dD = β
    return PairValue(
      loss: scale * (alpha * sigmoid(-z) - logSigmoid(z)),
      slope: -scale * sigmoid(-z) * (alpha * sigmoid(z) + 1) * beta)
  }
}
