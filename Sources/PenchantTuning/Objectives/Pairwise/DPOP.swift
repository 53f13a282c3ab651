/// DPO-Positive: DPO that pays for making the chosen answer less likely than the reference does.
///
/// Pal et al., "Smaug" (arXiv 2402.13228), eq. 3, with a margin:
///
///     l = −log σ(z)      z = β(ρ_w − ρ_l − λ max(0, −ρ_w)) − m
///
/// Against displacement: with pairs that differ in few tokens DPO can lower both answers.
package struct DPOP: PairLoss, Equatable {
  /// β, above 0; default 0.1.
  package let beta: Double
  /// λ, 0 or more; default 50 (the paper's).
  package let lambda: Double

  /// - Throws: ``TuningError`` for a number out of range.
  package init(beta: Double = 0.1, lambda: Double = 50) throws(TuningError) {
    self.beta = try ParameterRange.positive.checked(beta, "beta")
    self.lambda = try ParameterRange.nonnegative.checked(lambda, "lambda")
  }

  package var name: String { "dpop" }
  package var formula: String {
    "-log sigmoid(\(beta) (rho_chosen - rho_rejected - \(lambda) max(0, -rho_chosen)))"
  }
  package var rewardScale: Double { beta }
  package var takesMargin: Bool { true }

  package func value(at point: PairPoint) -> PairValue {
    let lost = max(0, -point.chosen)
    let z = beta * (point.difference - lambda * lost) - point.margin
    // dl/dz = −σ(−z), dz/dρ_w = β (1 + λ [ρ_w < 0]), dz/dρ_l = −β
    let slope = -sigmoid(-z) * beta
    return PairValue(
      loss: -logSigmoid(z), dChosen: slope * (lost > 0 ? 1 + lambda : 1), dRejected: -slope)
  }
}
