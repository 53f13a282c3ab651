/// Direct Preference Optimization: logistic loss on the difference of implicit rewards.
///
/// Rafailov et al., "Direct Preference Optimization" (arXiv 2305.18290), eq. 7, with a margin:
///
///     l = −log σ(z)      z = β(ρ_w − ρ_l) − m      ρ = Σ_t log π(y_t) − Σ_t log π_ref(y_t)
///     L = Σ_i w_i l_i / Σ_i w_i                    over the optimizer step, w = 1 unless the row has a weight
///
/// Sums over tokens, not means: for the length-normalised form see ``SigmoidNorm``. Labels are taken as certain:
/// for label smoothing and for rows with a confidence see ``CDPO``.
package struct Sigmoid: PairLoss, Equatable {
  /// β, the strength of the pull towards the reference, above 0; default 0.1 (the paper's and TRL's).
  package let beta: Double

  /// - Throws: ``TuningError`` if β is not a positive finite number.
  package init(beta: Double = 0.1) throws(TuningError) {
    self.beta = try ParameterRange.positive.checked(beta, "beta")
  }

  package var name: String { "sigmoid" }
  package var formula: String { "-log sigmoid(\(beta) (rho_chosen - rho_rejected))" }
  package var rewardScale: Double { beta }
  package var takesMargin: Bool { true }

  package func value(at point: PairPoint) -> PairValue {
    let z = beta * point.difference - point.margin
    // dl/dz = −σ(−z), dz/dD = β
    return PairValue(loss: -logSigmoid(z), slope: -sigmoid(-z) * beta)
  }
}
