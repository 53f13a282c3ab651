/// Regularised DPO: DPO with the lengths of the answers taken into account.
///
/// Park et al., "Disentangling Length from Quality in Direct Preference Optimization" (arXiv 2403.19159), eq. 9, with
/// a margin:
///
///     l = −log σ(z)      z = β(ρ_w − ρ_l) + α(n_w − n_l) − m
///
/// Length counts as reward already given: a pair whose chosen answer is longer teaches less, one whose chosen
/// answer is shorter teaches more.
package struct RDPO: PairLoss, Equatable {
  /// β, above 0; default 0.1.
  package let beta: Double
  /// α, reward a token, 0 or more; default 0.01 (the paper's range is 0.01 to 0.1 of β = 0.1 to 1).
  package let alpha: Double

  /// - Throws: ``TuningError`` for a number out of range.
  package init(beta: Double = 0.1, alpha: Double = 0.01) throws(TuningError) {
    self.beta = try ParameterRange.positive.checked(beta, "beta")
    self.alpha = try ParameterRange.nonnegative.checked(alpha, "alpha")
  }

  package var name: String { "r-dpo" }
  package var formula: String {
    "-log sigmoid(\(beta) (rho_chosen - rho_rejected) + \(alpha) (n_chosen - n_rejected))"
  }
  package var rewardScale: Double { beta }
  package var takesMargin: Bool { true }

  package func value(at point: PairPoint) -> PairValue {
    let z =
      beta * point.difference + alpha * (point.chosenTokens - point.rejectedTokens) - point.margin
    // dl/dz = −σ(−z), dz/dD = β
    return PairValue(loss: -logSigmoid(z), slope: -sigmoid(-z) * beta)
  }
}
